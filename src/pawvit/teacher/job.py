"""What every teacher's job has in common: what it did, and what it refuses. Knows no teacher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pawvit.errors import PhotoTableError
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable

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
