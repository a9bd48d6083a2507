"""Ranks that are counted and ranks that are sorted are the same, and in the official order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawvit.ranking import best_of, counted, ordered, rank

NOBODY = np.float32(4)


def test_equals_stay_in_the_order_of_the_gallery_and_no_candidate_comes_before_one() -> None:
    similarity = np.array([[0.5, 0.9, 0.5, -1.0, 0.9, 0.5]], np.float32)
    candidates = np.array([[True, False, True, True, True, True]])
    right = np.array([[False, False, True, True, False, False]])
    ranks, best = rank(similarity, candidates, right, 6)
    assert best.tolist() == [[4, 0, 2, 5, 3, 1]]
    assert (ranks.queries, ranks.rows.tolist(), ranks.ranks.tolist()) == (1, [0, 0], [3, 5])


def test_the_order_is_that_of_a_stable_sort_of_float32_distances() -> None:
    rng = np.random.default_rng(0)
    similarity = rng.uniform(-1.0001, 1.0001, (3, 20_000)).astype(np.float32)
    similarity[:, 10_000:] = similarity[:, :10_000]  # ties
    distance = np.float32(1) - similarity
    expected = np.argsort(distance, axis=1, kind="stable")
    np.testing.assert_array_equal(ordered(distance), expected)
    np.testing.assert_array_equal(best_of(distance, 10), expected[:, :10])


def distances(seed: int, width: int, levels: int) -> npt.NDArray[np.float32]:
    """Few levels: many ties; some are no candidates."""
    rng = np.random.default_rng(seed)
    found = (rng.integers(0, levels, (5, width)) / levels).astype(np.float32)
    found[rng.random(found.shape) < 0.2] = NOBODY
    return found


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**31), st.integers(1, 400), st.sampled_from([1, 3, 50, 10**6]))
def test_counting_equals_sorting(seed: int, width: int, levels: int) -> None:
    distance = distances(seed, width, levels)
    right = np.random.default_rng(seed).random(distance.shape) < 0.1
    right &= distance < NOBODY
    order = np.argsort(distance, axis=1, kind="stable")
    rows, places = np.nonzero(np.take_along_axis(right, order, axis=1))
    ranks = counted(distance, right)
    np.testing.assert_array_equal(ranks.rows, rows)
    np.testing.assert_array_equal(ranks.ranks, places + 1)
    top = min(10, width)
    np.testing.assert_array_equal(best_of(distance, top), order[:, :top])


@pytest.mark.parametrize("share", [0.0005, 0.5])
def test_however_many_are_right(share: float) -> None:
    """Both ways through `rank`: few right candidates are counted, many are sorted."""
    rng = np.random.default_rng(1)
    similarity = rng.uniform(-1, 1, (4, 5000)).astype(np.float32)
    candidates = rng.random(similarity.shape) < 0.9
    right = (rng.random(similarity.shape) < share) & candidates
    ranks, best = rank(similarity, candidates, right, 10)
    for row in range(4):
        order = sorted(np.flatnonzero(candidates[row]), key=lambda i: 1 - similarity[row, i])
        assert best[row].tolist() == order[:10]
        places = [place for place, index in enumerate(order, 1) if right[row, index]]
        assert ranks.ranks[ranks.rows == row].tolist() == places
