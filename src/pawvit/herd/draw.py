"""Drawing: an animal, conditions and a camera → a photo and all that is true of it. No files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pawvit.anatomy import FLANKS
from pawvit.herd.animal import Animal
from pawvit.herd.camera import Camera
from pawvit.herd.conditions import PLAIN, Conditions
from pawvit.herd.exposure import expose
from pawvit.herd.facing import front_view, rear_view
from pawvit.herd.figure import Figure
from pawvit.herd.grass import tall_grass_before, tufts_before
from pawvit.herd.landscape import landscape
from pawvit.herd.look import look
from pawvit.herd.paint import BACKGROUND, Planes, paint
from pawvit.herd.place import Place, random_place
from pawvit.herd.pose import Pose, random_pose
from pawvit.herd.side import side_view
from pawvit.images import Pixels
from pawvit.partmaps import Labels

DEFAULT_SIZE = (128, 160)
"""Height and width of a photo in pixels."""

VIEWS = (*FLANKS, "front", "back")
"""The orientations that the herd shows."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A drawn photo and what is to be seen in it.

    Args:
        pixels: H × W × 3 uint8 RGB, [0, 255].
        labels: H × W uint8, parts in the order of `anatomy.TIGER_PARTS`, 5 = background; the neck
            belongs to the head. What hides the animal is background, and so are other animals.
        whole: the same if nothing stood before the animal.
        pose: one of `pose.POSES`.
        neighbours: how many other animals are in the picture, of which anything is to be seen.
        figure, place: what was drawn, and where.
    """

    pixels: Pixels
    labels: Labels
    whole: Labels
    pose: str
    neighbours: int
    figure: Figure
    place: Place


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
        rng: draws the pose, the place, the light and the noise, and they are the same whatever
            stands in the way.
        size: height and width in pixels.
        conditions: what makes the photo difficult.

    Returns:
        The photo with its truth.

    Raises:
        ValueError: the herd does not show that orientation.
    """
    if orientation not in VIEWS:
        raise ValueError(f"the herd shows {', '.join(VIEWS)}, not {orientation!r}")
    (obstacles,) = rng.spawn(1)
    pose = random_pose(rng, conditions.pose)
    place = random_place(rng, orientation, size, conditions.far)
    figure = figure_of(animal, orientation, pose, conditions)
    scene = landscape(camera, size, rng, conditions.spot)
    other = np.full(size, BACKGROUND, np.uint8)
    if not conditions.in_front:
        other = _paint_neighbour(conditions, place, figure.spread, scene, obstacles)
    whole = paint(figure, place, scene)
    labels = whole.copy()
    other[labels != BACKGROUND] = BACKGROUND
    if conditions.in_front:
        other = _paint_neighbour(conditions, place, figure.spread, scene, obstacles)
        labels[other != BACKGROUND] = BACKGROUND
    if conditions.grass:
        grown = tall_grass_before(scene, place, camera, conditions.grass, obstacles)
        labels[grown] = other[grown] = BACKGROUND
    grown = tufts_before(scene, place, camera, rng)
    labels[grown] = other[grown] = BACKGROUND
    pixels = expose(scene, camera, rng, conditions.light)
    neighbours = int((other != BACKGROUND).any())
    return Photo(pixels, labels, whole, pose.name, neighbours, figure, place)


def figure_of(animal: Animal, orientation: str, pose: Pose, conditions: Conditions) -> Figure:
    """The animal as it looks from a side of `VIEWS` under these conditions."""
    seen = look(animal, winter=conditions.winter, scarred=conditions.scarred)
    if orientation in FLANKS:
        return side_view(animal, orientation, pose, seen)
    return (front_view if orientation == "front" else rear_view)(animal, pose, seen)


def _paint_neighbour(
    conditions: Conditions, place: Place, spread: float, scene: Planes, rng: np.random.Generator
) -> Labels:
    """A second animal, if there is one, beside a first one that is `spread` units wide."""
    height, width = scene.shape[:2]
    if conditions.neighbour is None:
        return np.full((height, width), BACKGROUND, np.uint8)
    flank = FLANKS[int(rng.integers(2))]
    front = conditions.in_front
    # On the side where there is room, so that it is in the picture.
    side = 1 if place.x < width / 2 else -1
    scale = place.scale * (rng.uniform(1.0, 1.12) if front else rng.uniform(0.7, 0.9))
    away = spread + (rng.uniform(0.35, 0.75) if front else rng.uniform(0.3, 0.7))
    x = place.x + side * away * place.scale
    y = place.y + (rng.uniform(0.03, 0.08) if front else rng.uniform(-0.2, -0.1)) * place.scale
    there = Place(float(x), float(y), float(scale), place.tilt, flank == "right")
    dressed = look(conditions.neighbour, winter=conditions.winter)
    return paint(side_view(conditions.neighbour, flank, random_pose(rng), dressed), there, scene)
