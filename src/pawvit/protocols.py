"""Protocols: which query may meet which gallery photo, and which of them are right.

A protocol is data: codes a photo and a few numbers, from which the masks of any block of queries
follow. It knows the photo table and ATRW's ground truth; it knows no descriptors and no scores.
"""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from pawvit.anatomy import ORIENTATIONS, comparable
from pawvit.errors import InputError, PhotoTableError
from pawvit.metrics import Ints, Mask
from pawvit.photos import PhotoTable

_COMPARABLE = np.array([[comparable(a, b) for b in ORIENTATIONS] for a in ORIENTATIONS])


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

    def masks(self, start: int, stop: int) -> tuple[Mask, Mask]:
        """The candidates of queries start…stop−1, and the right ones: two B × G masks."""
        query, gallery = self.query[start:stop], self.gallery
        candidates = self.picture[query][:, None] != self.picture[gallery]
        if self.orientation is not None:
            seen = _COMPARABLE[:, self.orientation[gallery]]
            candidates &= seen[self.orientation[query]]
        same = self.entity[query][:, None] == self.entity[gallery]
        same &= self.entity[query][:, None] >= 0
        rows, columns = np.nonzero(same)
        one, other = query[rows], gallery[columns]
        near = (self.series[one] == self.series[other]) & (self.series[one] >= 0)
        near &= np.abs(self.moment[one] - self.moment[other]) <= self.gap
        candidates[rows[near], columns[near]] = False
        return candidates, same & candidates


def leave_one_out(table: PhotoTable, *, flank_known: bool = False) -> Protocol:
    """Each photo of a known individual is asked of all the others.

    Photos of the same entity from the same encounter are left out, where the table has encounters.
    Photos of unknown individuals are distractors. Where an orientation is unknown, that is an
    entity of its own, so such a photo never answers for a flank of the same individual.

    Args:
        table: the photos.
        flank_known: opposite flanks are no candidates (`anatomy.comparable`).

    Raises:
        PhotoTableError: no photo has an identity, or the flank is to be known and there is no
            column `orientation`.
    """
    everything = np.arange(len(table))
    return _from_table(table, "leave-one-out", everything, everything, flank_known)


def cross_encounter(table: PhotoTable, *, flank_known: bool = False) -> Protocol:
    """Leave-one-out that vouches for it: no right answer can come from the query's encounter.

    Photos without an encounter take no part.

    Raises:
        PhotoTableError: as for `leave_one_out`, or no photo has an encounter.
    """
    part = np.flatnonzero([bool(encounter) for encounter in table.column("encounter")])
    if not len(part):
        raise PhotoTableError(
            "photos can't be compared across encounters: no photo has one",
            where=table.source,
            mend="fill the column `encounter`, or evaluate leave-one-out",
        )
    return _from_table(table, "cross-encounter", part, part, flank_known)


def query_gallery(
    table: PhotoTable,
    *,
    query: str = "query",
    gallery: str = "gallery",
    column: str = "split",
    flank_known: bool = False,
) -> Protocol:
    """The photos of one split are asked of those of another (YakReID-103).

    Args:
        table: the photos.
        query: the cell of the photos that are asked.
        gallery: the cell of the photos that may answer.
        column: where these cells are.
        flank_known: opposite flanks are no candidates.

    Raises:
        PhotoTableError: as for `leave_one_out`, or no photo has one of these cells.
    """
    cells = np.array(table.column(column))
    asked, answering = np.flatnonzero(cells == query), np.flatnonzero(cells == gallery)
    for cell, photos in ((query, asked), (gallery, answering)):
        if not len(photos):
            there = ", ".join(sorted(set(cells) - {""})) or "nothing"
            raise PhotoTableError(
                f"no photo has {cell!r} in the column `{column}`; there is: {there}",
                where=table.source,
            )
    return _from_table(table, f"{query} → {gallery}", asked, answering, flank_known)


def atrw(ground_truth: str | os.PathLike[str]) -> tuple[Protocol, Protocol]:
    """ATRW's official plain re-ID rule and its two groups of queries, single_cam and cross_cam.

    Every image is a query against all others. Images of the same entity from the same camera (the
    first two numbers of `frame`) within 3 frames are left out; a query that has no right candidate
    left counts as a miss. (Li et al. 2020, ATRW: a benchmark for Amur tiger re-identification.)

    Args:
        ground_truth: `gt_test_plain.json` of ATRW's evaluation. Descriptors must come in its
            order, which `Protocol.photos` gives as file names ("004096.jpg").

    Returns:
        The protocols "ATRW single_cam" and "ATRW cross_cam".

    Raises:
        InputError: the file can't be read, or isn't such a file.
    """
    try:
        with open(ground_truth, encoding="utf-8") as handle:
            images = json.load(handle)
        names = [f"{int(image['imgid']):06d}.jpg" for image in images]
        entity = _codes([int(image["entityid"]) for image in images])
        camera = _codes([tuple(image["frame"][:2]) for image in images])
        frame = np.array([int(image["frame"][2]) for image in images], np.int64)
        groups = np.array([str(image["query"]) for image in images])
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(
            f"this is not ATRW's plain re-ID ground truth: {type(error).__name__}: {error}",
            where=os.fspath(ground_truth),
            mend="give the file gt_test_plain.json of ATRW's evaluation",
        ) from error

    if not {"sing", "multi"} <= set(groups):
        raise InputError(
            "ATRW's plain ground truth has queries marked `sing` and `multi`; this file lacks one",
            where=os.fspath(ground_truth),
        )

    def group(name: str, code: str) -> Protocol:
        return Protocol(
            name=f"ATRW {name}",
            photos=tuple(names),
            query=np.flatnonzero(groups == code),
            gallery=np.arange(len(names)),
            entity=entity,
            identity=entity,
            picture=_codes(names),
            series=camera,
            moment=frame,
            gap=3,
            count_unanswerable=True,
        )

    return group("single_cam", "sing"), group("cross_cam", "multi")


def _from_table(
    table: PhotoTable, name: str, query: Ints, gallery: Ints, flank_known: bool
) -> Protocol:
    if flank_known and not table.has_orientation:
        raise PhotoTableError(
            "the flank can't be known: the table has no column `orientation`",
            where=table.source,
            mend="add the column, or evaluate with the flank unknown",
        )
    identity = _codes(table.identities)
    query = query[identity[query] >= 0]
    if not len(query):
        raise PhotoTableError("no photo to ask about has an identity", where=table.source)
    sides = np.array([ORIENTATIONS.index(side) for side in table.orientations], np.int64)
    return Protocol(
        name=f"{name}, flank {'known' if flank_known else 'unknown'}",
        photos=tuple(table.paths),
        query=query,
        gallery=gallery,
        entity=_codes(table.entities),
        identity=identity,
        # Two animals cut out of one picture share its path and differ by their boxes.
        picture=_codes(list(zip(table.paths, table.column("bbox"), strict=True))),
        series=_codes(table.column("encounter")),
        moment=np.zeros(len(table), np.int64),
        orientation=sides if flank_known else None,
    )


def _codes(names: Sequence[Hashable]) -> Ints:
    """A number for each different name, −1 for an empty one."""
    numbers = {name: code for code, name in enumerate(dict.fromkeys(names))}
    numbers[""] = -1
    return np.array([numbers[name] for name in names], np.int64)
