"""Places: the figure is in the photo."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.herd.draw import VIEWS
from pawvit.herd.place import Place, random_place


def test_units_become_pixels_mirrored_where_told() -> None:
    units = np.array([[0.0, 0.0], [1.0, -1.0]])
    place = Place(x=50, y=90, scale=10, tilt=0.0, mirror=False)
    assert place.points(units) == pytest.approx(np.array([[50.0, 90.0], [60.0, 80.0]]))
    mirrored = Place(x=50, y=90, scale=10, tilt=0.0, mirror=True)
    assert mirrored.points(units) == pytest.approx(np.array([[50.0, 90.0], [40.0, 80.0]]))


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_far_is_smaller_higher_and_still_in_the_photo(view: str) -> None:
    near, far = (random_place(np.random.default_rng(3), view, (100, 120), f) for f in (0, 0.3))
    assert far.scale == pytest.approx(0.7 * near.scale)
    assert far.y < near.y < 100
    assert 0.2 * 120 < far.x < 0.8 * 120
