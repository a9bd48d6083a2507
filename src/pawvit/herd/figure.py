"""What a figure is made of: coloured outlines, each with its part. Knows no animal, no pixels.

One unit is about the height of the shoulder; x points to the right, y down, the ground is y = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pawvit.anatomy import TIGER_PARTS
from pawvit.herd.animal import Colour
from pawvit.herd.coat import Outline
from pawvit.herd.shapes import Curve

HEAD, BODY, TAIL, HIND, FRONT = range(len(TIGER_PARTS))


@dataclass
class Layer:
    """Outlines that are drawn and lit together.

    Args:
        silhouette: outline and part of each piece: what is covered at all.
        base: colour of what no paint covers.
        paint: outlines and colours, later ones over earlier ones; the silhouette cuts them.
        light: how bright the layer is; the far legs stand in the shade.
        joined: lit as one solid with the joined layers before it.
    """

    silhouette: list[tuple[Outline, int]]
    base: Colour
    paint: list[tuple[Outline, Colour]] = field(default_factory=list)
    light: float = 1.0
    joined: bool = True


@dataclass
class Figure:
    """An animal, ready to be painted.

    Args:
        layers: from the far ones to the near ones.
        spread: half the width of its shadow on the ground, in units.
        keypoints: name → point, and the part that shows there unless something stands before it;
            None where the animal itself is in the way. Known of the flank views.
    """

    layers: list[Layer]
    spread: float
    keypoints: dict[str, tuple[Curve, int | None]] = field(default_factory=dict)

    def moved(self, down: float) -> Figure:
        """The figure, `down` units lower."""
        by = np.array([0, down])
        for layer in self.layers:
            layer.silhouette = [(outline + by, part) for outline, part in layer.silhouette]
            layer.paint = [(outline + by, colour) for outline, colour in layer.paint]
        keypoints = {name: (point + by, part) for name, (point, part) in self.keypoints.items()}
        return Figure(self.layers, self.spread, keypoints)
