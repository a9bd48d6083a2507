"""Where a heatmap's peak lies, and what lies near it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pawvit.teacher.head.network import KeypointHead, hill, mass_within, places
from pawvit.teacher.head.training import Guess, calibrate


def test_places_are_finer_than_cells() -> None:
    wanted = torch.rand(4, 3, 2, generator=torch.Generator().manual_seed(0)) * 0.8 + 0.1
    maps = hill(wanted, 32, 1.0).clamp(min=1e-9).log()
    assert (places(maps) - wanted).abs().max() < 0.25 / 32


def test_hills_sum_to_one_also_at_the_edge() -> None:
    drawn = hill(torch.tensor([[[0.0, 0.0], [0.5, 1.0]]]), 16, 1.0)
    assert drawn.sum(dim=(2, 3)).numpy() == pytest.approx(np.ones((1, 2)))
    assert drawn[0, 1].argmax() // 16 == 15  # y comes second


def test_the_mass_near_a_point_against_a_loop() -> None:
    maps = torch.randn(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    point, sides, within = torch.tensor([[[0.4, 0.6]]]), torch.tensor([[300.0, 100.0]]), 0.1
    chance = maps[0, 0].flatten().softmax(0).reshape(16, 16)
    total = 0.0
    for row in range(16):
        for column in range(16):
            away = np.hypot(((column + 0.5) / 16 - 0.4) * 300, ((row + 0.5) / 16 - 0.6) * 100)
            total += float(chance[row, column]) if away <= within * np.hypot(300, 100) else 0
    assert mass_within(maps, point, sides, within).item() == pytest.approx(total, rel=1e-5)


def test_shapes() -> None:
    maps, there = KeypointHead(5, 24, 4)(torch.randn(2, 16, 24))
    assert maps.shape == (2, 5, 8, 8)
    assert there.shape == (2, 5)


def test_confidence_becomes_a_probability() -> None:
    rng = np.random.default_rng(0)
    near = torch.from_numpy(rng.uniform(0.05, 0.95, (500, 4)))
    there = torch.from_numpy(rng.normal(size=(500, 4)))
    # The truth is twice as sure as the head, and half of what has a place is lost.
    truth = torch.sigmoid(2 * near.logit() + 0.5 * there - 1).numpy()
    right = rng.uniform(size=truth.shape) < truth
    trust = calibrate(Guess(np.zeros((500, 4, 2)), near, there), right)
    assert (trust.mass, trust.there, trust.offset) == pytest.approx((2, 0.5, -1), abs=0.2)
    sure = trust(near, there).numpy()
    assert right[sure > 0.8].mean() == pytest.approx(sure[sure > 0.8].mean(), abs=0.04)
