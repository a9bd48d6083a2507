"""Exposure: a scene → the photo that a camera takes of it in the light of the hour.

Knows pixels; it does not know what they show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from pawvit.herd.camera import Camera
from pawvit.herd.paint import Planes
from pawvit.images import Pixels


@dataclass(frozen=True)
class Light:
    """What the hour and an unsteady hand do to a photo; the defaults do nothing.

    Args:
        gain: how bright, a factor.
        slope: how much brighter on the right than on the left, in shares of the gain.
        blur: more blur, in 1/100 of the photo's height.
        drift: how far the picture moves while it is taken, in widths.
    """

    gain: float = 1.0
    slope: float = 0.0
    blur: float = 0.0
    drift: float = 0.0


CLEAR = Light()


def expose(scene: Planes, camera: Camera, rng: np.random.Generator, light: Light = CLEAR) -> Pixels:
    """The photo that the camera takes of a scene (H × W × 3, [0, 255]) in the light of the hour."""
    cast = np.array(camera.cast) * rng.uniform(0.95, 1.05, 3) * camera.brightness
    cast *= rng.uniform(0.9, 1.1)
    if light != CLEAR:
        scene = _weathered(scene, light)
    seen = (scene * cast.astype(np.float32) - 118) * np.float32(
        camera.contrast * rng.uniform(0.92, 1.08)
    ) + 118
    seen += np.float32(camera.noise) * rng.standard_normal(scene.shape, dtype=np.float32)
    sharp = Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))
    radius = (camera.blur * rng.uniform(0.5, 1.5) + light.blur) * scene.shape[0] / 100
    return np.asarray(sharp.filter(ImageFilter.GaussianBlur(radius)))


def _weathered(scene: Planes, light: Light) -> Planes:
    width = scene.shape[1]
    ramp = light.gain * (1 + light.slope * np.linspace(-0.5, 0.5, width, dtype=np.float32))
    steps = round(light.drift * width)
    moved = scene.copy()
    for step in range(1, steps + 1):
        moved[:, step:] += scene[:, :-step]
        moved[:, :step] += scene[:, :1]
    return np.asarray(moved * (ramp[:, None] / (steps + 1)), np.float32)
