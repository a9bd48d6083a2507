"""The numbers of the field: AP, CMC, mINP, their chance level and their intervals.

Metrics know descriptors and masks; they know no photos, no protocols, no files and no networks.
Queries are worked through a block at a time, so the whole query × gallery matrix never exists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from pawvit.ranking import Ints, Mask, Ranks, Vectors, rank

Floats = npt.NDArray[np.float64]
Masks = Callable[[int, int], tuple[Mask, Mask]]
"""Queries start…stop−1 → two (stop − start) × gallery masks: the candidates, and the right ones."""

# Query × gallery pairs a block: some 8 MB for each array of it.
_PAIRS = 2**20


@dataclass(frozen=True, eq=False)
class Scores:
    """What each of Q queries scores; the arrays have one row a query.

    Attributes:
        candidates: gallery photos that were ranked.
        positives: right ones among them.
        average_precision: in [0, 1]; 0 without a right candidate.
        first: rank of the first right candidate, from 1; 0 without one.
        inverse_negative_penalty: positives / rank of the last right candidate, in [0, 1].
        top: Q × k gallery indices, best first; −1 where there are fewer candidates.
        similarity: Q × k cosines of `top`; NaN where that is −1.
    """

    candidates: Ints
    positives: Ints
    average_precision: Floats
    first: Ints
    inverse_negative_penalty: Floats
    top: Ints
    similarity: Vectors

    def within(self, rank: int) -> Mask:
        """Whether a right candidate is among the first `rank`: CMC before the mean, (Q,)."""
        return (self.first >= 1) & (self.first <= rank)

    def take(self, chosen: Mask) -> Scores:
        """The scores of the queries where the mask (Q,) is true."""
        return Scores(*(column[chosen] for column in self._columns()))

    def with_misses(self, number: int) -> Scores:
        """These scores and, behind them, so many queries that found nothing at all."""
        fill = {"top": -1, "similarity": np.nan}
        more = {
            field.name: np.full((number, *column.shape[1:]), fill.get(field.name, 0), column.dtype)
            for field, column in zip(fields(self), self._columns(), strict=True)
        }
        pairs = zip(self._columns(), more.values(), strict=True)
        return Scores(*(np.concatenate(pair) for pair in pairs))

    def _columns(self) -> list[npt.NDArray[Any]]:
        return [getattr(self, field.name) for field in fields(self)]


def score(hits: Ranks) -> tuple[Floats, Ints, Floats]:
    """Average precision, first rank and inverse negative penalty of rankings.

    Average precision is the mean, over the right candidates, of the precision at their ranks
    (Zheng et al. 2015); the inverse negative penalty is what mINP averages (Ye et al. 2021, §4).

    Args:
        hits: the ranks of the right candidates of B queries.

    Returns:
        Three arrays (B,); all 0 for a query without a right candidate.
    """
    rows, ranks, number = hits.rows, hits.ranks, hits.queries
    positives = np.bincount(rows, minlength=number)
    ends = np.cumsum(positives)
    starts = ends - positives
    precision = (np.arange(len(rows)) - starts[rows] + 1) / ranks
    total = np.bincount(rows, weights=precision, minlength=number)
    some = positives > 0
    first = np.zeros(number, np.int64)
    first[some] = ranks[starts[some]]
    penalty = np.zeros(number)
    penalty[some] = positives[some] / ranks[ends[some] - 1]
    return total / np.maximum(positives, 1), first, penalty


def score_all(
    queries: Vectors,
    gallery: Vectors,
    masks: Masks,
    *,
    top: int = 10,
    block: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Ranks the gallery for every query and scores the rankings.

    Args:
        queries: Q × C unit vectors.
        gallery: G × C unit vectors.
        masks: gives the masks of a block of queries.
        top: how many of the best candidates to keep for each query.
        block: queries at a time; as many as a few megabytes hold, unless set.
        progress: called with (queries done, Q).
    """
    return score_similar(
        lambda start, stop: queries[start:stop] @ gallery.T,
        (len(queries), len(gallery)),
        masks,
        top=top,
        block=block,
        progress=progress,
    )


def score_similar(
    similar: Callable[[int, int], Vectors],
    shape: tuple[int, int],
    masks: Masks,
    *,
    top: int = 10,
    block: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """As `score_all`, for any similarity.

    Args:
        similar: queries start…stop−1 → their similarities to all of the gallery, float32 in
            [−1, 1].
        shape: Q and G.
        masks, top, block, progress: as for `score_all`.
    """
    number_of_queries, size_of_gallery = shape
    size = block or max(1, _PAIRS // max(1, size_of_gallery))
    width = min(top, size_of_gallery)
    parts = []
    for start in range(0, max(1, number_of_queries), size):
        stop = min(start + size, number_of_queries)
        similarity = similar(start, stop)
        candidates, right = masks(start, stop)
        right = right & candidates
        ranks, best = rank(similarity, candidates, right, width)
        number = candidates.sum(axis=1)
        there = np.arange(width) < number[:, None]
        parts.append(
            (
                number,
                right.sum(axis=1),
                *score(ranks),
                np.where(there, best, -1),
                np.where(there, np.take_along_axis(similarity, best, axis=1), np.nan),
            )
        )
        if progress:
            progress(stop, number_of_queries)
    return Scores(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def group_means(values: Floats, groups: Ints) -> Floats:
    """The mean of the values in each group, (groups present,), in the order of their numbers."""
    _, place = np.unique(groups, return_inverse=True)
    return np.bincount(place, weights=values).astype(np.float64) / np.bincount(place)


def resampled_means(sums: Floats, counts: Floats, *, draws: int, seed: int) -> Floats:
    """Means under resampling of individuals with replacement (Efron's bootstrap of clusters).

    Photos of one individual resemble one another, so individuals are drawn, not photos.

    Args:
        sums: individuals × M, the sums of M scores over all that belongs to the individual.
        counts: individuals × M, how many values each sum has; 1 or more.
        draws: how often to resample.
        seed: the same seed draws the same individuals, whatever the scores.

    Returns:
        draws × M resampled means.
    """
    number = len(sums)
    rng = np.random.default_rng(seed)
    means = np.empty((draws, sums.shape[1]))
    step = max(1, _PAIRS // number)
    for start in range(0, draws, step):
        here = means[start : start + step]
        drawn = rng.multinomial(number, np.full(number, 1 / number), size=len(here)).astype(float)
        here[:] = (drawn @ sums) / (drawn @ counts)
    return means


def interval(samples: Floats) -> Floats:
    """The central 95 % of each column of samples: draws × M → M × 2, lower and upper bound."""
    return np.percentile(samples, [2.5, 97.5], axis=0).T


def chance_average_precision(positives: Ints, candidates: Ints) -> Floats:
    """The expected average precision of a random order of the candidates, (Q,)."""
    # The mean over ranks k of 1/k (for itself) and (k − 1)/k · (P − 1)/(n − 1) (for the others).
    harmonic = np.cumsum(1 / np.arange(1, candidates.max(initial=1) + 1))
    number = np.maximum(candidates, 1)
    sum_of_inverses = harmonic[number - 1]
    others = (positives - 1) / np.maximum(number - 1, 1)
    expected: Floats = (sum_of_inverses + others * (number - sum_of_inverses)) / number
    return np.where(positives > 0, expected, 0)


def chance_within(positives: Ints, candidates: Ints, rank: int) -> Floats:
    """The probability that a random order has a right candidate among the first `rank`, (Q,)."""
    missed = np.ones(len(positives))
    for drawn in range(rank):
        wrong = np.maximum(candidates - positives - drawn, 0)
        missed *= wrong / np.maximum(candidates - drawn, 1)
    return np.where(positives > 0, 1 - missed, 0)


def chance_inverse_negative_penalty(positives: Ints, candidates: Ints) -> Floats:
    """The expected inverse negative penalty of a random order of the candidates, (Q,)."""
    pairs, place = np.unique(np.stack([positives, candidates]), axis=1, return_inverse=True)
    expected = np.zeros(pairs.shape[1])
    for index, (right, number) in enumerate(pairs.T):
        if right:
            # The last of P right ones among n stands at rank m with C(m−1, P−1) / C(n, P).
            ranks = np.arange(number, right - 1, -1)
            steps = (ranks[:-1] - right) / (ranks[:-1] - 1)
            share = right / number * np.concatenate([[1.0], np.cumprod(steps)])
            expected[index] = (share * right / ranks).sum()
    return expected[place.reshape(-1)]
