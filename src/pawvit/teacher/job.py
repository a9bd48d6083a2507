"""What every teacher's job has in common: what it did, and what it refuses. Knows no teacher."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pawvit import files
from pawvit.errors import PhotoTableError
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable

FLAGGED = "flagged.csv"
"""In the folder of maps: which photos got none, and why."""

Progress = Callable[[str], Callable[[int, int], None]]
"""A label → a `progress(done, total)` callable."""


@dataclass(frozen=True)
class Made:
    """What a run of the job did.

    Attributes:
        maps: the folder.
        written: number of maps made now.
        kept: number of maps found from before.
        unreadable: a message for each photo that could not be read; it has no map.
        flagged: path → why, of photos that were read but got no map: no animal, no foreground.
    """

    maps: PartMaps
    written: int
    kept: int
    unreadable: tuple[str, ...]
    flagged: tuple[tuple[str, str], ...] = ()


def refuse_shared_pictures(table: PhotoTable) -> None:
    """A map belongs to a picture: two animals cut out of one would share it.

    Raises:
        PhotoTableError: the table has a picture with several boxes.
    """
    boxes: dict[str, set[str]] = {}
    for path, box in zip(table.paths, table.column("bbox"), strict=True):
        boxes.setdefault(path, set()).add(box)
    shared = [path for path, own in boxes.items() if len(own) > 1]
    if shared:
        raise PhotoTableError(
            f"{len(shared)} pictures are in the table with several boxes; their animals would share"
            " one part map",
            problems=shared[:10],
            where=table.source,
            mend="cut the animals out into files of their own",
        )


def write_flagged(out: Path, flagged: Sequence[tuple[str, str]]) -> None:
    """The photos without a map; no file where all have one."""
    if not flagged:
        (out / FLAGGED).unlink(missing_ok=True)
        return
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("path", "reason"), *flagged])
    files.write_text(out / FLAGGED, text.getvalue())
