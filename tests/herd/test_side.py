"""Figures from the side: a pose carries the coat along and stands, or lies, on the ground."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pawvit.herd.animal import make_animal
from pawvit.herd.figure import BODY, FRONT, HEAD, HIND, TAIL, Figure
from pawvit.herd.look import look
from pawvit.herd.pose import POSES, Pose, random_pose
from pawvit.herd.side import side_view
from pawvit.herd.truth import KEYPOINTS

STANDING = Pose(phase=0.0, stride=0.1, neck=0.9, face=0.35, tail=0.3, pitch=0.0, arch=0.0)


def figure(name: str, flank: str, pose: Pose) -> Figure:
    animal = make_animal(0, name)
    return side_view(animal, flank, pose, look(animal))


def outline_of(pose: Pose, part: int) -> np.ndarray:
    layers = figure("hazel", "left", pose).layers
    found = [points for layer in layers for points, label in layer.silhouette if label == part]
    return np.concatenate(found)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", POSES)
def test_every_pose_is_on_the_ground_with_its_parts_in_place(name: str, seed: int) -> None:
    pose = random_pose(np.random.default_rng(seed), name)
    layers = figure("fern", "right", pose).layers
    everything = np.concatenate([points for layer in layers for points, _ in layer.silhouette])
    assert np.isfinite(everything).all()
    assert -0.02 < everything[:, 1].max() < 0.06
    centre = {part: outline_of(pose, part)[:, 0].mean() for part in (HEAD, BODY, TAIL, HIND, FRONT)}
    assert centre[HEAD] < centre[FRONT] < centre[BODY] < centre[HIND] < centre[TAIL]


def test_a_grazing_animal_has_its_muzzle_at_the_grass() -> None:
    grazing = outline_of(replace(STANDING, neck=-0.72, face=1.15), HEAD)
    assert -0.25 < grazing[:, 1].max() < 0.02
    assert outline_of(STANDING, HEAD)[:, 1].min() < -1.2


def test_legs_swing_with_the_stride() -> None:
    def spread(stride: float) -> float:
        return float(np.ptp(outline_of(replace(STANDING, phase=1.5, stride=stride), FRONT)[:, 0]))

    assert spread(0.4) > spread(0.05) + 0.15


def test_marks_keep_their_place_on_the_trunk_when_the_trunk_moves() -> None:
    middle = {}
    for pitch in (0.0, 0.03):
        body = figure("hazel", "left", replace(STANDING, pitch=pitch)).layers[2]
        trunk = next(points for points, part in body.silhouette if part == BODY)
        last = body.paint[-1][0]
        middle[pitch] = trunk.mean(axis=0), last.mean(axis=0)
    (trunk_0, mark_0), (trunk_1, mark_1) = middle.values()
    c, s = np.cos(-0.03), np.sin(-0.03)
    moved = (mark_0 - trunk_0) @ np.array([[c, s], [-s, c]])
    assert moved == pytest.approx(mark_1 - trunk_1, abs=2e-3)


def test_a_lying_animal_is_low_and_its_trunk_is_on_the_ground() -> None:
    lying = replace(STANDING, lying=True)
    assert outline_of(lying, BODY)[:, 1].max() > -0.05 > outline_of(STANDING, BODY)[:, 1].max()
    assert outline_of(lying, HEAD)[:, 1].min() > outline_of(STANDING, HEAD)[:, 1].min() + 0.2


@pytest.mark.parametrize("flank", ["left", "right"])
def test_keypoints_are_those_of_atrw_and_lie_on_their_parts(flank: str) -> None:
    shown = figure("hazel", flank, STANDING)
    assert set(shown.keypoints) == set(KEYPOINTS)
    boxes = {part: outline_of(STANDING, part) for part in (HEAD, BODY, TAIL, HIND, FRONT)}
    for name, (point, part) in shown.keypoints.items():
        if part is not None:
            low, high = boxes[part].min(axis=0), boxes[part].max(axis=0)
            assert ((low <= point) & (point <= high)).all(), name
    here, there = shown.keypoints[f"{flank}_hip"], shown.keypoints["nose"]
    assert here[1] == HIND
    assert there[0][0] < here[0][0]
