"""The job `pawvit masks import`: part maps of other tools → a folder of part maps.

Everything is read and checked before anything is written.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path

from pawvit import files
from pawvit.errors import InputError, PartMapError
from pawvit.images import picture_size
from pawvit.partformats.formats import FOLDERS, OPEN, Format
from pawvit.partformats.given import Given, claimed, refuse
from pawvit.partformats.sizing import majority, photo_part
from pawvit.partmaps import DEFAULT_SIZE, SHEET, Labels, PartMaps, Parts
from pawvit.photos import PhotoTable
from pawvit.teacher.job import Made, refuse_shared_pictures

TEACHER = "imported"


def import_maps(
    source: str | os.PathLike[str],
    table: PhotoTable,
    out: str | os.PathLike[str],
    *,
    kind: Format,
    names: Sequence[str] | None = None,
    size: tuple[int, int] = DEFAULT_SIZE,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Made:
    """Makes part maps of what another tool wrote; maps that are there are kept.

    A label image of the maps' own size is of the photo, any other of the whole picture, whose
    proportions it must have; it is cut to the photo's box, and each place takes its most frequent
    label.

    Args:
        source: a folder (labels, npy) or a JSON file (coco, panoptic).
        table: the photos.
        out: the folder for maps and `parts.json`.
        kind: the format.
        names: see the formats.
        size: height and width of the maps.
        progress: called with entries read and entries in all.

    Returns:
        What was done; `flagged` are the photos that the source does not have.

    Raises:
        PartMapError: something of the source can't be used, with every entry concerned; or the
            folder holds maps of a teacher, of other parts or of another size.
        PhotoTableError: two animals of one picture are to have a map each.
    """
    source, out = Path(source), Path(out)
    refuse_shared_pictures(table)
    given = _opened(source, kind, names)
    entries = claimed(given.entries, table.paths, source)
    settings = {"as": kind, "from": source.name}
    parts = Parts(given.vocabulary, size, TEACHER, settings, {"pawvit": metadata.version("pawvit")})
    maps = PartMaps(out, parts)
    if (out / SHEET).exists():
        _refuse_others(PartMaps.open(out).parts, parts, out)
    found: dict[str, Labels] = {}
    problems = []
    for index, photo in enumerate(table.paths):
        if photo not in entries or photo in maps:
            continue
        try:
            found[photo] = _fitted(given.read(entries[photo]), table, index, size)
        except InputError as error:
            problems.append(f"{entries[photo]}: {error.what}")
        progress(len(found) + len(problems), len(entries))
    refuse(problems, source, "put them right, or take them out of the source")
    with files.alone_in(out, "part maps"):
        maps = PartMaps.create(out, parts)
        for photo, own in found.items():
            maps.write(photo, own)
    without = tuple(
        (photo, f"it is not in {source.name}") for photo in table.paths if photo not in maps
    )
    return Made(maps, len(found), len(entries) - len(found), (), without)


def _opened(source: Path, kind: Format, names: Sequence[str] | None) -> Given:
    is_folder = kind in FOLDERS
    if is_folder != source.is_dir():
        wanted = "a folder" if is_folder else "a JSON file"
        there = "there is none of that name" if not source.exists() else "this is none"
        raise PartMapError(f"--as {kind} needs {wanted}, and {there}", where=source)
    return OPEN[kind](source, names)


def _refuse_others(before: Parts, wanted: Parts, out: Path) -> None:
    if (before.vocabulary, before.size, before.teacher) != (
        wanted.vocabulary,
        wanted.size,
        wanted.teacher,
    ):
        raise PartMapError(
            f"the folder holds other maps ({before.teacher}: {', '.join(before.vocabulary)};"
            f" {before.size[0]} × {before.size[1]})",
            where=out,
            mend="choose another folder",
        )


def _fitted(given: Labels, table: PhotoTable, index: int, size: tuple[int, int]) -> Labels:
    if given.shape != size:
        given = photo_part(given, picture_size(table.files[index]), table.box(index))
    return majority(given, size)
