"""What queries scored, over several seeds → a row's figures with intervals, and differences.

Knows what each query scored; it knows no photos and no networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pawvit.evaluation import Evaluation
from pawvit.metrics import Floats, interval, resampled_means
from pawvit.ranking import Ints
from pawvit.reproduce.rows import Table

METRICS = ("mAP", "mAP over entities", "rank-1", "rank-5")
DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Answered:
    """What the valid queries of one test scored, an entry a query.

    Attributes:
        average_precision: in [0, 1].
        first: rank of the first right candidate, from 1; 0 without one.
        entity, identity: whom the query shows, as numbers.
    """

    average_precision: Floats
    first: Ints
    entity: Ints
    identity: Ints

    @classmethod
    def of(cls, found: Evaluation) -> Answered:
        """What an evaluation found."""
        scores = found.scores
        return cls(scores.average_precision, scores.first, found.entity, found.identity)


@dataclass(frozen=True)
class Figure:
    """A number in per cent.

    Attributes:
        value: the mean over queries and seeds.
        lower, upper: its 95 % interval, from resampling individuals; None with fewer than two.
        seeds: the value of each seed.
    """

    value: float
    lower: float | None
    upper: float | None
    seeds: tuple[float, ...]

    def __str__(self) -> str:
        bounds = "" if self.lower is None else f" ({self.lower:.1f}–{self.upper:.1f})"
        return f"{self.value:.1f}{bounds}"


def columns(table: Table, groups: Sequence[str]) -> list[tuple[str, str]]:
    """(group, metric) of each column, as in the paper."""
    found = [(group, metric) for group in groups for metric in table.metrics]
    return [("", "mmAP"), *found] if table.mean and len(groups) > 1 else found


def figures(
    metrics: Sequence[str],
    seeds: Sequence[Sequence[Answered]],
    others: Sequence[Sequence[Answered]] | None = None,
    *,
    mean: bool = False,
) -> list[Figure]:
    """A figure a column: all metrics of the first group, then of the second.

    Args:
        metrics: of each group, from `METRICS`.
        seeds: a list a seed, a test a group.
        others: another method's, of the same groups and queries: then the differences.
        mean: whether the mean of the groups' first metric (mmAP) stands before all.
    """
    by_group = []
    for group, found in enumerate(zip(*seeds, strict=True)):
        values = np.stack([_scores(one, metrics) for one in found])
        if others is not None:
            plain = np.stack([_scores(one[group], metrics) for one in others])
            # Seeds of two methods are no pairs: each is compared with the other's mean.
            values = values - plain.mean(axis=0)
        by_group.append(_means(values, found[0], metrics))
    cells = [cell for group in by_group for cell in zip(*group, strict=True)]
    if mean and len(by_group) > 1:
        means = np.mean([means[0] for means, _ in by_group], axis=0)
        both = [drawn[0] for _, drawn in by_group]
        # A test of one individual has no interval, and then the mean of both has none.
        drawn = np.mean(both, axis=0) if all(map(len, both)) else np.zeros(0)
        cells.insert(0, (means, drawn))
    return [_figure(value, drawn) for value, drawn in cells]


def _scores(found: Answered, metrics: Sequence[str]) -> Floats:
    """Queries × metrics."""
    right = found.first >= 1
    by_name = {
        "mAP": found.average_precision,
        "mAP over entities": found.average_precision,
        "rank-1": right & (found.first <= 1),
        "rank-5": right & (found.first <= 5),
    }
    return 100 * np.stack([by_name[name] for name in metrics], axis=1).astype(np.float64)


def _means(values: Floats, found: Answered, metrics: Sequence[str]) -> tuple[Floats, Floats]:
    """Seeds × queries × M → M × seeds means, and M × draws of the means over seeds."""
    _, entity, photos = np.unique(found.entity, return_inverse=True, return_counts=True)
    # Over entities, the photos of one weigh together as much as the only photo of another.
    alone, together = np.ones(len(entity)), 1 / photos[entity]
    weights = np.stack([together if "entities" in name else alone for name in metrics], axis=1)
    _, owner = np.unique(found.identity, return_inverse=True)
    number = owner.max(initial=-1) + 1
    sums, counts = np.zeros((2, number, len(metrics)))
    np.add.at(sums, owner, values.mean(axis=0) * weights)
    np.add.at(counts, owner, weights)
    drawn = np.zeros((0, len(metrics)))
    if number > 1:
        drawn = resampled_means(sums, counts, draws=DRAWS, seed=0)
    return ((values * weights).sum(axis=1) / weights.sum(axis=0)).T, drawn.T


def _figure(seeds: Floats, drawn: Floats) -> Figure:
    lower, upper = interval(drawn[:, None])[0] if len(drawn) else (None, None)
    return Figure(
        float(seeds.mean()),
        None if lower is None else float(lower),
        None if upper is None else float(upper),
        tuple(float(one) for one in seeds),
    )
