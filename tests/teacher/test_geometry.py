"""The released code's answers, and animals drawn so that the right answer is plain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from pawvit.anatomy import TIGER_PARTS, YAK_PARTS
from pawvit.errors import PartMapError
from pawvit.teacher.geometry import INSIDE, PAPER, Geometry, Pose, expand, part_map
from pawvit.teacher.vocabularies import ANIMAL_POSE, AP10K, SUPERANIMAL, Vocabulary
from teacher_classes import CLASSES

HEAD, BODY, TAIL, HIND, FRONT, BACKGROUND = range(6)


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, npt.NDArray[np.generic]]:
    with np.load(shared / "golden" / "pose_parts.npz") as stored:
        return dict(stored)


def cases(golden: dict[str, npt.NDArray[np.generic]]) -> Iterator[tuple[str, Pose]]:
    for case in ("case0_", "case1_", "case2_"):
        own = Pose(SUPERANIMAL, golden[case + "kp"], golden[case + "conf"])
        other = Pose(AP10K, golden[case + "kp2"], golden[case + "conf2"])
        yield case, own.improved(other)


def test_keypoints_and_classes_are_the_released_code_s(
    golden: dict[str, npt.NDArray[np.generic]],
) -> None:
    for case, pose in cases(golden):
        found = expand(pose, golden[case + "mask"] >= 0.2, confident=0.5)
        np.testing.assert_array_equal(found.points, golden[case + "expanded_keypoints"])
        assert list(found.parts) == [CLASSES[str(c)] for c in golden[case + "expanded_classes"]]


def test_maps_are_the_released_code_s(golden: dict[str, npt.NDArray[np.generic]]) -> None:
    for case, pose in cases(golden):
        order = [TIGER_PARTS.index(CLASSES[str(c)]) for c in golden[case + "classes"]]
        truth = np.array([*order, BACKGROUND])[golden[case + "parts"].argmax(axis=0)]
        found = part_map(pose, golden[case + "mask"], TIGER_PARTS, geometry=PAPER)
        assert (found == truth).mean() >= 0.999


def pose(words: Vocabulary, **points: tuple[float, float]) -> Pose:
    places = np.array([points.get(name, (0, 0)) for name in words.keypoints], dtype=np.float64)
    sure = np.array([float(name in points) for name in words.keypoints])
    return Pose(words, places, sure)


def horse() -> tuple[Pose, npt.NDArray[np.float32]]:
    """It looks left; its tail hangs down behind the hind leg and comes near to its hoof."""
    shown = np.zeros((64, 64), np.float32)
    shown[20:34, 14:50] = 1  # trunk
    shown[10:22, 6:16] = 1  # head
    shown[34:56, 16:20] = 1  # front leg
    shown[34:56, 44:48] = 1  # hind leg
    shown[20:23, 50:56] = shown[20:50, 53:56] = 1  # tail
    found = pose(
        ANIMAL_POSE,
        nose=(7, 20),
        left_eye=(10, 13),
        left_ear_base=(14, 11),
        throat=(15, 22),
        withers=(20, 21),
        tail_base=(49, 21),
        left_front_elbow=(18, 33),
        left_front_knee=(18, 44),
        left_front_paw=(18, 55),
        left_back_elbow=(46, 33),
        left_back_knee=(46, 44),
        left_back_paw=(46, 55),
    )
    return found, shown


@pytest.mark.parametrize("geometry", [PAPER, INSIDE])
def test_a_standing_animal(geometry: Geometry) -> None:
    found = part_map(*horse(), TIGER_PARTS, geometry=geometry)
    assert found.dtype == np.uint8
    assert found[15, 10] == HEAD
    assert found[26, 32] == BODY
    assert found[50, 18] == FRONT
    assert found[50, 46] == HIND
    assert found[5, 5] == BACKGROUND
    # Beyond the tail base, though a knee is nearer by straight line.
    assert (found[24:50, 53:56] == TAIL).all()


def test_a_yak_has_no_tail() -> None:
    found = part_map(*horse(), YAK_PARTS, geometry=INSIDE)
    assert YAK_PARTS[found[40, 54]] == "body"
    assert found.max() == len(YAK_PARTS)


def test_a_rump_is_no_tail() -> None:
    animal, shown = horse()
    shown[:, 50:] = 0
    assert not (part_map(animal, shown, TIGER_PARTS, geometry=INSIDE) == TAIL).any()


def test_a_tail_is_found_where_the_animal_is_cut_in_two() -> None:
    animal, shown = horse()
    shown[:, 30:36] = 0  # a tree
    found = part_map(animal, shown, TIGER_PARTS, geometry=INSIDE)
    assert (found[24:50, 53:56] == TAIL).all()


def test_another_animal_s_piece_is_background_by_name() -> None:
    animal, shown = horse()
    shown[58:62, 2:10] = 1
    assert (part_map(animal, shown, TIGER_PARTS, geometry=INSIDE)[58:62, 2:10] == 5).all()
    assert (part_map(animal, shown, TIGER_PARTS, geometry=PAPER)[58:62, 2:10] != 5).all()


def test_a_head_has_a_head_s_size_by_name() -> None:
    shown = np.ones((64, 64), np.float32)
    curled = pose(
        AP10K, nose=(30, 30), left_eye=(34, 26), right_eye=(28, 26), root_of_tail=(10, 60)
    )
    near, far = (30, 28), (60, 5)
    for geometry, part in ((PAPER, HEAD), (INSIDE, BODY)):
        found = part_map(curled, shown, TIGER_PARTS, geometry=geometry)
        assert found[near[::-1]] == HEAD
        assert found[far[::-1]] == part


def test_the_frame_of_the_picture_does_not_matter() -> None:
    animal, shown = horse()
    large = np.kron(shown, np.ones((3, 2), np.float32))
    moved = animal.moved((0.25, 0.25), (2, 3))
    for geometry in (PAPER, INSIDE):
        first = part_map(animal.moved((0.25, 0.25)), shown, TIGER_PARTS, geometry=geometry)
        found = part_map(moved, large, TIGER_PARTS, geometry=geometry)
        assert (first == found).mean() > 0.97


def test_what_gives_no_map() -> None:
    animal, shown = horse()
    with pytest.raises(PartMapError, match="foreground is empty"):
        part_map(animal, shown * 0, TIGER_PARTS)
    with pytest.raises(PartMapError, match="no animal"):
        part_map(pose(ANIMAL_POSE), shown, TIGER_PARTS)
    elsewhere = np.zeros_like(shown)
    elsewhere[60:, :3] = 1
    with pytest.raises(PartMapError, match="outside of the foreground"):
        part_map(animal, elsewhere, TIGER_PARTS)
