"""Exact search: the best photo of each individual for each query. Knows arrays only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Float32, Int

BLOCK = 1 << 24
"""Similarities held at a time: 64 MiB of float32."""


def best_of_each(
    queries: Float32[np.ndarray, "Q C"],
    gallery: Float32[np.ndarray, "N C"],
    owners: Int[np.ndarray, "N"],
    allowed: Bool[np.ndarray, "Q N"],
    number: int,
) -> tuple[Float32[np.ndarray, "Q M"], Int[np.ndarray, "Q M"]]:
    """The most similar allowed photo of each of M owners, for each query.

    Args:
        queries, gallery: unit rows.
        owners: whose each gallery photo is, 0 … M−1.
        allowed: which query may be compared with which photo.
        number: M.

    Returns:
        Cosine similarities in [−1, 1], −∞ where no photo of the owner is allowed; and the row of
        that photo in the gallery (of equal ones the first), −1 where there is none.
    """
    scores = np.full((len(queries), number), -np.inf, dtype=np.float32)
    rows = np.full((len(queries), number), -1, dtype=np.intp)
    if number == 0:
        return scores, rows
    order = np.argsort(owners, kind="stable")
    borders = np.searchsorted(owners[order], np.arange(number + 1))
    sorted_gallery = gallery[order]
    height = max(1, BLOCK // max(1, len(gallery)))
    for start in range(0, len(queries), height):
        block = slice(start, start + height)
        found = _similarities(queries[block], sorted_gallery)
        found[~allowed[block][:, order]] = -np.inf
        for owner in range(number):
            mine = found[:, borders[owner] : borders[owner + 1]]
            if mine.shape[1]:
                scores[block, owner] = mine.max(axis=1)
                rows[block, owner] = order[borders[owner] + mine.argmax(axis=1)]
    rows[np.isneginf(scores)] = -1
    return scores, rows


def _similarities(
    queries: npt.NDArray[np.float32], gallery: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    # Rounding takes the similarity of a photo with itself a little above 1.
    found: npt.NDArray[np.float32] = np.clip(queries @ gallery.T, -1, 1)
    return found
