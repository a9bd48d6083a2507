"""Drawn photos: the same from the same seed; the part map tells what the pixels show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pawvit.anatomy import TIGER_PARTS
from pawvit.herd.animal import make_animal
from pawvit.herd.camera import CAMERAS
from pawvit.herd.conditions import PLAIN, Conditions
from pawvit.herd.draw import VIEWS, Photo, draw
from pawvit.herd.names import names
from pawvit.herd.paint import BACKGROUND
from pawvit.herd.pose import POSES


def photo(number: int, orientation: str = "left", conditions: Conditions = PLAIN) -> Photo:
    animal = make_animal(0, names(number + 1)[number])
    camera = CAMERAS[number % len(CAMERAS)]
    rng = np.random.default_rng(number)
    return draw(animal, orientation, camera, rng, conditions=conditions)


GRASS = Conditions(grass=0.9)
# Blue as no animal and no landscape is, so that its pixels can be told.
BLUE = dict.fromkeys(("base", "mark", "pale", "dark"), (0, 0, 255))
OTHER = make_animal(0, "zinnia")
BEHIND = Conditions(neighbour=replace(OTHER, species=replace(OTHER.species, **BLUE)))
BEFORE = replace(BEHIND, in_front=True)


def test_the_same_seed_draws_the_same_photo() -> None:
    first, again = photo(4), photo(4)
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.labels, again.labels)


def test_arrays_have_the_promised_shape_and_range() -> None:
    shown = draw(make_animal(0, "ivy"), "right", CAMERAS[0], np.random.default_rng(0), (96, 128))
    assert shown.pixels.shape == (96, 128, 3)
    assert shown.labels.shape == (96, 128)
    assert shown.pixels.dtype == shown.labels.dtype == np.uint8
    assert shown.labels.max() == BACKGROUND == len(TIGER_PARTS)


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(ValueError, match="left, right, front, back"):
        photo(0, "unknown")


def test_nearly_every_photo_shows_all_parts_and_not_too_little_animal() -> None:
    maps = [photo(n, ("left", "right")[n % 2]).labels for n in range(24)]
    complete = [set(np.unique(labels)) == set(range(BACKGROUND + 1)) for labels in maps]
    assert np.mean(complete) > 0.9
    assert all(0.12 < (labels != BACKGROUND).mean() < 0.6 for labels in maps)


def test_left_faces_left_and_right_faces_right() -> None:
    for orientation, sign in (("left", -1), ("right", 1)):
        labels = photo(2, orientation).labels
        head = np.argwhere(labels == TIGER_PARTS.index("head"))[:, 1].mean()
        tail = np.argwhere(labels == TIGER_PARTS.index("tail"))[:, 1].mean()
        assert np.sign(head - tail) == sign


# From the front the tail is hidden, and what lies is hidden by what it lies behind.
SHOWN = {
    ("front", "walking"): "head body hind front",
    ("front", "grazing"): "head body hind front",
    ("front", "lying"): "head body front",
    ("back", "walking"): "head body tail hind front",
    ("back", "grazing"): "head body tail hind",
    ("back", "lying"): "head body tail hind",
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("pose", POSES)
def test_every_pose_shows_all_parts_that_can_be_seen_from_a_side(view: str, pose: str) -> None:
    expected = SHOWN.get((view, pose), "head body tail hind front").split()
    for number in range(6):
        shown = photo(number, view, Conditions(pose=pose))
        assert shown.pose == pose
        counts = np.bincount(shown.labels.ravel(), minlength=BACKGROUND + 1)
        for part, count in zip(TIGER_PARTS, counts, strict=False):
            if part.split()[0] in expected:
                assert count > 15, f"{part} of photo {number}"
        if "tail" not in expected:
            assert counts[TIGER_PARTS.index("tail")] == 0


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("obstacle", [GRASS, BEFORE], ids=["grass", "neighbour"])
def test_a_part_is_where_it_is_seen_and_what_hides_it_is_background(
    view: str, obstacle: Conditions
) -> None:
    """The same photo with and without what hides the animal: pixels tell where they differ."""
    lost_changes, kept_changes = [], []
    for number in range(4):
        clear, hidden = photo(number, view), photo(number, view, obstacle)
        assert np.array_equal(hidden.whole, clear.whole)
        kept = hidden.labels != BACKGROUND
        assert np.array_equal(hidden.labels[kept], clear.labels[kept])
        lost = (clear.labels != BACKGROUND) & ~kept
        changed = np.abs(hidden.pixels.astype(int) - clear.pixels).max(axis=2)
        lost_changes.append(changed[lost])
        kept_changes.append(changed[kept])
    # The camera blurs edges, and what stands before the animal throws some shade on it.
    assert len(np.concatenate(lost_changes)) > 150
    assert (np.concatenate(lost_changes) > 8).mean() > 0.9
    assert (np.concatenate(kept_changes) > 30).mean() < 0.1


def test_an_animal_behind_hides_nothing_and_is_background() -> None:
    for number in range(4):
        clear, company = photo(number), photo(number, conditions=BEHIND)
        assert np.array_equal(clear.labels, company.labels)
        assert not np.array_equal(clear.pixels, company.pixels)
        assert (clear.neighbours, company.neighbours) == (0, 1)


def test_the_light_and_the_distance_leave_the_map_exact() -> None:
    far = photo(3, conditions=Conditions(far=0.3, spot=2))
    near = photo(3)
    assert 0.3 < (far.labels != BACKGROUND).sum() / (near.labels != BACKGROUND).sum() < 0.7
    rows = np.nonzero(far.labels != BACKGROUND)[0]
    assert rows.max() < np.nonzero(near.labels != BACKGROUND)[0].max()
