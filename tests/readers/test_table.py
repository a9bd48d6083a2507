from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawvit.errors import PawvitError, PhotoTableError
from pawvit.photos import PhotoTable
from pawvit.readers import read_cells, read_photos, read_table, write_table


def write(folder: Path, text: str, encoding: str = "utf-8", name: str = "photos.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def problems_of(path: Path) -> tuple[str, ...]:
    with pytest.raises(PhotoTableError) as caught:
        read_table(path)
    assert str(path) in str(caught.value)
    return caught.value.problems


def cells(table: PhotoTable) -> list[list[str]]:
    return table.frame.drop(columns="row").to_numpy(object).tolist()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_reads_what_spreadsheets_write(
    tmp_path: Path, delimiter: str, encoding: str, end: str
) -> None:
    rows = [["path", "identity", "note"], ["ä.jpg", "007", "Höhle"], ["b.jpg", "", "NA"]]
    text = end.join(delimiter.join(row) for row in rows) + end
    table = read_table(write(tmp_path, text, encoding))
    assert cells(table) == rows[1:]
    assert list(table.frame["row"]) == [2, 3]
    assert table.root == tmp_path
    assert table.files == [tmp_path / "ä.jpg", tmp_path / "b.jpg"]


def test_cells_stay_as_written(tmp_path: Path) -> None:
    text = 'path,identity,note\na.jpg,007,  kept  \nb.jpg,1e3,"a, ""b"""\nc.jpg,NA,\nd.jpg,nan,x\n'
    table = read_table(write(tmp_path, text))
    assert table.identities == ["007", "1e3", "NA", "nan"]
    assert table.column("note") == ["  kept  ", 'a, "b"', "", "x"]


def test_empty_rows_are_passed_over_but_counted(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "path,identity\n\na.jpg,A\n,\n\nb.jpg,B\n\n"))
    assert table.paths == ["a.jpg", "b.jpg"]
    assert list(table.frame["row"]) == [3, 6]
    assert list(table.frame.index) == [0, 1]


def test_unknown_identities(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "path,identity\na.jpg,unknown\nb.jpg, \nc.jpg,Unknown\n"))
    assert table.identities == ["", "", ""]


def test_paths_of_windows(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "path,identity\nimages\\A\\a.jpg,A\n"))
    assert table.paths == ["images/A/a.jpg"]


def test_names_of_known_columns_in_any_case(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, " Path ,IDENTITY,Orientation,Note\na.jpg,A,Left,x\n"))
    assert list(table.frame.columns) == ["path", "identity", "orientation", "Note", "row"]
    assert table.orientations == ["left"]


def test_a_column_in_its_own_spelling_wins(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "Path,path,identity\nx,a.jpg,A\n"))
    assert table.paths == ["a.jpg"]
    assert table.column("Path") == ["x"]


def test_columns_without_name_and_content_are_dropped(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "path,identity,,\na.jpg,A,,\n"))
    assert list(table.frame.columns) == ["path", "identity", "row"]


def test_a_frame_of_wildlife_datasets(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "image_id": [0, 1, 2],
            "identity": ["t001", "unknown", "t002"],
            "path": ["images/a.jpg", "images/b.jpg", "images/c.jpg"],
            "bbox": [[1.0, 2.0, 30.0, 40.0], None, [0.0, 0.0, 5.0, 5.0]],
            "orientation": ["left", "topright", None],
            "date": ["2020-01-01", None, None],
            "species": ["turtle"] * 3,
            "split": ["train", "train", "test"],
        }
    )
    frame.to_csv(tmp_path / "frame.csv")  # with pandas' nameless index, as people do
    pq.write_table(pa.Table.from_pandas(frame), tmp_path / "frame.parquet")
    for name in ("frame.csv", "frame.parquet"):
        table = read_table(tmp_path / name)
        assert table.identities == ["t001", "", "t002"]
        assert table.orientations == ["left", "right", "unknown"]
        assert table.column("image_id") == ["0", "1", "2"]
        assert table.column("date") == ["2020-01-01", "", ""]
        assert [table.box(i) for i in range(3)] == [(1, 2, 30, 40), None, (0, 0, 5, 5)]


def test_parquet_numbers_stay_whole_and_other_columns_keep_their_type(tmp_path: Path) -> None:
    source = pa.table(
        {
            "path": ["a.jpg", "b.jpg"],
            "identity": pa.array([7, None], pa.int64()),
            "age": pa.array([None, 12], pa.int32()),
            "tags": pa.array([["a"], []], pa.list_(pa.string())),
        }
    )
    pq.write_table(source, tmp_path / "photos.parquet")
    table = read_table(tmp_path / "photos.parquet")
    assert table.identities == ["7", ""]
    written = write_table(table, tmp_path / "again.parquet")
    again = pq.read_table(written)
    assert again.column_names == source.column_names
    for name in ("age", "tags"):
        assert again[name].type == source[name].type
        assert again[name].to_pylist() == source[name].to_pylist()


def test_answers_in_any_spelling(tmp_path: Path) -> None:
    words = ("yes", "No", "TRUE", "false", "1", "0", "", " n ")
    text = "path,identity,mask_ok\n" + "".join(f"{n}.jpg,a,{w}\n" for n, w in enumerate(words))
    (tmp_path / "photos.csv").write_text(text, "utf-8")
    table = read_table(tmp_path / "photos.csv")
    assert table.column("mask_ok") == ["yes", "no", "yes", "no", "yes", "no", "", "no"]
    assert table.mask_ok == [True, False, True, False, True, False, True, False]
    (tmp_path / "photos.csv").write_text("path,identity,mask_ok\na.jpg,a,0.5\n", "utf-8")
    with pytest.raises(PhotoTableError, match=r"row 2: mask_ok is '0\.5'; write yes or no"):
        read_table(tmp_path / "photos.csv")
    (tmp_path / "photos.csv").write_text("path,identity\na.jpg,a\n", "utf-8")
    assert read_table(tmp_path / "photos.csv").mask_ok == [True]


def test_cells_of_a_small_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('path;mask_ok\nx\\b.jpg; no \n"a;b.jpg";yes\n', "utf-8-sig")
    assert read_cells(tmp_path / "a.csv", "mask_ok") == {"x/b.jpg": "no", "a;b.jpg": "yes"}
    with pytest.raises(PhotoTableError, match="no column `note`"):
        read_cells(tmp_path / "a.csv", "note")


def test_root_may_be_another_folder(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "path,identity\na.jpg,A\n"), root=tmp_path / "images")
    assert table.files == [tmp_path / "images" / "a.jpg"]


def test_every_problem_at_once(tmp_path: Path) -> None:
    text = (
        "path,identity,orientation,bbox\n"
        "a.jpg,A,sideways,1 2 3 4\n"
        ",A,left,\n"
        "c.jpg,A,left,1 2 3\n"
        "d.jpg,A,R,1 2 x 4\n"
        "e.jpg,A,left,1 2 0 4\n"
        "f.jpg,A\n"
        "g.jpg,A,left,1,2,3,4\n"
    )
    problems = "\n".join(problems_of(write(tmp_path, text)))
    assert "row 2: the orientation 'sideways'" in problems
    assert "row 3: the path is empty" in problems
    assert "row 4: the box '1 2 3'" in problems
    assert "row 5: the box '1 2 x 4'" in problems
    assert "row 6: the box '1 2 0 4'" in problems
    assert "row 7: 2 cells under 4 columns" in problems
    assert "row 8: 7 cells under 4 columns" in problems
    assert "row 8: the box '1'" in problems  # the unquoted box fell apart
    assert problems.count("row ") == 8


@pytest.mark.parametrize(
    ("header", "hints"),
    [
        ("file_name,individual", ["`file_name` to `path`", "`individual` to `identity`"]),
        ("File,Class", ["`File` to `path`", "`Class` to `identity`"]),
        ("pathh,identiti", ["`pathh` to `path`", "`identiti` to `identity`"]),
        ("foo,bar", ["no column `path`; the columns are `foo`, `bar`", "no column `identity`"]),
    ],
)
def test_a_missing_column_names_the_nearest(tmp_path: Path, header: str, hints: list[str]) -> None:
    problems = problems_of(write(tmp_path, f"{header}\na.jpg,A\n"))
    assert len(problems) == 2
    for problem, hint in zip(problems, hints, strict=True):
        assert hint in problem


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column `path`"),
        ("path,identity\n", "no photos in it"),
        ("path,identity,path\na,b,c\n", "`path` is there 2 times"),
        ("PATH,Path,identity\na,b,c\n", "`PATH`, `Path` could each be the column `path`"),
        ("path,identity,row\na,b,c\n", "a column is called `row`"),
        ("a/000.jpg 12\nb/001.jpg 13\n", "row 1 looks like a photo"),
        ('path,identity\na.jpg,"A\nb.jpg,B\n', "row 2: it can't be taken apart"),
    ],
)
def test_tables_that_are_none(tmp_path: Path, text: str, message: str) -> None:
    assert any(message in problem for problem in problems_of(write(tmp_path, text)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 a zip", "spreadsheet"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "not a table"),
        (b"PAR1 and no more", "Parquet file can't be read"),
    ],
)
def test_files_that_are_no_tables(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "photos.csv"
    path.write_bytes(content)
    with pytest.raises(PhotoTableError, match=message):
        read_table(path)


def test_a_missing_table_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(PhotoTableError, match="no such table"):
        read_photos(tmp_path / "none.csv")
    with pytest.raises(PhotoTableError, match="can't be read"):
        read_table(tmp_path)


words = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["path", "identity", "bbox", "row", "a", "é", *',;\t\r\n" '])))
def test_no_text_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = write(tmp_path_factory.getbasetemp(), "".join(pieces))
    with suppress(PhotoTableError):
        table = read_table(path)
        assert len(table) > 0
        assert all(table.paths)


@settings(max_examples=40, deadline=None)
@given(
    names=st.lists(st.sampled_from(["zoo", "Note", "ü", "a,b", 'q"', "x;y"]), unique=True),
    data=st.data(),
)
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_unknown_columns_survive_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, names: list[str], data: st.DataObject
) -> None:
    root = tmp_path_factory.getbasetemp()
    rows = data.draw(st.lists(st.tuples(*[words for _ in names]), min_size=1, max_size=4))
    frame = pd.DataFrame(
        {
            "path": [f"{i}.jpg" for i in range(len(rows))],
            "identity": [f"{i:03}" for i in range(len(rows))],
            **{name: [row[i] for row in rows] for i, name in enumerate(names)},
        }
    )
    table = PhotoTable(frame.assign(row=range(2, 2 + len(rows))), root, root / "made")
    read = read_table(write_table(table, root / f"round{suffix}"))
    assert list(read.frame.columns) == list(table.frame.columns)
    assert cells(read) == cells(table)


def test_the_helper_column_is_not_written(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "path,identity\na.jpg,A\n"))
    assert write_table(table, tmp_path / "b.csv").read_text() == "path,identity\na.jpg,A\n"


def test_a_table_moved_to_another_folder_leads_to_the_same_pictures(tmp_path: Path) -> None:
    absolute = (tmp_path / "z.jpg").as_posix()
    source = write(tmp_path, f"path,identity\nimages/a.jpg,A\n{absolute},B\n")
    table = read_table(source)
    moved = read_table(write_table(table, tmp_path / "deep" / "er" / "photos.csv"))
    assert [f.resolve() for f in moved.files] == [f.resolve() for f in table.files]
    assert moved.paths == ["../../images/a.jpg", absolute]


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "path,identity\na.jpg,A\n"))
    with pytest.raises(PhotoTableError, match=r"\.xlsx"):
        write_table(table, tmp_path / "photos.xlsx")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_full_disk_keeps_the_table_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    table = read_table(write(tmp_path, "path,identity\na.jpg,A\n"))
    target = write_table(table, tmp_path / f"out{suffix}")
    before = target.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PawvitError, match="No space left"):
        write_table(table, target)
    assert target.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == sorted([target, table.source])


def test_the_photos_of_nyala(shared: Path) -> None:
    table = read_photos(shared / "data" / "nyala" / "photos.csv")
    assert len(table) == 1205
    assert len(set(table.identities)) == 179
    assert [len(table.part(s)) for s in ("train", "select", "val")] == [819, 121, 265]
    assert len(set(table.part("train").entities)) == 233
    assert all(file.is_file() for file in table.files)
