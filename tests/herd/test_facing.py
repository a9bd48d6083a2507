"""Figures from the front and from behind: on the ground, narrow, each flank's marks on its side."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.herd.animal import make_animal
from pawvit.herd.facing import front_view, rear_view
from pawvit.herd.figure import BODY, HEAD, Figure
from pawvit.herd.look import Look, look
from pawvit.herd.names import names
from pawvit.herd.pose import POSES, random_pose


def points_of(figure: Figure, part: int | None = None) -> np.ndarray:
    return np.concatenate(
        [
            outline
            for layer in figure.layers
            for outline, label in layer.silhouette
            if part is None or label == part
        ]
    )


@pytest.mark.parametrize("view", [front_view, rear_view])
@pytest.mark.parametrize("name", POSES)
def test_every_pose_is_on_the_ground_and_narrow(view: type, name: str) -> None:
    for seed, who in enumerate(names(6)):
        animal = make_animal(0, who)
        pose = random_pose(np.random.default_rng(seed), name)
        points = points_of(view(animal, pose, look(animal)))
        assert np.isfinite(points).all()
        assert points[:, 1].max() == pytest.approx(0, abs=1e-9)
        assert np.abs(points[:, 0]).max() < 0.6


def test_a_grazing_animal_seen_from_the_front_has_its_head_low() -> None:
    animal = make_animal(0, "hazel")
    heads = {}
    for name in ("walking", "grazing"):
        pose = random_pose(np.random.default_rng(1), name)
        heads[name] = points_of(front_view(animal, pose, look(animal)), HEAD)
    assert heads["grazing"][:, 1].max() > -0.25 > heads["walking"][:, 1].max()


@pytest.mark.parametrize(("view", "sign"), [(front_view, 1), (rear_view, -1)])
def test_the_left_flank_is_on_the_viewers_right_in_front_and_left_behind(
    view: type, sign: int
) -> None:
    """Drawn with scars on the left flank only, so that nothing else can be meant."""
    animal = make_animal(0, "hazel")
    plain = look(animal)
    scar = np.array([[0.04, -0.3], [0.12, -0.3], [0.12, 0.1], [0.04, 0.1]])
    if sign < 0:
        scar = np.array([1.0, 0.0]) + scar * (-1, 1)
    scarred = Look(plain.base, plain.mark, plain.pale, plain.dark, plain.girth, {"left": (scar,)})
    pose = random_pose(np.random.default_rng(1), "walking")

    def painted(seen: Look) -> list[np.ndarray]:
        figure = view(animal, pose, seen)
        (body,) = (
            layer for layer in figure.layers if any(part == BODY for _, part in layer.silhouette)
        )
        return [outline for outline, _ in body.paint]

    before, after = painted(plain), painted(scarred)
    (new,) = [a for a in after if not any(np.array_equal(a, b) for b in before)]
    assert np.sign(new[:, 0].mean()) == sign
