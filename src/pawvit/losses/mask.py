"""Mask: each token's mask looks like the teacher's part map (paper eq. 4, Wong et al. 2018)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float, UInt8
from torch import Tensor

from pawvit.anatomy import IGNORE

_EPSILON = 1e-6
_SMALLEST = 1e-8


def mask_loss(
    logits: Float[Tensor, "B L h w"],
    labels: UInt8[Tensor, "B h w"],
    *,
    gamma: float = 1.2,
    dice_weight: float = 0.5,
    count_ignored: bool = False,
    count_absent: bool = True,
    weights: Float[Tensor, "B"] | None = None,
) -> Float[Tensor, ""]:
    """Exponential-logarithmic Dice and cross-entropy.

    Dice is taken for each image and class. In the cross-entropy, classes weigh √(Σf / f), f being
    their share of the batch's pixels.

    Args:
        logits: L = K + 1 classes, background last; probabilities are their softmax.
        labels: part maps, 0 … K, 255 = ignore.
        gamma: the exponent on both logarithms, positive.
        dice_weight: weight of the Dice term; the cross-entropy has the rest of 1.
        count_ignored: ignored pixels are wrong for every class, as the corners that a rotation
            brings in are in the released code. Otherwise they are left out.
        count_absent: classes that a photo does not show stay in its Dice term, a large and nearly
            constant penalty (released code). Otherwise they are left out.
        weights: how much each photo counts in every mean, in [0, 1]; a photo of weight 0 is as if
            it were not in the batch. All count alike unless given.
    """
    classes = logits.shape[1]
    known = labels != IGNORE
    target = F.one_hot(torch.where(known, labels, 0).long(), classes).permute(0, 3, 1, 2)
    target = target.to(logits.dtype) * known[:, None]
    counted = torch.ones_like(known) if count_ignored else known
    share = torch.ones_like(logits[:, 0, 0, 0]) if weights is None else weights.to(logits.dtype)
    share_of_pixels = share[:, None, None, None]
    log_probability = logits.log_softmax(dim=1)
    probability = log_probability.exp() * counted[:, None]

    overlap = 2 * (probability * target).sum(dim=(2, 3))
    sizes = (probability + target).sum(dim=(2, 3))
    dice = (overlap + _EPSILON) / (sizes + _EPSILON)
    dice_terms = (-dice.clamp_min(_SMALLEST).log()).clamp_min(0) ** gamma
    present = torch.ones_like(dice) if count_absent else (target.sum(dim=(2, 3)) > 0).to(dice)
    present = present * share[:, None]
    dice_loss = (dice_terms * present).sum() / present.sum().clamp_min(_SMALLEST)

    target = target * share_of_pixels
    pixels = target.sum(dim=(0, 2, 3)) + _EPSILON
    class_weights = (pixels.sum() / pixels).sqrt()[None, :, None, None]
    cross = target * (-log_probability).clamp_min(_SMALLEST) ** gamma * class_weights
    number = (counted * share_of_pixels[:, 0]).sum().clamp_min(_SMALLEST)
    cross_loss = cross.sum() / number
    return dice_weight * dice_loss + (1 - dice_weight) * cross_loss
