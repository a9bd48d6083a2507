"""What a figure is made of: coloured outlines, each with its part. Knows no animal."""

from __future__ import annotations

from dataclasses import dataclass, field

from pawvit.anatomy import TIGER_PARTS
from pawvit.herd.animal import Colour
from pawvit.herd.coat import Outline

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
