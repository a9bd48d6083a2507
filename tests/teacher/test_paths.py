from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from pawvit.teacher.paths import distances, nearest_inside, pieces, way

U_SHAPE = np.array(
    [
        [1, 0, 1],
        [1, 0, 1],
        [1, 1, 1],
    ],
    dtype=np.bool_,
)


def test_ways_lead_round_what_is_outside() -> None:
    far, nearest = distances(U_SHAPE, [(0, 0)])
    assert far[0, 2] == pytest.approx(1 + 2 * 2**0.5 + 1)
    assert np.isinf(far[0, 1])
    assert nearest[0, 2] == 0
    assert nearest[0, 1] == -1


def test_steps_have_the_picture_s_proportions() -> None:
    far, _ = distances(np.ones((3, 3), np.bool_), [(0, 0)], (2.0, 3.0))
    np.testing.assert_allclose(far[0], [0, 3, 6])
    np.testing.assert_allclose(far[:, 0], [0, 2, 4])
    assert far[1, 1] == pytest.approx(13**0.5)


def test_each_pixel_knows_its_nearest_seed() -> None:
    line = np.ones((1, 7), np.bool_)
    _, nearest = distances(line, [(0, 6), (5, 5), (0, 0)])
    assert nearest.tolist() == [[2, 2, 2, 0, 0, 0, 0]] or nearest.tolist() == [
        [2, 2, 2, 2, 0, 0, 0]
    ]


def test_against_many_sweeps_over_the_grid() -> None:
    random = np.random.default_rng(0)
    inside = random.random((12, 15)) > 0.3
    inside[0, 0] = True
    found, _ = distances(inside, [(0, 0)])
    slow = np.full(inside.shape, np.inf)
    slow[0, 0] = 0
    for _ in range(200):
        for y, x in zip(*np.nonzero(inside), strict=True):
            for dy in (-1, 0, 1):
                for dx in (-1, 0, 1):
                    if 0 <= y + dy < 12 and 0 <= x + dx < 15 and inside[y + dy, x + dx]:
                        slow[y, x] = min(slow[y, x], slow[y + dy, x + dx] + np.hypot(dy, dx))
    np.testing.assert_allclose(found, slow)


def test_a_way_has_both_its_ends() -> None:
    assert way(U_SHAPE, (0, 0), (0, 2)) == [(0, 0), (1, 0), (2, 1), (1, 2), (0, 2)]
    assert way(U_SHAPE, (0, 0), (0, 0)) == [(0, 0)]
    assert way(np.array([[True, False, True]]), (0, 0), (0, 2)) is None


def test_the_nearest_pixel_inside() -> None:
    assert nearest_inside(U_SHAPE, (-4, 9)) == (0, 2)
    assert nearest_inside(U_SHAPE, (2, 1)) == (2, 1)
    assert nearest_inside(np.zeros((2, 2), np.bool_), (0, 0)) is None


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.bool_, st.tuples(*[st.integers(1, 9)] * 2)))
def test_pieces_are_those_of_scipy(mask: np.ndarray) -> None:
    named, number = ndimage.label(mask, np.ones((3, 3)))
    found = pieces(mask)
    assert ((found > 0) == mask).all()
    both = np.unique(np.stack([named[mask], found[mask]]), axis=1)
    assert len(both[0]) == len(set(both[0])) == len(set(both[1])) == number
    assert np.array_equal(pieces(mask[None])[0], found)
