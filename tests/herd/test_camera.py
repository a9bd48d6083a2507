"""Cameras: what they do to a scene differs more than animals do."""

from __future__ import annotations

import numpy as np

from pawvit.herd.animal import make_animal
from pawvit.herd.camera import CAMERAS, expose
from pawvit.herd.draw import draw
from pawvit.herd.names import names


def test_cameras_have_names_of_their_own() -> None:
    assert len({camera.name for camera in CAMERAS}) == len(CAMERAS) >= 4


def test_no_scene_leaves_the_range_of_a_photo() -> None:
    scene = np.zeros((64, 80, 3), np.float32)
    scene[:, 40:] = 255
    for camera in CAMERAS:
        photo = expose(scene.copy(), camera, np.random.default_rng(1))
        assert photo.dtype == np.uint8
        # Nothing wraps around: black stays dark, white stays bright.
        assert photo[:, :30].mean() < 70 < 150 < photo[:, 50:].mean()


def test_light_differs_more_between_cameras_than_animals_do() -> None:
    rng = np.random.default_rng(0)
    means = np.array(
        [
            [draw(make_animal(0, n), "left", c, rng).pixels.mean(axis=(0, 1)) for n in names(4)]
            for c in CAMERAS[:4]
        ]
    )
    assert means.mean(axis=1).std(axis=0).min() > means.mean(axis=0).std(axis=0).max()
