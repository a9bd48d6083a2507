"""The sum of the four losses, by name (paper eq. 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from pawvit.losses.identity import identity_loss
from pawvit.losses.mask import mask_loss
from pawvit.losses.orientation import orientation_loss
from pawvit.losses.triplet import triplet_loss


@dataclass(frozen=True)
class Targets:
    """What the photos of a batch really show.

    Attributes:
        entities: (B,), indices into the training set's entities.
        right: (B,), 1 right flank, 0 left flank, NaN neither.
        labels: (B, h, w), part maps.
        map_weights: (B,), how much each part map counts in the mask loss, in [0, 1]; None: alike.
    """

    entities: Int[Tensor, "B"]
    right: Float[Tensor, "B"]
    labels: UInt8[Tensor, "B h w"]
    map_weights: Float[Tensor, "B"] | None = None

    def visible(self, K: int) -> Tensor:
        """(B, K), whether the part map holds each part."""
        parts = torch.arange(K, device=self.labels.device, dtype=self.labels.dtype)
        return (self.labels.flatten(1)[:, None] == parts[None, :, None]).any(dim=2)


@dataclass(frozen=True)
class Criterion:
    """Weights and settings of the losses; a loss of weight 0 is not computed.

    Attributes:
        identity, triplet, mask, orientation: weights (paper: 1, 0.5, 1 or for yaks 0.5, 1).
        smoothing, margin, gamma: see the losses.
        orientation_mean, count_ignored, count_absent: where paper and code differ; see the losses.
    """

    identity: float = 1.0
    triplet: float = 0.5
    mask: float = 1.0
    orientation: float = 1.0
    smoothing: float = 0.2
    margin: float = 0.4
    gamma: float = 1.2
    orientation_mean: Literal["parts", "images"] = "parts"
    count_ignored: bool = False
    count_absent: bool = True

    def __call__(
        self,
        descriptors: Float[Tensor, "B C"],
        entity_logits: Float[Tensor, "B *S E"],
        orientation_logits: Float[Tensor, "B K"],
        mask_logits: Float[Tensor, "B L h w"] | None,
        targets: Targets,
    ) -> tuple[Float[Tensor, ""], dict[str, Float[Tensor, ""]]]:
        """The weighted sum, and each loss by name before its weight.

        Without mask logits there are no parts: no mask loss, and one orientation of the whole.
        """
        losses: dict[str, Tensor] = {}
        if self.identity:
            losses["identity"] = identity_loss(
                entity_logits.float(), targets.entities, smoothing=self.smoothing
            )
        if self.triplet:
            losses["triplet"] = triplet_loss(
                descriptors.float(), targets.entities, margin=self.margin
            )
        if self.mask and mask_logits is not None:
            losses["mask"] = mask_loss(
                mask_logits.float(),
                targets.labels,
                gamma=self.gamma,
                count_ignored=self.count_ignored,
                count_absent=self.count_absent,
                weights=targets.map_weights,
            )
        if self.orientation:
            seen = torch.ones_like(orientation_logits, dtype=torch.bool)
            if mask_logits is not None:
                seen = targets.visible(orientation_logits.shape[1])
            losses["orientation"] = orientation_loss(
                orientation_logits.float(),
                targets.right,
                seen,
                mean_over=self.orientation_mean,
            )
        weights = {name: float(getattr(self, name)) for name in losses}
        total = torch.stack([weights[name] * loss for name, loss in losses.items()]).sum()
        return total, losses
