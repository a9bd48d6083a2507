"""Poses: their names are what they are."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.herd.pose import POSES, random_pose


@pytest.mark.parametrize("name", POSES)
def test_a_pose_that_is_asked_for_is_the_one_that_is_got(name: str) -> None:
    assert {random_pose(np.random.default_rng(seed), name).name for seed in range(20)} == {name}


def test_where_none_is_asked_for_most_walk_some_graze_and_none_lies() -> None:
    found = [random_pose(np.random.default_rng(seed)).name for seed in range(200)]
    assert 0.7 < found.count("walking") / 200 < 0.9
    assert found.count("lying") == 0
