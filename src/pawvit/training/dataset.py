"""Photos and part maps of the training set, as tensors. Knows files; it knows no network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.utils.data import Dataset

from pawvit.anatomy import FLANKS, mirrored
from pawvit.errors import PhotoTableError
from pawvit.images import resize
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable, entity_of, mirrored_entity
from pawvit.training.augment import Augment, AugmentConfig, mirror
from pawvit.training.sampler import Draw


class TrainingPhotos(Dataset[tuple[Tensor, Tensor, int, float]]):
    """The photos whose identity is known, indexed by the sampler's draws.

    Args:
        table: the training photos.
        maps: their part maps.
        image_size, map_size: height and width of what comes out.
        augment: how photos are changed.

    Raises:
        PhotoTableError: no photo has an identity, or there is only one entity.
        PartMapError: a photo has no part map.
    """

    def __init__(
        self,
        table: PhotoTable,
        maps: PartMaps,
        *,
        image_size: tuple[int, int],
        map_size: tuple[int, int],
        augment: AugmentConfig,
    ) -> None:
        self.table = table.take([i for i, name in enumerate(table.identities) if name])
        self.maps, self.image_size = maps, image_size
        self.augment = Augment(augment, map_size)
        for path in self.table.paths:
            if path not in maps:
                maps.read(path)  # raises the clear error
        shows: dict[str, list[tuple[int, bool]]] = {}
        sides = self.table.orientations
        for photo, identity in enumerate(self.table.identities):
            side = sides[photo] if self.table.has_orientation else None
            shows.setdefault(entity_of(identity, side), []).append((photo, False))
        if augment.mirror:
            for photo, identity in enumerate(self.table.identities):
                side = sides[photo] if self.table.has_orientation else None
                shows.setdefault(mirrored_entity(identity, side), []).append((photo, True))
        if len(shows) < 2:
            raise PhotoTableError(
                f"{len(self.table)} photos of {len(shows)} known entities: training needs two",
                where=table.source,
                mend="fill in the column `identity`",
            )
        self.entities = list(shows)
        self.shows = list(shows.values())
        self.sides = sides

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, Tensor, int, float]:
        """One photo: image, map, entity, flank."""
        pixels = resize(self.table.read(draw.photo), self.image_size)
        image = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
        labels = torch.from_numpy(self.maps.read(self.table.paths[draw.photo]).copy())
        side = self.sides[draw.photo]
        if draw.mirror:
            image, labels = mirror(image, labels)
            side = mirrored(side)
        image, labels = self.augment(image, labels, draw.seed)
        right = float(side == "right") if side in FLANKS else float("nan")
        return image, labels, draw.entity, right


def collate(
    items: Sequence[tuple[Tensor, Tensor, int, float]],
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Single photos → (B, 3, H, W) images, (B, h, w) maps, (B,) entities, (B,) right or not."""
    images, labels, entities, right = zip(*items, strict=True)
    return (
        torch.stack(images),
        torch.stack(labels),
        torch.tensor(entities),
        torch.tensor(right),
    )
