"""What every question about tokens begins with: networks by their names, photos of one size, maps.

Knows files; it asks nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pawvit.embedder import Embedder
from pawvit.errors import CheckpointError, ConfigError, PhotoTableError
from pawvit.images import Pixels, resize
from pawvit.partmaps import Labels, PartMaps, Parts
from pawvit.photos import PhotoTable
from pawvit.report.tokens import draws_masks, look
from pawvit.training.backgrounds import Mask
from pixels import CachedPhotos

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Subject:
    """Photos with their part maps.

    Attributes:
        photos: all squeezed to one size, kept in memory.
        labels: the part map of each, in the same order.
        parts: what the maps' labels mean.
    """

    photos: CachedPhotos
    labels: list[Labels]
    parts: Parts

    @property
    def pictures(self) -> list[Pixels]:
        """The photos, H × W × 3 uint8 RGB."""
        return [self.photos.read(index) for index in range(len(self.photos))]

    @property
    def animals(self) -> list[Mask]:
        """Where the maps show any part."""
        return [labels < self.parts.background for labels in self.labels]

    def shown(self, pictures: Sequence[Pixels]) -> CachedPhotos:
        """Other pictures in the place of the photos."""
        photos = self.photos
        kept = dict(zip(photos.paths, pictures, strict=True))
        return CachedPhotos(photos.frame, photos.root, photos.source, kept)


def subject(
    table: PhotoTable, maps: PartMaps, size: tuple[int, int], progress: Progress
) -> Subject:
    """Photos and their maps.

    Args:
        table: photos, each path once.
        maps: a folder that has a map of each.
        size: height and width that the photos are squeezed to.
        progress: called with (photos done, photos).

    Raises:
        PhotoTableError: a path stands there twice: maps are kept by path.
        ImageError, PartMapError: a photo or a map can't be read.
    """
    if len(set(table.paths)) < len(table):
        raise PhotoTableError(
            "several rows are of one picture, and its part map would be all of theirs",
            where=table.source,
            mend="cut the pictures to their boxes first",
        )
    pictures: dict[str, Pixels] = {}
    labels: list[Labels] = []
    for index, path in enumerate(table.paths):
        labels.append(maps.read(path))
        pictures[path] = resize(table.read(index), size)
        progress(index + 1, len(table))
    photos = CachedPhotos(table.frame, table.root, table.source, pictures)
    return Subject(photos, labels, maps.parts)


def networks(runs: Sequence[str], device: torch.device) -> dict[str, Embedder]:
    """Networks by the shortest names that tell them apart; errors as `Embedder.load` raises them.

    Args:
        runs: run folders, checkpoints, or names that `pawvit models` lists.
        device: where to compute.
    """
    return {
        name: Embedder.load(run, device=device) for name, run in zip(names(runs), runs, strict=True)
    }


def names(runs: Sequence[str]) -> list[str]:
    """The last pieces of each path, as many as it takes to tell them apart."""
    pieces = [Path(run).parts for run in runs]
    if len(set(pieces)) < len(pieces):
        raise ConfigError("a run is named twice", where=", ".join(runs))
    number = 1
    while len({one[-number:] for one in pieces}) < len(pieces):
        number += 1
    return ["/".join(one[-number:]) for one in pieces]


def largest(embedders: Mapping[str, Embedder]) -> tuple[int, int]:
    """The largest height and width that any of the networks takes."""
    sizes = [embedder.size for embedder in embedders.values()]
    return max(height for height, _ in sizes), max(width for _, width in sizes)


@dataclass(frozen=True)
class Seen:
    """What a network's part tokens say of N photos.

    Attributes:
        weights: N × K, how much each part gave to the descriptor; rows sum to 1.
        labels: N maps of its own, each place given to the token that it is most surely of.
    """

    weights: npt.NDArray[np.float32]
    labels: list[Labels]

    def areas(self, parts: int) -> npt.NDArray[np.float64]:
        """N × K, the share of the picture that each part's own mask takes."""
        return areas(self.labels, parts)


def see(embedder: Embedder, photos: PhotoTable, size: tuple[int, int], progress: Progress) -> Seen:
    """Photos through a network with part tokens, one that `check` let pass.

    Args:
        embedder: the network.
        photos: N photos.
        size: height and width of the masks that are wanted.
        progress: called with (photos done, N).
    """
    assert draws_masks(embedder.heads)
    found, masks = look(embedder, embedder.heads, photos, range(len(photos)), progress)
    assert found.part_weights is not None
    labels = []
    for index in range(len(photos)):
        own = torch.from_numpy(masks[index])[None]
        if own.shape[2:] != size:
            own = torch.nn.functional.interpolate(own, size, mode="bilinear", antialias=True)
        labels.append(own[0].argmax(dim=0).numpy().astype(np.uint8))
    return Seen(found.part_weights, labels)


def check(embedders: Mapping[str, Embedder], parts: Parts) -> None:
    """Raises CheckpointError where a network has no masks, ConfigError where it has other parts."""
    for name, embedder in embedders.items():
        if not draws_masks(embedder.heads):
            raise CheckpointError(
                "the network has no part tokens whose masks could be looked at",
                where=name,
                mend="give run folders of PAW-ViT only",
            )
        if embedder.stamp.parts != parts.vocabulary:
            raise ConfigError(
                f"the network's parts are {', '.join(embedder.stamp.parts)}; the maps' are"
                f" {', '.join(parts.vocabulary)}",
                where=name,
                mend="give the maps that it learned from, or their teacher's",
            )


def areas(maps: Sequence[Labels], parts: int) -> npt.NDArray[np.float64]:
    """N × K, the share of each map that each part takes."""
    return np.stack([np.bincount(one.ravel(), minlength=256)[:parts] / one.size for one in maps])
