"""What of a split's test is known from its training. Knows tables and what `pictures` has seen.

In an identity-disjoint split no individual is on two sides. In a closed set individuals are meant
to be; there a leak is an encounter, a burst or a picture on two sides. Query and gallery are one
side: the two halves of one test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise

from pawvit.audit.pictures import Look, moments
from pawvit.audit.problems import Problem, grouped, listed, rows_of
from pawvit.audit.repeats import chained, copies, near_pictures
from pawvit.encounters import bursts, encounters_in_time
from pawvit.errors import PhotoTableError, first_of
from pawvit.photos import PhotoTable
from pawvit.splits import By

_HALVES = {"query": "query/gallery", "gallery": "query/gallery"}


def sides(table: PhotoTable) -> list[str]:
    """The side of each photo: its split, query and gallery as one; "" where it has none."""
    return [_HALVES.get(split, split) for split in table.column("split")]


def is_closed(table: PhotoTable) -> bool:
    """Whether the splits look like a deliberate closed set, by the individuals that they share.

    They do where more than half of the individuals outside of `train` (or, without such a split,
    outside of the largest) are in it too. A few that are shared are a mistake.
    """
    names: dict[str, set[str]] = {}
    for identity, side in zip(table.identities, sides(table), strict=True):
        if identity and side:
            names.setdefault(side, set()).add(identity)
    if len(names) < 2:
        return False
    known = names.pop("train" if "train" in names else max(names, key=lambda n: len(names[n])))
    others = set().union(*names.values())
    return len(others & known) > len(others) / 2


def leaks(
    table: PhotoTable,
    looks: Sequence[Look] | None = None,
    *,
    by: By | None = None,
    near: Sequence[tuple[int, int]] | None = None,
) -> list[Problem]:
    """The leaks between the splits of a table; none of them is raised.

    Errors: an individual on two sides where the split is identity-disjoint (`leak`); an encounter,
    a burst or a picture (the same or nearly) on two sides (`leak-encounter`, `leak-burst`,
    `leak-picture`); by time, a photo of training that is no earlier than one of the test
    (`leak-time`). A warning: a cell of `encounter` on two sides under different individuals
    (`encounter`), which is none where encounters are numbered anew for each individual.

    Args:
        table: photos with splits; those without one are on no side.
        looks: what the pictures told; without, near-duplicates and EXIF dates stay unknown, and
            the same picture is known by its path only.
        by: what the splits are meant to be; guessed by `is_closed` unless given.
        near: what `near_pictures` finds, where that is known already.
    """
    if len(set(sides(table)) - {""}) < 2:
        return []
    taken = moments(table, looks)
    closed = is_closed(table) if by is None else by != "identity"
    if near is None:
        near = near_pictures(table, looks) if looks else ()
    return [
        *([] if closed else _individuals(table)),
        *_encounters(table),
        *_groups(table, "leak-burst", "photos taken within seconds", bursts(table, taken)),
        *_groups(
            table, "leak-picture", "the same picture, or nearly,", [*copies(table, looks), *near]
        ),
        *(_times(table, taken) if by == "time" else []),
    ]


def refuse_leaks(problems: Sequence[Problem], table: PhotoTable, mend: str) -> None:
    """Raises a PhotoTableError that names the errors among the leaks; does nothing without any."""
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise PhotoTableError(
            "the splits leak: what is trained on is also in the test",
            problems=first_of([problem.message for problem in errors]),
            where=table.source,
            mend=mend,
        )


def _individuals(table: PhotoTable) -> Iterator[Problem]:
    side = sides(table)
    for identity, indices in grouped(table.identities).items():
        photos = Counter(side[i] for i in indices if side[i])
        if len(photos) > 1:
            yield Problem(
                "error",
                "leak",
                rows_of(table, indices),
                "",
                f"{identity} is in {_counted(photos)}",
                "deal the individuals anew: pawvit data split … --force; where they are to be"
                " shared, say so: --by encounter",
            )


def _encounters(table: PhotoTable) -> Iterator[Problem]:
    side, names, shared = sides(table), table.identities, []
    for encounter, indices in grouped(table.column("encounter")).items():
        known = [i for i in indices if side[i]]
        cut = False
        for identity in dict.fromkeys(names[i] for i in known):
            inside = [i for i in known if names[i] == identity]
            photos = Counter(side[i] for i in inside)
            if identity and len(photos) > 1:
                cut = True
                yield Problem(
                    "error",
                    "leak-encounter",
                    rows_of(table, inside),
                    "",
                    f"the encounter {encounter} of {identity} is in {_counted(photos)}",
                    "deal whole encounters: pawvit data split … --by encounter --force",
                )
        if not cut and len({side[i] for i in known}) > 1:
            shared.append((encounter, known))
    if shared:
        yield Problem(
            "warning",
            "encounter",
            rows_of(table, [i for _, known in shared for i in known]),
            "",
            f"{len(shared)} encounters are in two splits with different individuals:"
            f" {listed(encounter for encounter, _ in shared)}",
            "no harm where encounters are numbered anew for each individual; else the splits share"
            " the day and the place",
        )


def _groups(
    table: PhotoTable, code: str, what: str, pairs: Sequence[tuple[int, int]]
) -> Iterator[Problem]:
    side, files = sides(table), table.paths
    # A photo on no side joins nothing that is on two.
    for indices in chained(len(table), [(a, b) for a, b in pairs if side[a] and side[b]]):
        photos = Counter(side[i] for i in indices)
        if len(photos) > 1:
            yield Problem(
                "error",
                code,
                rows_of(table, indices),
                "",
                f"{what} in {_counted(photos)}: {listed(files[i] for i in indices)}",
                "keep them on one side: pawvit data split … --force does so",
            )


def _times(table: PhotoTable, taken: Sequence[datetime | None]) -> Iterator[Problem]:
    """Individuals whose photos of one split are not all before those of the next."""
    chosen = [i for i, side in enumerate(sides(table)) if side and taken[i]]
    table = table.take(chosen)
    units, order = encounters_in_time(table, [taken[i] for i in chosen])
    side = sides(table)
    for identity, indices in grouped(table.identities).items():
        dated = sorted(indices, key=order.__getitem__)
        runs = [name for name, _ in groupby(side[i] for i in dated)]
        mixed = len(runs) > len(set(runs)) or "train" in runs[1:]
        cut = any(side[a] != side[b] and units[a] == units[b] for a, b in pairwise(dated))
        if mixed or cut:
            yield Problem(
                "error",
                "leak-time",
                rows_of(table, dated),
                "",
                f"the photos of {identity} in {' and '.join(sorted(set(runs)))} are not apart"
                " in time",
                "deal by date: pawvit data split … --by time --force",
            )


def _counted(photos: Counter[str]) -> str:
    listed_ = ", ".join(f"{side} ({count})" for side, count in sorted(photos.items()))
    return f"{len(photos)} splits: {listed_}"
