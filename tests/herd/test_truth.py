"""The truth of a photo: worked out again from drawings of the animal alone."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.anatomy import TIGER_PARTS
from pawvit.herd.animal import make_animal
from pawvit.herd.camera import CAMERAS
from pawvit.herd.conditions import Conditions
from pawvit.herd.draw import VIEWS, Photo, draw, figure_of
from pawvit.herd.paint import BACKGROUND, paint
from pawvit.herd.place import random_place
from pawvit.herd.pose import random_pose
from pawvit.herd.truth import COLUMNS, KEYPOINTS, truth_of
from pawvit.photos import parse_box

SIZE = (96, 120)
HARD = Conditions(
    pose="walking", grass=0.9, neighbour=make_animal(0, "zinnia"), in_front=True, far=0.1
)


def photo(seed: int, view: str, conditions: Conditions) -> Photo:
    rng = np.random.default_rng(seed)
    return draw(make_animal(0, "hazel"), view, CAMERAS[seed % 6], rng, SIZE, conditions)


@pytest.mark.parametrize("view", VIEWS)
def test_shares_and_box_agree_with_the_animal_drawn_alone(view: str) -> None:
    shown = photo(1, view, HARD)
    rng = np.random.default_rng(1)
    pose, place = random_pose(rng, HARD.pose), random_place(rng, view, SIZE, HARD.far)
    figure = figure_of(make_animal(0, "hazel"), view, pose, HARD)
    alone = paint(figure, place, np.zeros((*SIZE, 3), np.float32))
    truth = truth_of(shown)
    assert truth["occluded"] > 0.02
    assert truth["occluded"] == pytest.approx(
        1 - (shown.labels < BACKGROUND).sum() / (alone < BACKGROUND).sum(), abs=1e-4
    )
    for label, part in enumerate(TIGER_PARTS):
        there, seen = (alone == label).sum(), (shown.labels == label).sum()
        share = truth[f"visible_{part.replace(' ', '_')}"]
        assert share == pytest.approx(seen / there if there else 0, abs=1e-4)
    rows, columns = np.nonzero(shown.labels < BACKGROUND)
    x, y, width, height = parse_box(truth["animal_box"]) or (0, 0, 0, 0)
    assert (x, y, x + width - 1, y + height - 1) == (
        columns.min(), rows.min(), columns.max(), rows.max(),
    )  # fmt: skip


def test_animals_are_counted_where_they_are_seen() -> None:
    assert truth_of(photo(1, "left", Conditions()))["animals"] == 1
    assert truth_of(photo(1, "left", HARD))["animals"] == 2


@pytest.mark.parametrize("view", VIEWS)
def test_keypoints_are_on_what_the_map_says_they_are(view: str) -> None:
    shown = photo(2, view, Conditions(pose="walking"))
    found = np.array(truth_of(shown)["keypoints"]).reshape(-1, 3)
    if view in ("front", "back"):
        assert len(found) == 0
        return
    assert len(found) == len(KEYPOINTS) == 15
    points = dict(zip(KEYPOINTS, found, strict=True))
    for name, part in (("nose", "head"), ("center", "body"), (f"{view}_knee", "hind legs")):
        x, y, seen = points[name]
        assert seen == 2
        assert shown.labels[int(y), int(x)] == TIGER_PARTS.index(part)
    assert np.sign(points["nose"][0] - points["tail"][0]) == (-1 if view == "left" else 1)
    hidden = points["left_hip" if view == "right" else "right_hip"]
    assert hidden[2] == 1


def test_every_column_is_told_or_planned() -> None:
    planned = {"season", "scarred", "background", "neighbour"}
    assert set(truth_of(photo(1, "left", HARD))) == set(COLUMNS) - planned | {"keypoints"}
