"""Similarities → the ranks of the right candidates, and the best ones. Knows arrays, no metrics.

The order is that of a stable sort of 1 − cosine in float32, as in ATRW's official evaluation: equal
ones stay in the order of the gallery. Where few candidates are right, nothing is sorted: a rank is
counted, and the best are looked for below a bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_LAST = np.float32(4)
"""Behind every candidate: 1 − cosine is 2 at most."""

_WORTH = 1000
"""Gallery photos for each right candidate of a query, from which on counting beats sorting."""

_GROUPS = 64
"""Groups of columns whose least distances bound the best ones."""


@dataclass(frozen=True, eq=False)
class Ranks:
    """At which ranks B queries find their right candidates.

    Attributes:
        queries: B.
        rows: the query of each right candidate, rising.
        ranks: their ranks from 1, rising within a query.
    """

    queries: int
    rows: Ints
    ranks: Ints


def rank(similarity: Vectors, candidates: Mask, right: Mask, top: int) -> tuple[Ranks, Ints]:
    """The ranks of the right candidates, and the best candidates.

    Args:
        similarity: B × G cosines.
        candidates: B × G.
        right: B × G, only candidates.
        top: how many of the best, at most G.

    Returns:
        The ranks, and B × `top` gallery indices, best first; behind the last candidate of a query
        come any others.
    """
    distance = np.float32(1) - similarity
    distance[~candidates] = _LAST
    if np.count_nonzero(right) * _WORTH <= right.size and top <= _GROUPS:
        return counted(distance, right), best_of(distance, top)
    order = ordered(distance)
    rows, places = where(np.take_along_axis(right, order, axis=1))
    return Ranks(len(right), rows, places + 1), order[:, :top]


def ordered(distance: Vectors) -> Ints:
    """B × G gallery indices by rising distance; equal ones in their own order."""
    # In float32, 1 − cosine is a whole multiple of 2⁻²⁴. So distance and index fit one integer,
    # which sorts several times faster than a stable argsort and breaks ties by the index.
    keys = (distance * np.float32(2**24)).astype(np.int64) << 32
    keys |= np.arange(distance.shape[1])
    keys.sort(axis=1)
    keys &= 2**32 - 1
    return keys


def counted(distance: Vectors, right: Mask) -> Ranks:
    """The ranks of the right candidates, by counting who comes before each of them."""
    rows, columns = where(right)
    ranks = np.empty(len(rows), np.int64)
    for place, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
        line = distance[row]
        own = line[column]
        before = np.count_nonzero(line[:column] <= own)
        ranks[place] = before + np.count_nonzero(line[column + 1 :] < own) + 1
    return Ranks(len(right), rows, ranks[np.lexsort((ranks, rows))])


def best_of(distance: Vectors, top: int) -> Ints:
    """B × `top` gallery indices of the least distances, least first; ties by index."""
    number, width = distance.shape
    if width < 2 * _GROUPS or not top:
        return ordered(distance)[:, :top]
    # The `top`-th least of the groups' minima: at least `top` distances are no greater.
    step = width // _GROUPS
    groups = distance[:, : step * _GROUPS].reshape(number, step, _GROUPS)
    bound = np.partition(groups.min(axis=1), top - 1, axis=1)[:, top - 1]
    rows, columns = where(distance <= bound[:, None])
    order = np.lexsort((columns, distance[rows, columns], rows))
    sizes = np.bincount(rows, minlength=number)
    starts = np.cumsum(sizes) - sizes
    best: Ints = columns[order[starts[:, None] + np.arange(top)]]
    return best


def where(mask: Mask) -> tuple[Ints, Ints]:
    """Rows and columns of what is true, row by row; numpy looks through flat masks much faster."""
    rows, columns = np.divmod(np.flatnonzero(mask), max(1, mask.shape[1]))
    return rows, columns
