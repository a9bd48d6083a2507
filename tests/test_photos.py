from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pawvit.anatomy import ORIENTATIONS, comparable, mirrored
from pawvit.errors import ConfigError, ImageError, PhotoTableError
from pawvit.photos import (
    PhotoTable,
    entity_of,
    hold_out,
    mirrored_entity,
    orientation_of,
    parse_box,
    split_by_identity,
    with_splits,
)

SHARES = {"train": 0.7, "select": 0.1, "val": 0.2}
names = st.text(min_size=1, max_size=6)


def table(identities: Sequence[str], **columns: Sequence[object]) -> PhotoTable:
    count = len(identities)
    frame = pd.DataFrame(
        {
            "path": [f"{i}.png" for i in range(count)],
            "identity": list(identities),
            **{name: list(values) for name, values in columns.items()},
            "row": range(2, 2 + count),
        }
    )
    return PhotoTable(frame, Path("root"), Path("root/photos.csv"))


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


@given(before=st.sets(names), added=st.sets(names), seed=st.integers(0, 9))
def test_added_individuals_move_nobody(before: set[str], added: set[str], seed: int) -> None:
    first = dict(zip(before, split_by_identity([*before], SHARES, seed=seed), strict=True))
    everyone = sorted(before | added)
    second = dict(zip(everyone, split_by_identity(everyone, SHARES, seed=seed), strict=True))
    assert all(second[name] == split for name, split in first.items())


@given(st.lists(st.sampled_from(["", "A", "B", "C", "D"])))
def test_no_individual_is_in_two_splits(identities: list[str]) -> None:
    splits = split_by_identity(identities, SHARES)
    assert len(set(zip(identities, splits, strict=True))) == len(set(identities))
    for identity, split in zip(identities, splits, strict=True):
        assert (split == "") == (identity == "")


def test_shares_are_kept_and_seeds_differ() -> None:
    everyone = [str(i) for i in range(20_000)]
    splits = split_by_identity(everyone, SHARES)
    for split, share in SHARES.items():
        # Four standard deviations of a binomial draw.
        assert abs(splits.count(split) / 20_000 - share) < 4 * (share * (1 - share) / 20_000) ** 0.5
    other = split_by_identity(everyone, SHARES, seed=1)
    agree = np.mean([a == b for a, b in zip(splits, other, strict=True)])
    assert agree == pytest.approx(0.7**2 + 0.1**2 + 0.2**2, abs=0.02)


@pytest.mark.parametrize("shares", [{}, {"a": 0.5}, {"a": 1.5, "b": -0.5}])
def test_shares_that_are_none(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        split_by_identity(["A"], shares)
    with pytest.raises(ConfigError, match="add up to 1"):
        with_splits(table(["A"]), shares)


def test_with_splits_replaces_splits_only_when_told() -> None:
    everyone = [str(i) for i in range(50)]
    photos = table(everyone, split=["mine"] * 50)
    with pytest.raises(PhotoTableError, match="splits of its own"):
        with_splits(photos, SHARES)
    dealt = with_splits(photos, SHARES, force=True)
    assert dealt.column("split") == split_by_identity(everyone, SHARES)
    assert photos.column("split") == ["mine"] * 50
    assert with_splits(table(everyone), SHARES).column("split") == dealt.column("split")


def test_a_split_without_individuals_is_refused() -> None:
    with pytest.raises(PhotoTableError, match="of 1 individuals none falls to"):
        with_splits(table(["A", "A", ""]), SHARES)
    shares = {"train": 1.0, "val": 0.0}
    assert with_splits(table(["A", ""]), shares).column("split") == ["train", ""]


def test_whole_individuals_are_kept_back() -> None:
    names = [f"animal {i // 3}" for i in range(60)] + ["lonely", ""]
    frame = pd.DataFrame({"path": [f"{i}.jpg" for i in range(62)], "identity": names})
    table = PhotoTable(frame, Path(), Path("t.csv"))
    kept = hold_out(table, 0.15)
    chosen = {name for name, back in zip(names, kept, strict=True) if back}
    assert len(chosen) == 3
    assert kept.sum() == 9
    assert not chosen & {"lonely", ""}
    assert (hold_out(table, 0.15) == kept).all()
    assert (hold_out(table, 0.15, seed=1) != kept).any()
    with pytest.raises(PhotoTableError, match="too few"):
        hold_out(table.take(range(9)), 0.15)
