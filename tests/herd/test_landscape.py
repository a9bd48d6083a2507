"""Landscapes: each camera's own, and nearly the same in all of its photos."""

from __future__ import annotations

import numpy as np

from pawvit.herd.camera import CAMERAS
from pawvit.herd.landscape import landscape


def test_a_landscape_is_painted_once_and_turned_a_little() -> None:
    first = landscape(CAMERAS[0], (96, 128), np.random.default_rng(0))
    other = landscape(CAMERAS[0], (96, 128), np.random.default_rng(5))
    assert first.shape == other.shape == (96, 128, 3)
    assert not np.array_equal(first, other)
    assert np.abs(first - other).mean() < 40


def test_every_camera_looks_at_another_landscape() -> None:
    views = [landscape(camera, (64, 80), np.random.default_rng(0)) for camera in CAMERAS]
    for i, view in enumerate(views):
        assert all(np.abs(view - other).mean() > 8 for other in views[:i])


def test_a_landscape_may_be_painted_over() -> None:
    first = landscape(CAMERAS[1], (64, 80), np.random.default_rng(0))
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(landscape(CAMERAS[1], (64, 80), np.random.default_rng(0)), kept)
