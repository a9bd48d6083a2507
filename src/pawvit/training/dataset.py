"""Photos and part maps of the training set, as tensors. Knows files; it knows no network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import UInt8
from torch import Tensor
from torch.utils.data import Dataset

from pawvit.anatomy import FLANKS, IGNORE, mirrored
from pawvit.errors import PartMapError, PawvitError, PhotoTableError
from pawvit.images import resize
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable, entity_of, mirrored_entity
from pawvit.training.augment import Augment, AugmentConfig, mirror
from pawvit.training.backgrounds import with_swapped
from pawvit.training.sampler import Draw

Item = tuple[Tensor, Tensor, int, float, float]
Batch = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


class TrainingPhotos(Dataset["Item | PawvitError"]):
    """The photos whose identity is known, indexed by the sampler's draws.

    Args:
        table: the training photos.
        maps: their part maps; None for a network that learns no parts.
        image_size, map_size: height and width of what comes out.
        augment: how photos are changed.
        rejected_mask_weight: how much the map of a photo counts whose `mask_ok` says no; with 0
            its map is not looked at, and need not be there.
        swapped: seed of whose backgrounds the photos' copies get; None for no copies.

    Raises:
        PhotoTableError: no photo has an identity, there is only one entity, or no photo to lend
            another one a background.
        PartMapError: a photo has no part map.
        MissingExtraError: copies need scipy.
    """

    def __init__(
        self,
        table: PhotoTable,
        maps: PartMaps | None,
        *,
        image_size: tuple[int, int],
        map_size: tuple[int, int],
        augment: AugmentConfig,
        rejected_mask_weight: float = 0.0,
        swapped: int | None = None,
    ) -> None:
        self.table = table.take([i for i, name in enumerate(table.identities) if name])
        self.swapped = swapped
        if swapped is not None:
            assert maps is not None
            self.table = with_swapped(self.table, maps, image_size, swapped)
        self.maps, self.image_size = maps, image_size
        self.augment = Augment(augment, map_size)
        self.map_weights = [0.0] * len(self.table)
        if maps is not None:
            self.map_weights = [1.0 if ok else rejected_mask_weight for ok in self.table.mask_ok]
            self._refuse_missing(maps)
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

    def _refuse_missing(self, maps: PartMaps) -> None:
        without = [
            path
            for path, weight in zip(self.table.paths, self.map_weights, strict=True)
            if weight and path not in maps
        ]
        if without:
            more = f" and {len(without) - 5} more" if len(without) > 5 else ""
            raise PartMapError(
                f"{len(without)} of {len(self.table)} photos have no part map:"
                f" {', '.join(str(maps.path_of(path)) for path in without[:5])}{more}",
                where=maps.root,
                mend="make them with pawvit masks, take these photos out of the table, or write no"
                " in their column mask_ok",
            )

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, draw: Draw) -> Item | PawvitError:
        """One photo: image, map, entity, flank, the map's weight.

        An error is returned: a worker would garble it.
        """
        try:
            return self._item(draw)
        except PawvitError as error:
            return error

    def _item(self, draw: Draw) -> Item:
        image, labels = self.picture(draw), self._labels(draw)
        image, labels = self.augment(image, labels, draw.seed)
        return image, labels, draw.entity, self._right(draw), self.map_weights[draw.photo]

    def picture(self, draw: Draw) -> UInt8[Tensor, "3 H W"]:
        """The photo of a draw before it is changed, but for its mirroring; raises ImageError."""
        pixels = resize(self.table.read(draw.photo), self.image_size)
        image = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
        return mirror(image) if draw.mirror else image

    def beside(self, draw: Draw) -> tuple[Tensor, int, float, float]:
        """What belongs to a draw besides its picture: map, entity, flank, the map's weight."""
        labels = self.augment.labels(self._labels(draw), self.image_size, draw.seed)
        return labels, draw.entity, self._right(draw), self.map_weights[draw.photo]

    def _labels(self, draw: Draw) -> UInt8[Tensor, "h w"]:
        if not self.map_weights[draw.photo] or self.maps is None:
            return torch.full(self.augment.map_size, IGNORE, dtype=torch.uint8)
        labels = torch.from_numpy(self.maps.read(self.table.paths[draw.photo]).copy())
        return mirror(labels) if draw.mirror else labels

    def _right(self, draw: Draw) -> float:
        side = self.sides[draw.photo]
        side = mirrored(side) if draw.mirror else side
        return float(side == "right") if side in FLANKS else float("nan")


def collate(
    items: Sequence[Item | PawvitError],
) -> Batch | PawvitError:
    """Single photos → (B, 3, H, W) images, (B, h, w) maps, (B,) entities, right or not, weights."""
    good = []
    for item in items:
        if isinstance(item, PawvitError):
            return item
        good.append(item)
    images, labels, entities, right, weights = zip(*good, strict=True)
    return (
        torch.stack(images),
        torch.stack(labels),
        torch.tensor(entities),
        torch.tensor(right),
        torch.tensor(weights),
    )
