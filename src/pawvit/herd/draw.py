"""Drawing: an animal, a pose and a camera → a photo and its exact part map. Knows no files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from pawvit.anatomy import FLANKS, TIGER_PARTS
from pawvit.herd.animal import Animal
from pawvit.herd.camera import Camera, Planes, expose
from pawvit.herd.coat import Outline
from pawvit.herd.figure import Pose, random_pose, side_view
from pawvit.herd.landscape import landscape, tuft
from pawvit.herd.layer import Layer
from pawvit.images import Pixels
from pawvit.partmaps import Labels

BACKGROUND = len(TIGER_PARTS)
DEFAULT_SIZE = (128, 160)
"""Height and width of a photo in pixels."""

_FINE = 3
"""Everything is drawn this much larger and reduced, for smooth edges."""


@dataclass(frozen=True, eq=False)
class Photo:
    """A drawn photo and what is to be seen in it.

    Args:
        pixels: H × W × 3 uint8 RGB, [0, 255].
        labels: H × W uint8, parts in the order of `anatomy.TIGER_PARTS`, 5 = background; the neck
            belongs to the head.
    """

    pixels: Pixels
    labels: Labels


@dataclass(frozen=True)
class Place:
    """Where a figure stands in a photo.

    Args:
        x, y: the middle between its feet, in pixels.
        scale: pixels a unit.
        tilt: the slope under its feet, in radians.
        mirror: drawn facing right.
    """

    x: float
    y: float
    scale: float
    tilt: float
    mirror: bool

    def points(self, outline: Outline) -> Outline:
        """Units → pixels (x, y)."""
        c, s = np.cos(self.tilt), np.sin(self.tilt)
        turned = outline @ np.array([[c, s], [-s, c]])
        if self.mirror:
            turned = turned * (-1, 1)
        return np.asarray(turned * self.scale + (self.x, self.y))


def draw(
    animal: Animal,
    orientation: str,
    camera: Camera,
    rng: np.random.Generator,
    size: tuple[int, int] = DEFAULT_SIZE,
    pose: Pose | None = None,
) -> Photo:
    """A photo of `animal`.

    Args:
        animal: who.
        orientation: the flank that the camera sees, "left" (the animal faces left) or "right".
        camera: where.
        rng: draws the pose, the place, the light and the noise.
        size: height and width in pixels.
        pose: how it stands; drawn at random where not given.

    Returns:
        The photo with its part map.

    Raises:
        ValueError: the orientation is not a flank.
    """
    if orientation not in FLANKS:
        raise ValueError(f"the herd shows its flanks ({', '.join(FLANKS)}), not {orientation!r}")
    if pose is None:
        pose = random_pose(rng)
    place = random_place(rng, orientation, size)
    scene = landscape(camera, size, rng)
    labels = paint(side_view(animal, orientation, pose), place, scene)
    _grass(scene, labels, place, camera, rng)
    return Photo(expose(scene, camera, rng), labels)


def random_place(rng: np.random.Generator, orientation: str, size: tuple[int, int]) -> Place:
    """Somewhere near the middle, all of the animal in the photo or nearly so."""
    height, width = size
    mirror = orientation == "right"
    scale = min(height / 1.68, width / 2.12) * rng.uniform(0.95, 1.05)
    # Head and neck reach further than the tail: the feet stand behind the middle.
    behind = 0.14 * scale * (-1 if mirror else 1)
    x = width / 2 + behind + rng.uniform(-0.03, 0.03) * width
    y = height * rng.uniform(0.905, 0.945)
    return Place(float(x), float(y), float(scale), float(rng.uniform(-0.05, 0.05)), mirror)


def paint(layers: list[Layer], place: Place, scene: Planes) -> Labels:
    """Paints a figure into a scene (H × W × 3, [0, 255], changed in place).

    Returns:
        The part map, H × W.
    """
    height, width = scene.shape[:2]
    fine = (width * _FINE, height * _FINE)
    parts = Image.new("L", fine, BACKGROUND)
    solid = Image.new("L", (width, height), 0)
    _ground_shadow(scene, place)
    for layer in layers:
        mask = Image.new("L", fine, 0)
        for outline, part in layer.silhouette:
            points = _flat(place, outline)
            ImageDraw.Draw(mask).polygon(points, fill=255)
            ImageDraw.Draw(parts).polygon(points, fill=part)
        canvas = Image.new("RGB", fine, layer.base)
        pen = ImageDraw.Draw(canvas)
        for outline, colour in layer.paint:
            pen.polygon(_flat(place, outline), fill=colour)
        cover = mask.reduce(_FINE)
        solid = ImageChops.lighter(solid, cover) if layer.joined else solid
        light = _light(cover, solid if layer.joined else cover, place.scale) * layer.light
        share = _plane(cover) / 255
        shadow = _plane(cover.filter(ImageFilter.GaussianBlur(0.022 * place.scale))) / 255
        if layer.joined:
            scene *= 1 - 0.2 * shadow
        scene += share * (np.asarray(canvas.reduce(_FINE), np.float32) * light - scene)
    middle = _FINE // 2
    return np.ascontiguousarray(np.asarray(parts)[middle::_FINE, middle::_FINE])


def _light(cover: Image.Image, solid: Image.Image, scale: float) -> Planes:
    """Factors H × W × 1: light from above on what is round."""
    reach = 0.1 * scale
    soft = _plane(solid.filter(ImageFilter.GaussianBlur(reach))) / 255
    up, down = np.roll(soft, round(reach), axis=0), np.roll(soft, -round(reach), axis=0)
    rim = ImageFilter.GaussianBlur(0.035 * scale)
    edge = 0.14 * _plane(cover.filter(rim)) + 0.2 * _plane(solid.filter(rim))
    return np.asarray(0.66 + 0.38 * (up - down) + edge / 255, np.float32)


def _ground_shadow(scene: Planes, place: Place) -> None:
    height, width = scene.shape[:2]
    mask = Image.new("L", (width, height), 0)
    a, b = 0.62 * place.scale, 0.06 * place.scale
    y = place.y + 0.01 * place.scale
    ImageDraw.Draw(mask).ellipse((place.x - a, y - b, place.x + a, y + b), fill=120)
    scene *= 1 - _plane(mask.filter(ImageFilter.GaussianBlur(0.035 * place.scale))) / 255


def _grass(
    scene: Planes, labels: Labels, place: Place, camera: Camera, rng: np.random.Generator
) -> None:
    """A few tufts before the hooves, in the photo and in the part map."""
    height, width = labels.shape
    top = max(0, int(place.y - 0.2 * place.scale))
    mask = Image.new("L", (width * _FINE, (height - top) * _FINE), 0)
    pen = ImageDraw.Draw(mask)
    for _ in range(int(rng.integers(4, 10))):
        x = place.x + rng.uniform(-0.9, 0.9) * place.scale
        y = place.y + rng.uniform(0.01, 0.08) * place.scale - top
        tall = rng.uniform(0.06, 0.14) * place.scale * _FINE
        for blade in tuft(rng, x * _FINE, y * _FINE, tall):
            pen.polygon(blade, fill=255)
    cover = mask.reduce(_FINE)
    share = _plane(cover) / 255
    scene[top:] += share * (np.asarray(camera.grass, np.float32) - scene[top:])
    labels[top:][np.asarray(cover) >= 128] = BACKGROUND


def _flat(place: Place, outline: Outline) -> list[float]:
    points: list[float] = (place.points(outline) * _FINE).ravel().tolist()
    return points


def _plane(mask: Image.Image) -> Planes:
    return np.asarray(mask, np.float32)[..., None]
