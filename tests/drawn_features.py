"""Drawn animals of features whose parts are known: what discovered parts are tested on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

GRID = (16, 16)
HEAD, UPPER, LOWER, FORE, HIND, NOTHING = range(6)
WIDTH = 32


@dataclass(frozen=True)
class Drawn:
    """Features (P, N, C), saliency (P, N) and the truth (P, 16, 16) of P photos."""

    features: torch.Tensor
    saliency: torch.Tensor
    truth: np.ndarray

    @property
    def shown(self) -> np.ndarray:
        """Saliency as a picture, (P, 16, 16)."""
        return self.saliency.view(-1, *GRID).numpy()


def animal(facing: str = "left", lying: bool = False) -> np.ndarray:
    """Where the parts of one animal are."""
    truth = np.full(GRID, NOTHING)
    top = 6 if lying else 3
    truth[top : top + 3, 5:14] = UPPER
    truth[top + 3 : top + 6, 5:14] = LOWER
    truth[top - 1 : top + 3, 1:5] = HEAD
    if lying:
        # Legs lie before and beside the body, no lower than it.
        truth[top + 4 : top + 6, 1:5] = FORE
        truth[top + 4 : top + 6, 14:16] = HIND
    else:
        truth[9:14, 5:8] = FORE
        truth[9:14, 11:14] = HIND
    return truth[:, ::-1].copy() if facing == "right" else truth


def drawn(truths: list[np.ndarray], seed: int = 0, legs_differ: bool = False) -> Drawn:
    """Photos of animals: each part has its own look, fore and hind legs the same one or not."""
    random = torch.Generator().manual_seed(seed)
    directions = torch.eye(WIDTH)[:6]
    if not legs_differ:
        directions[HIND] = directions[FORE]
    truth = np.stack(truths)
    kinds = torch.from_numpy(truth).flatten(1)
    noise = 0.15 * torch.randn(len(truth), kinds.shape[1], WIDTH, generator=random)
    features = 3 * (directions[kinds] + noise) + 1
    saliency = torch.where(kinds == NOTHING, 0.1, 0.9)
    return Drawn(features, saliency, truth)


def herd(photos: int = 24, **how: bool) -> Drawn:
    """As many photos, facing left and right, every fifth of an animal that lies."""
    truths = [animal(("left", "right")[i % 2], i % 5 == 0) for i in range(photos)]
    return drawn(truths, **how)
