"""Photos that are there more than once: the same file, the same bytes, nearly the same picture.

Knows what `pictures` has seen; it opens none itself.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import combinations, pairwise

from pawvit.audit.likeness import near_duplicates
from pawvit.audit.pictures import Look
from pawvit.audit.problems import Problem, grouped, listed, rows_of
from pawvit.encounters import bursts, components
from pawvit.photos import PhotoTable


def same_pictures(table: PhotoTable, looks: Sequence[Look] | None = None) -> list[list[int]]:
    """Groups of positions that are the same file, or the same bytes in another file; same box."""
    boxes = table.column("bbox")
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, file in enumerate(table.files):
        digest = looks[index].digest if looks else ""
        groups[digest or os.path.normpath(file), boxes[index]].append(index)
    return [same for same in groups.values() if len(same) > 1]


def copies(table: PhotoTable, looks: Sequence[Look] | None = None) -> list[tuple[int, int]]:
    """What `same_pictures` finds, as pairs that chain each group together."""
    return [pair for same in same_pictures(table, looks) for pair in pairwise(same)]


def chained(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Of `count` photos those that pairs join, in groups of two or more."""
    groups = grouped([str(code) for code in components(count, pairs)])
    return [group for group in groups.values() if len(group) > 1]


def near_pictures(table: PhotoTable, looks: Sequence[Look]) -> list[tuple[int, int]]:
    """Pairs that are nearly the same picture; of pictures that are quite the same, one stands."""
    again = {index for same in same_pictures(table, looks) for index in same[1:]}
    shown = [None if i in again else look.thumbnail for i, look in enumerate(looks)]
    return [(int(one), int(other)) for one, other in near_duplicates(shown)]


def together(
    table: PhotoTable,
    looks: Sequence[Look] | None,
    taken: Sequence[datetime | None],
    near: Sequence[tuple[int, int]],
) -> list[tuple[int, int]]:
    """Pairs of photos that belong to one side of a split: copies, near-duplicates and bursts.

    Args:
        table: the photos.
        looks: what each photo's file told; without, copies are known by their paths only.
        taken: as `moments` tells.
        near: as `near_pictures` tells.
    """
    return [*copies(table, looks), *near, *bursts(table, taken)]


def repeated(table: PhotoTable, looks: Sequence[Look]) -> Iterator[Problem]:
    """What `same_pictures` finds, as problems."""
    names, orientations, files = table.identities, table.orientations, table.paths
    for same in same_pictures(table, looks):
        rows = rows_of(table, same)
        paths = list(dict.fromkeys(files[i] for i in same))
        where = f"the photo {' = '.join(paths)}"
        identities = sorted({names[i] for i in same} - {""})
        sides = sorted({orientations[i] for i in same} - {"unknown"})
        mend = "look at the photo and keep the row that is right"
        if len(identities) > 1:
            message = f"{where} is of {len(identities)} individuals: {listed(identities)}"
            yield Problem("error", "identities", rows, paths[0], message, mend)
        elif len(sides) > 1:
            message = f"{where} is seen from {' and from '.join(sides)}"
            yield Problem("error", "orientations", rows, paths[0], message, mend)
        elif len({os.path.normpath(path) for path in paths}) == 1:
            message = f"{where} is listed {len(same)} times"
            yield Problem("warning", "twice", rows, paths[0], message, "keep one of the rows")
        else:
            message = f"{where}: the files are the same, byte for byte"
            yield Problem("warning", "duplicate", rows, paths[0], message, "keep one of them")


def nearly_repeated(table: PhotoTable, near: Sequence[tuple[int, int]]) -> Iterator[Problem]:
    """What `near_pictures` found, as problems: a group of photos each, and pairs of individuals."""
    names, files = table.identities, table.paths
    shared: Counter[tuple[str, str]] = Counter()
    for group in chained(len(table), near):
        paths = listed(files[i] for i in group)
        identities = sorted({names[i] for i in group} - {""})
        rows = rows_of(table, group)
        if len(identities) > 1:
            shared.update(combinations(identities, 2))
            message = f"nearly the same picture under {len(identities)} individuals:"
            yield Problem(
                "error",
                "near-identities",
                rows,
                "",
                f"{message} {listed(identities)}: {paths}",
                "look at the photos: correct the name, or take one of them out",
            )
        else:
            yield Problem(
                "warning",
                "near-duplicate",
                rows,
                "",
                f"nearly the same picture: {paths}",
                "keep the best of them; they tell an individual nothing new",
            )
    for (one, other), count in sorted(shared.items()):
        if count > 1:
            at = [i for i, name in enumerate(names) if name in (one, other)]
            yield Problem(
                "warning",
                "alike",
                rows_of(table, at),
                "",
                f"{one} and {other} share {count} pictures that are nearly the same:"
                " they may be one individual",
                "give both one name, if they are",
            )


def rapid(table: PhotoTable, taken: Sequence[datetime | None]) -> Iterator[Problem]:
    """Bursts that the table doesn't say are one encounter."""
    names, files, encounters = table.identities, table.paths, table.column("encounter")
    for group in chained(len(table), bursts(table, taken)):
        cells = {encounters[i] for i in group}
        if len(cells) == 1 and "" not in cells:
            continue
        moments = [moment for i in group if (moment := taken[i])]
        seconds = (max(moments) - min(moments)).total_seconds()
        yield Problem(
            "warning",
            "burst",
            rows_of(table, group),
            "",
            f"{len(group)} photos of {names[group[0]]} within {seconds:.0f} s"
            + (f", in {len(cells)} encounters" if len(cells) > 1 else "")
            + f": {listed(files[i] for i in group)}",
            "give them one `encounter`: a photo then can't be found by the next of its burst",
        )
