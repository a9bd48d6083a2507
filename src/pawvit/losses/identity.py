"""Identity: which entity of the training set is it? (paper eq. 1)."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor


def identity_loss(
    logits: Float[Tensor, "B *S E"], entities: Int[Tensor, "B"], *, smoothing: float = 0.2
) -> Float[Tensor, ""]:
    """Cross-entropy with label smoothing (paper §4.2), mean over the batch and its stripes.

    Args:
        logits: one an entity, from the classifier behind the BNNeck; (B, S, E) where each of S
            stripes has its own (PCB).
        entities: the right one, in [0, E).
        smoothing: the share of the target that is spread evenly over all entities, in [0, 1).
    """
    if logits.ndim == 3:
        entities = entities[:, None].expand(logits.shape[:2]).flatten()
        logits = logits.flatten(0, 1)
    return F.cross_entropy(logits, entities, label_smoothing=smoothing)
