"""What each photo's file tells: its bytes, its thumbnail, its date and what is wrong with it.

Every picture is decoded once. Knows picture files and boxes; it compares no photos.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image, ImageFile

from pawvit.audit.likeness import Thumbnail, thumbnail
from pawvit.audit.moments import exif_moment, moment_of
from pawvit.audit.problems import Problem, Severity, rows_of
from pawvit.encounters import has_time
from pawvit.errors import ImageError
from pawvit.images import MIN_SIDE, Box, crop, read_image
from pawvit.photos import PhotoTable


@dataclass(frozen=True, eq=False)
class Look:
    """What one photo's file told.

    Args:
        digest: SHA-256 of the file's bytes; "" where it can't be read.
        thumbnail: of the photo inside its box; None where there is none to compare.
        taken: EXIF's DateTimeOriginal.
        problems: what is wrong with the file or the box.
    """

    digest: str
    thumbnail: Thumbnail | None
    taken: datetime | None
    problems: tuple[Problem, ...]


def look_at_all(
    table: PhotoTable, *, progress: Callable[[int, int], None] | None = None
) -> list[Look]:
    """Opens and decodes every photo, several at a time; raises for none of them.

    Args:
        table: as a reader gives it.
        progress: called with photos done and photos in all.
    """
    jobs = zip(
        rows_of(table), table.paths, table.files, map(table.box, range(len(table))), strict=True
    )
    looks = []
    # Decoders let go of the interpreter: threads share the work, and the results are small.
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for look in pool.map(lambda job: _look(*job), jobs):
            looks.append(look)
            if progress is not None:
                progress(len(looks), len(table))
    return looks


def moments(table: PhotoTable, looks: Sequence[Look] | None = None) -> list[datetime | None]:
    """When each photo was taken: its `date`, with EXIF's time of day where it has the same day.

    Args:
        table: the photos.
        looks: what each photo's file told; without, dates come from the table alone.
    """
    exif = [look.taken for look in looks] if looks else [None] * len(table)
    found = []
    for cell, camera in zip(table.column("date"), exif, strict=True):
        moment = moment_of(cell) if cell else camera
        if moment and camera and not has_time(moment) and moment.date() == camera.date():
            moment = camera
        found.append(moment)
    return found


def _look(row: int, path: str, file: Path, box: Box | None) -> Look:
    problems: list[Problem] = []

    def report(severity: Severity, code: str, message: str, mend: str) -> None:
        problems.append(Problem(severity, code, (row,), path, message, mend))

    try:
        with open(file, "rb") as handle:
            digest = hashlib.file_digest(handle, "sha256").hexdigest()
    except FileNotFoundError:
        report("error", "missing", "no such file", "correct the path, or take out the row")
        return Look("", None, None, tuple(problems))
    except OSError as error:
        report("error", "unreadable", f"{error.strerror}", "make it a file that you may read")
        return Look("", None, None, tuple(problems))
    small, taken = None, None
    try:
        pixels = read_image(file)
        height, width = pixels.shape[:2]
        if box is not None:
            _check_box(box, (height, width), report)
            pixels = crop(pixels, box)
            height, width = pixels.shape[:2]
            if min(height, width) < MIN_SIDE:
                report("error", "small", f"the box shows {width} × {height} pixels", _LARGER)
        small = thumbnail(pixels)
        with Image.open(file) as image:
            taken = exif_moment(image)
            for conversion in _conversions(image):
                mend = "look whether it still shows the animal"
                report("warning", "converted", conversion, mend)
    except ImageError as error:
        size = _size(file)
        if size is not None and min(size) < MIN_SIDE:
            report("error", "small", f"the picture is {size[0]} × {size[1]} pixels", _LARGER)
        elif not any(problem.code == "box" for problem in problems):
            report("error", "unreadable", error.what, "copy it again, or take out the row")
    return Look(digest, small, taken, tuple(problems))


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


def _conversions(image: ImageFile.ImageFile) -> Iterator[str]:
    """What of a good picture is lost on the way to 8-bit RGB."""
    frames = getattr(image, "n_frames", 1)
    # Phones put previews and depth maps behind the picture of a JPEG (MPO).
    if frames > 1 and image.format != "MPO":
        yield f"{frames} frames: only the first is used"
    if image.mode == "CMYK":
        yield "CMYK colours: turned to RGB"
    layout = str([tile[3] for tile in image.tile])
    if image.mode[0] in "IF" or ";16" in layout:
        yield "more than 8 bits a channel: scaled to 8"
