"""A classifier by cosine, whose classes begin where their photos already are. Knows tensors."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

SCALE = 20.0
"""Of the cosines before the softmax: with some hundred entities the right one can reach 1."""


class ProxyClassifier(nn.Module):
    """Cosines with one proxy an entity (Qi et al. 2018: imprinted weights), times `SCALE`.

    Args:
        width: C of what is classified.
        entities: how many.
    """

    def __init__(self, width: int, entities: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(entities, width))

    def forward(self, vectors: Float[Tensor, "B C"]) -> Float[Tensor, "B E"]:
        """Logits."""
        return SCALE * F.linear(F.normalize(vectors, dim=1), F.normalize(self.weight, dim=1))

    @torch.no_grad()
    def imprint(self, vectors: Float[Tensor, "N C"], entities: Int[Tensor, "N"]) -> None:
        """Makes each proxy the mean of its entity's vectors, in standard deviations as the BNNeck.

        Args:
            vectors: descriptors before the BNNeck.
            entities: whose they are, in [0, E); each at least once.
        """
        standard = (vectors - vectors.mean(dim=0)) / (vectors.std(dim=0) + 1e-6)
        sums = torch.zeros_like(self.weight).index_add_(0, entities, F.normalize(standard, dim=1))
        self.weight.copy_(F.normalize(sums, dim=1))


def classifier(kind: Literal["linear", "proxies"], width: int, entities: int) -> nn.Module:
    """`ModelConfig.classifier`."""
    if kind == "proxies":
        return ProxyClassifier(width, entities)
    return nn.Linear(width, entities)
