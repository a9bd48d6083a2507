"""Discovered parts as maps, on drawn animals of features whose parts are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from drawn_features import FORE, GRID, HEAD, HIND, LOWER, NOTHING, UPPER, animal, drawn, herd
from pawvit.errors import PartMapError
from pawvit.teacher.discover import DiscoveredParts, fit

FIVE = ("head", "upper flank", "lower flank", "fore legs", "hind legs")


@pytest.fixture(scope="module")
def fitted() -> DiscoveredParts:
    photos = herd(40)
    return fit(photos.features, photos.saliency, GRID, seed=0)


def test_parts_are_found_named_and_ordered_from_head_to_legs(fitted: DiscoveredParts) -> None:
    assert fitted.number == 5
    assert fitted.vocabulary == FIVE


def test_labels_are_where_the_parts_are(fitted: DiscoveredParts) -> None:
    photos = herd(10)
    labels = fitted.label(photos.features, photos.shown, GRID, GRID)
    for found, expected in zip(labels, photos.truth, strict=True):
        for label, kind in enumerate((HEAD, UPPER, LOWER, FORE, HIND)):
            assert (found[expected == kind] == label).mean() > 0.65
        assert (found[expected == NOTHING] == 5).all()
    right = np.stack(labels) == np.array([0, 1, 2, 3, 4, 5])[photos.truth]
    assert right.mean() > 0.95


def test_a_given_number_of_parts_is_taken(fitted: DiscoveredParts) -> None:
    photos = herd(40)
    three = fit(photos.features, photos.saliency, GRID, number=3)
    assert three.vocabulary == ("head", "trunk", "legs")
    with pytest.raises(PartMapError, match="9 parts can't be found"):
        replace(fitted, number=9)


def test_the_table_s_orientation_is_believed(fitted: DiscoveredParts) -> None:
    photos = drawn([animal("left")])
    (own,) = fitted.label(photos.features, photos.shown, GRID, GRID, ["unknown"])
    (left,) = fitted.label(photos.features, photos.shown, GRID, GRID, ["left"])
    (right,) = fitted.label(photos.features, photos.shown, GRID, GRID, ["right"])
    assert np.array_equal(own, left)
    fore = photos.truth[0] == FORE
    assert (left[fore] == 3).all()
    assert (right[fore] == 4).mean() > 0.6  # not where fore legs reach beyond the middle


def test_a_second_animal_is_kept_out(fitted: DiscoveredParts) -> None:
    truth = animal()
    truth[0:2, 13:16] = HEAD
    photos = drawn([truth])
    (alone,) = fitted.label(photos.features, photos.shown, GRID, GRID)
    assert (alone[0:2, 13:16] == 5).all()
    (both,) = replace(fitted, companion=0.0).label(photos.features, photos.shown, GRID, GRID)
    assert (both[0:2, 13:16] != 5).all()


def test_an_animal_has_one_head(fitted: DiscoveredParts) -> None:
    truth = animal()
    truth[7:9, 12:14] = HEAD  # something on the flank that looks like a head
    photos = drawn([truth])
    (found,) = fitted.label(photos.features, photos.shown, GRID, GRID)
    assert (found[2:6, 1:5] == 0).mean() > 0.7
    assert (found[7:9, 12:14] != 0).all()


def test_an_empty_foreground_is_all_background(fitted: DiscoveredParts) -> None:
    photos = drawn([animal()])
    (found,) = fitted.label(photos.features, photos.shown * 0, GRID, GRID)
    assert (found == 5).all()


def test_the_same_seed_finds_the_same_parts(fitted: DiscoveredParts) -> None:
    photos = herd(40)
    again = fit(photos.features, photos.saliency, GRID, seed=0)
    assert torch.equal(again.tree.root.weight, fitted.tree.root.weight)


def test_a_teacher_comes_back_from_its_file(fitted: DiscoveredParts, tmp_path: Path) -> None:
    fitted.save(tmp_path / "t.safetensors")
    again = DiscoveredParts.load(tmp_path / "t.safetensors")
    assert (again.vocabulary, again.curve) == (fitted.vocabulary, fitted.curve)
    photos = herd(3)
    one, other = (t.label(photos.features, photos.shown, GRID, GRID) for t in (fitted, again))
    assert np.array_equal(one, other)
    (tmp_path / "t.safetensors").write_bytes(b"nothing")
    with pytest.raises(PartMapError, match="can't be read"):
        DiscoveredParts.load(tmp_path / "t.safetensors")


def test_photos_without_an_animal_can_t_be_learned_from() -> None:
    photos = herd()
    with pytest.raises(PartMapError, match="clear foreground"):
        fit(photos.features, photos.saliency * 0.1, GRID)
