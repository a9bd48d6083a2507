"""The heads that teach the network: masks, identity, orientation. Not part of what is exported.

The mask decoder and the orientation heads may be kept beside an exported network: they show what
the parts saw and which flank an unlabelled photo shows.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from pawvit.model.masks import MaskDecoder
from pawvit.model.network import Described, HeadOutputs, Heads, bn_neck, init_linear
from pawvit.model.pawvit import Features, PawViT


class TrainingHeads(Heads):
    """Mask decoder, BNNeck with the entity classifier, and an orientation logit a part.

    A network that compares regions has the mask decoder itself: it is not in the heads then.

    The same BNNeck normalises the descriptor and then every part token, each with its own batch
    statistics, so its running statistics move K + 1 times a step (released code).
    """

    def __init__(self, model: PawViT, entities: int) -> None:
        super().__init__()
        config = model.config
        self.activation = config.mask_activation
        self.masks: MaskDecoder | None = None
        if model.masks is None:
            self.masks = MaskDecoder(model.width, model.heads, model.grid, config)
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
        if self.masks is None:
            assert features.mask_logits is not None
            return features.mask_logits
        logits: Tensor = self.masks(features.all_tokens, features.patch_tokens)
        return logits

    def orientations(self, features: Described) -> Float[Tensor, "B K"]:
        """One logit a part: positive for "right"."""
        assert isinstance(features, Features)
        logits = [
            head(self.neck(features.part_tokens[:, part]))
            for part, head in enumerate(self.orientation)
        ]
        return torch.cat(logits, dim=1)
