"""How an animal is shown to the network: a frame of its picture, made square, mirrored or not.

Knows pixels and places; it knows no keypoint's name and no network.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from pawvit.images import Box, Pixels

Points = npt.NDArray[np.float64]

ROOM = 0.08
"""Room round an animal's box, in shares of its sides: boxes are drawn tightly."""


@dataclass(frozen=True)
class View:
    """A frame of a picture, seen as a square.

    Attributes:
        frame: x, y, width, height in pixels of the picture, inside it.
        mirrored: whether left and right are exchanged.
    """

    frame: Box
    mirrored: bool = False

    def into(self, points: Points) -> Points:
        """(N, 2) pixels of the picture → the square, [0, 1] inside."""
        x, y, width, height = self.frame
        square = (points - (x, y)) / (width, height)
        return np.asarray(self._turned(square))

    def back(self, points: Points) -> Points:
        """(N, 2) of the square → pixels of the picture."""
        x, y, width, height = self.frame
        return np.asarray(self._turned(points) * (width, height) + (x, y))

    def of(self, picture: Pixels, size: int) -> Pixels:
        """size × size × 3 of a picture."""
        image = Image.fromarray(picture)
        # An affine map takes single pixels: large frames are made small before.
        shrink = max(1, int(min(self.frame[2:]) / size))
        if shrink > 1:
            image = image.reduce(shrink)
        x, y, width, height = (side / shrink for side in self.frame)
        square = image.transform(
            (size, size),
            Image.Transform.AFFINE,
            (width / size, 0, x, 0, height / size, y),
            Image.Resampling.BICUBIC,
        )
        step = -1 if self.mirrored else 1
        return np.asarray(square)[:, ::step]

    def _turned(self, square: Points) -> Points:
        if not self.mirrored:
            return square
        return np.stack([1 - square[:, 0], square[:, 1]], axis=1)


def framed(box: Box, picture: Pixels) -> Box:
    """The frame of a box: with some room, inside the picture."""
    height, width = picture.shape[:2]
    x, y, w, h = box
    left, top = max(0.0, x - ROOM * w), max(0.0, y - ROOM * h)
    right, bottom = min(float(width), x + w + ROOM * w), min(float(height), y + h + ROOM * h)
    return (left, top, max(1.0, right - left), max(1.0, bottom - top))
