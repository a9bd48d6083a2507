"""The job `pawvit masks export`: a folder of part maps → what other tools read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from pawvit.errors import PartMapError
from pawvit.images import picture_size
from pawvit.partformats.formats import FOLDERS, WRITE, Format
from pawvit.partformats.sizing import on_picture
from pawvit.partmaps import Labels, PartMaps
from pawvit.photos import PhotoTable


def export_maps(
    maps: PartMaps,
    target: str | os.PathLike[str],
    *,
    kind: Format,
    table: PhotoTable | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Writes part maps in another format.

    Args:
        maps: the folder of them.
        target: a folder (labels, npy) or a JSON file (coco, panoptic) that is not there yet.
        kind: the format.
        table: the photos whose maps are written, each at the size of its picture; unless given,
            all of them, as they are.
        progress: called with maps done and maps in all.

    Returns:
        The number of maps written.

    Raises:
        PartMapError: there is no map to write, one can't be read, or the target is there already.
        ImageError: a photo can't be read.
    """
    target = Path(target)
    if kind not in FOLDERS and target.suffix.lower() != ".json":
        raise PartMapError(f"--as {kind} writes a file that ends in .json", where=target)
    taken = [target, *([target.with_suffix("")] if kind == "panoptic" else [])]
    for place in taken:
        if place.is_file() or (place.is_dir() and any(place.iterdir())):
            raise PartMapError(
                "there is something here already", where=place, mend="choose another name"
            )
    chosen: list[tuple[str, int | None]]
    if table is None:
        chosen = [(photo, None) for photo in maps.photos()]
    else:
        chosen = [(photo, index) for index, photo in enumerate(table.paths) if photo in maps]
    if not chosen:
        raise PartMapError("there are no maps to write", where=maps.root)

    def pictures() -> Iterator[tuple[str, Labels]]:
        for number, (photo, index) in enumerate(chosen, start=1):
            own = maps.read(photo)
            if table is not None and index is not None:
                picture = picture_size(table.files[index])
                own = on_picture(own, picture, table.box(index), maps.parts.background)
            yield photo, own
            progress(number, len(chosen))

    WRITE[kind](maps.parts.vocabulary, pictures(), target)
    return len(chosen)
