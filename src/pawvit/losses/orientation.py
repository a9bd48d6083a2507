"""Orientation: each visible part tells which flank it belongs to (paper eq. 3)."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor


def orientation_loss(
    logits: Float[Tensor, "B K"],
    right: Float[Tensor, "B"],
    visible: Bool[Tensor, "B K"],
    *,
    mean_over: Literal["parts", "images"] = "parts",
) -> Float[Tensor, ""]:
    """Binary cross-entropy of the visible parts; 0 where nothing is visible.

    Args:
        logits: one a part, positive for "right".
        right: 1 for the right flank, 0 for the left; NaN (front, back, unknown) takes no part.
        visible: whether the part map of the photo holds the part.
        mean_over: "parts": the mean over images for each part, then over the parts seen (released
            code). "images": the mean over each image's visible parts, then over images (eq. 3).
    """
    known = ~right.isnan()
    counted = (visible & known[:, None]).to(logits.dtype)
    target = torch.where(known, right, 0.0).to(logits.dtype)[:, None].expand_as(logits)
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none") * counted
    dim = 0 if mean_over == "parts" else 1
    number = counted.sum(dim=dim)
    means = loss.sum(dim=dim) / number.clamp_min(1)
    return means.sum() / (number > 0).sum().clamp_min(1)
