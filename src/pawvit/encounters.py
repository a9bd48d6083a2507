"""Which photos must stay together when a table is split, or ranked: encounters, bursts, copies.

Knows the photo table and moments; it opens no picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from itertools import pairwise

import numpy as np

from pawvit.errors import PhotoTableError, first_of
from pawvit.photos import PhotoTable

Pairs = Iterable[tuple[int, int]]

BURST_SECONDS = 10
"""How soon after one another the photos of a burst were taken: a camera trap's pause is longer."""


def has_time(moment: datetime) -> bool:
    """Whether it names a time of day; midnight sharp is what tables write for a bare date."""
    return moment.time() != time(0)


def components(count: int, pairs: Pairs) -> list[int]:
    """A code for each of `count` photos: photos that a chain of pairs joins have one code.

    Codes are 0, 1, … in order of appearance.
    """
    ends = np.array(list(pairs), np.int64).reshape(-1, 2)
    labels = np.arange(count)
    while True:
        low = labels[ends].min(axis=1)
        before = labels.copy()
        np.minimum.at(labels, ends[:, 0], low)
        np.minimum.at(labels, ends[:, 1], low)
        labels = labels[labels]
        if (labels == before).all():
            return [int(code) for code in np.unique(labels, return_inverse=True)[1]]


def encounters(
    table: PhotoTable, together: Pairs = (), *, days: Sequence[str] | None = None
) -> list[int]:
    """A code a photo: what is one encounter of one individual, or one picture, has one code.

    An encounter is of one individual: the same cell under two names is two. A photo without a cell
    goes with those of the same day where `days` are given, else it is alone.

    Args:
        table: the photos.
        together: pairs of photos that have one code; pairs of two individuals are passed over.
        days: the day of each photo.

    Raises:
        PhotoTableError: there are neither encounters nor days.
    """
    names, cells = table.identities, table.column("encounter")
    if days is None and not any(cells):
        raise PhotoTableError(
            "the table can't be split by encounter: no photo has one",
            where=table.source,
            mend="fill the column `encounter`, or split by identity or time",
        )
    first: dict[tuple[str, str, str], int] = {}
    pairs = [(a, b) for a, b in together if names[a] == names[b]]
    for index, (name, cell) in enumerate(zip(names, cells, strict=True)):
        day = "" if cell else (days[index] if days else table.paths[index])
        pairs.append((first.setdefault((name, cell, day), index), index))
    return components(len(table), pairs)


def encounters_in_time(
    table: PhotoTable, taken: Sequence[datetime | None], together: Pairs = ()
) -> tuple[list[int], list[float]]:
    """As `encounters`, but those of an individual that overlap in time have one code too.

    Args:
        table: the photos; where one has no encounter, its day is one.
        taken: when each photo was taken; midnight sharp means somewhen that day.
        together: as for `encounters`.

    Returns:
        A code a photo, and a number a photo: earlier photos have smaller ones.

    Raises:
        PhotoTableError: a photo of a known individual has no date.
    """
    spans = _spans(table, taken)
    days = [start.date().isoformat() for start, _ in spans]
    codes = _apart(table.identities, encounters(table, together, days=days), spans)
    return codes, [(start - datetime.min).total_seconds() for start, _ in spans]


def bursts(table: PhotoTable, taken: Sequence[datetime | None]) -> list[tuple[int, int]]:
    """Pairs of photos, neighbours in time, of one individual before one camera within seconds.

    Only moments with a time of day count. Photos of one split second are a burst as well.
    """
    series: dict[tuple[str, str], list[tuple[datetime, int]]] = defaultdict(list)
    cameras = table.column("camera")
    for index, (name, moment) in enumerate(zip(table.identities, taken, strict=True)):
        if name and moment is not None and has_time(moment):
            series[name, cameras[index]].append((moment, index))
    pairs = []
    for photos in series.values():
        for (before, one), (after, other) in pairwise(sorted(photos)):
            if (after - before).total_seconds() <= BURST_SECONDS:
                pairs.append((one, other))
    return pairs


def _spans(table: PhotoTable, taken: Sequence[datetime | None]) -> list[tuple[datetime, datetime]]:
    """From when to when each photo may have been taken: the whole day where no time is known."""
    spans, missing = [], []
    for index, moment in enumerate(taken):
        if moment is None and table.identities[index]:
            missing.append(f"row {table.frame['row'].iloc[index]}: {table.paths[index]}")
        start = moment or datetime.min
        end = start if has_time(start) else start + timedelta(days=1, microseconds=-1)
        spans.append((start, end))
    if missing:
        raise PhotoTableError(
            f"the table can't be split by time: {len(missing)} photos have no date",
            problems=first_of(missing),
            where=table.source,
            mend="fill the column `date` as in 2024-05-31 or 2024-05-31 14:20:05",
        )
    return spans


def _apart(
    identities: Sequence[str],
    units: Sequence[int],
    spans: Sequence[tuple[datetime, datetime]],
) -> list[int]:
    """The units, joined where those of one individual overlap in time: then none is the earlier."""
    first: dict[int, int] = {}
    whole: dict[int, tuple[datetime, datetime]] = {}
    for index, unit in enumerate(units):
        start, end = whole.get(unit, spans[index])
        whole[unit] = (min(start, spans[index][0]), max(end, spans[index][1]))
        first.setdefault(unit, index)
    pairs = [(first[unit], index) for index, unit in enumerate(units)]
    latest: dict[str, int] = {}
    for unit in sorted(whole, key=whole.__getitem__):
        name = identities[first[unit]]
        if name in latest and whole[unit][0] <= whole[latest[name]][1]:
            pairs.append((first[latest[name]], first[unit]))
        if name not in latest or whole[unit][1] > whole[latest[name]][1]:
            latest[name] = unit
    return components(len(units), pairs)
