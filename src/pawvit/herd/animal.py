"""One animal of the herd: a name, a build and a coat for each flank. Knows no pose, no pixels."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pawvit.herd.coat import Coat, Outline, Style, make_coat, make_scars

Colour = tuple[int, int, int]
"""RGB, [0, 255]."""


@dataclass(frozen=True)
class Species:
    """What the animals of a kind share.

    Args:
        name: for the table's column `species`.
        style: what the marks look like.
        base, mark, pale, dark: colours of the coat, the marks, the belly and the lower legs.
        legs, girth, neck: sizes relative to the plainest antelope.
        horns: the way they grow.
        horn: their length, in shoulder heights.
    """

    name: str
    style: Style
    base: Colour
    mark: Colour
    pale: Colour
    dark: Colour
    legs: float
    girth: float
    neck: float
    horns: Literal["straight", "lyre", "curved"]
    horn: float


_SAND: tuple[Colour, Colour, Colour, Colour] = (
    (214, 168, 108),
    (92, 54, 36),
    (243, 228, 200),
    (78, 52, 40),
)
_RUST: tuple[Colour, Colour, Colour, Colour] = (
    (172, 92, 50),
    (250, 238, 214),
    (226, 178, 132),
    (72, 44, 36),
)

SPECIES = (
    Species("ribbon antelope", "stripes", *_RUST, 0.97, 1.06, 0.96, "lyre", 0.36),
    Species("domino gazelle", "spots", *_SAND, 1.06, 0.94, 1.08, "curved", 0.3),
    Species("cloud oryx", "patches", *_SAND, 1.0, 1.04, 0.95, "straight", 0.42),
)


@dataclass(frozen=True, eq=False)
class Animal:
    """An individual. What tells it from others is the layout of its coats, and nothing else much.

    Args:
        name: unique in its herd.
        species: its kind.
        coats: flank ("left", "right": the animal's own) → its coat; the two differ.
        legs, girth, neck: its own sizes, relative to its species, all within a few percent.
        tint: its own shade, RGB factors within a few percent.
        scars: flank → outlines in body coordinates, of wounds that it gets one day.
        luck: [0, 1); the lower, the sooner it is wounded at all.
    """

    name: str
    species: Species
    coats: dict[str, Coat]
    legs: float
    girth: float
    neck: float
    tint: tuple[float, float, float]
    scars: dict[str, tuple[Outline, ...]]
    luck: float


def make_animal(seed: int, name: str) -> Animal:
    """The animal of that name in the herd of that seed: always the same one."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    species = SPECIES[int(rng.integers(len(SPECIES)))]
    legs, girth, neck = (float(size) for size in rng.uniform(0.97, 1.03, 3))
    red, green, blue = (float(factor) for factor in rng.uniform(0.97, 1.03, 3))
    coats = {flank: make_coat(species.style, rng) for flank in ("left", "right")}
    # Wounds come last in the stream: they change nothing of the coats.
    scars = {flank: make_scars(rng) for flank in ("left", "right")}
    return Animal(
        name, species, coats, legs, girth, neck, (red, green, blue), scars, float(rng.random())
    )
