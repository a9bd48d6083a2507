"""What PAW-ViT is measured against, trained in the same way: backbones without part tokens.

"plain" is the baseline of the paper's tables 1 and 2: a backbone, BNNeck, classifier, and one
orientation logit of the photo as a whole. "stripes" is PCB (Sun et al. 2018): the backbone's
features in six uniform stripes, each reduced to 256 numbers and asked by itself. Knows tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from timm.models import group_parameters
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from pawvit.errors import ConfigError
from pawvit.model.config import ModelConfig
from pawvit.model.discriminant import Discriminant
from pawvit.model.network import Described, HeadOutputs, Heads, Network, bn_neck, init_linear

STRIPES = 6
"""From the top of the picture to its bottom, as many as PCB has."""

REDUCED = 256
"""Numbers a stripe, as many as PCB has."""


@dataclass(frozen=True)
class PlainFeatures:
    """What a network without parts says of a batch of B photos.

    Attributes:
        pieces: (B, S, C / S), the descriptor's pieces, one a stripe; S = 1 without stripes.
    """

    pieces: Float[Tensor, "B S D"]

    @property
    def descriptor(self) -> Float[Tensor, "B C"]:
        """The pieces, one behind the other."""
        return self.pieces.flatten(1)

    @property
    def part_weights(self) -> None:
        """There are no parts."""
        return None


class PlainNetwork(Network):
    """Any backbone of timm; `config.network` says what becomes of its features.

    Args:
        config: shape and preprocessing.
        backbone: timm's, without a classifier, an `nn.Module`.

    Raises:
        ConfigError: stripes are asked of a backbone that has no map of features.
    """

    def __init__(self, config: ModelConfig, backbone: Any) -> None:
        super().__init__(config)
        self.backbone: Any = backbone
        features = int(backbone.num_features)
        self.reduce: nn.Module | None = None
        self.width = features
        if config.network == "stripes":
            if not hasattr(backbone, "forward_intermediates"):
                raise ConfigError(
                    f"{config.backbone} shows no map of its features to cut into stripes",
                    where="model.network",
                    mend="choose another backbone, or model.network=plain",
                )
            self.reduce = nn.Sequential(
                nn.Linear(features, REDUCED, bias=False), nn.BatchNorm1d(REDUCED), nn.ReLU()
            )
            self.width = STRIPES * REDUCED
        matcher = backbone.group_matcher(coarse=False)
        self.layers: dict[str, int] = group_parameters(backbone, matcher, reverse=True)
        self.depth = max(self.layers.values())
        if config.discriminant:
            self.discriminant = Discriminant(self.width, config.discriminant)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> PlainFeatures:
        """Describes photos: RGB, [0, 1], at `config.image_size`; normalisation happens here."""
        pixels = self.normalise(images)
        if self.reduce is None:
            return PlainFeatures(self.backbone(pixels)[:, None])
        (maps,) = self.backbone.forward_intermediates(
            pixels, indices=1, norm=True, output_fmt="NCHW", intermediates_only=True
        )
        stripes = F.adaptive_avg_pool2d(maps, (STRIPES, 1))[..., 0].transpose(1, 2)
        reduced = self.reduce(stripes.flatten(0, 1))
        return PlainFeatures(reduced.view(len(images), STRIPES, REDUCED))

    def stem(self, images: Float[Tensor, "B 3 H W"], depth: int) -> Float[Tensor, "B L C"]:
        """What the tokens of a ViT are after its first `depth` blocks.

        Raises:
            ConfigError: the backbone is no plain ViT, or is cut into stripes.
        """
        vit = self.backbone
        if type(vit) is not VisionTransformer or self.reduce is not None:
            raise ConfigError(
                f"{self.config.backbone} can't be cut after block {depth}",
                where="views",
                mend="views=null, or a VisionTransformer with model.network=plain",
            )
        x = vit.norm_pre(vit.patch_drop(vit._pos_embed(vit.patch_embed(self.normalise(images)))))
        stem: Tensor = vit.blocks[:depth](x)
        return stem

    def rest(self, states: Float[Tensor, "B L C"], depth: int) -> PlainFeatures:
        """The other blocks, and the backbone's own pooling."""
        vit = self.backbone
        found: Tensor = vit.forward_head(vit.norm(vit.blocks[depth:](states)))
        return PlainFeatures(found[:, None])

    def layer_of(self, name: str) -> int | None:
        """As for every network; timm says which parameters of a backbone belong together."""
        return self.layers.get(name.removeprefix("backbone."))


class PlainHeads(Heads):
    """BNNeck, a classifier for each piece of the descriptor, one orientation logit of the whole.

    Args:
        model: what they teach.
        entities: how many the training set has.
    """

    def __init__(self, model: PlainNetwork, entities: int) -> None:
        super().__init__()
        self.neck = bn_neck(model.width)
        number = 1 if model.reduce is None else STRIPES
        self.pieces = model.width // number
        self.entity = nn.ModuleList(nn.Linear(self.pieces, entities) for _ in range(number))
        self.orientation = nn.Linear(model.width, 1)
        init_linear(self)

    def forward(self, features: Described) -> HeadOutputs:
        """Reads the network's features; all heads look at the descriptor behind the BNNeck."""
        necked = self.neck(features.descriptor)
        pieces = necked.split(self.pieces, dim=1)
        asked = [head(piece) for head, piece in zip(self.entity, pieces, strict=True)]
        return HeadOutputs(necked, torch.stack(asked, dim=1), self.orientation(necked), None)

    def orientations(self, features: Described) -> Float[Tensor, "B 1"]:
        """One logit a photo: positive for "right"."""
        logits: Tensor = self.orientation(self.neck(features.descriptor))
        return logits
