"""A protocol: which query may meet which gallery photo, and which of them are right.

A protocol is data: codes a photo and a few numbers, from which the masks of any block of queries
follow. It knows no tables and no files, no descriptors and no scores.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pawvit.anatomy import ORIENTATIONS, comparable
from pawvit.ranking import Ints, Mask, where

_COMPARABLE = np.array([[comparable(a, b) for b in ORIENTATIONS] for a in ORIENTATIONS])
_BLOCK = 64
"""Queries at a time, where only their right candidates are counted."""


@dataclass(frozen=True, eq=False)
class Protocol:
    """Who is asked, who may answer, and what is right, over N photos.

    A gallery photo is right where its entity is the query's. It is no candidate where it is the
    query itself; where it shows the same entity in the same series at most `gap` moments away
    (it says nothing about re-identification: same encounter, next frame of a camera); or, where
    the flank is known, where it shows the opposite flank.

    Attributes:
        name: for tables and reports.
        photos: N names; descriptors must come in this order.
        query: Q positions among the photos.
        gallery: G positions among the photos.
        entity: N codes of what counts as right; −1 unknown, and then never right.
        identity: N codes of individuals, for resampling; −1 unknown.
        picture: N codes; the same code is the same picture.
        series: N codes of encounters or cameras; −1 unknown, and then nothing is near.
        moment: N moments within the series.
        gap: how many moments count as near.
        orientation: N indices into `anatomy.ORIENTATIONS` where the flank is known, else None.
        count_unanswerable: whether queries without a right candidate count, as misses; otherwise
            they are left out.
        missed: M × 2 codes, entity and identity of queries that have no photo, because no detector
            found the animal; each counts as a miss.
    """

    name: str
    photos: tuple[str, ...]
    query: Ints
    gallery: Ints
    entity: Ints
    identity: Ints
    picture: Ints
    series: Ints
    moment: Ints
    gap: int = 0
    orientation: Ints | None = None
    count_unanswerable: bool = False
    missed: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))

    def masks(self, start: int, stop: int) -> tuple[Mask, Mask]:
        """The candidates of queries start…stop−1, and the right ones: two B × G masks."""
        query, gallery = self.query[start:stop], self.gallery
        candidates = self.picture[query][:, None] != self.picture[gallery]
        if self.orientation is not None:
            seen = _COMPARABLE[:, self.orientation[gallery]]
            candidates &= seen[self.orientation[query]]
        same = self.entity[query][:, None] == self.entity[gallery]
        same &= self.entity[query][:, None] >= 0
        rows, columns = where(same)
        one, other = query[rows], gallery[columns]
        near = (self.series[one] == self.series[other]) & (self.series[one] >= 0)
        near &= np.abs(self.moment[one] - self.moment[other]) <= self.gap
        candidates[rows[near], columns[near]] = False
        return candidates, same & candidates

    def answerable(self) -> Mask:
        """Whether each query has a right candidate at all, (Q,)."""
        found = np.zeros(len(self.query), np.bool_)
        for start in range(0, len(found), _BLOCK):
            right = self.masks(start, start + _BLOCK)[1]
            found[start : start + _BLOCK] = right.any(axis=1)
        return found


def codes(names: Sequence[Hashable]) -> Ints:
    """A number for each different name, −1 for an empty one."""
    numbers = {name: code for code, name in enumerate(dict.fromkeys(names))}
    numbers[""] = -1
    return np.array([numbers[name] for name in names], np.int64)
