"""Which photos and queries are shown, by rule or by name, and how they are called."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pawvit.errors import PhotoTableError, first_of
from pawvit.evaluation import Evaluation
from pawvit.photos import PhotoTable


@dataclass(frozen=True)
class Outcome:
    """Queries that ended alike under two methods.

    Attributes:
        first, second: whether the best answer of each method is right.
        total: how many queries ended so.
        rows: of the evaluations, those that are shown.
    """

    first: bool
    second: bool
    total: int
    rows: list[int]


def spread(table: PhotoTable, number: int) -> list[int]:
    """Positions of up to `number` photos of as many individuals, from all over the table.

    Where there are fewer individuals, some show several photos. Photos of unknown identity are
    left out, unless there are no others.
    """
    photos: dict[str, list[int]] = {}
    some = any(table.identities)
    for index, identity in enumerate(table.identities):
        if identity or not some:
            photos.setdefault(identity, []).append(index)
    # One photo of each individual, then another one of each …; they begin at different places of
    # their photos, since a table often lists one side first.
    turns = [
        own[(turn + place * (len(own) // 2 + 1)) % len(own)]
        for turn in range(max(map(len, photos.values()), default=0))
        for place, own in enumerate(photos.values())
        if turn < len(own)
    ]
    pool = turns[: max(number, len(photos))] if some else turns
    step = max(1.0, len(pool) / number)
    return sorted(pool[int(place * step)] for place in range(min(number, len(pool))))


def named(table: PhotoTable, paths: Sequence[str]) -> list[int]:
    """Positions of the photos with these paths: as the table gives them, or as files.

    Raises:
        PhotoTableError: a path is none of the table's; the nearest one is named.
    """
    by_path: dict[str, list[int]] = {}
    for index, (path, file) in enumerate(zip(table.paths, table.files, strict=True)):
        for key in {path, str(file.absolute())}:
            by_path.setdefault(key, []).append(index)
    found: list[int] = []
    missing = []
    for path in paths:
        rows = by_path.get(path) or by_path.get(str(Path(path).absolute()))
        if rows:
            found += rows
            continue
        near = difflib.get_close_matches(path, table.paths, 1)
        missing.append(path + (f": did you mean {near[0]}?" if near else ""))
    if missing:
        raise PhotoTableError(
            f"{len(missing)} of the photos asked for are not among the {len(table)} of the table",
            problems=first_of(missing),
            where=table.source,
            mend="write the path as the table's column `path` has it; `--split` leaves photos out",
        )
    return list(dict.fromkeys(found))


def even_steps(result: Evaluation, number: int, among: Sequence[int] | None = None) -> list[int]:
    """Rows of queries at even steps of their average precision, of many individuals.

    From the best to the worst; one alone is the middle one.

    Args:
        result: an evaluation.
        number: how many at most.
        among: rows to choose from; all unless given. Queries without a photo are left out.
    """
    precision = result.scores.average_precision
    rows = range(len(result.position)) if among is None else among
    order = sorted((r for r in rows if result.position[r] >= 0), key=lambda r: -precision[r])
    chosen: list[int] = []
    number = min(number, len(order))
    places = [(len(order) - 1) // 2] if number == 1 else np.linspace(0, len(order) - 1, number)
    for place in places:
        shown = {int(result.identity[row]) for row in chosen}
        # The nearest query of an individual that is not there yet; where all are, the nearest.
        *_, step = min(
            (int(result.identity[row]) in shown, abs(step - place), step)
            for step, row in enumerate(order)
            if row not in chosen
        )
        chosen.append(int(order[step]))
    return sorted(chosen, key=lambda row: -precision[row])


def by_outcome(first: Evaluation, second: Evaluation, each: int) -> list[Outcome]:
    """Queries that only the first method answers right, only the second, and neither of them.

    `each` of every kind, at even steps of the first method's average precision: what speaks for
    either method is chosen in the same way. Kinds without queries are left out.

    Args:
        first, second: of the same protocol.
        each: how many of a kind.
    """
    right = first.scores.within(1), second.scores.within(1)
    found = []
    for kind in ((True, False), (False, True), (False, False)):
        rows = np.flatnonzero((right[0] == kind[0]) & (right[1] == kind[1])).tolist()
        chosen = even_steps(first, each, rows)
        if chosen:
            found.append(Outcome(*kind, len(rows), chosen))
    return found


def who_is_on(table: PhotoTable, index: int) -> str:
    """The individual and its side, as captions name them."""
    side = table.orientations[index]
    name = table.identities[index] or "unknown"
    return name if side == "unknown" else f"{name}, {side}"
