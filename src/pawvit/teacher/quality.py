"""How right are part maps? Scores against maps that are known to be right.

Parts of different vocabularies are compared by groups that follow from their names: nothing is
matched by the truth. Knows label images; it knows no teacher and no files.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pawvit.anatomy import IGNORE
from pawvit.errors import PartMapError
from pawvit.partmaps import Labels

Grid = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

GROUPS = ("head", "trunk", "legs")
"""What the parts of any vocabulary are merged to."""

NEAR = 2
"""Pixels of a map by which two boundaries may lie apart and be the same."""

FOUND = 0.3
"""Intersection over union from which on a part of a photo counts as found."""

_GROUP_OF = {"head": "head", "face": "head", "neck": "head", "legs": "legs"}


def group(part: str) -> str:
    """The group of a part by the last word of its name; what is neither head nor legs is trunk.

    So is a tail: it hangs on it, and few vocabularies have one.
    """
    return _GROUP_OF.get(part.split()[-1], "trunk")


@dataclass(frozen=True)
class Score:
    """Agreement of maps with the truth, over all photos together; each number in 0 … 1.

    Attributes:
        photos: how many were compared.
        iou: intersection over union of each group of `GROUPS`, nan where neither has it.
        found: of the photos that show a group, the share in which both agree on it by `FOUND`.
        rand: adjusted Rand index of the unmerged parts on the truth's foreground.
        boundary: F-score of the boundaries between groups, within `NEAR`.
        foreground: intersection over union of animal and background.
    """

    photos: int
    iou: tuple[float, ...]
    found: tuple[float, ...]
    rand: float
    boundary: float
    foreground: float

    @property
    def mean(self) -> float:
        """The mean IoU of the groups."""
        return float(np.nanmean(self.iou))


def score(
    pairs: Iterable[tuple[Labels, Labels]], names: Sequence[str], true_names: Sequence[str]
) -> Score:
    """Compares maps with the truth.

    Args:
        pairs: of each photo its map and the true one, of the same size; pixels that are 255 in the
            truth count for nothing.
        names: the maps' parts.
        true_names: the truth's parts.

    Raises:
        PartMapError: no photo is given, or two maps differ in size.
    """
    ours, theirs = _merging(names), _merging(true_names)
    groups = len(GROUPS)
    both, either = np.zeros(groups + 1), np.zeros(groups + 1)
    seen, hits = np.zeros(groups), np.zeros(groups)
    table = np.zeros((256, 256))
    edges = np.zeros(3)
    photos = 0
    for labels, truth in pairs:
        if labels.shape != truth.shape:
            raise PartMapError(
                f"a map of {labels.shape[0]} × {labels.shape[1]} can't be compared with one of"
                f" {truth.shape[0]} × {truth.shape[1]}",
                mend="make both of one size",
            )
        counts = truth != IGNORE
        own, right = ours[labels], theirs[truth]
        for part in range(groups + 1):
            # The last is the animal as a whole.
            one, other = (own == part, right == part) if part < groups else (own < 3, right < 3)
            shared, all_ = (one & other & counts).sum(), ((one | other) & counts).sum()
            both[part] += shared
            either[part] += all_
            if part < groups and (other & counts).any():
                seen[part] += 1
                hits[part] += shared >= FOUND * all_
        animal = counts & (right < groups)
        np.add.at(table, (labels[animal], truth[animal]), 1)
        edges += _edges(own, right)
        photos += 1
    if not photos:
        raise PartMapError("there are no maps to compare", mend="both folders need the same photos")
    with np.errstate(invalid="ignore"):
        iou, found = both / either, hits / seen
    matched, ours_all, theirs_all = edges
    whole = ours_all + theirs_all
    return Score(
        photos,
        tuple(iou[:groups].tolist()),
        tuple(found.tolist()),
        _rand(table),
        float(matched / whole) if whole else 1.0,
        float(iou[groups]),
    )


def _merging(names: Sequence[str]) -> Grid:
    """256 labels → groups; background and what is ignored come last."""
    table = np.full(256, len(GROUPS), dtype=np.int64)
    table[: len(names)] = [GROUPS.index(group(name)) for name in names]
    return table


def _edges(own: Grid, right: Grid) -> npt.NDArray[np.float64]:
    """Boundary pixels that have a counterpart (of both together), ours, and the truth's."""
    mine, theirs = _boundary(own), _boundary(right)
    matched = (mine & _widened(theirs)).sum() + (theirs & _widened(mine)).sum()
    return np.array([matched, mine.sum(), theirs.sum()], dtype=np.float64)


def _boundary(groups: Grid) -> Mask:
    """Pixels whose right or lower neighbour is another group; the animal's outline is none."""
    inside = groups < len(GROUPS)
    edge = np.zeros(groups.shape, dtype=bool)
    edge[:, :-1] |= (groups[:, :-1] != groups[:, 1:]) & inside[:, :-1] & inside[:, 1:]
    edge[:-1] |= (groups[:-1] != groups[1:]) & inside[:-1] & inside[1:]
    return edge


def _widened(mask: Mask) -> Mask:
    height, width = mask.shape
    padded = np.pad(mask, NEAR)
    steps = range(2 * NEAR + 1)
    found = np.zeros_like(mask)
    for dy in steps:
        for dx in steps:
            found |= padded[dy : dy + height, dx : dx + width]
    return found


def adjusted_rand(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]) -> float:
    """The adjusted Rand index of two labellings of the same things (Hubert and Arabie, 1985).

    Args:
        first, second: labels of any kind, of the same shape.

    Returns:
        1 for the same division whatever its names, about 0 for independent ones.
    """
    _, one = np.unique(first, return_inverse=True)
    _, other = np.unique(second, return_inverse=True)
    table = np.zeros((one.max(initial=-1) + 1, other.max(initial=-1) + 1))
    np.add.at(table, (one.ravel(), other.ravel()), 1)
    return _rand(table)


def _rand(table: npt.NDArray[np.float64]) -> float:
    def pairs(counts: npt.NDArray[np.float64]) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    every = pairs(table.sum(keepdims=True))
    expected = rows * columns / every if every else 0.0
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)
