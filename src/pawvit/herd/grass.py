"""Grass before an animal: it tells which pixels it hides. Knows no animals."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from pawvit.herd.animal import Colour
from pawvit.herd.camera import Camera
from pawvit.herd.paint import FINE, Planes, plane
from pawvit.herd.place import Place

Blade = list[tuple[float, float]]

Hidden = npt.NDArray[np.bool_]
"""H × W: the pixels that are grass."""


def tufts_before(scene: Planes, place: Place, camera: Camera, rng: np.random.Generator) -> Hidden:
    """A few tufts before the hooves of who stands at `place`; the scene is changed in place."""
    height, width = scene.shape[:2]
    top = max(0, int(place.y - 0.2 * place.scale))
    mask = Image.new("L", (width * FINE, (height - top) * FINE), 0)
    pen = ImageDraw.Draw(mask)
    for _ in range(int(rng.integers(4, 10))):
        x = place.x + rng.uniform(-0.9, 0.9) * place.scale
        y = place.y + rng.uniform(0.01, 0.08) * place.scale - top
        tall = rng.uniform(0.06, 0.14) * place.scale * FINE
        for blade in tuft(rng, x * FINE, y * FINE, tall):
            pen.polygon(blade, fill=255)
    return _grown(scene, top, mask, np.asarray(camera.grass, np.float32))


def tall_grass_before(
    scene: Planes, place: Place, camera: Camera, amount: float, rng: np.random.Generator
) -> Hidden:
    """Tall grass before the legs and the belly.

    Args:
        scene: H × W × 3, changed in place.
        place: where the animal stands.
        camera: gives the colour.
        amount: (0, 1]; 1 hides the legs and much of the belly.
        rng: draws the blades.
    """
    height, width = scene.shape[:2]
    unit = place.scale
    top = max(0, int(place.y - 0.85 * unit))
    size = (width * FINE, (height - top) * FINE)
    mask, canvas = Image.new("L", size, 0), Image.new("RGB", size, camera.grass)
    pens = ImageDraw.Draw(mask), ImageDraw.Draw(canvas)
    thick = rng.uniform(-1, 1)
    for near in np.sort(rng.uniform(0, 1, round(8 + 34 * amount))):
        # It grows in one clump, left or right or in the middle, that thins out.
        x = place.x + (thick * 0.5 + rng.normal(0, 0.5)) * unit
        y = place.y + (0.0 + 0.13 * near) * unit - top
        tall = (0.16 + 0.42 * amount * rng.uniform(0.5, 1.15)) * unit
        colour = shaded(camera.grass, rng.uniform(0.72, 1.25))
        for blade in _sheaf(rng, x * FINE, y * FINE, tall * FINE, unit * FINE):
            pens[0].polygon(blade, fill=255)
            pens[1].polygon(blade, fill=colour)
    return _grown(scene, top, mask, np.asarray(canvas.reduce(FINE), np.float32))


def tuft(rng: np.random.Generator, x: float, y: float, tall: float) -> list[Blade]:
    """The blades of a tuft of grass that grows at x, y: triangles."""
    blades = []
    for lean in np.linspace(-0.6, 0.6, 5) + rng.uniform(-0.15, 0.15, 5):
        foot, wide = x + 0.25 * lean * tall, 0.07 * tall
        tip = (x + lean * tall, y - tall * rng.uniform(0.7, 1.1) * (1 - 0.3 * abs(lean)))
        blades.append([(foot - wide, y), tip, (foot + wide, y)])
    return blades


def shaded(colour: Colour, factor: float) -> Colour:
    """The colour, brighter (above 1) or darker."""
    red, green, blue = (min(255, round(channel * factor)) for channel in colour)
    return red, green, blue


def _sheaf(rng: np.random.Generator, x: float, y: float, tall: float, unit: float) -> list[Blade]:
    """Long blades that bend over."""
    blades = []
    wide = 0.017 * unit
    for lean, long in zip(rng.normal(0, 0.22, 6), rng.uniform(0.65, 1.0, 6) * tall, strict=True):
        foot = x + rng.uniform(-0.06, 0.06) * unit
        waist, tip = foot + 0.35 * lean * long, foot + lean * long
        middle, end = y - 0.6 * long, y - long * (1 - 0.2 * abs(lean))
        up = [(foot - wide, y), (waist - 0.8 * wide, middle)]
        blades.append([*up, (tip, end), (waist + 0.8 * wide, middle), (foot + wide, y)])
    return blades


def _grown(scene: Planes, top: int, mask: Image.Image, colour: Planes) -> Hidden:
    cover = mask.reduce(FINE)
    scene[top:] += plane(cover) / 255 * (colour - scene[top:])
    hidden = np.zeros(scene.shape[:2], np.bool_)
    hidden[top:] = np.asarray(cover) >= 128
    return hidden
