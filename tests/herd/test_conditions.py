"""The dial: nothing at 0, each condition above its level, all of them at 1."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.herd.animal import make_animal
from pawvit.herd.conditions import LEVELS, PLAIN, Conditions, conditions, strength
from pawvit.herd.exposure import CLEAR


def drawn(difficulty: float, number: int = 200) -> list[Conditions]:
    other = make_animal(0, "fern")
    return [
        conditions(
            difficulty,
            np.random.default_rng(seed),
            winter=seed % 2 == 0,
            scarred=True,
            spot=seed,
            neighbour=other,
        )
        for seed in range(number)
    ]


def test_at_0_every_photo_is_plain() -> None:
    assert all(found is PLAIN for found in drawn(0.0, 20))


@pytest.mark.parametrize("condition", LEVELS)
def test_a_condition_grows_from_its_level_to_1(condition: str) -> None:
    start = LEVELS[condition][0]
    assert strength(start, condition) == 0
    assert 0 < strength(start + 0.1, condition) < strength(start + 0.2, condition) < 1
    assert strength(1.0, condition) == 1


def test_each_level_turns_on_what_it_says_and_nothing_before() -> None:
    for difficulty in (0.1, 0.3, 0.5, 0.7, 1.0):
        found = drawn(difficulty)
        assert any(c.light != CLEAR for c in found)
        assert any(c.winter for c in found)
        assert any(c.scarred for c in found)
        assert any(c.pose == "lying" for c in found) == (difficulty > 0.2)
        assert any(c.grass for c in found) == (difficulty > 0.4)
        assert any(c.neighbour for c in found) == (difficulty > 0.6)
        assert any(c.light.drift for c in found) == (difficulty > 0.6)


def test_a_higher_level_is_harder() -> None:
    some, most = drawn(0.7), drawn(1.0)
    for share in (
        lambda c: c.grass,
        lambda c: c.neighbour is not None,
        lambda c: c.far,
        lambda c: abs(c.light.gain - 1),
        lambda c: c.pose == "lying",
    ):
        assert np.mean([share(c) for c in some]) < np.mean([share(c) for c in most])
