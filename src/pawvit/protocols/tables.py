"""Protocols of a photo table: leave-one-out, across encounters, query against gallery."""

from __future__ import annotations

import numpy as np

from pawvit.anatomy import ORIENTATIONS
from pawvit.errors import PhotoTableError
from pawvit.photos import PhotoTable
from pawvit.protocols.rule import Protocol, codes
from pawvit.ranking import Ints


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


def possible(table: PhotoTable) -> list[Protocol]:
    """Every protocol that a table has the columns for; the flank unknown first, then known.

    The flank is known where any photo says it.

    Raises:
        PhotoTableError: no photo has an identity.
    """
    found = []
    told = set(table.orientations) != {"unknown"}
    for flank in (False, True) if told else (False,):
        found.append(leave_one_out(table, flank_known=flank))
        if any(table.column("encounter")):
            found.append(cross_encounter(table, flank_known=flank))
        for column in ("split", "role"):
            if {"query", "gallery"} <= set(table.column(column)):
                found.append(query_gallery(table, column=column, flank_known=flank))
    return found


def _from_table(
    table: PhotoTable, name: str, query: Ints, gallery: Ints, flank_known: bool
) -> Protocol:
    if flank_known and not table.has_orientation:
        raise PhotoTableError(
            "the flank can't be known: the table has no column `orientation`",
            where=table.source,
            mend="add the column, or evaluate with the flank unknown",
        )
    identity = codes(table.identities)
    query = query[identity[query] >= 0]
    if not len(query):
        raise PhotoTableError("no photo to ask about has an identity", where=table.source)
    sides = np.array([ORIENTATIONS.index(side) for side in table.orientations], np.int64)
    return Protocol(
        name=f"{name}, flank {'known' if flank_known else 'unknown'}",
        photos=tuple(table.paths),
        query=query,
        gallery=gallery,
        entity=codes(table.entities),
        identity=identity,
        # Two animals cut out of one picture share its path and differ by their boxes.
        picture=codes(list(zip(table.paths, table.column("bbox"), strict=True))),
        series=codes(table.column("encounter")),
        moment=np.zeros(len(table), np.int64),
        orientation=sides if flank_known else None,
    )
