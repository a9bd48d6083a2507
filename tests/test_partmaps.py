from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pawvit.anatomy import IGNORE, MAX_PARTS, YAK_PARTS, colours
from pawvit.errors import PartMapError
from pawvit.partmaps import SHEET, PartMaps, Parts


def labels(seed: int = 0) -> np.ndarray:
    """Every label that the yaks' vocabulary allows, ignored pixels among them."""
    allowed = np.array([*range(len(YAK_PARTS) + 1), IGNORE], np.uint8)
    return np.random.default_rng(seed).choice(allowed, (64, 64))


@pytest.fixture
def maps(tmp_path: Path) -> PartMaps:
    return PartMaps.create(tmp_path / "maps", Parts(YAK_PARTS, teacher="herd", settings={"a": 1}))


def test_what_is_written_is_read(maps: PartMaps) -> None:
    path = maps.write("images/a.jpg", labels())
    assert path == maps.root / "images" / "a.jpg.png"
    assert "images/a.jpg" in maps
    opened = PartMaps.open(maps.root)
    assert opened.parts == maps.parts
    np.testing.assert_array_equal(opened.read("images/a.jpg"), labels())


def test_the_palette_shows_the_parts_and_keeps_the_labels(maps: PartMaps) -> None:
    image = Image.open(maps.write("a.jpg", np.full((64, 64), 2, np.uint8)))
    assert image.mode == "P"
    assert image.convert("RGB").getpixel((0, 0)) == colours(3)[2]


def test_two_photos_of_one_stem_have_two_maps(maps: PartMaps) -> None:
    maps.write("a.jpg", labels(0))
    maps.write("a.png", labels(1))
    np.testing.assert_array_equal(maps.read("a.jpg"), labels(0))
    np.testing.assert_array_equal(maps.read("a.png"), labels(1))


@pytest.mark.parametrize(
    ("photo", "place"),
    [
        ("images/a.jpg", "images/a.jpg.png"),
        ("./images/./a.jpg", "images/a.jpg.png"),
        ("images\\a.jpg", "images/a.jpg.png"),
        ("/data/a.jpg", "data/a.jpg.png"),
        ("//server/share/a.jpg", "server/share/a.jpg.png"),
        ("../photos/a.jpg", "up/photos/a.jpg.png"),
        ("up/photos/a.jpg", "up_/photos/a.jpg.png"),
        ("Up_/photos/a.jpg", "Up__/photos/a.jpg.png"),
        ("upper/a.jpg", "upper/a.jpg.png"),
        ("C:\\photos\\a.jpg", "C/photos/a.jpg.png"),
        ("C:/photos/a.jpg", "C/photos/a.jpg.png"),
    ],
)
def test_paths_are_folded_under_the_root(maps: PartMaps, photo: str, place: str) -> None:
    assert maps.path_of(photo) == maps.root / place


def test_the_photos_of_a_folder(maps: PartMaps) -> None:
    photos = ["../photos/a.jpg", "Up_/b.png", "a.jpg", "images/a.b.jpg", "up/photos/a.jpg"]
    for photo in photos:
        maps.write(photo, labels())
    (maps.root / ".half.1.part.png").write_bytes(b"")
    assert maps.photos() == sorted(photos)
    assert all(photo in maps for photo in maps.photos())


@given(st.text(st.sampled_from("./\\:aC"), min_size=1))
def test_no_path_leads_out_of_the_root(photo: str) -> None:
    root = Path("/maps")
    try:
        place = PartMaps(root, Parts(YAK_PARTS)).path_of(photo)
    except PartMapError:
        assert "a" not in photo
        assert "C" not in photo
    else:
        assert Path(os.path.normpath(place)).is_relative_to(root)
        assert place.suffix == ".png"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((32, 64), np.uint8), "32 × 64 uint8; 64 × 64"),
        (np.zeros((64, 64), np.int64), "int64"),
        (np.zeros((64, 64, 3), np.uint8), "64 × 64 × 3"),
        (np.full((64, 64), 5, np.uint8), r"labels \[5\].*0 … 3, the background is 4"),
        (np.full((64, 64), 254, np.uint8), r"labels \[254\]"),
    ],
)
def test_wrong_maps_are_neither_written_nor_read(
    maps: PartMaps, wrong: np.ndarray, message: str
) -> None:
    path = maps.write("a.jpg", labels())
    with pytest.raises(PartMapError, match=message):
        maps.write("a.jpg", wrong)
    np.testing.assert_array_equal(maps.read("a.jpg"), labels())
    if wrong.dtype == np.uint8:
        Image.fromarray(wrong).save(path)
        with pytest.raises(PartMapError, match=message) as caught:
            maps.read("a.jpg")
        assert caught.value.where == str(path)


def test_a_missing_map_names_the_photo(maps: PartMaps) -> None:
    assert "b.jpg" not in maps
    with pytest.raises(PartMapError, match=r"the photo b\.jpg has no part map") as caught:
        maps.read("b.jpg")
    assert "pawvit masks" in str(caught.value.mend)


@pytest.mark.parametrize("length", [0, 8, 40, 400, -60])
def test_a_map_cut_short(maps: PartMaps, length: int) -> None:
    path = maps.write("a.jpg", labels())
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(PartMapError, match="can't be read"):
        maps.read("a.jpg")


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_damaged_maps_never_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    maps = PartMaps(tmp_path_factory.getbasetemp(), Parts(YAK_PARTS))
    content = bytearray(maps.write("a.jpg", labels()).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    maps.path_of("a.jpg").write_bytes(content)
    with suppress(PartMapError):
        assert maps.read("a.jpg").shape == (64, 64)


def test_a_folder_of_other_parts_is_not_mixed(maps: PartMaps) -> None:
    PartMaps.create(maps.root, Parts(YAK_PARTS, teacher="discovered"))
    assert PartMaps.open(maps.root).parts.teacher == "discovered"
    for other in (Parts(YAK_PARTS[::-1]), Parts(YAK_PARTS[:3]), Parts(YAK_PARTS, size=(32, 32))):
        with pytest.raises(PartMapError, match="maps of other parts"):
            PartMaps.create(maps.root, other)
    assert PartMaps.open(maps.root).parts.teacher == "discovered"


def test_vocabularies_that_are_none() -> None:
    with pytest.raises(PartMapError, match="0 parts"):
        Parts(())
    with pytest.raises(PartMapError, match="33 parts"):
        Parts(tuple(map(str, range(MAX_PARTS + 1))))
    with pytest.raises(PartMapError, match="named twice"):
        Parts(("head", "head"))


def test_no_sheet(tmp_path: Path) -> None:
    with pytest.raises(PartMapError, match=r"parts\.json is missing"):
        PartMaps.open(tmp_path)


@pytest.mark.parametrize(
    "sheet",
    [
        "",
        "{",
        "[]",
        "{}",
        json.dumps({"vocabulary": "head", "size": [64, 64]}),
        json.dumps({"vocabulary": ["head"], "size": 64}),
        json.dumps({"vocabulary": ["head"], "size": [64]}),
        json.dumps({"vocabulary": ["head"], "size": ["a", "b"]}),
        json.dumps({"vocabulary": ["head"], "size": [64, 64], "settings": 3}),
    ],
)
def test_broken_sheets(tmp_path: Path, sheet: str) -> None:
    (tmp_path / SHEET).write_text(sheet)
    with pytest.raises(PartMapError, match=r"parts\.json can't be read"):
        PartMaps.open(tmp_path)
