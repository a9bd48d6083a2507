"""Photos into a catalogue, and its names out again as a photo table.

Knows tables and the catalogue; the network is handed in. What was done when it is interrupted is
kept, and pictures that are there are not looked at again.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pawvit.catalogue.records import Added
from pawvit.catalogue.store import Catalogue
from pawvit.descriptors import Descriptors, photo_hash
from pawvit.errors import CatalogueError, ImageError
from pawvit.photos import PhotoTable

if TYPE_CHECKING:
    from pawvit.embedder import Embedder

AT_ONCE = 64
"""Photos a transaction: at half a second each, what an interruption costs at most."""


def gather(
    catalogue: Catalogue,
    embedder: Embedder,
    table: PhotoTable,
    *,
    by: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Added, list[str]]:
    """Describes the photos of a table and adds them, with what the table says of them.

    Args:
        catalogue: of the same model, or empty.
        embedder: looks at the pictures that the catalogue does not have.
        table: photos.
        by: who says so.
        progress: called with (photos looked at, photos to look at).

    Returns:
        What it changed, and a message for each photo that could not be read.

    Raises:
        CatalogueError: another model made the catalogue's descriptors, or a picture is there under
            another name.
    """
    catalogue.require(embedder.stamp)
    vectors, photos = catalogue.matrix(embedder.stamp.id)
    rows = {photo.sha256: row for row, photo in enumerate(photos)}
    hashes = [_hash(table, index) for index in range(len(table))]
    old = [index for index, digest in enumerate(hashes) if digest in rows]
    new = [index for index, digest in enumerate(hashes) if digest not in rows]
    parts = [Added(0, 0, 0, 0, 0)]
    if old:
        known = table.take(old)
        labelled = Descriptors(
            paths=known.paths,
            vectors=vectors[[rows[hashes[index]] for index in old]],
            identities=known.identities,
            orientations=known.orientations,
            photo_hashes=[hashes[index] for index in old],
            model=embedder.stamp,
            cameras=known.column("camera"),
            encounters=known.column("encounter"),
            root=str(table.root.absolute()),
        )
        parts.append(catalogue.add(labelled, labelled.files(), by=by))
    unreadable: list[str] = []
    if progress:
        progress(0, len(new))
    for start in range(0, len(new), AT_ONCE):
        chunk = new[start : start + AT_ONCE]
        descriptors, failed = embedder.embed_table(table.take(chunk))
        parts.append(catalogue.add(descriptors, descriptors.files(), by=by))
        unreadable += failed
        if progress:
            progress(start + len(chunk), len(new))
    return Added(*map(sum, zip(*map(astuple, parts), strict=True))), unreadable


def labels(catalogue: Catalogue, folder: str | os.PathLike[str]) -> PhotoTable:
    """The identified photos as a table to train from.

    Its columns are `path`, relative where the photo lies below `folder`; `identity`;
    `orientation`, as given or as predicted with confidence, and `orientation_confidence` where it
    was predicted; `camera`, `encounter` and `bbox`. What no photo has is left out.

    Raises:
        CatalogueError: no photo is identified.
    """
    photos = [photo for photo in catalogue.photos() if photo.individual]
    if not photos:
        raise CatalogueError(
            "no photo of the catalogue is identified",
            where=catalogue.where,
            mend="say who photos show: pawvit catalogue confirm CATALOGUE PHOTO NAME",
        )
    root = Path(folder).absolute()
    frame = pd.DataFrame(
        {
            "path": [_below(Path(photo.path), root) for photo in photos],
            "identity": [photo.individual for photo in photos],
            "orientation": [photo.side for photo in photos],
            "orientation_confidence": [
                f"{photo.confidence:.4f}" if photo.was_predicted else "" for photo in photos
            ],
            "camera": [photo.camera for photo in photos],
            "encounter": [photo.encounter for photo in photos],
            "bbox": [photo.box for photo in photos],
        }
    )
    bare = [name for name in frame.columns if set(frame[name]) <= {"", "unknown"}]
    return PhotoTable(frame.drop(columns=bare), root, Path(catalogue.where))


def _below(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def _hash(table: PhotoTable, index: int) -> str:
    """The photo's hash; "" where its file can't be read, which embedding it will tell."""
    try:
        return photo_hash(table.files[index], table.box(index))
    except ImageError:
        return ""
