"""The heads that teach the network: masks, identity, orientation. Not part of what is exported.

The mask decoder and the orientation heads may be kept beside an exported network: they show what
the parts saw and which flank an unlabelled photo shows.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from pawvit.model.network import Described, HeadOutputs, Heads, bn_neck, init_linear
from pawvit.model.pawvit import Features, PawViT


class MaskDecoder(nn.Module):
    """Attention to mask: how similar each token is to each patch (paper §3.2, Fig. 4)."""

    def __init__(
        self,
        width: int,
        heads: int,
        grid: tuple[int, int],
        size: tuple[int, int],
        activation: Literal["sigmoid", "none"],
    ) -> None:
        super().__init__()
        self.heads, self.grid, self.size, self.activation = heads, grid, size, activation
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        init_linear(self)

    def forward(
        self, tokens: Float[Tensor, "B L C"], patches: Float[Tensor, "B N C"]
    ) -> Float[Tensor, "B L h w"]:
        """Mask logits at `size`, of L = K + 1 tokens against N patches."""
        batch, number, width = tokens.shape
        q = self.q(tokens).view(batch, number, self.heads, -1).transpose(1, 2)
        k = self.k(patches).view(batch, patches.shape[1], self.heads, -1).transpose(1, 2)
        similarity = (q @ k.transpose(-2, -1)) * (width // self.heads) ** -0.5
        if self.activation == "sigmoid":
            similarity = similarity.sigmoid()
        masks = similarity.mean(dim=1).reshape(batch, number, *self.grid)
        return F.interpolate(masks.float(), size=self.size, mode="bilinear", align_corners=False)


class TrainingHeads(Heads):
    """Mask decoder, BNNeck with the entity classifier, and an orientation logit a part.

    The same BNNeck normalises the descriptor and then every part token, each with its own batch
    statistics, so its running statistics move K + 1 times a step (released code).
    """

    def __init__(self, model: PawViT, entities: int) -> None:
        super().__init__()
        config = model.config
        self.masks = MaskDecoder(
            model.width, model.heads, model.grid, config.map_size, config.mask_activation
        )
        self.neck = bn_neck(model.width)
        self.entity = nn.Linear(model.width, entities)
        self.orientation = nn.ModuleList(nn.Linear(model.width, 1) for _ in range(config.K))
        init_linear(self.entity)
        init_linear(self.orientation)

    def forward(self, features: Features) -> HeadOutputs:
        """Reads the network's features; the descriptor goes through the BNNeck, masks do not."""
        necked = self.neck(features.descriptor)
        return HeadOutputs(
            necked,
            self.entity(necked),
            self.orientations(features),
            self.mask_logits(features),
        )

    def mask_logits(self, features: Features) -> Float[Tensor, "B L h w"]:
        """Where each of the L = K + 1 tokens looks, background last."""
        tokens = torch.cat([features.part_tokens, features.background_token[:, None]], dim=1)
        logits: Tensor = self.masks(tokens, features.patch_tokens)
        return logits

    def orientations(self, features: Described) -> Float[Tensor, "B K"]:
        """One logit a part: positive for "right"."""
        assert isinstance(features, Features)
        logits = [
            head(self.neck(features.part_tokens[:, part]))
            for part, head in enumerate(self.orientation)
        ]
        return torch.cat(logits, dim=1)
