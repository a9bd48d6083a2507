"""How an animal is shown to the network: a frame of its picture, turned, mirrored, made square.

Knows pixels and places; it knows no keypoint's name and no network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageEnhance

from pawvit.images import Box, Pixels

Points = npt.NDArray[np.float64]

ROOM = 0.08
"""Room round an animal's box, in shares of its sides: boxes are drawn tightly."""

_GREY = (124, 116, 104)
"""The ImageNet mean: what a turned frame shows beyond its picture says nothing."""


@dataclass(frozen=True)
class View:
    """A frame of a picture, seen as a square.

    Attributes:
        frame: x, y, width, height in pixels of the picture.
        mirrored: whether left and right are exchanged.
        turn: radians by which the frame is turned.
        light, contrast: factors of brightness and contrast.
    """

    frame: Box
    mirrored: bool = False
    turn: float = 0.0
    light: float = 1.0
    contrast: float = 1.0

    def _axes(self) -> tuple[Points, Points]:
        """The middle of the frame, and its two sides as the columns of a matrix, in pixels."""
        x, y, width, height = self.frame
        across, down = math.cos(self.turn), math.sin(self.turn)
        sides = np.array([[across * width, -down * height], [down * width, across * height]])
        if self.mirrored:
            sides[:, 0] *= -1
        return np.array([x + width / 2, y + height / 2]), sides

    def into(self, points: Points) -> Points:
        """(N, 2) pixels of the picture → the square, [0, 1] inside."""
        middle, sides = self._axes()
        return np.asarray((points - middle) @ np.linalg.inv(sides).T + 0.5)

    def back(self, points: Points) -> Points:
        """(N, 2) of the square → pixels of the picture."""
        middle, sides = self._axes()
        return np.asarray((points - 0.5) @ sides.T + middle)

    def of(self, picture: Pixels, size: int) -> Pixels:
        """size × size × 3; what lies beyond the picture is grey."""
        image = Image.fromarray(picture)
        # An affine map takes single pixels: large frames are made small before.
        shrink = max(1, int(min(self.frame[2:]) / size))
        if shrink > 1:
            image = image.reduce(shrink)
        corner, right, below = self.back(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])) / shrink
        across, down = (right - corner) / size, (below - corner) / size
        given = (across[0], down[0], corner[0], across[1], down[1], corner[1])
        square = image.transform(
            (size, size),
            Image.Transform.AFFINE,
            tuple(float(number) for number in given),
            Image.Resampling.BICUBIC,
            fillcolor=_GREY,
        )
        if self.light != 1:
            square = ImageEnhance.Brightness(square).enhance(self.light)
        if self.contrast != 1:
            square = ImageEnhance.Contrast(square).enhance(self.contrast)
        return np.asarray(square)


def framed(box: Box, picture: Pixels) -> Box:
    """The frame of a box: with some room, inside the picture."""
    height, width = picture.shape[:2]
    x, y, w, h = box
    left, top = max(0.0, x - ROOM * w), max(0.0, y - ROOM * h)
    right, bottom = min(float(width), x + w + ROOM * w), min(float(height), y + h + ROOM * h)
    return (left, top, max(1.0, right - left), max(1.0, bottom - top))


def varied(frame: Box, rng: np.random.Generator, *, mirrored: bool) -> View:
    """The frame as another photographer might have taken it: turned, nearer or farther, lighter."""
    x, y, width, height = frame
    scale = math.exp(rng.uniform(math.log(0.8), math.log(1.35)))
    stretch = math.exp(rng.uniform(-0.2, 0.2))
    w, h = width * scale * stretch, height * scale / stretch
    middle = (
        x + width * (0.5 + rng.uniform(-0.1, 0.1)),
        y + height * (0.5 + rng.uniform(-0.1, 0.1)),
    )
    return View(
        (middle[0] - w / 2, middle[1] - h / 2, w, h),
        mirrored,
        turn=rng.uniform(-0.45, 0.45),
        light=rng.uniform(0.7, 1.3),
        contrast=rng.uniform(0.7, 1.3),
    )
