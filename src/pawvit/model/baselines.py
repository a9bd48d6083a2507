"""Descriptors without any training: backbones as they come, and a colour histogram.

The first answers on a new species come from here, and it is what PAW-ViT is measured against.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from pawvit.errors import ConfigError
from pawvit.images import Pixels
from pawvit.model import pretrained
from pawvit.model.available import Backbone
from pawvit.model.config import ModelConfig
from pawvit.model.network import Normalise


class ClassTokenViT(nn.Module):
    """A timm ViT as it comes, untrained on any animal; its normed class token is the descriptor."""

    def __init__(self, config: ModelConfig, vit: VisionTransformer) -> None:
        super().__init__()
        if not vit.has_class_token:
            raise ConfigError(f"{config.backbone} has no class token", where="model.backbone")
        self.config, self.vit = config, vit
        self.normalise = Normalise(config.mean, config.std)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C"]:
        """Descriptors of photos in [0, 1], RGB, at the image size of the configuration."""
        tokens: Tensor = self.vit.forward_features(self.normalise(images))
        return tokens[:, 0]


def untrained(config: ModelConfig, weights: str) -> nn.Module:
    """The backbone of a configuration before any training; raises as `pretrained.build` does."""
    if not config.has_parts and not pretrained.is_plain_vit(config.backbone):
        network = pretrained.any_backbone(config, weights)
        return OwnPooling(network, config.mean, config.std).eval()
    return ClassTokenViT(config, pretrained.backbone(config, weights)).eval()


class ForegroundViT(nn.Module):
    """A timm ViT as it comes; the patches on the animal, pooled, are the descriptor.

    Patches of the block after five sixths of the depth, normed as the last ones are, and their
    generalised mean (power 3): among blocks, poolings and sizes the best at finding animals again
    (docs/results.md). Where no foreground is found, all patches count.
    """

    def __init__(self, config: ModelConfig, vit: VisionTransformer) -> None:
        super().__init__()
        self.vit = vit
        self.block = max(0, len(vit.blocks) * 5 // 6 - 1)
        self.grid: tuple[int, int] = tuple(vit.patch_embed.grid_size)
        self.normalise = Normalise(config.mean, config.std)

    def forward(
        self, images: Float[Tensor, "B 3 H W"], foreground: Float[Tensor, "B h w"]
    ) -> Float[Tensor, "B C"]:
        """Descriptors of photos.

        Args:
            images: [0, 1], RGB, at the image size of the configuration.
            foreground: the probability that a pixel shows the animal, in [0, 1], at any size.
        """
        (patches,) = self.vit.forward_intermediates(
            self.normalise(images),
            indices=[self.block],
            norm=True,
            output_fmt="NLC",
            intermediates_only=True,
        )
        return self.pool(patches, foreground)

    def pool(
        self, patches: Float[Tensor, "B N C"], foreground: Float[Tensor, "B h w"]
    ) -> Float[Tensor, "B C"]:
        """The generalised mean of the patches, row after row, that lie on the animal."""
        seen = F.adaptive_avg_pool2d(foreground[:, None], self.grid).flatten(1)
        weight = (seen > 0.5).float()
        weight = torch.where(weight.any(dim=1, keepdim=True), weight, 1.0)[..., None]
        cubes = patches.clamp(min=1e-6) ** 3
        pooled: Tensor = ((cubes * weight).sum(dim=1) / weight.sum(dim=1)) ** (1 / 3)
        return pooled


class OwnPooling(nn.Module):
    """Any network of timm as it comes; what it would classify by is the descriptor."""

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        self.normalise = Normalise(mean, std)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C"]:
        """Descriptors of photos in [0, 1], RGB, at the network's own image size."""
        found: Tensor = self.network(self.normalise(images))
        return found


def as_it_comes(chosen: Backbone, *, foreground: bool) -> tuple[nn.Module, ModelConfig, str]:
    """A backbone that gives descriptors, its configuration, and how it pools, in words.

    Args:
        chosen: what to load.
        foreground: whether somebody says where the animal is: then a plain ViT is a
            `ForegroundViT`, which takes that along with the photos, else a `ClassTokenViT`. Other
            networks pool as they always do.

    Raises:
        ConfigError: timm can't build it, or the weights can't be had.
        MissingExtraError: they come from a package that is not installed.
    """
    if not pretrained.is_plain_vit(chosen.backbone):
        network, config = pretrained.any_network(chosen.backbone, chosen.weights)
        return OwnPooling(network, config.mean, config.std).eval(), config, "pooled its own way"
    config = pretrained.natural_config(chosen.backbone, chosen.image_size)
    vit = pretrained.backbone(config, chosen.weights)
    if foreground:
        return ForegroundViT(config, vit).eval(), config, "patches of the foreground pooled"
    return ClassTokenViT(config, vit).eval(), config, "class token"


def colour_histogram(photo: Pixels, bins: int = 8) -> Float32[np.ndarray, "C"]:
    """How often each colour occurs: `bins`³ shares of the pixels, as a unit vector.

    What can be recognised by colour and light alone, without looking at any pattern.

    Args:
        photo: H × W × 3 uint8 RGB.
        bins: a channel.
    """
    cells = photo.reshape(-1, 3).astype(np.int64) * bins // 256
    codes = (cells[:, 0] * bins + cells[:, 1]) * bins + cells[:, 2]
    counts = np.bincount(codes, minlength=bins**3).astype(np.float32)
    return counts / np.linalg.norm(counts)
