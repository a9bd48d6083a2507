"""A linear discriminant behind a network: what tells individuals apart, fitted in closed form.

Knows vectors and the numbers of their entities; it knows no photos and no training.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn

SHRINKAGE = 0.3
"""How far the scatter within entities is drawn to the same in all directions; chosen on nyala's
selection individuals, where 0.1 to 3 hardly differ (docs/decisions.md)."""


class Discriminant(nn.Module):
    """A vector's direction, centred and projected to `size` numbers.

    Args:
        width: C, numbers of the vectors.
        size: D, numbers that are left.
    """

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("projection", torch.zeros(size, width))
        self.mean: Tensor
        self.projection: Tensor

    def forward(self, vectors: Float[Tensor, "B C"]) -> Float[Tensor, "B D"]:
        """Projects vectors of any length; the result is compared by cosine."""
        projected: Tensor = (F.normalize(vectors, dim=1) - self.mean) @ self.projection.T
        return projected


def fit(
    vectors: Float32[np.ndarray, "N C"], entities: Int[np.ndarray, "N"], size: int
) -> Discriminant:
    """Fisher's linear discriminant: directions in which entities differ and their photos do not.

    The scatter within entities is shrunk towards the identity and whitened; of the entities' means
    in that space, the `size` directions of the largest variance are kept.

    Args:
        vectors: rows of length 1.
        entities: which entity each shows; those with one photo count for the means only.
        size: D, less than the number of entities and at most C.

    Raises:
        ValueError: there are too few entities, or none has two photos.
    """
    names, owners, counts = np.unique(entities, return_inverse=True, return_counts=True)
    width = vectors.shape[1]
    if size > min(width, len(names) - 1) or counts.max(initial=0) < 2:
        raise ValueError(f"{len(names)} entities can't be told apart by {size} directions")
    exact = vectors.astype(np.float64)
    mean = exact.mean(axis=0)
    means = np.zeros((len(names), width))
    np.add.at(means, owners, exact)
    means /= counts[:, None]
    within = (exact - means[owners])[counts[owners] > 1]
    scatter = within.T @ within / len(within)
    scatter += SHRINKAGE * np.trace(scatter) / width * np.eye(width)
    variances, directions = np.linalg.eigh(scatter)
    whitening = directions / np.sqrt(variances)
    between = (means - means.mean(axis=0)) @ whitening
    chosen = np.linalg.svd(between, full_matrices=False)[2][:size]
    found = Discriminant(width, size)
    found.mean.copy_(torch.from_numpy(mean))
    found.projection.copy_(torch.from_numpy(chosen @ whitening.T))
    return found
