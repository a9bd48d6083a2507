"""Photos through a network → their descriptors and, of some of them, what each token sees (Fig. 2).

Knows the network and its heads; it draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeGuard

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from pawvit.descriptors import Descriptors
from pawvit.embedder import Embedder
from pawvit.errors import PhotoTableError, first_of
from pawvit.model.heads import TrainingHeads
from pawvit.model.network import Heads
from pawvit.model.pawvit import Features
from pawvit.photos import PhotoTable

Masks = Float32[np.ndarray, "L h w"]


def draws_masks(heads: Heads | None) -> TypeGuard[TrainingHeads]:
    """Whether a network's heads say where its tokens look: only part tokens have masks."""
    return isinstance(heads, TrainingHeads)


def token_masks(heads: TrainingHeads, features: Features) -> Float[Tensor, "B L h w"]:
    """How surely each place is each token's, in [0, 1], background last.

    It is the softmax over the tokens that the loss takes; for the paper's decoder, which ends in a
    sigmoid, what that gives: its softmax can't pass 0.352 with K = 5, and all would look alike.
    """
    logits = heads.mask_logits(features)
    return logits if heads.activation == "sigmoid" else logits.softmax(dim=1)


def look(
    embedder: Embedder,
    heads: Heads,
    table: PhotoTable,
    chosen: Collection[int],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Descriptors, dict[int, Masks]]:
    """One pass: descriptors and part weights of all photos, masks of the chosen ones.

    Args:
        embedder: without `flip`.
        heads: the network's.
        table: N photos.
        chosen: positions among them.
        progress: called with (photos done, photos).

    Returns:
        The descriptors, and (K + 1) × h × w masks by position (`token_masks`); none for a network
        without part tokens.

    Raises:
        PhotoTableError: photos can't be read.
    """
    heads = heads.to(embedder.device).eval()
    seen = 0
    masks: dict[int, Masks] = {}

    def keep(module: object, inputs: object, features: Features) -> None:
        nonlocal seen
        if not draws_masks(heads):
            return
        rows = [row for row in range(len(features.descriptor)) if seen + row in chosen]
        if rows:
            with torch.inference_mode():
                own = token_masks(heads, features)[rows].cpu().numpy()
            masks.update({seen + row: mask for row, mask in zip(rows, own, strict=True)})
        seen += len(features.descriptor)

    # The embedder returns descriptors only; what else the network says is read off as it passes.
    watch = embedder.model.register_forward_hook(keep)
    try:
        descriptors, unreadable = embedder.embed_table(table, progress=progress)
    finally:
        watch.remove()
    if unreadable:
        raise PhotoTableError(
            f"{len(unreadable)} of {len(table)} photos can't be read",
            problems=first_of(unreadable),
            where=table.source,
            mend="put the photos back where the table says, or take their rows out",
        )
    return descriptors, masks
