"""Exact search against a naive loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawvit.catalogue import search


@given(st.integers(0, 2**32 - 1), st.integers(0, 6), st.integers(0, 12), st.integers(1, 5))
def test_the_best_of_each_owner_is_that_of_a_naive_loop(
    seed: int, count: int, size: int, number: int
) -> None:
    rng = np.random.default_rng(seed)
    # Small whole numbers before the scaling: equal similarities are frequent.
    raw = rng.integers(-2, 3, size=(count + size, 3)) + np.array([0, 0, 5])
    units = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    queries, gallery = units[:count], units[count:]
    owners = rng.integers(0, number, size)
    allowed = rng.random((count, size)) < 0.7
    scores, rows = search.best_of_each(queries, gallery, owners, allowed, number)
    assert scores.shape == rows.shape == (count, number)
    for query in range(count):
        for owner in range(number):
            cosines = {
                row: float(np.dot(queries[query].astype(float), gallery[row].astype(float)))
                for row in range(size)
                if owners[row] == owner and allowed[query, row]
            }
            if not cosines:
                assert scores[query, owner] == -np.inf
                assert rows[query, owner] == -1
                continue
            best = pytest.approx(max(cosines.values()), abs=1e-6)
            assert scores[query, owner] == best
            assert cosines[int(rows[query, owner])] == best


def test_blocks_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    units = rng.normal(size=(70, 16)).astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    owners = rng.integers(0, 9, 40)
    allowed = rng.random((30, 40)) < 0.5
    whole = search.best_of_each(units[:30], units[30:], owners, allowed, 9)
    monkeypatch.setattr(search, "BLOCK", 7 * 40)
    blocks = search.best_of_each(units[:30], units[30:], owners, allowed, 9)
    np.testing.assert_allclose(whole[0], blocks[0], atol=1e-6)
    assert np.array_equal(whole[1], blocks[1])


def test_a_photo_is_no_more_like_itself_than_one() -> None:
    units = np.random.default_rng(0).normal(size=(200, 384)).astype(np.float32)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    everything = np.ones((200, 200), np.bool_)
    scores, rows = search.best_of_each(units, units, np.arange(200), everything, 200)
    assert scores.max() <= 1
    assert scores.argmax(axis=1).tolist() == list(range(200))
    assert np.array_equal(rows, np.tile(np.arange(200), (200, 1)))
