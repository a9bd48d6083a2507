"""Photos and part maps decoded once: memory-mapped uint8, shared by all trainings. Knows files.

They read as the table and the folder they come from do, pixel for pixel.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pawvit import files
from pawvit.images import Pixels, resize
from pawvit.partmaps import Labels, PartMaps
from pawvit.photos import PhotoTable

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CachedPhotos(PhotoTable):
    """A photo table whose pictures are squeezed to one size already.

    Args:
        pictures: path → H × W × 3 uint8, RGB.
    """

    pictures: dict[str, npt.NDArray[np.uint8]]

    def read(self, index: int) -> Pixels:
        """The photo at `index`."""
        return self.pictures[self.frame["path"].iloc[index]]

    def take(
        self,
        chosen: npt.ArrayLike,  # type: ignore[override]
    ) -> CachedPhotos:
        """As `PhotoTable.take`."""
        own = super().take(np.asarray(chosen))
        return CachedPhotos(own.frame, own.root, own.source, self.pictures)


class CachedMaps(PartMaps):
    """A folder of part maps that is read once."""

    def __init__(self, maps: PartMaps, labels: dict[str, Labels]) -> None:
        super().__init__(maps.root, maps.parts)
        self.labels = labels

    def __contains__(self, photo: str) -> bool:
        return photo in self.labels

    def read(self, photo: str) -> Labels:
        """The map of a photo."""
        return self.labels[photo]


def cached_photos(
    table: PhotoTable, size: tuple[int, int], folder: Path, progress: Progress
) -> CachedPhotos:
    """The photos of a table at one size; made in `folder` where they are not there yet.

    Args:
        table: photos.
        size: height and width.
        folder: of all caches.
        progress: called with (photos done, all).
    """

    def made() -> npt.NDArray[np.uint8]:
        stacked = np.empty((len(table), *size, 3), np.uint8)
        for index in range(len(table)):
            stacked[index] = resize(table.read(index), size)
            progress(index + 1, len(table))
        return stacked

    facts = [str(table.root.absolute()), size, table.paths]
    pictures = _kept(folder, facts, made)
    by_path = dict(zip(table.paths, pictures, strict=True))
    return CachedPhotos(table.frame, table.root, table.source, by_path)


def cached_maps(maps: PartMaps, paths: list[str], folder: Path) -> CachedMaps:
    """The part maps of these photos, in memory-mapped form."""
    there = [path for path in paths if path in maps]
    if not there:
        return CachedMaps(maps, {})

    def made() -> npt.NDArray[np.uint8]:
        return np.stack([maps.read(path) for path in there])

    labels = _kept(folder, [str(maps.root.absolute()), there], made)
    return CachedMaps(maps, dict(zip(there, labels, strict=True)))


def _kept(
    folder: Path, facts: object, made: Callable[[], npt.NDArray[np.uint8]]
) -> npt.NDArray[np.uint8]:
    path = folder / f"{hashlib.sha256(repr(facts).encode()).hexdigest()[:16]}.npy"
    if not path.exists():
        stacked = made()
        with files.atomic(path) as temporary, open(temporary, "wb") as handle:
            np.save(handle, stacked)
    return np.load(path, mmap_mode="r")
