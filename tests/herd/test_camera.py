"""Cameras: what they do to a scene differs more than animals do."""

from __future__ import annotations

import numpy as np

from pawvit.herd.animal import make_animal
from pawvit.herd.camera import CAMERAS
from pawvit.herd.draw import draw
from pawvit.herd.names import names


def test_cameras_have_names_of_their_own() -> None:
    assert len({camera.name for camera in CAMERAS}) == len(CAMERAS) >= 4


def test_light_differs_more_between_cameras_than_animals_do() -> None:
    rng = np.random.default_rng(0)
    means = np.array(
        [
            [draw(make_animal(0, n), "left", c, rng).pixels.mean(axis=(0, 1)) for n in names(4)]
            for c in CAMERAS[:4]
        ]
    )
    assert means.mean(axis=1).std(axis=0).min() > means.mean(axis=0).std(axis=0).max()
