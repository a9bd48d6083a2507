"""Evaluations of several seeds → a row's figures, with intervals, and differences between rows.

Knows what each query scored; it knows no photos and no networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pawvit.evaluation import Evaluation
from pawvit.metrics import Floats, interval, resampled_means
from pawvit.reproduce.rows import Table

METRICS = ("mAP", "rank-1", "rank-5")
DRAWS = 1000


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
    table: Table,
    seeds: Sequence[Sequence[Evaluation]],
    others: Sequence[Sequence[Evaluation]] | None = None,
) -> list[Figure]:
    """A figure a column.

    Args:
        table: which metrics, and whether mmAP is among them.
        seeds: a list a seed, an evaluation a group.
        others: another method's, of the same groups and queries: then the differences.
    """
    by_group = []
    for group, found in enumerate(zip(*seeds, strict=True)):
        values = np.stack([_scores(one, table.metrics) for one in found])
        if others is not None:
            plain = np.stack([_scores(one[group], table.metrics) for one in others])
            # Seeds of two methods are no pairs: each is compared with the other's mean.
            values = values - plain.mean(axis=0)
        by_group.append(_means(values, found[0]))
    cells = [cell for group in by_group for cell in zip(*group, strict=True)]
    if table.mean and len(by_group) > 1:
        means = np.mean([means[0] for means, _ in by_group], axis=0)
        both = [drawn[0] for _, drawn in by_group]
        # A test of one individual has no interval, and then the mean of both has none.
        drawn = np.mean(both, axis=0) if all(map(len, both)) else np.zeros(0)
        cells.insert(0, (means, drawn))
    return [_figure(value, drawn) for value, drawn in cells]


def _scores(found: Evaluation, metrics: Sequence[str]) -> Floats:
    """Queries × metrics."""
    by_name = {
        "mAP": found.scores.average_precision,
        "rank-1": found.scores.within(1),
        "rank-5": found.scores.within(5),
    }
    return 100 * np.stack([by_name[name] for name in metrics], axis=1).astype(np.float64)


def _means(values: Floats, found: Evaluation) -> tuple[Floats, Floats]:
    """Seeds × queries × M → M × seeds means, and M × draws of the means over seeds."""
    _, owner = np.unique(found.identity, return_inverse=True)
    counts = np.bincount(owner).astype(np.float64)
    sums = np.zeros((len(counts), values.shape[2]))
    np.add.at(sums, owner, values.mean(axis=0))
    drawn = np.zeros((0, values.shape[2]))
    if len(counts) > 1:
        weights = counts[:, None].repeat(values.shape[2], axis=1)
        drawn = resampled_means(sums, weights, draws=DRAWS, seed=0)
    return values.mean(axis=1).T, drawn.T


def _figure(seeds: Floats, drawn: Floats) -> Figure:
    lower, upper = interval(drawn[:, None])[0] if len(drawn) else (None, None)
    return Figure(
        float(seeds.mean()),
        None if lower is None else float(lower),
        None if upper is None else float(upper),
        tuple(float(one) for one in seeds),
    )
