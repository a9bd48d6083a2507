"""Triplet: the hardest positive nearer than the hardest negative, by a margin (paper eq. 2)."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def triplet_loss(
    descriptors: Float[Tensor, "B C"], entities: Int[Tensor, "B"], *, margin: float = 0.4
) -> Float[Tensor, ""]:
    """Batch-hard triplet loss, mean over anchors.

    The distance is (1 − cosine) / 2, in [0, 1]: the paper says "cosine distance", the released code
    halves it, which makes the margin of 0.4 a large one. An anchor is its own positive where its
    entity has no other photo in the batch; without any negative it costs nothing.

    Args:
        descriptors: before the BNNeck; they need not be normalised.
        entities: one a descriptor.
        margin: in [0, 1].
    """
    unit = F.normalize(descriptors, dim=1)
    distance = (1 - unit @ unit.T) / 2
    same = entities[:, None] == entities[None, :]
    hardest_positive = distance.masked_fill(~same, float("-inf")).amax(dim=1)
    hardest_negative = distance.masked_fill(same, float("inf")).amin(dim=1)
    return (hardest_positive - hardest_negative + margin).clamp_min(0).mean()
