"""Looks: a season changes colours and bulk, never the layout of the marks."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.herd.animal import make_animal
from pawvit.herd.look import look


def test_winter_makes_a_coat_duller_and_thicker() -> None:
    animal = make_animal(0, "hazel")
    summer, winter = look(animal), look(animal, winter=1.0)
    assert np.ptp(winter.base) < np.ptp(summer.base)
    contrast = [np.abs(np.subtract(one.base, one.mark)).sum() for one in (summer, winter)]
    assert contrast[1] < contrast[0]
    assert winter.girth == pytest.approx(1.07 * summer.girth)


def test_scars_are_there_once_it_is_wounded_and_differ_between_flanks() -> None:
    animal = make_animal(0, "hazel")
    assert look(animal).scars == {}
    scars = look(animal, scarred=True).scars
    assert set(scars) == {"left", "right"}
    assert all(scars.values())
    assert not np.array_equal(scars["left"][0], scars["right"][0])
