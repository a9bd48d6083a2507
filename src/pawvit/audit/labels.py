"""What is missing in a table, or too little of it. Knows tables and names of files."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pawvit.audit.moments import moment_of
from pawvit.audit.problems import Problem, grouped, listed, rows_of
from pawvit.images import SUFFIXES
from pawvit.photos import PhotoTable


def singles(table: PhotoTable) -> Iterator[Problem]:
    """Entities with one photo."""
    groups = grouped(table.entities)
    single = {entity: indices[0] for entity, indices in groups.items() if len(indices) == 1}
    if single:
        yield Problem(
            "warning",
            "single",
            rows_of(table, single.values()),
            "",
            f"{len(single)} of {len(groups)} entities have one photo, so that nothing can be found"
            f" by it: {listed(list(single))}",
            "add photos of them where you have some",
        )


def unknown_orientations(table: PhotoTable) -> Iterator[Problem]:
    """Photos of unknown orientation, where the table has orientations."""
    rows = [r for r, o in zip(rows_of(table), table.orientations, strict=True) if o == "unknown"]
    if table.has_orientation and rows:
        yield Problem(
            "warning",
            "orientation",
            tuple(rows),
            "",
            f"{len(rows)} of {len(table)} photos are of unknown orientation",
            "write left, right, front or back: opposite flanks carry different patterns",
        )


def unread_formats(table: PhotoTable) -> Iterator[Problem]:
    """Pictures of a folder that its reader passes over."""
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


def unread_dates(table: PhotoTable) -> Iterator[Problem]:
    """Cells of `date` that mean no moment."""
    cells = table.column("date")
    unread = [i for i, cell in enumerate(cells) if cell and moment_of(cell) is None]
    if unread:
        yield Problem(
            "warning",
            "date",
            rows_of(table, unread),
            "",
            f"{len(unread)} dates can't be read: {listed(dict.fromkeys(cells[i] for i in unread))}",
            "write 2024-05-31 or 2024-05-31 14:20:05",
        )
