"""`pawvit masks …`: the verbs, and the one that need not be said; review, import, export."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from commands import output_of
from pawvit.cli.main import app, main
from pawvit.errors import InputError, PartMapError, PhotoTableError
from pawvit.partmaps import PartMaps
from pawvit.readers import read_table


@pytest.fixture
def folder(herd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The drawn herd, to run in; the map of its second photo is spoilt, that of its third gone."""
    shutil.copytree(herd, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    maps, paths = PartMaps.open("maps"), read_table("photos.csv").paths
    maps.write(paths[1], np.full(maps.parts.size, maps.parts.background, np.uint8))
    maps.path_of(paths[2]).unlink()
    Path("maps/flagged.csv").write_text(f"path,reason\n{paths[2]},it rained\n", "utf-8")
    return tmp_path


# The verbs


def test_make_need_not_be_said(herd: Path) -> None:
    for words in (["masks"], ["masks", "make"]):
        with pytest.raises(PhotoTableError, match="no such table"):
            output_of(app, *words, "review.csv", "-o", "maps")
    with pytest.raises(PhotoTableError, match="no such table"):
        output_of(app, "masks", "-o", "maps", "photos.csv")
    for word in ("./review", "./import"):
        with pytest.raises(PhotoTableError, match="no such table"):
            output_of(app, "masks", word, "-o", "maps")


def test_help_tells_all_verbs() -> None:
    shown = output_of(app, "masks", "--help")
    for verb in ("make", "review", "import", "export"):
        assert verb in shown
    assert "--keypoints" in output_of(app, "masks", "make", "--help")


# Review


def answers(path: Path) -> dict[str, dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as handle:
        return {row["path"]: row for row in csv.DictReader(handle)}


def test_a_page_with_what_it_needs(folder: Path) -> None:
    said = output_of(app, "masks", "review", "photos.csv", "maps", "-o", "review")
    table = read_table("photos.csv")
    assert f"{len(table)} photos, " in said
    page = Path("review/index.html").read_text("utf-8")
    assert "http" not in page
    found = answers(Path("review/mask_ok.csv"))
    assert list(found)[:2] == [table.paths[2], table.paths[1]] or list(found)[:2] == [
        table.paths[1],
        table.paths[2],
    ]
    spoilt, gone = found[table.paths[1]], found[table.paths[2]]
    assert (spoilt["mask_ok"], spoilt["reasons"]) == ("no", "no animal was found")
    assert (gone["mask_ok"], gone["reasons"]) == ("no", "there is no map: it rained")
    assert page.count("<input") == len(table)
    assert page.count("disabled") == 2  # the box of the one without a map, and the script
    for row, path in enumerate(found, start=1):
        assert path in page
        with Image.open(f"review/pictures/{row:05}.webp") as picture:
            assert picture.width <= 2 * 288
    with Image.open("review/doubtful.jpg") as sheet:
        assert sheet.width > 1000


def test_only_the_worst_and_only_a_split(folder: Path) -> None:
    output_of(app, "masks", "review", "photos.csv", "maps", "-o", "r", "--worst", 3)
    assert len(list(Path("r/pictures").iterdir())) == 3
    assert len(answers(Path("r/mask_ok.csv"))) == len(read_table("photos.csv"))
    output_of(app, "masks", "review", "photos.csv", "maps", "-o", "s", "--split", "train")
    assert len(answers(Path("s/mask_ok.csv"))) == len(read_table("photos.csv").part("train"))


def test_photos_that_nobody_made_a_map_for_are_passed_over(folder: Path) -> None:
    Path("maps/flagged.csv").unlink()
    said = output_of(app, "masks", "review", "photos.csv", "maps", "-o", "r", "--worst", 1)
    assert "1 photos have no map and are passed over" in said
    assert read_table("photos.csv").paths[2] not in answers(Path("r/mask_ok.csv"))


def test_answers_go_into_the_table(folder: Path) -> None:
    before = read_table("photos.csv")
    one, two, three = before.paths[:3]
    # As a spreadsheet may save it.
    Path("mask_ok.csv").write_text(f"path;mask_ok\n{one};NO\n{two};true\n", "utf-8-sig")
    words = ("masks", "review", "photos.csv", "maps", "-o", "out.csv")
    said = output_of(app, *words, "--flag", "mask_ok.csv", "--reject", three)
    assert "2 of" in said
    after = read_table("out.csv")
    assert after.column("mask_ok")[:4] == ["no", "yes", "no", ""]
    assert list(after.frame.drop(columns=["mask_ok", "row"])) == list(
        before.frame.drop(columns="row")
    )
    assert after.frame["camera"].tolist() == before.frame["camera"].tolist()
    # Another round keeps what was said, and people are believed before the proposals.
    words = ("masks", "review", "out.csv", "maps", "-o", "again.csv", "--auto")
    output_of(app, *words, "--flag", "mask_ok.csv")
    again = read_table("again.csv").column("mask_ok")
    assert again[:4] == ["no", "yes", "no", "yes"]


def test_what_can_t_be_answers(folder: Path) -> None:
    words = ("masks", "review", "photos.csv", "maps", "-o", "out.csv")
    with pytest.raises(InputError, match="what you ticked"):
        output_of(app, *words)
    with pytest.raises(PhotoTableError, match="1 photos are not in the table"):
        output_of(app, *words, "--reject", "gone.jpg")
    for text, message in (
        ("path,mask_ok\na.jpg,perhaps\n", "a.jpg: 'perhaps'"),
        ("path,answer\na.jpg,no\n", "no column `mask_ok`"),
    ):
        Path("flags.csv").write_text(text, "utf-8")
        with pytest.raises(PhotoTableError, match=message):
            output_of(app, *words, "--flag", "flags.csv")
    with pytest.raises(PhotoTableError, match="can't be read"):
        output_of(app, *words, "--flag", "gone.csv")
    assert not Path("out.csv").exists()


# Import and export


def test_export_and_import(folder: Path) -> None:
    assert "part maps → parts.json" in output_of(
        app, "masks", "export", "maps", "-o", "parts.json", "--as", "coco", "--photos", "photos.csv"
    )
    said = output_of(
        app, "masks", "import", "parts.json", "photos.csv", "-o", "new", "--as", "coco"
    )
    table = read_table("photos.csv")
    assert f"{len(table) - 1} part maps made, 0 kept" in said
    assert f"1 photos of the table are not in it and have no map, {table.paths[2]} among" in said
    old, new = PartMaps.open("maps"), PartMaps.open("new")
    assert new.parts.vocabulary == old.parts.vocabulary
    np.testing.assert_array_equal(new.read(table.paths[0]), old.read(table.paths[0]))
    words = ("masks", "import", "parts.json", "photos.csv", "-o", "other", "--as", "coco")
    with pytest.raises(PartMapError, match="unknown category"):
        output_of(app, *words, "--names", "head, body")


def test_mistakes_end_with_2(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["pawvit", "masks", "import", "photos.csv", "photos.csv", "-o", "new", "--as", "coco"]
    monkeypatch.setattr("sys.argv", words)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "this is no COCO file" in capsys.readouterr().err
    assert not Path("new").exists()
