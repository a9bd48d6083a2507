"""What puts a map in doubt, each thing alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pawvit.errors import PhotoTableError
from pawvit.partmaps import Labels, PartMaps, Parts
from pawvit.teacher.review import Doubt, doubts, reviewed
from photo_tables import table

NAMES = ("head", "body", "legs")
HEAD, BODY, LEGS, BACKGROUND = range(4)


def good(shift: int = 0) -> Labels:
    labels = np.full((64, 64), BACKGROUND, np.uint8)
    labels[20:40, 15 + shift : 50] = BODY
    labels[15:28, 8 + shift : 15 + shift] = HEAD
    labels[40:55, 20:24] = labels[40:55, 44:48] = LEGS
    labels[30, 8:15] = BODY
    return labels


def doubt_of(tmp_path: Path, labels: Labels, others: int = 20) -> Doubt:
    maps = PartMaps.create(tmp_path / "maps", Parts(NAMES))
    for number in range(others):
        maps.write(f"{number}.jpg", good(number % 3))
    maps.write("it.jpg", labels)
    found = doubts(maps, [*(f"{n}.jpg" for n in range(others)), "it.jpg"])
    for other in found[:-1]:
        assert other.reasons == ()
        assert other.ok
    return found[-1]


def test_a_good_map_is_in_no_doubt(tmp_path: Path) -> None:
    assert doubt_of(tmp_path, good()) == Doubt("it.jpg", 0.0, ())


def changed(what: str) -> Labels:
    labels = good()
    if what == "empty":
        labels[:] = BACKGROUND
    elif what == "tiny":
        small = labels[::8, ::8].copy()
        labels[:] = BACKGROUND
        labels[20:28, 20:28] = small
    elif what == "headless":
        labels[labels == HEAD] = BODY
    elif what == "edge":
        labels[20:40, 50:] = BODY
    elif what == "pieces":
        labels[20:55, 33:36] = BACKGROUND
    else:
        labels[20:40, 15:30] = HEAD
    return labels


@pytest.mark.parametrize(
    ("what", "reason", "ok"),
    [
        ("empty", "no animal was found", False),
        ("tiny", "the animal fills under 1 % of the picture", False),
        ("headless", "head: missing", False),
        ("edge", "it meets the right edge of the picture", True),
        ("pieces", "it falls into 2 pieces, 40 % beside the largest", False),
        ("share", "head: 4", False),
    ],
)
def test_each_thing_alone(tmp_path: Path, what: str, reason: str, ok: bool) -> None:
    found = doubt_of(tmp_path, changed(what))
    assert any(one.startswith(reason) for one in found.reasons), found
    assert found.ok is ok, found


def test_of_few_maps_nothing_is_usual(tmp_path: Path) -> None:
    assert doubt_of(tmp_path, changed("share"), others=3).reasons == ()
    assert "head: missing" in doubt_of(tmp_path, changed("headless"), others=3).reasons


def test_ignored_pixels_are_no_animal(tmp_path: Path) -> None:
    labels = good()
    labels[60:] = 255
    assert doubt_of(tmp_path, labels).score == 0


def test_maps_that_are_not_there(tmp_path: Path) -> None:
    maps = PartMaps.create(tmp_path, Parts(NAMES))
    maps.write("a.jpg", good())
    maps.path_of("b.jpg").write_bytes(b"")
    (tmp_path / "flagged.csv").write_text("path,reason\nc.jpg,no keypoints\n", "utf-8")
    a, b, c = doubts(maps, ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    assert a.ok
    assert (b.score, b.has_map) == (1, False)
    assert "can't be read" in b.reasons[0]
    assert c == Doubt("c.jpg", 1.0, ("there is no map: no keypoints",), has_map=False)


def test_answers_keep_what_was_said() -> None:
    photos = table(["a", "b", "c"], mask_ok=["no", "", "yes"], note=["x", "y", "z"])
    after = reviewed(photos, {"1.png": "no", "2.png": ""})
    assert after.column("mask_ok") == ["no", "no", "yes"]
    assert after.column("note") == ["x", "y", "z"]
    with pytest.raises(PhotoTableError, match=r"1 photos are not in the table"):
        reviewed(photos, {"7.png": "no"})
