"""What every network that is trained here has in common: a descriptor, and what is compared by it.

Knows tensors; it knows no backbone, no files and no losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from pawvit.model.config import ModelConfig
from pawvit.model.discriminant import Discriminant

TOKEN_STD = 0.02


class Described(Protocol):
    """What a network says of a batch of B photos, whichever network it is."""

    @property
    def descriptor(self) -> Float[Tensor, "B C"]:
        """Not normalised; compare by cosine."""
        ...

    @property
    def part_weights(self) -> Float[Tensor, "B K"] | None:
        """How much each part gave, in [0, 1] and summing to 1; None for a network without parts."""
        ...


@dataclass(frozen=True)
class HeadOutputs:
    """What the training heads say of a batch.

    Attributes:
        necked: (B, C), the descriptor behind the BNNeck.
        entity_logits: (B, E), one an entity of the training set; (B, S, E) where each of S stripes
            is asked by itself.
        orientation_logits: (B, K), positive for "right", negative for "left"; (B, 1) of the photo
            as a whole where there are no parts.
        mask_logits: (B, K+1, h, w), background last; the masks are their softmax over K+1. None
            where there are no parts.
    """

    necked: Float[Tensor, "B C"]
    entity_logits: Float[Tensor, "B *S E"]
    orientation_logits: Float[Tensor, "B K"]
    mask_logits: Float[Tensor, "B L h w"] | None


class Heads(nn.Module):
    """What only teaches a network: it is no part of what describes photos."""

    def orientations(self, features: Described) -> Float[Tensor, "B K"]:
        """One logit a part, or one of the whole: positive for "right"."""
        raise NotImplementedError


class Network(nn.Module):
    """Photos in [0, 1], RGB, at `config.image_size` → `Described`.

    Args:
        config: what rebuilds it.
    """

    width: int
    """C of the descriptor."""

    depth: int
    """Blocks of the backbone."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.discriminant: Discriminant | None = None
        self.normalise = Normalise(config.mean, config.std)

    def stem(self, images: Float[Tensor, "B 3 H W"], depth: int) -> Float[Tensor, "B L C"]:
        """What the embedding and the first `depth` blocks of a ViT make of photos.

        Raises:
            ConfigError: the network can't be cut there.
        """
        raise NotImplementedError

    def rest(self, states: Float[Tensor, "B L C"], depth: int) -> Described:
        """What the network says of what `stem` left; both together are the whole network."""
        raise NotImplementedError

    def layer_of(self, name: str) -> int | None:
        """Where in the backbone a parameter lies: 0 is its embedding, 1 … `depth` are its blocks.

        The norm behind the last block counts with it. None for what starts from noise.
        """
        raise NotImplementedError

    def compared(self, features: Described) -> Float[Tensor, "B D"]:
        """What stands for the photos when they are compared, by cosine.

        D is C, or `config.discriminant` where there is one; of R pieces it is R times as many:
        each piece has length 1 and then counts by its weight.
        """
        chosen = self.chosen(features)
        if self.discriminant is not None:
            chosen = self.discriminant(chosen.float())
        if chosen.ndim == 2:
            return chosen
        weights = self.piece_weights(features).sqrt()
        return (F.normalize(chosen, dim=2) * weights[..., None]).flatten(1)

    def chosen(self, features: Described) -> Float[Tensor, "B *R C"]:
        """What is compared before any discriminant: one vector, or R pieces of it."""
        return features.descriptor

    def piece_weights(self, features: Described) -> Float[Tensor, "B R"]:
        """How much each piece counts, in [0, 1] and summing to 1; one vector counts in full."""
        return torch.ones_like(features.descriptor[:, :1])

    def with_discriminant(self, discriminant: Discriminant) -> None:
        """Gives the network a discriminant that was fitted to what it has `compared` so far."""
        size = discriminant.projection.shape[-2]
        self.config = self.config.model_copy(update={"discriminant": size})
        self.discriminant = discriminant


class Normalise(nn.Module):
    """RGB in [0, 1] → what a backbone was trained on; no part of a checkpoint's weights.

    Args:
        mean, std: of each channel, of pixels in [0, 1].
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)
        self.mean: Tensor
        self.std: Tensor

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B 3 H W"]:
        """The pixels less their mean, in standard deviations."""
        return (images - self.mean) / self.std


def bn_neck(width: int) -> nn.BatchNorm1d:
    """Luo et al. 2019: normalises a descriptor for the classifier; its bias stays 0."""
    neck = nn.BatchNorm1d(width)
    neck.bias.requires_grad_(False)
    return neck


def init_linear(module: nn.Module) -> None:
    """Small normal weights and zero biases, as ViTs are started."""
    for layer in module.modules():
        if isinstance(layer, nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=TOKEN_STD)
            nn.init.zeros_(layer.bias)
