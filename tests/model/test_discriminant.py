"""The closed form against the textbook's eigenvalue problem; it separates what it should."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import eigh

from pawvit.model.discriminant import SHRINKAGE, fit


def individuals(
    number: int, photos: int, width: int, *, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors whose individuals differ in four directions, and their photos in all others."""
    random = np.random.default_rng(seed)
    own = np.zeros((number, width))
    own[:, :4] = random.normal(size=(number, 4))
    noise = (
        random.normal(size=(number, photos, width)) * np.r_[np.full(4, 0.3), np.full(width - 4, 2)]
    )
    vectors = (own[:, None] + noise).reshape(-1, width) + 3
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.repeat(np.arange(number), photos)


def gram(projected: np.ndarray) -> np.ndarray:
    unit = projected / np.linalg.norm(projected, axis=1, keepdims=True)
    return unit @ unit.T


def test_it_is_fishers() -> None:
    vectors, entities = individuals(30, 5, 16)
    own = fit(vectors, entities, 6)(torch.from_numpy(vectors)).numpy()
    # The textbook's problem, solved as it stands: scatter between = λ · scatter within.
    means = vectors.reshape(30, 5, 16).mean(axis=1)
    within = np.cov((vectors.reshape(30, 5, 16) - means[:, None]).reshape(-1, 16).T, bias=True)
    within += SHRINKAGE * np.trace(within) / 16 * np.eye(16)
    _, directions = eigh(np.cov(means.T), within)
    expected = (vectors - vectors.mean(axis=0)) @ directions[:, -6:]
    np.testing.assert_allclose(gram(own), gram(expected), atol=1e-4)


def test_it_finds_unseen_individuals_again_where_the_vectors_do_not() -> None:
    vectors, entities = individuals(60, 6, 32)
    strangers, who = individuals(20, 6, 32, seed=1)
    found = fit(vectors, entities, 4)(torch.from_numpy(strangers)).numpy()

    def rank1(similar: np.ndarray) -> float:
        np.fill_diagonal(similar, -2)
        return float((who[similar.argmax(axis=1)] == who).mean())

    assert rank1(gram(found)) > 2 * rank1(gram(strangers - strangers.mean(axis=0)))


def test_the_length_of_a_vector_does_not_matter() -> None:
    vectors, entities = individuals(10, 3, 8)
    found = fit(vectors, entities, 4)
    short, long = found(torch.from_numpy(vectors)), found(torch.from_numpy(7 * vectors))
    torch.testing.assert_close(short, long)


def test_entities_with_one_photo_count_for_the_means_only() -> None:
    vectors, entities = individuals(10, 3, 8)
    alone = np.concatenate([vectors, vectors[:1]])
    found = fit(alone, np.r_[entities, 99], 4)
    assert torch.isfinite(found.projection).all()


@pytest.mark.parametrize(
    ("entities", "size"), [([0, 0, 1, 1], 2), ([0, 1, 2, 3], 2), ([0, 0, 0, 0], 1)]
)
def test_too_few_entities(entities: list[int], size: int) -> None:
    with pytest.raises(ValueError, match="can't be told apart"):
        fit(np.eye(4, 8, dtype=np.float32), np.array(entities), size)
