"""Inside a shape: what hangs together, how far it is, and along which pixels.

Knows boolean grids only.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Inside = npt.NDArray[np.bool_]

Place = tuple[int, int]
"""Row and column."""

_STEPS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx)


def pieces(inside: Inside) -> npt.NDArray[np.int64]:
    """A number for each piece of one or several shapes, 0 outside of them.

    Pixels that meet at a corner are of one piece.

    Args:
        inside: … × H × W; shapes of different grids don't touch.
    """
    number = np.where(inside, np.arange(1, inside.size + 1).reshape(inside.shape), 0)
    around = [(0, 0)] * (inside.ndim - 2) + [(1, 1), (1, 1)]
    while True:
        # Each pixel takes the largest number around it, until every piece has one.
        wide = np.pad(number, around)
        rows = np.maximum(wide[..., 1:-1, :], np.maximum(wide[..., :-2, :], wide[..., 2:, :]))
        grown = np.maximum(rows[..., 1:-1], np.maximum(rows[..., :-2], rows[..., 2:]))
        grown[~inside] = 0
        if np.array_equal(grown, number):
            return number
        number = grown


def distances(
    inside: Inside, seeds: Sequence[Place], step: tuple[float, float] = (1.0, 1.0)
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """How far each pixel lies from its nearest seed, going from neighbour to neighbour inside.

    Args:
        inside: H × W; ways lead through true pixels only.
        seeds: those outside of the shape count for nothing.
        step: height and width of a pixel, in the unit of the distances.

    Returns:
        H × W distances, infinite where no way leads, and the position of the nearest seed in
        `seeds`, −1 there.
    """
    far, nearest, _ = _flood(inside, seeds, step, None)
    return far, nearest


def way(inside: Inside, start: Place, end: Place) -> list[Place] | None:
    """The pixels of a shortest way, both ends among them; None where there is no way."""
    far, _, before = _flood(inside, [start], (1.0, 1.0), end)
    if math.isinf(far[end]):
        return None
    found = [end]
    while found[-1] != start:
        found.append(before[found[-1]])
    return found[::-1]


def nearest_inside(inside: Inside, place: Place) -> Place | None:
    """The pixel of the shape that lies nearest to a place, by straight line; None if it is empty.

    The place may lie outside of the grid.
    """
    rows, columns = np.nonzero(inside)
    if not len(rows):
        return None
    best = int(((rows - place[0]) ** 2 + (columns - place[1]) ** 2).argmin())
    return int(rows[best]), int(columns[best])


def _flood(
    inside: Inside, seeds: Sequence[Place], step: tuple[float, float], end: Place | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], dict[Place, Place]]:
    """Dijkstra's algorithm on the eight neighbours, up to `end` where one is given."""
    height, width = inside.shape
    far = np.full(inside.shape, np.inf)
    nearest = np.full(inside.shape, -1, dtype=np.int64)
    before: dict[Place, Place] = {}
    lengths = [(dy, dx, math.hypot(dy * step[0], dx * step[1])) for dy, dx in _STEPS]
    waiting: list[tuple[float, Place]] = []
    for number, seed in enumerate(seeds):
        if 0 <= seed[0] < height and 0 <= seed[1] < width and inside[seed] and far[seed] > 0:
            far[seed], nearest[seed] = 0, number
            waiting.append((0.0, seed))
    heapq.heapify(waiting)
    while waiting:
        here, place = heapq.heappop(waiting)
        if here > far[place]:
            continue  # a shorter way was found since
        if place == end:
            break
        for dy, dx, length in lengths:
            y, x = place[0] + dy, place[1] + dx
            if 0 <= y < height and 0 <= x < width and inside[y, x] and here + length < far[y, x]:
                far[y, x], nearest[y, x] = here + length, nearest[place]
                before[y, x] = place
                heapq.heappush(waiting, (here + length, (y, x)))
    return far, nearest, before
