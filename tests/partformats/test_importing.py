"""From other tools and back: names, sizes, boxes; where something is wrong nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pawvit.anatomy import IGNORE
from pawvit.errors import PartMapError, PhotoTableError
from pawvit.images import picture_size
from pawvit.partformats.exporting import export_maps
from pawvit.partformats.formats import FOLDERS, OPEN, Format
from pawvit.partformats.given import claimed
from pawvit.partformats.importing import import_maps
from pawvit.partformats.sizing import majority, on_picture, photo_part
from pawvit.partmaps import Labels, PartMaps, Parts
from pawvit.photos import PhotoTable
from pawvit.readers import read_table

NAMES = ("head", "body", "legs")


def some(seed: int, size: tuple[int, int] = (16, 16)) -> Labels:
    allowed = np.array([0, 1, 2, 3, IGNORE], np.uint8)
    return np.random.default_rng(seed).choice(allowed, size)


@pytest.fixture
def maps(tmp_path: Path) -> PartMaps:
    """Maps of three photos; the last is a part of its picture, the first is turned by EXIF."""
    (tmp_path / "p").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (60, 80)).save(tmp_path / "p/a.jpg", exif=exif)
    for name in ("b", "c"):
        Image.new("RGB", (80, 60)).save(tmp_path / f"p/{name}.jpg")
    text = 'path,identity,bbox\np/a.jpg,x,\np/b.jpg,x,\np/c.jpg,y,"20, 10, 40, 32"\n'
    (tmp_path / "photos.csv").write_text(text, "utf-8")
    made = PartMaps.create(tmp_path / "maps", Parts(NAMES, (16, 16), "herd"))
    for seed, name in enumerate("abc"):
        made.write(f"p/{name}.jpg", some(seed))
    return made


def table(maps: PartMaps) -> PhotoTable:
    return read_table(maps.root.parent / "photos.csv")


def target(maps: PartMaps, kind: Format) -> Path:
    return maps.root.parent / ("out" if kind in FOLDERS else "out.json")


@pytest.mark.parametrize("with_photos", [False, True])
@pytest.mark.parametrize("kind", list(OPEN))
def test_there_and_back(maps: PartMaps, kind: Format, with_photos: bool) -> None:
    photos = table(maps)
    out = target(maps, kind)
    assert export_maps(maps, out, kind=kind, table=photos if with_photos else None) == 3
    names = NAMES if kind == "npy" else None
    made = import_maps(out, photos, maps.root.parent / "new", kind=kind, names=names, size=(16, 16))
    assert (made.written, made.kept, made.flagged) == (3, 0, ())
    opened = PartMaps.open(maps.root.parent / "new")
    assert opened.parts.teacher == "imported"
    assert opened.parts.vocabulary == NAMES
    for path in photos.paths:
        np.testing.assert_array_equal(opened.read(path), maps.read(path))


def test_pictures_have_their_own_size(maps: PartMaps) -> None:
    out = target(maps, "coco")
    export_maps(maps, out, kind="coco", table=table(maps))
    images = json.loads(out.read_text("utf-8"))["images"]
    assert [(one["width"], one["height"]) for one in images] == [(80, 60)] * 3
    assert picture_size(maps.root.parent / "p/a.jpg") == (60, 80)


def test_it_goes_on_and_keeps_what_is_there(maps: PartMaps) -> None:
    out, new = target(maps, "labels"), maps.root.parent / "new"
    export_maps(maps, out, kind="labels")
    import_maps(out, table(maps), new, kind="labels", size=(16, 16))
    opened = PartMaps.open(new)
    opened.write("p/a.jpg", some(9))
    opened.path_of("p/b.jpg").unlink()
    made = import_maps(out, table(maps), new, kind="labels", size=(16, 16))
    assert (made.written, made.kept) == (1, 2)
    np.testing.assert_array_equal(opened.read("p/a.jpg"), some(9))


def test_photos_that_the_source_does_not_have(maps: PartMaps) -> None:
    out = target(maps, "labels")
    export_maps(maps, out, kind="labels")
    (out / "p/b.jpg.png").unlink()
    made = import_maps(out, table(maps), maps.root.parent / "new", kind="labels", size=(16, 16))
    assert made.flagged == (("p/b.jpg", "it is not in out"),)
    assert made.written == 2


def test_whatever_is_wrong_nothing_is_written(maps: PartMaps) -> None:
    photos, out, new = table(maps), target(maps, "labels"), maps.root.parent / "new"
    export_maps(maps, out, kind="labels")
    (out / "p/a.jpg.png").write_bytes(b"no picture")
    Image.new("L", (30, 60)).save(out / "p/b.jpg.png")
    with pytest.raises(PartMapError) as caught:
        import_maps(out, photos, new, kind="labels", size=(16, 16))
    said = str(caught.value)
    assert "2 entries can't be used" in said
    assert "p/a.jpg.png: the picture can't be read" in said
    assert "p/b.jpg.png: it is 30 × 60, and the picture 80 × 60: they don't fit" in said
    assert caught.value.where == str(out)
    assert not new.exists()
    Image.new("L", (16, 16)).save(out / "p/d.png")
    with pytest.raises(PartMapError, match=r"p/d\.png: no photo of the table has this name"):
        import_maps(out, photos, new, kind="labels", size=(16, 16))
    with pytest.raises(PartMapError, match="--as coco needs a JSON file, and this is none"):
        import_maps(out, photos, new, kind="coco")
    with pytest.raises(PartMapError, match="--as npy needs a folder, and there is none of"):
        import_maps(out / "gone", photos, new, kind="npy")
    assert not new.exists()


def test_folders_of_other_maps_are_refused(maps: PartMaps) -> None:
    out = target(maps, "labels")
    export_maps(maps, out, kind="labels")
    before = maps.path_of("p/a.jpg").read_bytes()
    with pytest.raises(PartMapError, match=r"holds other maps \(herd: head, body, legs; 16 × 16\)"):
        import_maps(out, table(maps), maps.root, kind="labels", size=(16, 16))
    assert PartMaps.open(maps.root).parts.teacher == "herd"
    assert maps.path_of("p/a.jpg").read_bytes() == before


def test_two_animals_of_one_picture_are_refused(maps: PartMaps) -> None:
    out, path = target(maps, "labels"), maps.root.parent / "photos.csv"
    export_maps(maps, out, kind="labels")
    path.write_text(path.read_text("utf-8") + 'p/c.jpg,z,"0, 0, 20, 20"\n', "utf-8")
    with pytest.raises(PhotoTableError, match="several boxes"):
        import_maps(out, table(maps), maps.root.parent / "new", kind="labels", size=(16, 16))


@pytest.mark.parametrize("kind", list(OPEN))
def test_exports_overwrite_nothing(maps: PartMaps, kind: Format) -> None:
    out = target(maps, kind)
    export_maps(maps, out, kind=kind)
    with pytest.raises(PartMapError, match="something here already"):
        export_maps(maps, out, kind=kind)


def test_exports_of_nothing(maps: PartMaps, tmp_path: Path) -> None:
    with pytest.raises(PartMapError, match=r"ends in \.json"):
        export_maps(maps, tmp_path / "folder", kind="coco")
    empty = PartMaps.create(tmp_path / "empty", Parts(NAMES))
    with pytest.raises(PartMapError, match="no maps to write"):
        export_maps(empty, tmp_path / "out", kind="labels")


# Whose they are


def test_entries_find_their_photos() -> None:
    photos = ["a/1.jpg", "b/1.jpg", "c/2.JPG", "c/3.png", "c/3.jpg"]
    found = claimed(["x/a/1.png", "b/1.jpg.png", "2.JPG", "3.png", "c\\3.jpg"], photos, Path("s"))
    assert found == {
        "a/1.jpg": "x/a/1.png",
        "b/1.jpg": "b/1.jpg.png",
        "c/2.JPG": "2.JPG",
        "c/3.png": "3.png",
        "c/3.jpg": "c\\3.jpg",
    }


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (["4.png"], r"4\.png: no photo"),
        (["1.png"], r"1\.png: it could be of a/1\.jpg or b/1\.jpg"),
        (["a/1.png", "a/1.jpg.png"], r"a/1\.jpg\.png: a/1\.png is of a/1\.jpg already"),
    ],
)
def test_entries_that_find_no_photo(entries: list[str], message: str) -> None:
    with pytest.raises(PartMapError, match=message):
        claimed(entries, ["a/1.jpg", "b/1.jpg"], Path("source"))


# Sizes


def test_each_place_takes_its_most_frequent_label() -> None:
    labels = np.array([[0, 0, 1, 1], [0, 2, 3, IGNORE]], np.uint8)
    assert majority(labels, (1, 2)).tolist() == [[0, 1]]
    assert majority(labels, (1, 4)).tolist() == [[0, 0, 1, 1]]  # of two, the lower
    assert majority(labels[:1, :2], (2, 2)).tolist() == [[0, 0], [0, 0]]


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 99), height=st.integers(8, 70), width=st.integers(8, 70))
def test_what_was_enlarged_comes_back(seed: int, height: int, width: int) -> None:
    labels = some(seed, (8, 8))
    large = on_picture(labels, (height, width), None, 3)
    assert large.shape == (height, width)
    np.testing.assert_array_equal(majority(large, (8, 8)), labels)


def test_boxes_follow_the_label_image_s_scale() -> None:
    labels = some(0, (30, 40))
    half = photo_part(labels, (60, 80), (20, 10, 40, 30))
    np.testing.assert_array_equal(half, labels[5:20, 10:30])
    assert photo_part(labels, (61, 80), None) is labels
    with pytest.raises(PartMapError, match="don't fit"):
        photo_part(labels, (80, 60), None)
