"""What is wrong with a table of photos: every problem at once, each with its rows and its mend.

Knows tables and picture files; every picture is decoded once. It changes nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from PIL import Image

from pawvit.errors import ImageError
from pawvit.images import MIN_SIDE, SUFFIXES, Box, crop, read_image
from pawvit.photos import PhotoTable

Severity = Literal["error", "warning"]

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


@dataclass(frozen=True)
class Summary:
    """What a table holds.

    Args:
        photos, identities, entities: how many; unknown individuals count in `photos` only.
        unknown: photos of unknown identity.
        photos_per_entity: smallest, median and largest number; None where nobody is known.
        orientations, splits, cameras: photos of each; empty where the table has no such column.
    """

    photos: int
    identities: int
    entities: int
    unknown: int
    photos_per_entity: tuple[int, float, int] | None
    orientations: Mapping[str, int]
    splits: Mapping[str, int]
    cameras: Mapping[str, int]


def summary(table: PhotoTable) -> Summary:
    """Counts what a table holds; opens no picture."""
    entities = Counter(entity for entity in table.entities if entity)
    counts = sorted(entities.values())
    return Summary(
        photos=len(table),
        identities=len(set(table.identities) - {""}),
        entities=len(entities),
        unknown=table.identities.count(""),
        photos_per_entity=(counts[0], float(median(counts)), counts[-1]) if counts else None,
        orientations=_counted(table, "orientation"),
        splits=_counted(table, "split"),
        cameras=_counted(table, "camera"),
    )


def check(
    table: PhotoTable, *, progress: Callable[[int, int], None] | None = None
) -> list[Problem]:
    """Looks for everything that spoils training or evaluation; decodes every picture.

    Errors: a picture that is missing, can't be read or is too small (`missing`, `unreadable`,
    `small`); a box outside of the picture (`box`); one photo, by its file or its bytes, of two
    individuals or of two orientations (`identities`, `orientations`); an individual in two splits
    (`leak`; "query" and "gallery" are one split). Warnings: a photo listed twice, or copied under
    another name (`twice`, `duplicate`); names of individuals that differ in case only
    (`spelling`); entities with one photo (`single`); unknown orientations (`orientation`); a box
    that sticks out of the picture (`clipped`); animated, 16-bit and CMYK pictures (`converted`);
    pictures of a folder in formats that can't be read (`format`).

    One picture file with several boxes is several photos.

    Args:
        table: as a reader gives it.
        progress: called with photos done and photos in all.

    Returns:
        The problems: errors first, then by code and row. None of them is raised.
    """
    looks = _look_at_all(table, progress)
    problems = [
        *(problem for look in looks for problem in look.problems),
        *_repeated(table, looks),
        *check_labels(table),
    ]
    return sorted(problems, key=_order)


def check_labels(table: PhotoTable) -> list[Problem]:
    """What `check` finds without opening a picture, in the same order."""
    problems = [
        *_leaks(table),
        *_spellings(table),
        *_singles(table),
        *_unknown_orientations(table),
        *_unread_formats(table),
    ]
    return sorted(problems, key=_order)


def _order(problem: Problem) -> tuple[str, str, tuple[int, ...]]:
    return problem.severity, problem.code, problem.rows


@dataclass(frozen=True)
class _Look:
    """What one photo's file told: SHA-256 of its bytes ("" if missing) and what is wrong."""

    digest: str
    problems: tuple[Problem, ...]


def _look_at_all(table: PhotoTable, progress: Callable[[int, int], None] | None) -> list[_Look]:
    jobs = zip(
        _rows(table), table.paths, table.files, map(table.box, range(len(table))), strict=True
    )
    looks = []
    # Decoders let go of the interpreter: threads share the work, and the results are small.
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for look in pool.map(lambda job: _look(*job), jobs):
            looks.append(look)
            if progress is not None:
                progress(len(looks), len(table))
    return looks


def _look(row: int, path: str, file: Path, box: Box | None) -> _Look:
    problems: list[Problem] = []

    def report(severity: Severity, code: str, message: str, mend: str) -> None:
        problems.append(Problem(severity, code, (row,), path, message, mend))

    try:
        with open(file, "rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
    except FileNotFoundError:
        report("error", "missing", "no such file", "correct the path, or take out the row")
        return _Look("", tuple(problems))
    except OSError as error:
        report("error", "unreadable", f"{error.strerror}", "make it a file that you may read")
        return _Look("", tuple(problems))
    try:
        pixels = read_image(file)
        height, width = pixels.shape[:2]
        if box is not None:
            _check_box(box, (height, width), report)
            height, width = crop(pixels, box).shape[:2]
            if min(height, width) < MIN_SIDE:
                report("error", "small", f"the box shows {width} × {height} pixels", _LARGER)
        for conversion in _conversions(file):
            report("warning", "converted", conversion, "look whether it still shows the animal")
    except ImageError as error:
        size = _size(file)
        if size is not None and min(size) < MIN_SIDE:
            report("error", "small", f"the picture is {size[0]} × {size[1]} pixels", _LARGER)
        elif not any(problem.code == "box" for problem in problems):
            report("error", "unreadable", error.what, "copy it again, or take out the row")
    return _Look(digest, tuple(problems))


_LARGER = f"use pictures of at least {MIN_SIDE} pixels a side, or take out the row"


def _check_box(
    box: Box, size: tuple[int, int], report: Callable[[Severity, str, str, str], None]
) -> None:
    (x, y, width, height), (high, wide) = box, size
    text = f"the box {x:g}, {y:g}, {width:g}, {height:g}"
    mend = "boxes are x, y, width, height in pixels of the upright picture"
    if x >= wide or y >= high or x + width <= 0 or y + height <= 0:
        report("error", "box", f"{text} lies outside of the picture of {wide} × {high}", mend)
    elif min(x, y) < -1 or x + width > wide + 1 or y + height > high + 1:
        report("warning", "clipped", f"{text} sticks out of the picture of {wide} × {high}", mend)


def _size(file: Path) -> tuple[int, int] | None:
    try:
        with Image.open(file) as image:
            return image.size
    except Exception:  # what is no picture has no size; the caller says so
        return None


def _conversions(file: Path) -> Iterator[str]:
    """What of a good picture is lost on the way to 8-bit RGB."""
    with Image.open(file) as image:
        frames = getattr(image, "n_frames", 1)
        # Phones put previews and depth maps behind the picture of a JPEG (MPO).
        if frames > 1 and image.format != "MPO":
            yield f"{frames} frames: only the first is used"
        if image.mode == "CMYK":
            yield "CMYK colours: turned to RGB"
        layout = str([tile[3] for tile in image.tile])
        if image.mode[0] in "IF" or ";16" in layout:
            yield "more than 8 bits a channel: scaled to 8"


def _repeated(table: PhotoTable, looks: Sequence[_Look]) -> Iterator[Problem]:
    """Photos that are there more than once: the same file, or the same bytes in another file."""
    boxes = table.column("bbox")
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, (look, file) in enumerate(zip(looks, table.files, strict=True)):
        groups[look.digest or os.path.normpath(file), boxes[index]].append(index)
    for same in groups.values():
        if len(same) == 1:
            continue
        rows = tuple(_rows(table)[i] for i in same)
        paths = list(dict.fromkeys(table.paths[i] for i in same))
        where = f"the photo {' = '.join(paths)}"
        identities = sorted({table.identities[i] for i in same} - {""})
        sides = sorted({table.orientations[i] for i in same} - {"unknown"})
        mend = "look at the photo and keep the row that is right"
        if len(identities) > 1:
            message = f"{where} is of {len(identities)} individuals: {_listed(identities)}"
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


def _leaks(table: PhotoTable) -> Iterator[Problem]:
    # Query and gallery are the two sides of one test and must share individuals.
    halves = {"query": "query/gallery", "gallery": "query/gallery"}
    splits = [halves.get(split, split) for split in table.column("split")]
    for identity, indices in _grouped(table.identities).items():
        photos = Counter(splits[i] for i in indices if splits[i])
        if len(photos) > 1:
            yield Problem(
                "error",
                "leak",
                tuple(_rows(table)[i] for i in indices),
                "",
                f"{identity} is in {len(photos)} splits: "
                + ", ".join(f"{split} ({count})" for split, count in sorted(photos.items())),
                "deal the individuals anew: pawvit data split … --force",
            )


def _spellings(table: PhotoTable) -> Iterator[Problem]:
    folded = [identity.casefold() for identity in table.identities]
    for indices in _grouped(folded).values():
        names = sorted({table.identities[i] for i in indices})
        if len(names) > 1:
            yield Problem(
                "warning",
                "spelling",
                tuple(_rows(table)[i] for i in indices),
                "",
                f"individuals whose names differ in capitals only: {_listed(names)}",
                "write a name the same way everywhere",
            )


def _singles(table: PhotoTable) -> Iterator[Problem]:
    groups = _grouped(table.entities)
    single = {entity: indices[0] for entity, indices in groups.items() if len(indices) == 1}
    if single:
        yield Problem(
            "warning",
            "single",
            tuple(_rows(table)[i] for i in single.values()),
            "",
            f"{len(single)} of {len(groups)} entities have one photo, so that nothing can be found"
            f" by it: {_listed(list(single))}",
            "add photos of them where you have some",
        )


def _unknown_orientations(table: PhotoTable) -> Iterator[Problem]:
    rows = [r for r, o in zip(_rows(table), table.orientations, strict=True) if o == "unknown"]
    if table.has_orientation and rows:
        yield Problem(
            "warning",
            "orientation",
            tuple(rows),
            "",
            f"{len(rows)} of {len(table)} photos are of unknown orientation",
            "write left, right, front or back: opposite flanks carry different patterns",
        )


def _unread_formats(table: PhotoTable) -> Iterator[Problem]:
    if not table.source.is_dir():
        return
    # Formats of phones and cameras that the folder's reader passes over.
    raw = (
        ".heic",
        ".heif",
        ".avif",
        ".jp2",
        ".jxl",
        ".dng",
        ".cr2",
        ".cr3",
        ".nef",
        ".arw",
        ".orf",
    )
    found = Counter(
        Path(name).suffix.lower() for _, _, names in os.walk(table.source) for name in names
    )
    left_out = {suffix: found[suffix] for suffix in raw if found[suffix]}
    if left_out:
        yield Problem(
            "warning",
            "format",
            (),
            "",
            "pictures were passed over, their format can't be read: "
            + ", ".join(f"{count} × {suffix}" for suffix, count in left_out.items()),
            f"export them as JPEG; pictures end in {', '.join(sorted(SUFFIXES))}",
        )


def _rows(table: PhotoTable) -> list[int]:
    return [int(row) for row in table.frame["row"]]


def _grouped(names: Sequence[str]) -> dict[str, list[int]]:
    """Name → its positions, in order of appearance; the empty name is left out."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, name in enumerate(names):
        if name:
            groups[name].append(index)
    return groups


def _counted(table: PhotoTable, column: str) -> dict[str, int]:
    return dict(sorted(Counter(cell for cell in table.column(column) if cell).items()))


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
