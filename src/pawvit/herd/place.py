"""Where a figure stands in a photo: units → pixels. Knows no animal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pawvit.anatomy import FLANKS
from pawvit.herd.coat import Outline


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


def random_place(
    rng: np.random.Generator, orientation: str, size: tuple[int, int], far: float = 0.0
) -> Place:
    """Somewhere near the middle, all of the animal in the photo or nearly so.

    Args:
        rng: draws the place.
        orientation: what the camera sees of the animal, of `anatomy.ORIENTATIONS`.
        size: height and width of the photo in pixels.
        far: how much smaller than the photo allows, [0, 1); what is small may stand off the middle.
    """
    height, width = size
    mirror = orientation == "right"
    # An animal that faces the camera is narrow, and holds its head before its back.
    side_on = orientation in FLANKS
    scale = (min(height / 1.68, width / 2.12) if side_on else height / 1.86) * rng.uniform(
        0.95, 1.05
    )
    if side_on:
        # Head and neck reach further than the tail: the feet stand behind the middle.
        behind = 0.14 * scale * (-1 if mirror else 1)
        x = width / 2 + behind + rng.uniform(-0.03, 0.03) * width
    else:
        x = width / 2 + rng.uniform(-0.12, 0.12) * width
    y = height * rng.uniform(0.905, 0.945)
    tilt = rng.uniform(-0.05, 0.05)
    if far:
        scale *= 1 - far
        x += 0.42 * far * width * rng.uniform(-1, 1)
        y -= 0.3 * far * height * rng.uniform(0.4, 1)
    return Place(float(x), float(y), float(scale), float(tilt), mirror)
