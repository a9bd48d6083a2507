"""Painting: the part map tells what the pixels show, and a coat is the same in every pose."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from pawvit.herd.animal import make_animal
from pawvit.herd.figure import BODY
from pawvit.herd.look import look
from pawvit.herd.names import names
from pawvit.herd.paint import BACKGROUND, paint
from pawvit.herd.place import Place
from pawvit.herd.pose import random_pose
from pawvit.herd.side import side_view

PLACE = Place(x=80.0, y=116.0, scale=70.0, tilt=0.02, mirror=False)


def painted(
    name: str, flank: str, seed: int, place: Place, pose: str | None = None, winter: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    scene = np.full((128, 160, 3), 128, np.float32)
    animal = make_animal(0, name)
    held = random_pose(np.random.default_rng(seed), pose)
    labels = paint(side_view(animal, flank, held, look(animal, winter=winter)), place, scene)
    return scene, labels


def test_background_pixels_are_the_scene_and_animal_pixels_are_not() -> None:
    """Only the shadow touches what the map calls background: never a strange colour."""
    scene, labels = painted("amber", "left", 1, PLACE)
    untouched = labels == BACKGROUND
    # Edges are mixed of both, and tips of horns are thinner than a pixel.
    inner = untouched.copy()
    for axis in (0, 1):
        inner &= np.roll(inner, 1, axis) & np.roll(inner, -1, axis)
    coloured = np.ptp(scene[inner], axis=1) > 1
    assert coloured.mean() < 0.001
    outer = ~untouched
    assert (np.ptp(scene[outer], axis=1) > 5).mean() > 0.9


def test_a_mirrored_figure_is_the_mirror_image() -> None:
    left = painted("amber", "left", 3, PLACE)
    turned = replace(PLACE, x=160 - PLACE.x, mirror=True)
    right = painted("amber", "left", 3, turned)
    # The polygon filler rounds half pixels to one side, hence not to the last pixel.
    assert (left[1] == right[1][:, ::-1]).mean() > 0.99
    assert np.abs(left[0] - right[0][:, ::-1]).mean() < 1.0


def flank_of(
    name: str, flank: str, seed: int, pose: str | None = None, winter: float = 0.0
) -> npt.NDArray[np.float64]:
    """The trunk as painted in a pose, cut out by the map and without its mean colour."""
    scene, labels = painted(name, flank, seed, PLACE, pose, winter)
    rows, columns = np.nonzero(labels == BODY)
    box = scene[rows.min() : rows.max(), columns.min() : columns.max()].mean(axis=2)
    y = np.linspace(0, box.shape[0] - 1, 24).astype(int)
    x = np.linspace(0, box.shape[1] - 1, 48).astype(int)
    grey = box[np.ix_(y, x)].ravel().astype(np.float64)
    grey -= grey.mean()
    return np.asarray(grey / np.linalg.norm(grey))


@pytest.mark.parametrize(
    ("pose", "winter"), [("walking", 0.0), ("grazing", 0.0), ("lying", 0.0), ("lying", 1.0)]
)
def test_a_flank_agrees_with_itself_in_another_pose_more_than_with_any_other(
    pose: str, winter: float
) -> None:
    herd = [(name, flank) for name in names(10) for flank in ("left", "right")]
    asked = np.array([flank_of(*who, 1, pose, winter) for who in herd])
    known = np.array([flank_of(*who, 2, "walking") for who in herd])
    best = (asked @ known.T).argmax(axis=1)
    # A lying animal's thigh lies over a part of the pattern.
    assert (best == np.arange(len(herd))).mean() >= (0.8 if pose == "lying" else 0.9)


def test_what_is_outside_of_the_photo_is_not_painted() -> None:
    scene, labels = painted("amber", "left", 1, replace(PLACE, x=600.0))
    assert (labels == BACKGROUND).all()
    assert np.ptp(scene) == 0
