"""A linear discriminant behind a network: what tells individuals apart, fitted in closed form.

Knows vectors and the numbers of their entities; it knows no photos and no training.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn

SHRINKAGE = 0.03
"""How far the scatter within is drawn to the same in all directions (docs/decisions.md)."""

SEEN = 0.005
"""Weight among its photo's pieces from which on a piece teaches something."""


class Discriminant(nn.Module):
    """A vector's direction, centred and projected to `size` numbers.

    Args:
        width: C, numbers of the vectors.
        size: D, numbers that are left.
        pieces: () for one vector a photo; (R,) for R pieces of it, each with a projection of its
            own.
    """

    def __init__(self, width: int, size: int, pieces: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(*pieces, width))
        self.register_buffer("projection", torch.zeros(*pieces, size, width))
        self.mean: Tensor
        self.projection: Tensor

    def forward(self, vectors: Float[Tensor, "B *R C"]) -> Float[Tensor, "B *R D"]:
        """Projects vectors of any length; the result is compared by cosine."""
        centred = F.normalize(vectors, dim=-1) - self.mean
        return (self.projection @ centred[..., None])[..., 0]


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
    mean, projection = _solved(vectors, entities, size)
    found = Discriminant(vectors.shape[1], size)
    found.mean.copy_(torch.from_numpy(mean))
    found.projection.copy_(torch.from_numpy(projection))
    return found


def fit_pieces(
    vectors: Float32[np.ndarray, "N R C"],
    weights: Float32[np.ndarray, "N R"],
    entities: Int[np.ndarray, "N"],
    size: int,
) -> Discriminant:
    """A discriminant for each piece, from the photos that show it; as `fit` otherwise.

    A piece that shows too few entities keeps fewer directions, or none: it does not count then.

    Args:
        vectors: pieces of length 1.
        weights: of each piece among those of its photo, in [0, 1].
        entities: which entity each photo shows.
        size: D.
    """
    found = Discriminant(vectors.shape[2], size, (vectors.shape[1],))
    for piece in range(vectors.shape[1]):
        seen = weights[:, piece] >= SEEN
        own = entities[seen]
        directions = min(size, len(np.unique(own)) - 1)
        if directions < 1 or np.unique(own, return_counts=True)[1].max() < 2:
            continue
        mean, projection = _solved(vectors[seen, piece], own, directions)
        found.mean[piece].copy_(torch.from_numpy(mean))
        found.projection[piece, :directions].copy_(torch.from_numpy(projection))
    return found


def _solved(vectors: np.ndarray, entities: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
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
    return mean, chosen @ whitening.T
