"""The coat of one flank: marks in body coordinates. Knows no pose, no camera and no pixels.

Body coordinates: u runs from the chest (0) to the rump (1), v from the back (−1) to the belly (1).
On the neck u runs from the shoulder (0) to the head (1) and v from the nape (−1) to the throat (1).
A pose moves the body and carries the marks along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Outline = npt.NDArray[np.float64]
"""A closed polygon, N × 2."""

Style = Literal["stripes", "spots", "patches"]

FLANK_ASPECT = 2.2
"""Blots are this much longer in v than in u. A circle on the animal would be about 3.7: they lie
along the flank."""
NECK_ASPECT = 2.0
"""The same on the neck."""


@dataclass(frozen=True, eq=False)
class Coat:
    """The marks of one flank, outlines in body coordinates.

    Args:
        body: marks on the trunk.
        neck: marks on the neck.
    """

    body: tuple[Outline, ...]
    neck: tuple[Outline, ...]


def make_coat(style: Style, rng: np.random.Generator) -> Coat:
    """A coat nobody has worn before: number, place, size and slant of its marks are drawn anew."""
    if style == "stripes":
        return Coat(_stripes(rng), _neck_bands(rng))
    if style == "spots":
        return Coat(
            _blots(
                rng, number=int(rng.integers(4, 9)), radius=(0.065, 0.13), gap=0.03, wobble=0.08
            ),
            _neck_blots(rng, number=int(rng.integers(2, 5)), radius=(0.07, 0.14)),
        )
    return Coat(
        _blots(rng, number=int(rng.integers(3, 6)), radius=(0.1, 0.19), gap=0.035, wobble=0.2),
        _neck_blots(rng, number=int(rng.integers(1, 3)), radius=(0.16, 0.3)),
    )


def make_scars(rng: np.random.Generator) -> tuple[Outline, ...]:
    """The scars that an animal may get on the trunk of one flank: a few scratches side by side."""
    u, v = rng.uniform(0.25, 0.75), rng.uniform(-0.55, -0.05)
    slant = rng.uniform(0.06, 0.16) * rng.choice((-1.0, 1.0))
    scars = []
    for step in range(int(rng.integers(1, 4))):
        long = rng.uniform(0.28, 0.5)
        t = np.linspace(-1, 1, 9)
        across = u + 0.05 * step + slant * t + rng.uniform(-0.012, 0.012) * t**2
        scars.append(_ribbon(across, v + long * t, rng.uniform(0.011, 0.016)))
    return tuple(scars)


def _stripes(rng: np.random.Generator) -> tuple[Outline, ...]:
    number = int(rng.integers(4, 9))
    # Gaps of unequal width, and one place without any, make the rhythm of a flank its own.
    gaps = rng.uniform(0.4, 1.0, number + 1)
    gaps[rng.integers(1, number)] += 1.1
    places = 0.07 + 0.87 * np.cumsum(gaps)[:-1] / gaps.sum()
    lean = rng.uniform(-0.1, 0.1)
    marks = []
    for place in places:
        slant = lean + rng.uniform(-0.05, 0.05)
        top, bottom = -1.1, rng.uniform(0.05, 0.95)
        if rng.random() < 0.2:
            top = rng.uniform(-0.6, -0.2)
        v = np.linspace(top, bottom, 9)
        u = (
            place
            + slant * v
            + rng.uniform(-0.03, 0.03) * np.sin(np.pi * (v - top) / (bottom - top))
        )
        marks.append(_ribbon(u, v, rng.uniform(0.02, 0.042)))
        if rng.random() < 0.25:
            start = int(rng.integers(2, 5))
            away = rng.choice((-1.0, 1.0)) * np.linspace(0.0, 0.075, 9 - start)
            marks.append(_ribbon(u[start:] + away, v[start:], 0.014))
    return tuple(marks)


def _ribbon(u: Outline, v: Outline, width: float) -> Outline:
    taper = width * np.clip(4 * np.linspace(1, 0, len(u)), 0.25, 1.0)
    left, right = np.column_stack([u - taper, v]), np.column_stack([u + taper, v])
    return np.concatenate([left, right[::-1]])


def _neck_bands(rng: np.random.Generator) -> tuple[Outline, ...]:
    bands = []
    places = np.linspace(0.28, 0.8, int(rng.integers(1, 4)))
    for place in places + rng.uniform(-0.09, 0.09, len(places)):
        v = np.linspace(-1.1, rng.uniform(-0.1, 0.9), 6)
        bands.append(_ribbon(place + rng.uniform(-0.12, 0.12) * v, v, rng.uniform(0.03, 0.055)))
    return tuple(bands)


def _blots(
    rng: np.random.Generator,
    *,
    number: int,
    radius: tuple[float, float],
    gap: float,
    wobble: float,
) -> tuple[Outline, ...]:
    """Blots that keep `gap` apart, where the flank is clearly seen."""
    marks: list[Outline] = []
    taken: list[tuple[float, float, float]] = []
    for _ in range(200):
        if len(marks) == number:
            break
        size = rng.uniform(*radius)
        u, v = rng.uniform(0.08, 0.92), rng.uniform(-0.8, 0.5)
        distances = [np.hypot(u - a, (v - b) / FLANK_ASPECT) - size - r for a, b, r in taken]
        if min(distances, default=1.0) < gap:
            continue
        taken.append((u, v, size))
        marks.append(_blot(rng, u, v, size, FLANK_ASPECT, wobble))
    return tuple(marks)


def _neck_blots(
    rng: np.random.Generator, *, number: int, radius: tuple[float, float]
) -> tuple[Outline, ...]:
    marks = []
    places = np.linspace(0.3, 0.8, number) if number > 1 else np.array([0.5])
    for place in places + rng.uniform(-0.1, 0.1, number):
        size = rng.uniform(*radius)
        marks.append(_blot(rng, place, rng.uniform(-0.5, 0.4), size, NECK_ASPECT, 0.12))
    return tuple(marks)


def _blot(
    rng: np.random.Generator, u: float, v: float, radius: float, aspect: float, wobble: float
) -> Outline:
    angle = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    edge = np.ones_like(angle)
    for waves in (2, 3, 5):
        edge += wobble * rng.uniform(0.3, 1.0) * np.sin(waves * angle + rng.uniform(0, 2 * np.pi))
    long = rng.uniform(0.8, 1.3)
    turn = rng.uniform(0, np.pi)
    x, y = radius * long * edge * np.cos(angle), radius / long * edge * np.sin(angle)
    across = x * np.cos(turn) - y * np.sin(turn)
    down = x * np.sin(turn) + y * np.cos(turn)
    return np.column_stack([u + across, v + aspect * down])
