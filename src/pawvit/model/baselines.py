"""What PAW-ViT is measured against: an untrained backbone, and a colour histogram."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Float32
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from pawvit.errors import ConfigError
from pawvit.images import Pixels
from pawvit.model import pretrained
from pawvit.model.config import ModelConfig


class ClassTokenViT(nn.Module):
    """A timm ViT as it comes, untrained on any animal; its normed class token is the descriptor."""

    def __init__(self, config: ModelConfig, vit: VisionTransformer) -> None:
        super().__init__()
        if not vit.has_class_token:
            raise ConfigError(f"{config.backbone} has no class token", where="model.backbone")
        self.config, self.vit = config, vit
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(config.mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(config.std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B C"]:
        """Descriptors of photos in [0, 1], RGB, at the image size of the configuration."""
        tokens: Tensor = self.vit.forward_features((images - self.mean) / self.std)
        return tokens[:, 0]


def untrained(config: ModelConfig, weights: str) -> ClassTokenViT:
    """The backbone of a configuration before any training; raises as `pretrained.build` does."""
    return ClassTokenViT(config, pretrained.backbone(config, weights)).eval()


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
