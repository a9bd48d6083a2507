"""What every format has in common: part maps of others, opened, and whose they are.

Knows names and labels; it knows no format and no table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt

from pawvit.anatomy import IGNORE
from pawvit.errors import PartMapError, first_of
from pawvit.partmaps import Labels
from pawvit.teacher.keypoints import agreeing

BACKGROUND_NAME = "background"
IGNORE_NAME = "ignore"
"""Names that stand for no part, in every format that names what it holds."""


@dataclass(frozen=True)
class Given:
    """Part maps that another tool wrote.

    Attributes:
        source: the file or folder.
        vocabulary: the K parts in label order.
        entries: the pictures, as the source names them.
        read: an entry → H × W labels of whatever size, 0 … K−1, K background, 255 ignore; raises
            PartMapError where the entry can't be used.
    """

    source: Path
    vocabulary: tuple[str, ...]
    entries: tuple[str, ...]
    read: Callable[[str], Labels]


def vocabulary_of(names: Sequence[str]) -> tuple[str, ...]:
    """The parts among the names."""
    return tuple(name for name in names if name not in (BACKGROUND_NAME, IGNORE_NAME))


def label_of(name: str, vocabulary: Sequence[str]) -> int | None:
    """The label that a name stands for in a part map; None where it is no part."""
    if name == IGNORE_NAME:
        return IGNORE
    if name == BACKGROUND_NAME:
        return len(vocabulary)
    return vocabulary.index(name) if name in vocabulary else None


def translated(
    values: npt.NDArray[np.integer], meaning: dict[int, int], where: str, what: str = "labels"
) -> Labels:
    """Values of a source → labels of a part map; PartMapError for values without a meaning."""
    found, place = np.unique(values, return_inverse=True)
    strange = [int(value) for value in found if int(value) not in meaning]
    if strange:
        known = ", ".join(map(str, sorted(meaning)))
        raise PartMapError(f"it holds the {what} {strange[:10]}; known are {known}", where=where)
    table = np.array([meaning[int(value)] for value in found], np.uint8)
    labels: Labels = table[place.reshape(values.shape)]
    return labels


def claimed(entries: Sequence[str], photos: Sequence[str], source: Path) -> dict[str, str]:
    """Photo → its entry.

    An entry belongs to the photo of the same file name, with or without the photo's suffix. Of
    several such, it is the one whose folders agree best, from the end on: the table and the source
    may begin in different folders.

    Raises:
        PartMapError: an entry belongs to no photo, to several, or two belong to one.
    """
    by_name: dict[str, list[str]] = defaultdict(list)
    for photo in dict.fromkeys(photos):
        name = PurePosixPath(photo)
        for key in {name.name, name.stem}:
            by_name[key].append(photo)
    found: dict[str, str] = {}
    problems = []
    for entry in entries:
        path = PurePosixPath(entry.replace("\\", "/"))
        meant = by_name.get(path.name) or by_name.get(path.stem, [])
        folders = path.parts[:-1]
        agreed = [agreeing(folders, PurePosixPath(photo).parts[:-1]) for photo in meant]
        best = [p for p, number in zip(meant, agreed, strict=True) if number == max(agreed)]
        if not best:
            problems.append(f"{entry}: no photo of the table has this name")
        elif len(best) > 1:
            problems.append(f"{entry}: it could be of {' or '.join(best[:3])}")
        elif best[0] in found:
            problems.append(f"{entry}: {found[best[0]]} is of {best[0]} already")
        else:
            found[best[0]] = entry
    refuse(problems, source, "give the table of all photos, or take these out of the source")
    return found


def refuse(problems: Sequence[str], source: Path, mend: str) -> None:
    """Raises PartMapError with the problems, if there are any."""
    if problems:
        raise PartMapError(
            "\n  - ".join([f"{len(problems)} entries can't be used", *first_of(problems)]),
            where=source,
            mend=f"{mend}; nothing was written",
        )
