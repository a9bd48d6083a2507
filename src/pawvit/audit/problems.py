"""One thing that is wrong with a table of photos. Knows tables; it finds nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pawvit.photos import PhotoTable

Severity = Literal["error", "warning"]

RECORD = ("problem", "severity", "kind", "row", "path", "message", "mend")
"""The fields of a record, in order."""

_NAMED = 10  # names that a message lists before it only counts


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Args:
        severity: an "error" spoils training or numbers; a "warning" is to be looked at.
        code: the kind of problem, one word; problems of one code have one mend.
        rows: the rows concerned, as a spreadsheet shows them.
        path: the photo concerned, as the table names it; "" where there are several or none.
        message: what is wrong.
        mend: how to put it right.
    """

    severity: Severity
    code: str
    rows: tuple[int, ...]
    path: str
    message: str
    mend: str


def records(problems: Sequence[Problem], table: PhotoTable) -> list[dict[str, str | int]]:
    """The problems as flat records: one for each photo of each problem.

    Returns:
        `problem` (1, 2, …: records of one problem share it), `severity`, `kind`, `row` and `path`
        ("" where no photo is concerned), `message`, `mend`.
    """
    paths = dict(zip(rows_of(table), table.paths, strict=True))
    return [
        {
            "problem": number,
            "severity": problem.severity,
            "kind": problem.code,
            "row": row,
            "path": paths.get(row, problem.path) if isinstance(row, int) else problem.path,
            "message": problem.message,
            "mend": problem.mend,
        }
        for number, problem in enumerate(problems, start=1)
        for row in problem.rows or ("",)
    ]


def rows_of(table: PhotoTable, chosen: Iterable[int] | None = None) -> tuple[int, ...]:
    """The spreadsheet rows of the photos at the positions `chosen`, or of all."""
    rows = table.frame["row"].to_numpy()
    return tuple(map(int, rows if chosen is None else rows[list(chosen)]))


def grouped(names: Sequence[str]) -> dict[str, list[int]]:
    """Name → its positions, in order of appearance; the empty name is left out."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(names):
        if name:
            groups[name].append(index)
    return groups


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: the first ten, the rest counted."""
    names = list(names)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
