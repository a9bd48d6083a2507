"""Figures over seeds and groups, and differences, against naive means."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.evaluation import Evaluation, evaluate
from pawvit.protocols.rule import Protocol, codes
from pawvit.reproduce.rows import TABLES
from pawvit.reproduce.summary import Answered, columns, figures


def evaluation(seed: int, noise: float) -> Evaluation:
    names = [f"animal {n // 4}" for n in range(40)]
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(10, 8))
    vectors = centres[np.arange(40) // 4] + noise * random.normal(size=(40, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    everything, own = np.arange(40), codes(names)
    rule = Protocol(
        name="all",
        photos=tuple(str(n) for n in range(40)),
        query=everything,
        gallery=everything,
        entity=own,
        identity=own,
        picture=everything,
        series=np.full(40, -1),
        moment=np.zeros(40, np.int64),
    )
    return evaluate(vectors, rule)


def test_one_seed_is_the_evaluation_s_own_interval() -> None:
    table, found = TABLES["table3"], evaluation(0, 1.0)
    first, rank1 = figures(table.metrics, [[Answered.of(found)]])
    assert first.value == pytest.approx(100 * found.map_queries)
    low, high = found.intervals["map_queries"]
    assert (first.lower, first.upper) == pytest.approx((100 * low, 100 * high))
    assert rank1.value == pytest.approx(100 * found.rank1)


def test_means_over_seeds_and_groups() -> None:
    table = TABLES["table1"]
    seeds = [[evaluation(seed, 1.0), evaluation(seed + 5, 2.0)] for seed in range(3)]
    found = figures(table.metrics, [list(map(Answered.of, one)) for one in seeds], mean=True)
    assert len(found) == len(columns(table, table.groups)) == 7
    maps = 100 * np.array([[one.map_queries for one in groups] for groups in seeds])
    assert found[0].value == pytest.approx(maps.mean())
    assert found[0].seeds == pytest.approx(maps.mean(axis=1))
    assert found[1].value == pytest.approx(maps[:, 0].mean())
    assert found[4].value == pytest.approx(maps[:, 1].mean())
    assert found[0].lower is not None
    assert found[0].lower < found[0].value < found[0].upper


def test_differences_are_of_the_same_queries() -> None:
    table = TABLES["table3"]
    good = [[Answered.of(evaluation(0, 0.5))]]
    bad = [[Answered.of(evaluation(seed, 2.0))] for seed in range(2)]
    more = figures(table.metrics, good, bad)
    alone = figures(table.metrics, good)[0].value - figures(table.metrics, bad)[0].value
    assert more[0].value == pytest.approx(alone)
    assert more[0].lower > 0
    assert figures(table.metrics, good, good)[0].value == 0


def test_over_entities_many_photos_of_one_weigh_no_more() -> None:
    found = evaluation(0, 1.0)
    # The photos of nine animals, and one of the tenth.
    chosen = np.append(np.arange(36), 36)
    whole = Answered.of(found)
    few = Answered(
        whole.average_precision[chosen],
        whole.first[chosen],
        whole.entity[chosen],
        whole.identity[chosen],
    )
    (figure,) = figures(("mAP over entities",), [[few]])
    by_animal = [
        few.average_precision[few.entity == entity].mean() for entity in np.unique(few.entity)
    ]
    assert figure.value == pytest.approx(100 * np.mean(by_animal))
    assert figure.value != pytest.approx(figures(("mAP",), [[few]])[0].value)
    assert figure.lower < figure.value < figure.upper
