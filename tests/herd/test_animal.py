"""Animals and coats: the same from the same seed, other flanks and other animals are not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from pawvit.herd.animal import SPECIES, Animal, make_animal
from pawvit.herd.coat import Coat
from pawvit.herd.names import names

Mask = npt.NDArray[np.bool_]


def rendered(coat: Coat) -> Mask:
    """The marks of the trunk in body coordinates, 40 × 80."""
    image = Image.new("1", (80, 40))
    for outline in coat.body:
        points = outline * (80, 20) + (0, 20)
        ImageDraw.Draw(image).polygon(points.ravel().tolist(), fill=1)
    return np.asarray(image)


def overlap(first: Mask, second: Mask) -> float:
    return float((first & second).sum() / max(1, (first | second).sum()))


@pytest.fixture(scope="module")
def herd() -> list[Animal]:
    return [make_animal(3, name) for name in names(60)]


def test_the_same_seed_makes_the_same_animal() -> None:
    first, again, other = (
        make_animal(1, "willow"),
        make_animal(1, "willow"),
        make_animal(2, "willow"),
    )
    for flank in ("left", "right"):
        assert np.array_equal(rendered(first.coats[flank]), rendered(again.coats[flank]))
        assert not np.array_equal(rendered(first.coats[flank]), rendered(other.coats[flank]))
    assert (first.tint, first.legs, first.species) == (again.tint, again.legs, again.species)


def test_no_two_flanks_of_the_herd_are_alike(herd: list[Animal]) -> None:
    masks = [rendered(animal.coats[flank]) for animal in herd for flank in ("left", "right")]
    worst = max(overlap(a, b) for i, a in enumerate(masks) for b in masks[:i])
    assert worst < 0.7


def test_the_flanks_of_an_animal_are_as_different_as_two_animals(herd: list[Animal]) -> None:
    for species in SPECIES:
        kin = [animal for animal in herd if animal.species is species]
        own = [overlap(*(rendered(a.coats[f]) for f in ("left", "right"))) for a in kin]
        others = [
            overlap(rendered(a.coats["left"]), rendered(b.coats["left"]))
            for a in kin
            for b in kin
            if a is not b
        ]
        assert len(kin) >= 8
        assert abs(np.mean(own) - np.mean(others)) < 0.06


def test_marks_are_bold_and_every_flank_has_some(herd: list[Animal]) -> None:
    for animal in herd:
        for coat in animal.coats.values():
            assert 3 <= len(coat.body) <= 20
            assert 0.06 < rendered(coat).mean() < 0.5


def test_colour_and_size_hardly_differ_within_a_species(herd: list[Animal]) -> None:
    for animal in herd:
        traits = [*animal.tint, animal.legs, animal.girth, animal.neck]
        assert all(0.97 <= trait <= 1.03 for trait in traits)
