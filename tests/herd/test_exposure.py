"""Exposure: nothing leaves the range of a photo, and light does what it says."""

from __future__ import annotations

import numpy as np

from pawvit.herd.camera import CAMERAS
from pawvit.herd.exposure import CLEAR, Light, expose
from pawvit.images import Pixels


def test_no_scene_leaves_the_range_of_a_photo() -> None:
    scene = np.zeros((64, 80, 3), np.float32)
    scene[:, 40:] = 255
    for camera in CAMERAS:
        photo = expose(scene.copy(), camera, np.random.default_rng(1))
        assert photo.dtype == np.uint8
        # Nothing wraps around: black stays dark, white stays bright.
        assert photo[:, :30].mean() < 70 < 150 < photo[:, 50:].mean()


def shot(light: Light) -> Pixels:
    scene = np.full((64, 80, 3), 110, np.float32)
    scene[:, 38:42] = 200
    return expose(scene, CAMERAS[0], np.random.default_rng(1), light)


def test_clear_light_is_no_light_at_all() -> None:
    assert np.array_equal(shot(CLEAR), shot(Light()))


def test_gain_slope_blur_and_drift_do_what_they_say() -> None:
    plain = shot(CLEAR).astype(float)
    assert shot(Light(gain=0.6)).mean() < 0.8 * plain.mean()
    sloping = shot(Light(slope=0.6)).astype(float)
    assert sloping[:, :20].mean() < plain[:, :20].mean() < sloping[:, 60:].mean()
    edge = np.abs(np.diff(plain.mean(axis=(0, 2)))).max()
    for soft in (Light(blur=3.0), Light(drift=0.08)):
        assert np.abs(np.diff(shot(soft).mean(axis=(0, 2)))).max() < 0.7 * edge
