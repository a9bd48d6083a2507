"""Descriptors under a protocol → the numbers of the field, with intervals and chance level.

Evaluation knows unit vectors and protocols; it knows no images and no networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pawvit.errors import InputError
from pawvit.metrics import (
    Floats,
    Scores,
    chance_average_precision,
    chance_inverse_negative_penalty,
    chance_within,
    group_means,
    interval,
    resampled_means,
    score_all,
    score_similar,
)
from pawvit.protocols import Protocol
from pawvit.ranking import Ints, Mask, Vectors

METRICS = ("map_queries", "map_entities", "rank1", "rank5", "rank10", "minp")
"""The numbers of an evaluation, each in [0, 1]."""

MARKDOWN_HEADER = (
    "| protocol | valid queries | mAP | mAP over entities | rank-1 | rank-5 | rank-10 | mINP |\n"
    "|---|---|---|---|---|---|---|---|"
)
"""Stands above the rows of `Evaluation.markdown_row`."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What descriptors score under a protocol.

    Attributes:
        name: the protocol's.
        queries: how many were asked.
        valid: how many of them count (all, or those that have a right candidate).
        entities, identities: how many the valid queries show.
        map_queries: mean average precision over valid queries.
        map_entities: mean over entities of their queries' mean: many photos of one weigh no more.
        rank1, rank5, rank10: share of valid queries with a right candidate that early (CMC).
        minp: mean inverse negative penalty over valid queries.
        chance: what a random order is expected to score, by the names in `METRICS`.
        intervals: 95 % intervals (lower, upper) by the names in `METRICS`, from resampling
            individuals; empty without resampling or with fewer than two individuals.
        photo: names of the valid queries' photos; the arrays below have the same rows. Queries
            without a photo (`Protocol.missed`) come last, as "".
        position: their positions among the descriptors; −1 for a query without a photo.
        entity, identity: their codes, as in the protocol.
        scores: their scores; `scores.top` holds positions among the descriptors.
    """

    name: str
    queries: int
    valid: int
    entities: int
    identities: int
    map_queries: float
    map_entities: float
    rank1: float
    rank5: float
    rank10: float
    minp: float
    chance: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    photo: tuple[str, ...]
    position: Ints
    entity: Ints
    identity: Ints
    scores: Scores

    def as_dict(self) -> dict[str, object]:
        """The summary, without the queries: names, counts, numbers, all fit for JSON."""
        return {
            "name": self.name,
            "queries": self.queries,
            "valid": self.valid,
            "entities": self.entities,
            "identities": self.identities,
            **{name: getattr(self, name) for name in METRICS},
            "chance": dict(self.chance),
            "intervals": {name: list(bounds) for name, bounds in self.intervals.items()},
        }

    def markdown_row(self, label: str | None = None) -> str:
        """A row below `MARKDOWN_HEADER`, in per cent; `label` stands for the protocol's name."""
        cells = []
        for name in METRICS:
            cell = f"{100 * getattr(self, name):.1f}"
            if name in self.intervals:
                lower, upper = self.intervals[name]
                cell += f" ({100 * lower:.1f}–{100 * upper:.1f})"
            cells.append(cell)
        cells = [label or self.name, f"{self.valid} / {self.queries}", *cells]
        return f"| {' | '.join(cells)} |"


@dataclass(frozen=True)
class Comparison:
    """How much the first of two methods is better on the same queries.

    Attributes:
        name: the protocol's.
        differences: first − second, by the names in `METRICS`.
        intervals: their 95 % intervals; a difference whose interval excludes 0 is no accident of
            which individuals were photographed. Empty with fewer than two individuals.
    """

    name: str
    differences: dict[str, float]
    intervals: dict[str, tuple[float, float]]

    def as_dict(self) -> dict[str, object]:
        """Fit for JSON."""
        bounds = {name: list(pair) for name, pair in self.intervals.items()}
        return {"name": self.name, "differences": dict(self.differences), "intervals": bounds}


@dataclass(frozen=True, eq=False)
class MatchCurve:
    """The cumulative match curve (CMC) of an evaluation: R arrays over ranks 1 … R, in [0, 1].

    Attributes:
        share: of valid queries with a right candidate that early.
        lower, upper: the 95 % interval, from resampling individuals; NaN with fewer than two.
        chance: what a random order is expected to reach.
    """

    share: Floats
    lower: Floats
    upper: Floats
    chance: Floats


def evaluate(
    vectors: npt.NDArray[np.floating],
    protocol: Protocol,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    top: int = 10,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Ranks the gallery for each query of the protocol and scores the rankings.

    Args:
        vectors: N × C unit vectors, in the order of `protocol.photos`.
        protocol: who may answer, and what is right.
        bootstrap: how often individuals are resampled for the intervals; 0 for none.
        seed: of the resampling.
        top: how many of the best candidates to keep for each query.
        progress: called with (queries done, queries).

    Raises:
        InputError: the descriptors don't fit the protocol or aren't unit vectors, or no query has
            a right candidate.
    """
    units = _checked(vectors, protocol)
    scores = score_all(
        units[protocol.query], units[protocol.gallery], protocol.masks, top=top, progress=progress
    )
    return _summed_up(scores, protocol, bootstrap, seed)


def evaluate_similarities(
    similarities: npt.NDArray[np.floating],
    protocol: Protocol,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
    top: int = 10,
) -> Evaluation:
    """As `evaluate`, for methods that compare photos in pairs and have no descriptors.

    Args:
        similarities: N × N, in [−1, 1], a query a row, in the order of `protocol.photos`. Cells of
            pairs that never meet under the protocol may hold NaN.
        protocol, bootstrap, seed, top: as for `evaluate`.

    Raises:
        InputError: the matrix is of another size, or a pair that meets has no similarity in
            [−1, 1]; or no query has a right candidate.
    """
    number = len(protocol.photos)
    if similarities.shape != (number, number):
        raise InputError(
            f"{number} photos need a similarity for each pair, but their array has the shape"
            f" {similarities.shape}"
        )
    needed = similarities[np.ix_(protocol.query, protocol.gallery)].astype(np.float32)

    def masks(start: int, stop: int) -> tuple[Mask, Mask]:
        candidates, right = protocol.masks(start, stop)
        wrong = candidates & ~(np.abs(needed[start:stop]) <= 1)
        if wrong.any():
            query, other = np.argwhere(wrong)[0]
            raise InputError(
                f"no similarity in [−1, 1] to {protocol.photos[protocol.gallery[other]]}",
                where=protocol.photos[protocol.query[start + query]],
                mend="compare every pair that may meet under the protocol",
            )
        return candidates, right

    # What never meets is masked; ranking needs a number there all the same.
    scores = score_similar(
        lambda start, stop: np.nan_to_num(needed[start:stop]), needed.shape, masks, top=top
    )
    return _summed_up(scores, protocol, bootstrap, seed)


def _summed_up(scores: Scores, protocol: Protocol, bootstrap: int, seed: int) -> Evaluation:
    valid = np.ones(len(protocol.query), np.bool_)
    if not protocol.count_unanswerable:
        valid = scores.positives > 0
    if not valid.any():
        raise InputError(
            f"nothing to evaluate: no query has a right candidate under {protocol.name!r}",
            mend="at least one individual needs two photos that may be compared",
        )
    scores = scores.take(valid)
    scores = replace(scores, top=np.where(scores.top < 0, -1, protocol.gallery[scores.top]))
    scores = scores.with_misses(len(protocol.missed))
    position = protocol.query[valid]
    photos = [protocol.photos[index] for index in position] + [""] * len(protocol.missed)
    entity = np.concatenate([protocol.entity[position], protocol.missed[:, 0]])
    identity = np.concatenate([protocol.identity[position], protocol.missed[:, 1]])
    position = np.concatenate([position, np.full(len(protocol.missed), -1)])
    table = _columns(scores)
    expected = _chance(scores)
    sums, counts = _per_individual(table, entity, identity)
    means = _named(sums.sum(axis=0) / counts.sum(axis=0))
    sums_by_chance, _ = _per_individual(expected, entity, identity)
    return Evaluation(
        name=protocol.name,
        queries=len(valid) + len(protocol.missed),
        valid=len(position),
        entities=len(np.unique(entity)),
        identities=len(sums),
        **means,
        chance=_named(sums_by_chance.sum(axis=0) / counts.sum(axis=0)),
        intervals=_intervals(sums, counts, bootstrap, seed),
        photo=tuple(photos),
        position=position,
        entity=entity,
        identity=identity,
        scores=scores,
    )


def compare(
    first: Evaluation, second: Evaluation, *, bootstrap: int = 1000, seed: int = 0
) -> Comparison:
    """The differences first − second, with intervals from resampling the same individuals in both.

    Raises:
        InputError: the two were not evaluated on the same queries with the same candidates.
    """
    alike = first.photo == second.photo and all(
        np.array_equal(one, other)
        for one, other in (
            (first.position, second.position),
            (first.entity, second.entity),
            (first.identity, second.identity),
            (first.scores.candidates, second.scores.candidates),
            (first.scores.positives, second.scores.positives),
        )
    )
    if not alike:
        raise InputError(
            f"{first.name!r} and {second.name!r} can't be compared: their queries or candidates "
            "differ",
            mend="evaluate both under the same protocol on the same photos",
        )
    sums, counts = _per_individual(_columns(first.scores), first.entity, first.identity)
    others, _ = _per_individual(_columns(second.scores), second.entity, second.identity)
    return Comparison(
        name=first.name,
        differences=_named((sums - others).sum(axis=0) / counts.sum(axis=0)),
        intervals=_intervals(sums - others, counts, bootstrap, seed),
    )


def match_curve(
    found: Evaluation, *, ranks: int = 20, bootstrap: int = 1000, seed: int = 0
) -> MatchCurve:
    """The share of queries with a right candidate among the first 1 … `ranks`, with intervals."""
    scores, depths = found.scores, range(1, ranks + 1)
    hits = np.stack([scores.within(depth) for depth in depths], axis=1).astype(np.float64)
    expected = [chance_within(scores.positives, scores.candidates, d).mean() for d in depths]
    _, owner = np.unique(found.identity, return_inverse=True)
    counts = np.bincount(owner).astype(np.float64)
    sums = np.zeros((len(counts), ranks))
    np.add.at(sums, owner, hits)
    bounds = np.full((ranks, 2), np.nan)
    if len(sums) > 1:
        weights = counts[:, None].repeat(ranks, axis=1)
        bounds = interval(resampled_means(sums, weights, draws=bootstrap, seed=seed))
    return MatchCurve(hits.mean(axis=0), bounds[:, 0], bounds[:, 1], np.array(expected))


def _checked(vectors: npt.NDArray[np.floating], protocol: Protocol) -> Vectors:
    units = np.ascontiguousarray(vectors, dtype=np.float32)
    if units.ndim != 2 or len(units) != len(protocol.photos):
        raise InputError(
            f"{len(protocol.photos)} photos need as many descriptors in rows, "
            f"but their array has the shape {units.shape}"
        )
    lengths = np.linalg.norm(units, axis=1)
    wrong = np.flatnonzero(~(np.abs(lengths - 1) < 1e-3))
    if len(wrong):
        raise InputError(
            f"{len(wrong)} descriptors are not unit vectors; the first has the length "
            f"{lengths[wrong[0]]:.4g}",
            where=protocol.photos[wrong[0]],
            mend="divide each descriptor by its length; one that is not finite was never computed",
        )
    return units


def _columns(scores: Scores) -> Floats:
    """What each query scores: queries × (AP, rank-1, rank-5, rank-10, INP)."""
    early = [scores.within(rank) for rank in (1, 5, 10)]
    return np.stack([scores.average_precision, *early, scores.inverse_negative_penalty], axis=1)


def _chance(scores: Scores) -> Floats:
    """The same columns, as a random order would fill them on average."""
    numbers = scores.positives, scores.candidates
    early = [chance_within(*numbers, rank) for rank in (1, 5, 10)]
    precision = chance_average_precision(*numbers)
    penalty = chance_inverse_negative_penalty(*numbers)
    return np.stack([precision, *early, penalty], axis=1)


def _per_individual(columns: Floats, entity: Ints, identity: Ints) -> tuple[Floats, Floats]:
    """Sums and counts for each individual, in the order of `METRICS`: two individuals × 6."""
    individuals, owner = np.unique(identity, return_inverse=True)
    _, somewhere = np.unique(entity, return_index=True)
    entity_owner = owner[somewhere]
    size = len(individuals)

    def add(values: Floats, owners: Ints) -> Floats:
        return np.bincount(owners, weights=values, minlength=size).astype(np.float64)

    sums = [add(column, owner) for column in columns.T]
    sums.insert(1, add(group_means(columns[:, 0], entity), entity_owner))
    counts = np.bincount(owner)[:, None].repeat(len(METRICS), axis=1).astype(np.float64)
    counts[:, 1] = np.bincount(entity_owner)
    return np.stack(sums, axis=1), counts


def _named(values: Floats) -> dict[str, float]:
    return {name: float(value) for name, value in zip(METRICS, values, strict=True)}


def _intervals(
    sums: Floats, counts: Floats, bootstrap: int, seed: int
) -> dict[str, tuple[float, float]]:
    if bootstrap < 1 or len(sums) < 2:
        return {}
    bounds = interval(resampled_means(sums, counts, draws=bootstrap, seed=seed))
    return {n: (float(low), float(high)) for n, (low, high) in zip(METRICS, bounds, strict=True)}
