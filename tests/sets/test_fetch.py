"""Public sets by name: what they say of themselves, how they are laid out, fetched from afar."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from commands import output_of
from paper_folders import write_atrw
from pawvit.cli.data import app
from pawvit.errors import InputError, PawvitError, PhotoTableError
from pawvit.readers import read_benchmark, read_table
from pawvit.sets import SETS, Archive, fetch
from pawvit.sets.tables import read_stripes, read_wildbook
from sets.server import serving


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 32), (120, 90, 60)).save(out, "JPEG")
    return out.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


NYALA = zip_of(
    {
        f"wildlife_reidentification-main/{path}": picture()
        for path in (
            "Nyala_Data_Zero/train/7/14_leftphoto.jpg",
            "Nyala_Data_Zero/train/7/14_rightphoto.jpg",
            "Nyala_Data_Zero/test/9/328_leftphoto.jpg",
            "Lion_Data_Zero/train/Ayo/Ayo_Left_Face.png",
        )
    }
)


@contextmanager
def no_bar(label: str, unit: str):
    yield lambda done, total: None


def test_every_set_says_what_it_is_and_where_its_licence_stands() -> None:
    assert {"nyala", "stripespotter", "atrw"} <= set(SETS)
    for name, one in SETS.items():
        assert one.name == name
        assert bool(one.licence) == bool(one.licence_url)
        assert one.homepage.startswith("https://")
        for archive in one.archives:
            assert all(url.startswith("https://") for url in (archive.url, *archive.parts))
    assert all(name in output_of(app, "fetch") for name in SETS)


def test_a_set_is_fetched_once_its_licence_is_agreed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "nyala"
    with serving({"/main.zip": NYALA}) as server:
        here = replace(SETS["nyala"], archives=(Archive(f"{server.url}/main.zip"),))
        monkeypatch.setitem(SETS, "nyala", here)
        for answer in (None, "n\n"):
            words = ["fetch", "nyala", "-o", str(folder)]
            refused = CliRunner().invoke(app, words, input=answer)
            assert isinstance(refused.exception, InputError)
            assert "licence: none stated" in refused.output
        assert server.asked == []
        agreed = CliRunner().invoke(app, words, input="y\n")
        assert agreed.exit_code == 0, agreed.output
        assert "no checksum is published" in agreed.output
        table = read_table(folder / "photos.csv")
        assert table.identities == ["9", "7", "7"]
        assert table.orientations == ["left", "left", "right"]
        assert table.column("encounter") == ["328", "14", "14"]
        assert table.column("original_split") == ["test", "train", "train"]
        assert table.read(0).shape == (32, 40, 3)
        record = json.loads((folder / "fetched.json").read_text())["archives"]
        (one,) = record.values()
        assert (len(one["sha256"]), one["checked"], one["bytes"]) == (64, False, len(NYALA))
        assert not (folder / "downloads").exists()
        # All is there: nothing is asked for again.
        output_of(app, *words, "--yes")
        assert len(server.asked) == 1


def test_what_breaks_off_is_gone_on_with_archive_by_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pawvit.sets.download.time.sleep", lambda _: None)
    with serving({"/one/main.zip": NYALA, "/two/main.zip": zip_of({"x.txt": b"x"})}) as server:
        archives = (
            Archive(f"{server.url}/one/main.zip"),
            Archive(f"{server.url}/two/main.zip", into="more", sha256="0" * 64),
        )
        here = replace(SETS["nyala"], archives=archives)
        server.breaks = [100] * 5
        with pytest.raises(PawvitError, match="broke off too often"):
            fetch(here, tmp_path, bar=no_bar)
        with pytest.raises(InputError, match="not what it should be"):
            fetch(here, tmp_path, bar=no_bar, keep=True)
        asked = len(server.asked)
        assert server.asked[asked - 2] == "bytes=500-"
        here = replace(here, archives=(archives[0], replace(archives[1], sha256=None)))
        table = fetch(here, tmp_path, bar=no_bar, keep=True)
        assert len(server.asked) == asked + 1
        assert len(table) == 3
        assert (tmp_path / "more/x.txt").read_bytes() == b"x"
        assert (tmp_path / "downloads/main.zip").read_bytes() == NYALA


def test_a_set_that_is_laid_out_anew_is_named(tmp_path: Path) -> None:
    with serving({"/main.zip": zip_of({"elsewhere/1.jpg": picture()})}) as server:
        here = replace(SETS["nyala"], archives=(Archive(f"{server.url}/main.zip"),))
        with pytest.raises(PhotoTableError, match="not laid out as it was known"):
            fetch(here, tmp_path, bar=no_bar)


SIGHTINGS = """#imgindex,original_filename,animal_name,flank,roi,photo_quality,sighting_date
1,a.jpg,Zoe,Left,2 3 20 18,good,2011-01-20
2,b.jpg,unknown,Right,1 1 5 5,bad,2011-01-21
"""


@pytest.mark.skipif(not shutil.which("zip"), reason="needs zip, which splits archives")
def test_stripespotter_in_three_parts(tmp_path: Path) -> None:
    (tmp_path / "data/images").mkdir(parents=True)
    (tmp_path / "data/SightingData.csv").write_text(SIGHTINGS)
    for number in (1, 2):
        # Comments make the pictures large enough to split.
        content = picture()
        (tmp_path / f"data/images/img{number:07d}.jpg").write_bytes(content + bytes(90_000))
    subprocess.run(
        ["zip", "-q", "-0", "-s", "70k", "-r", "data-20110718.zip", "data"],
        cwd=tmp_path,
        check=True,
    )
    names = ["data-20110718.z01", "data-20110718.z02", "data-20110718.zip"]
    files = {f"/{name}": (tmp_path / name).read_bytes() for name in names}
    with serving(files) as server:
        urls = [f"{server.url}/{name}" for name in names]
        here = replace(SETS["stripespotter"], archives=(Archive(urls[2], parts=tuple(urls[:2])),))
        table = fetch(here, tmp_path / "out", bar=no_bar)
    assert table.identities == ["Zoe", ""]
    assert table.orientations == ["left", "right"]
    assert table.box(0) == (2, 3, 20, 18)
    assert table.read(0).shape == (18, 20, 3)
    assert table.column("date") == ["2011-01-20", "2011-01-21"]
    assert not (tmp_path / "out/downloads").exists()
    (tmp_path / "data/SightingData.csv").write_text("a,b\n1,2\n")
    with pytest.raises(PhotoTableError, match="can't be read"):
        read_stripes(tmp_path / "data")


def test_the_paper_s_tigers_are_laid_out_as_their_reader_expects(tmp_path: Path) -> None:
    """The archives of ATRW, packed as they are known to be, from a drawn herd."""
    source = write_atrw(tmp_path / "source")
    files = {}
    for archive in SETS["atrw"].archives:
        out = io.BytesIO()
        if archive.name.endswith(".tar.gz"):
            with tarfile.open(fileobj=out, mode="w:gz") as packed:
                packed.add(source / archive.into, arcname=".")
        else:
            with zipfile.ZipFile(out, "w") as zipped:
                for path in (source / "eval_script").rglob("*.json"):
                    zipped.write(path, path.relative_to(source / "eval_script"))
        files[f"/{archive.name}"] = out.getvalue()
    with serving(files) as server:
        archives = tuple(
            replace(one, url=f"{server.url}/{one.name}") for one in SETS["atrw"].archives
        )
        fetch(replace(SETS["atrw"], archives=archives), tmp_path / "out", bar=no_bar)
    table = read_table(tmp_path / "out/photos.csv")
    assert (len(table.part("train")), len(table.part("test"))) == (36, 12)
    assert all(file.is_file() for file in table.files)
    for name in ("atrw", "atrw-wild"):
        test, truth = read_benchmark(tmp_path / "out", name)
        assert len(test) == 12
        assert truth is not None


def test_a_file_of_wild_me(tmp_path: Path) -> None:
    content = {
        "images": [
            {"id": 1, "file_name": "1.jpg", "date_captured": "2011-05-06 07:08:09"},
            {"id": 2, "file_name": "2.jpg", "date_captured": "NA"},
        ],
        "annotations": [
            {"image_id": 1, "name": "Ona", "viewpoint": "frontleft", "bbox": [1, 2, 3, 4]},
            {
                "image_id": 2,
                "name": "____",
                "viewpoint": "null",
                "segmentation": [[1, 1, 5, 1, 5, 4]],
            },
        ],
    }
    path = tmp_path / "hyena.coco/annotations/instances_train2022.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content))
    table = read_wildbook(tmp_path)
    assert table.paths == ["hyena.coco/images/train2022/1.jpg", "hyena.coco/images/train2022/2.jpg"]
    assert table.identities == ["Ona", ""]
    assert table.orientations == ["left", "unknown"]
    assert [table.box(n) for n in (0, 1)] == [(1, 2, 3, 4), (1, 1, 4, 3)]
    assert table.column("date") == ["2011-05-06 07:08:09", ""]
    path.write_text("[]")
    with pytest.raises(PhotoTableError, match="can't be read"):
        read_wildbook(tmp_path)
