"""How many parts there are, on drawn animals whose features do and don't carry a split."""

from __future__ import annotations

import pytest
import torch

from drawn_features import GRID, Drawn, animal, drawn, herd
from pawvit.teacher.bodyplan import Linear, Patches, gather
from pawvit.teacher.splits import ALONG, DOWN, Split, Tree, grow, names, stable

LINEAR = Linear(torch.zeros(4, 2), torch.zeros(2))
LEGS = Split(2, ALONG, 0.5, LINEAR)
FLANK = Split(1, DOWN, 0.5, LINEAR)


def patches(photos: Drawn) -> Patches:
    return gather(photos.features, photos.saliency, GRID)[0]


@pytest.fixture(scope="module")
def grown() -> tuple[Tree, tuple[float, ...]]:
    return grow(patches(herd(40, legs_differ=True)), seed=0)


def test_what_features_carry_is_split_and_what_they_don_t_is_not(
    grown: tuple[Tree, tuple[float, ...]],
) -> None:
    tree, _ = grown
    assert names(tree.first(stable(tree.splits)).splits) == (
        "head",
        "upper flank",
        "fore legs",
        "hind legs",
        "lower flank",
    )
    assert [split.agreement > 0.9 for split in tree.splits[:2]] == [True, True]
    assert all(split.agreement < 0.5 for split in tree.splits[2:])


def test_the_curve_has_a_value_for_each_number_of_parts(
    grown: tuple[Tree, tuple[float, ...]],
) -> None:
    tree, curve = grown
    assert len(curve) == len(tree.splits) + 1
    assert min(curve[:3]) > 0.9


def test_a_number_cuts_the_tree(grown: tuple[Tree, tuple[float, ...]]) -> None:
    tree, _ = grown
    assert len(tree.first(4).splits) == 1
    labels = tree.first(4).label(patches(herd(10, legs_differ=True)))
    assert set(labels.tolist()) == {0, 1, 2, 3}


def test_fore_and_hind_legs_come_first_where_animals_show_their_side() -> None:
    sideways, _ = grow(patches(herd(24)), seed=0, most=4)
    assert (sideways.splits[0].part, sideways.splits[0].axis) == (2, ALONG)
    # Seen from the front the head lies in the middle, above the body.
    front = animal()
    front[1:3, 8:11] = front[2, 1]
    front[:, 1:5] = front[0, 0]
    frontal, _ = grow(patches(drawn([front] * 12)), seed=0, most=4)
    assert (frontal.splits[0].part, frontal.splits[0].axis) != (2, ALONG)


def test_legs_are_told_by_place_where_it_is_known_and_by_features_where_not() -> None:
    features_say_hind = torch.tensor([1.0, 1.0, 1.0])
    where = torch.tensor([0.1, 0.9, torch.nan])
    by_place = Split(2, ALONG, 0.5, LINEAR, by_place=True)
    assert by_place.second(features_say_hind, where).tolist() == [False, True, True]
    assert FLANK.second(5 * features_say_hind, where).tolist() == [True, True, True]
    assert FLANK.second(-features_say_hind, where).tolist() == [False, True, False]


def test_names_say_where_parts_lie() -> None:
    assert names(()) == ("head", "trunk", "legs")
    assert names((LEGS, FLANK)) == (
        "head",
        "upper flank",
        "fore legs",
        "hind legs",
        "lower flank",
    )
    both = (FLANK, Split(1, ALONG, 0.5, LINEAR), Split(0, ALONG, 0.5, LINEAR))
    assert names(both) == (
        "face",
        "upper fore flank",
        "legs",
        "lower flank",
        "upper hind flank",
        "neck",
    )


def test_parts_are_taken_for_as_long_as_halves_agree() -> None:
    sure, unsure = (Split(1, DOWN, 0.5, LINEAR, agreement=a) for a in (0.9, 0.3))
    assert stable(()) == 3
    assert stable((LEGS,)) == 4  # by the animal's side, whatever the features say
    assert stable((LEGS, sure, unsure, sure)) == 5
    assert stable((unsure, sure)) == 3


def test_the_same_seed_grows_the_same_tree(grown: tuple[Tree, tuple[float, ...]]) -> None:
    tree, curve = grow(patches(herd(40, legs_differ=True)), seed=0)
    assert curve == grown[1]
    assert torch.equal(tree.splits[-1].linear.weight, grown[0].splits[-1].linear.weight)
