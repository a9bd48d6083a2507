"""Image, part map and orientation change together. Knows tensors; it knows no files.

Mirroring is not a random augmentation here: a mirrored flank is another entity, so the sampler
decides it (paper §4.1). Nothing in this file may flip a photo by chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import UInt8
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from pawvit.anatomy import IGNORE


class AugmentConfig(BaseModel):
    """How photos are changed in training.

    Attributes:
        mirror: whether mirrored photos join as new entities (paper §4.1).
        rotation: degrees to either side (paper: 15).
        zoom: how much larger a photo may become, 0.2 for up to 1.2 times; cuts off its rim.
        shift: share of the height and width to either side.
        colour: strength of brightness, contrast and saturation changes.
        erase: probability that a rectangle of the photo is blacked out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    mirror: bool = True
    rotation: float = Field(default=15.0, ge=0, le=90)
    zoom: float = Field(default=0.0, ge=0, le=1)
    shift: float = Field(default=0.0, ge=0, le=0.5)
    colour: float = Field(default=0.0, ge=0, le=1)
    erase: float = Field(default=0.0, ge=0, le=1)


def mirror(picture: UInt8[Tensor, "*C H W"]) -> UInt8[Tensor, "*C H W"]:
    """An image or map seen in a mirror; the caller changes the orientation (`anatomy.mirrored`)."""
    return picture.flip(-1)


class Augment:
    """A random change of one photo with its part map.

    Args:
        config: how much.
        map_size: height and width of the maps that come out.
    """

    def __init__(self, config: AugmentConfig, map_size: tuple[int, int]) -> None:
        self.config, self.map_size = config, map_size
        change = [config.rotation, config.zoom, config.shift]
        self.geometry = (
            v2.RandomAffine(
                degrees=config.rotation,
                translate=(config.shift, config.shift),
                scale=(1.0, 1.0 + config.zoom),
                interpolation=v2.InterpolationMode.BILINEAR,
                fill={tv_tensors.Image: 0, tv_tensors.Mask: IGNORE},
            )
            if any(change)
            else v2.Identity()
        )
        strength = config.colour
        self.colour = v2.ColorJitter(strength, strength, strength) if strength else v2.Identity()
        # Erased pixels keep their part label: the network is to guess what is hidden.
        self.erase = v2.RandomErasing(p=config.erase, scale=(0.02, 0.2), value=0)
        self.shrink = v2.Resize(list(map_size), interpolation=v2.InterpolationMode.NEAREST)

    def __call__(
        self, image: UInt8[Tensor, "3 H W"], labels: UInt8[Tensor, "h w"], seed: int
    ) -> tuple[UInt8[Tensor, "3 H W"], UInt8[Tensor, "m n"]]:
        """The changed pair; the same seed gives the same change.

        What a rotation or shift brings in is black in the image and 255 in the map.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            large = self._large(labels, image.shape[-2:])
            moved, large = self.geometry(tv_tensors.Image(image), large)
            moved = self.erase(self.colour(moved))
        return moved.as_subclass(Tensor), self.shrink(large)[0].as_subclass(Tensor)

    def labels(
        self, labels: UInt8[Tensor, "h w"], image_size: Sequence[int], seed: int
    ) -> UInt8[Tensor, "m n"]:
        """The changed map alone, as it comes beside an image of that size with that seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            moved: Tensor = self.shrink(self.geometry(self._large(labels, image_size)))
        return moved[0].as_subclass(Tensor)

    @staticmethod
    def _large(labels: UInt8[Tensor, "h w"], size: Sequence[int]) -> tv_tensors.Mask:
        # The map follows on the image's own grid, so that both move by the same pixels.
        nearest = v2.InterpolationMode.NEAREST
        return tv_tensors.Mask(v2.functional.resize(labels[None], list(size), nearest))
