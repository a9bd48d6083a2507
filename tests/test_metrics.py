"""Metrics against naive loops, scikit-learn, all permutations of small rankings, and by hand."""

from __future__ import annotations

from dataclasses import fields
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score

from pawvit.metrics import (
    Scores,
    chance_average_precision,
    chance_inverse_negative_penalty,
    chance_within,
    group_means,
    interval,
    resampled_means,
    score,
    score_all,
)
from pawvit.ranking import Ranks


def naive_order(
    similarity: npt.NDArray[np.float32], candidates: npt.NDArray[np.bool_]
) -> list[int]:
    found = [index for index in range(len(similarity)) if candidates[index]]
    return sorted(found, key=lambda index: (1 - similarity[index], index))


def naive_scores(order: list[int], right: npt.NDArray[np.bool_]) -> tuple[float, int, float]:
    found, precisions, first, last = 0, [], 0, 0
    for place, index in enumerate(order, start=1):
        if right[index]:
            found += 1
            precisions.append(found / place)
            first = first or place
            last = place
    if not found:
        return 0.0, 0, 0.0
    return sum(precisions) / found, first, found / last


@st.composite
def problems(draw: st.DrawFn) -> tuple[npt.NDArray[np.float32], ...]:
    """Queries, gallery, candidates, right; on a grid, so that products are exact and ties many."""
    asked, answering = draw(st.integers(1, 9)), draw(st.integers(1, 14))
    grid = st.integers(-4, 4).map(lambda number: np.float32(number / 4))
    queries = draw(arrays(np.float32, (asked, 2), elements=grid))
    gallery = draw(arrays(np.float32, (answering, 2), elements=grid))
    candidates = draw(arrays(np.bool_, (asked, answering)))
    right = draw(arrays(np.bool_, (asked, answering)))
    return queries, gallery, candidates, right


def scored(problem: tuple[npt.NDArray[np.float32], ...], block: int | None = None) -> Scores:
    queries, gallery, candidates, right = problem
    return score_all(
        queries,
        gallery,
        lambda start, stop: (candidates[start:stop], right[start:stop]),
        top=5,
        block=block,
    )


def random_problem(
    seed: int, asked: int = 20, answering: int = 50
) -> tuple[npt.NDArray[np.float32], ...]:
    rng = np.random.default_rng(seed)
    queries, gallery = rng.standard_normal((asked, 8)), rng.standard_normal((answering, 8))
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    gallery /= np.linalg.norm(gallery, axis=1, keepdims=True)
    candidates = rng.random((asked, answering)) < 0.8
    right = rng.random((asked, answering)) < 0.2
    return queries.astype(np.float32), gallery.astype(np.float32), candidates, right


@settings(deadline=None, max_examples=100)
@given(problems())
def test_scores_equal_a_naive_loop(problem):
    queries, gallery, candidates, right = problem
    scores = scored(problem)
    for index, query in enumerate(queries):
        similarity = gallery @ query
        order = naive_order(similarity, candidates[index])
        precision, first, penalty = naive_scores(order, right[index])
        assert scores.average_precision[index] == pytest.approx(precision)
        assert scores.first[index] == first
        assert scores.inverse_negative_penalty[index] == pytest.approx(penalty)
        assert scores.candidates[index] == len(order)
        assert scores.positives[index] == right[index][order].sum()
        top = [place for place in scores.top[index] if place >= 0]
        assert top == order[:5]
        np.testing.assert_array_equal(scores.similarity[index][: len(top)], similarity[top])
        assert np.isnan(scores.similarity[index][len(top) :]).all()


@settings(deadline=None, max_examples=50)
@given(problems(), st.integers(1, 10))
def test_the_size_of_blocks_changes_nothing(problem, block):
    whole, pieces = scored(problem), scored(problem, block)
    for field in fields(Scores):
        np.testing.assert_array_equal(getattr(whole, field.name), getattr(pieces, field.name))


@settings(deadline=None, max_examples=50)
@given(problems())
def test_scores_stay_in_their_ranges(problem):
    scores = scored(problem)
    some = scores.positives > 0
    for values in (scores.average_precision, scores.inverse_negative_penalty):
        assert (values[some] > 0).all()
        assert (values <= 1).all()
        assert (values[~some] == 0).all()
    assert (scores.first[some] >= 1).all()
    assert (scores.first <= scores.candidates).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_gallery_changes_nothing_without_ties(seed):
    queries, gallery, candidates, right = random_problem(seed)
    shuffled = np.random.default_rng(seed).permutation(len(gallery))
    one = scored((queries, gallery, candidates, right))
    other = scored((queries, gallery[shuffled], candidates[:, shuffled], right[:, shuffled]))
    np.testing.assert_array_equal(one.average_precision, other.average_precision)
    np.testing.assert_array_equal(one.first, other.first)
    np.testing.assert_array_equal(one.top, shuffled[other.top])


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_equals_scikit_learns(seed):
    queries, gallery, candidates, right = random_problem(seed)
    scores = scored((queries, gallery, candidates, right))
    for index, query in enumerate(queries):
        chosen = candidates[index]
        if (right[index] & chosen).any():
            expected = average_precision_score(right[index][chosen], (gallery @ query)[chosen])
            assert scores.average_precision[index] == pytest.approx(expected, abs=1e-12)


def test_scores_by_hand():
    hits = np.array([[1, 0, 1, 0, 0, 1], [0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]], np.bool_)
    rows, places = np.nonzero(hits)
    precision, first, penalty = score(Ranks(3, rows, places + 1))
    assert precision == pytest.approx([(1 + 2 / 3 + 3 / 6) / 3, 0, 1 / 2])
    assert list(first) == [1, 0, 2]
    assert penalty == pytest.approx([3 / 6, 0, 1 / 2])


def test_within_counts_the_first_right_candidate():
    scores = scored(random_problem(0))
    for index in range(20):
        assert scores.within(5)[index] == (1 <= scores.first[index] <= 5)


def test_no_queries_score_nothing():
    scores = score_all(
        np.zeros((0, 4), np.float32),
        np.ones((3, 4), np.float32),
        lambda start, stop: (np.ones((0, 3), np.bool_), np.ones((0, 3), np.bool_)),
    )
    assert scores.top.shape == (0, 3)
    assert scores.average_precision.shape == (0,)


def test_progress_ends_at_the_number_of_queries():
    queries, gallery, candidates, right = random_problem(0)
    seen: list[tuple[int, int]] = []
    score_all(
        queries,
        gallery,
        lambda start, stop: (candidates[start:stop], right[start:stop]),
        block=8,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(8, 20), (16, 20), (20, 20)]


def test_group_means():
    means = group_means(np.array([1.0, 2.0, 6.0, 4.0]), np.array([7, 3, 7, 3]))
    assert list(means) == [3.0, 3.5]


def test_resampled_means_equal_a_naive_loop():
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 6, (9, 2)).astype(float)
    sums = counts * rng.random((9, 2))
    means = resampled_means(sums, counts, draws=20, seed=3)
    drawn = np.random.default_rng(3).multinomial(9, np.full(9, 1 / 9), size=20)
    for row, times in zip(means, drawn, strict=True):
        people = [person for person, number in enumerate(times) for _ in range(number)]
        assert len(people) == 9
        for column in range(2):
            total = sum(sums[person, column] for person in people)
            assert row[column] == pytest.approx(
                total / sum(counts[person, column] for person in people)
            )


def test_resampled_means_spread_as_the_standard_error_says():
    values = np.random.default_rng(0).standard_normal((400, 1))
    means = resampled_means(values, np.ones_like(values), draws=4000, seed=0)
    assert means.std() == pytest.approx(values.std() / 20, rel=0.05)
    lower, upper = interval(means)[0]
    assert (upper - lower) / means.std() == pytest.approx(2 * 1.96, rel=0.05)
    assert np.mean((means >= lower) & (means <= upper)) == pytest.approx(0.95, abs=0.002)


@pytest.mark.parametrize(("positives", "candidates"), [(1, 1), (1, 5), (2, 6), (4, 6), (5, 5)])
def test_chance_equals_the_mean_over_all_orders(positives, candidates):
    labels = [1] * positives + [0] * (candidates - positives)
    orders = np.array(list(permutations(labels)), np.bool_)
    rows, places = np.nonzero(orders)
    precision, first, penalty = score(Ranks(len(orders), rows, places + 1))
    numbers = np.array([positives]), np.array([candidates])
    assert chance_average_precision(*numbers) == pytest.approx([precision.mean()])
    assert chance_inverse_negative_penalty(*numbers) == pytest.approx([penalty.mean()])
    for place in (1, 3, 10):
        assert chance_within(*numbers, place) == pytest.approx([(first <= place).mean()])


def test_chance_is_nothing_where_nothing_is_right():
    numbers = np.array([0, 0, 1]), np.array([0, 4, 4])
    assert list(chance_average_precision(*numbers)[:2]) == [0, 0]
    assert list(chance_within(*numbers, 5)) == [0, 0, 1]
    assert list(chance_inverse_negative_penalty(*numbers)[:2]) == [0, 0]
