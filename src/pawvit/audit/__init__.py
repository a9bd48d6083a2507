"""What is wrong with a table of photos: every problem at once, each with its rows and its mend.

Knows tables and picture files; every picture is decoded once. It changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pawvit.audit.labels import singles, unknown_orientations, unread_dates, unread_formats
from pawvit.audit.leaks import is_closed, leaks, refuse_leaks
from pawvit.audit.names import spellings
from pawvit.audit.pictures import Look, look_at_all, moments
from pawvit.audit.problems import RECORD, Problem, Severity, records
from pawvit.audit.published import Count, published
from pawvit.audit.repeats import near_pictures, nearly_repeated, rapid, repeated, together
from pawvit.audit.summary import SplitSize, Summary, split_sizes, summary
from pawvit.photos import PhotoTable
from pawvit.splits import By

__all__ = [
    "RECORD",
    "Count",
    "Look",
    "Problem",
    "Severity",
    "SplitSize",
    "Summary",
    "check",
    "check_labels",
    "is_closed",
    "leaks",
    "look_at_all",
    "moments",
    "near_pictures",
    "published",
    "records",
    "refuse_leaks",
    "split_sizes",
    "summary",
    "together",
]


def check(
    table: PhotoTable,
    *,
    by: By | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Problem]:
    """Looks for everything that spoils training or evaluation; decodes every picture.

    Errors: a picture that is missing, can't be read or is too small (`missing`, `unreadable`,
    `small`); a box outside of the picture (`box`); one photo, by its file or its bytes, of two
    individuals or of two orientations (`identities`, `orientations`); nearly the same picture
    under two individuals (`near-identities`); what `leaks` finds between splits. Warnings: a photo
    listed twice, or copied under another name (`twice`, `duplicate`); nearly the same picture
    (`near-duplicate`); photos within seconds that are not one encounter (`burst`); names of
    individuals that look like one, and individuals that share several pictures (`spelling`,
    `alike`); entities with one photo (`single`); unknown orientations (`orientation`); dates that
    can't be read (`date`); a box that sticks out of the picture (`clipped`); animated, 16-bit and
    CMYK pictures (`converted`); pictures of a folder in formats that can't be read (`format`).

    One picture file with several boxes is several photos.

    Args:
        table: as a reader gives it.
        by: what its splits are meant to be; guessed unless given.
        progress: called with photos done and photos in all.

    Returns:
        The problems: errors first, then by code and row. None of them is raised.
    """
    looks = look_at_all(table, progress=progress)
    near = near_pictures(table, looks)
    problems = [
        *(problem for look in looks for problem in look.problems),
        *repeated(table, looks),
        *nearly_repeated(table, near),
        *rapid(table, moments(table, looks)),
        *leaks(table, looks, by=by, near=near),
        *_of_labels(table),
    ]
    return sorted(problems, key=_order)


def check_labels(table: PhotoTable) -> list[Problem]:
    """What `check` finds without opening a picture, in the same order."""
    return sorted([*leaks(table), *_of_labels(table)], key=_order)


def _of_labels(table: PhotoTable) -> Iterator[Problem]:
    yield from spellings(table)
    yield from singles(table)
    yield from unknown_orientations(table)
    yield from unread_dates(table)
    yield from unread_formats(table)


def _order(problem: Problem) -> tuple[str, str, tuple[int, ...]]:
    return problem.severity, problem.code, problem.rows
