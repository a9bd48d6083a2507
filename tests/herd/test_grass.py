"""Grass: what it says it hides is what has changed."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.herd.camera import CAMERAS
from pawvit.herd.grass import tall_grass_before, tufts_before
from pawvit.herd.place import Place

PLACE = Place(x=80.0, y=116.0, scale=70.0, tilt=0.0, mirror=False)
EMPTY = np.full((128, 160, 3), 255, np.float32)


@pytest.mark.parametrize("amount", [0.2, 1.0])
def test_hidden_pixels_are_grass_and_the_others_are_not(amount: float) -> None:
    scene = EMPTY.copy()
    hidden = tall_grass_before(scene, PLACE, CAMERAS[0], amount, np.random.default_rng(0))
    changed = np.abs(scene - EMPTY).max(axis=2)
    assert (changed[hidden] > 40).all()
    # At the edges a pixel is up to half grass.
    assert (changed[~hidden] <= 130).all()
    assert 0 < hidden.mean() < 0.4


def test_more_grass_hides_more_and_none_hides_the_back() -> None:
    some, much = (
        tall_grass_before(EMPTY.copy(), PLACE, CAMERAS[1], amount, np.random.default_rng(2))
        for amount in (0.3, 1.0)
    )
    assert some.sum() < 0.6 * much.sum()
    assert not much[: int(PLACE.y - 0.85 * PLACE.scale)].any()


def test_tufts_hide_hooves_only() -> None:
    hidden = tufts_before(EMPTY.copy(), PLACE, CAMERAS[0], np.random.default_rng(0))
    assert 0 < hidden.mean() < 0.02
    assert not hidden[: int(PLACE.y - 0.2 * PLACE.scale)].any()
