"""Drawing: an animal, conditions and a camera → a photo and all that is true of it. No files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pawvit.anatomy import FLANKS, TIGER_PARTS
from pawvit.herd.animal import Animal
from pawvit.herd.camera import Camera, Planes, expose
from pawvit.herd.conditions import PLAIN, Conditions
from pawvit.herd.facing import front_view, rear_view
from pawvit.herd.figure import Figure
from pawvit.herd.grass import tall_grass_before, tufts_before
from pawvit.herd.landscape import landscape
from pawvit.herd.look import look
from pawvit.herd.paint import BACKGROUND, paint
from pawvit.herd.place import Place, random_place
from pawvit.herd.pose import random_pose
from pawvit.herd.side import side_view
from pawvit.images import Pixels
from pawvit.partmaps import Labels

DEFAULT_SIZE = (128, 160)
"""Height and width of a photo in pixels."""

VIEWS = (*FLANKS, "front", "back")
"""The orientations that the herd shows."""

Keypoint = tuple[float, float, int]
"""x and y in pixels, and how it is seen: 2 in sight, 1 hidden, 0 outside the photo (as in COCO)."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A drawn photo and what is to be seen in it.

    Args:
        pixels: H × W × 3 uint8 RGB, [0, 255].
        labels: H × W uint8, parts in the order of `anatomy.TIGER_PARTS`, 5 = background; the neck
            belongs to the head. What hides the animal is background, and so are other animals.
        pose: one of `pose.POSES`.
        visible: part → the share of its pixels that nothing hides, (0, 1]; parts of which nothing
            is to be seen are not there.
        occlusion: the share of the animal's pixels that grass or another animal hides, [0, 1].
        keypoints: ATRW's name → point; empty from the front and from behind.
    """

    pixels: Pixels
    labels: Labels
    pose: str
    visible: dict[str, float]
    occlusion: float
    keypoints: dict[str, Keypoint]


def draw(
    animal: Animal,
    orientation: str,
    camera: Camera,
    rng: np.random.Generator,
    size: tuple[int, int] = DEFAULT_SIZE,
    conditions: Conditions = PLAIN,
) -> Photo:
    """A photo of `animal`.

    Args:
        animal: who.
        orientation: what the camera sees: "left" (its left flank: it faces left), "right", "front"
            or "back".
        camera: where.
        rng: draws the pose, the place, the light and the noise.
        size: height and width in pixels.
        conditions: what makes the photo difficult.

    Returns:
        The photo with its truth.

    Raises:
        ValueError: the herd does not show that orientation.
    """
    if orientation not in VIEWS:
        raise ValueError(f"the herd shows {', '.join(VIEWS)}, not {orientation!r}")
    pose = random_pose(rng, conditions.pose)
    place = random_place(rng, orientation, size, conditions.far)
    scene = landscape(camera, size, rng, conditions.spot)
    if conditions.neighbour is not None and not conditions.in_front:
        _paint_neighbour(conditions, place, scene, rng)
    seen = look(animal, winter=conditions.winter, scarred=conditions.scarred)
    if orientation in FLANKS:
        figure = side_view(animal, orientation, pose, seen)
    else:
        figure = (front_view if orientation == "front" else rear_view)(animal, pose, seen)
    labels = paint(figure, place, scene)
    whole = labels.copy()
    if conditions.neighbour is not None and conditions.in_front:
        labels[_paint_neighbour(conditions, place, scene, rng) != BACKGROUND] = BACKGROUND
    if conditions.grass:
        tall_grass_before(scene, labels, place, camera, conditions.grass, rng)
    tufts_before(scene, labels, place, camera, rng)
    visible, occlusion = _truth(whole, labels)
    keypoints = _seen(figure, place, labels)
    pixels = expose(scene, camera, rng, conditions.light)
    return Photo(pixels, labels, pose.name, visible, occlusion, keypoints)


def _paint_neighbour(
    conditions: Conditions, place: Place, scene: Planes, rng: np.random.Generator
) -> Labels:
    """A second animal at the side, cut by the photo's edge or by the first animal."""
    assert conditions.neighbour is not None
    flank = FLANKS[int(rng.integers(2))]
    side = rng.choice((-1, 1))
    front = conditions.in_front
    scale = place.scale * rng.uniform(1.0, 1.12) if front else place.scale * rng.uniform(0.7, 0.9)
    x = place.x + side * rng.uniform(1.15, 1.6) * place.scale
    y = place.y + (rng.uniform(0.03, 0.08) if front else rng.uniform(-0.2, -0.1)) * place.scale
    there = Place(float(x), float(y), float(scale), place.tilt, flank == "right")
    pose = random_pose(rng)
    dressed = look(conditions.neighbour, winter=conditions.winter)
    return paint(side_view(conditions.neighbour, flank, pose, dressed), there, scene)


def _truth(whole: Labels, labels: Labels) -> tuple[dict[str, float], float]:
    """The visible share of each part, and the hidden share of the animal."""
    number = len(TIGER_PARTS)
    there = np.bincount(whole.ravel(), minlength=number + 1)[:number]
    left = np.bincount(labels.ravel(), minlength=number + 1)[:number]
    visible = {
        part: float(seen / all_of_it)
        for part, seen, all_of_it in zip(TIGER_PARTS, left, there, strict=True)
        if seen
    }
    return visible, float(1 - left.sum() / max(there.sum(), 1))


def _seen(figure: Figure, place: Place, labels: Labels) -> dict[str, Keypoint]:
    height, width = labels.shape
    found = {}
    for name, (point, part) in figure.keypoints.items():
        x, y = (float(value) for value in place.points(point[None])[0])
        if not (0 <= x < width and 0 <= y < height):
            found[name] = (x, y, 0)
        else:
            found[name] = (x, y, 2 if labels[int(y), int(x)] == part else 1)
    return found
