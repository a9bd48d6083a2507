from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pawvit.anatomy import ORIENTATIONS, comparable, mirrored
from pawvit.errors import ImageError, PhotoTableError
from pawvit.photos import (
    PhotoTable,
    entity_of,
    mirrored_entity,
    orientation_of,
    parse_box,
)
from photo_tables import table


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("left", "left"),
        (" RIGHT ", "right"),
        ("L", "left"),
        ("rear", "back"),
        ("", "unknown"),
        ("front-left", "left"),
        ("topright", "right"),
        ("right_back", "right"),
        ("up", "unknown"),
        ("sideways", None),
        ("0", None),
    ],
)
def test_spellings_of_orientation(raw: str, meant: str | None) -> None:
    assert orientation_of(raw) == meant


def test_entities_are_identity_and_orientation() -> None:
    photos = table(["A", "A", "", "B"], orientation=["left", "right", "left", "unknown"])
    assert photos.entities == ["A/left", "A/right", "", "B/unknown"]
    assert table(["A", "A", ""]).entities == ["A", "A", ""]
    assert table(["A"]).orientations == ["unknown"]


@pytest.mark.parametrize("orientation", [*ORIENTATIONS, None])
def test_a_mirrored_photo_is_another_entity_of_the_other_orientation(
    orientation: str | None,
) -> None:
    entity = mirrored_entity("A", orientation)
    # Neither flank of the animal itself: its own right flank looks different.
    assert entity not in {entity_of("A", other) for other in [*ORIENTATIONS, None]}
    other = None if orientation is None else mirrored(orientation)
    assert entity == entity_of("A~mirrored", other)
    assert mirrored_entity("", orientation) == ""


def test_the_mirror_of_each_orientation() -> None:
    assert [mirrored(o) for o in ORIENTATIONS] == ["right", "left", "front", "back", "unknown"]
    for first in ORIENTATIONS:
        for second in ORIENTATIONS:
            assert comparable(first, second) == ({first, second} != {"left", "right"})


def test_take_keeps_rows_and_columns() -> None:
    photos = table(["A", "B", "C"], note=["x", "y", "z"])
    for chosen in ([2, 0], np.array([2, 0])):
        taken = photos.take(chosen)
        assert taken.identities == ["C", "A"]
        assert taken.column("note") == ["z", "x"]
        assert list(taken.frame["row"]) == [4, 2]
        assert list(taken.frame.index) == [0, 1]
    assert photos.take(np.array([False, True, False])).identities == ["B"]
    assert len(photos.take([])) == 0
    assert photos.identities == ["A", "B", "C"]


def test_part() -> None:
    photos = table(["A", "B", "C"], split=["train", "val", None])
    assert photos.part("val").identities == ["B"]
    with pytest.raises(PhotoTableError, match=r"no photo is in the split 'test'.*: train, val"):
        photos.part("test")
    with pytest.raises(PhotoTableError, match="no column `split`"):
        table(["A"]).part("val")


def test_columns_that_are_not_there_are_empty() -> None:
    photos = table(["A", "B"], camera=[3, None])
    assert photos.column("camera")[1] == ""
    assert photos.column("encounter") == ["", ""]


@pytest.mark.parametrize(
    "form", ["[{}, {}, {}, {}]", "{} {} {} {}", "({},{},{},{})", "{};{};{};{}"]
)
@given(st.lists(st.floats(1, 1e4), min_size=4, max_size=4))
def test_boxes_are_read_in_many_forms(form: str, box: list[float]) -> None:
    assert parse_box(form.format(*box)) == tuple(box)


@pytest.mark.parametrize(
    "text", ["1 2 3", "1 2 3 4 5", "a b c d", "1 2 0 4", "1 2 3 -4", "1 2 nan 4"]
)
def test_boxes_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_box(text)


def test_empty_boxes() -> None:
    assert parse_box("") is None
    assert parse_box("nan") is None
    assert table(["A"]).box(0) is None
    assert table(["A", "B"], bbox=["1 2 3 4", None]).box(1) is None


def test_read_cuts_the_box_out(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (50, 60, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "0.png")
    photos = table(["A", "A"], bbox=["10 5 30 20", ""])
    photos = PhotoTable(photos.frame, tmp_path, tmp_path)
    np.testing.assert_array_equal(photos.read(0), pixels[5:25, 10:40])
    with pytest.raises(ImageError, match="no such file"):
        photos.read(1)
