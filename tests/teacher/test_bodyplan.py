"""Head, trunk and legs from features and a rough plan, on drawn animals whose parts are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from drawn_features import FORE, GRID, HEAD, HIND, LOWER, NOTHING, UPPER, animal, drawn, herd
from pawvit.errors import PartMapError
from pawvit.teacher import bodyplan
from pawvit.teacher.bodyplan import INSIDE, body, facing, gather, learn, spherical_kmeans

MERGED = np.array([0, 1, 1, 2, 2])
"""Head, trunk, legs of HEAD, UPPER, LOWER, FORE, HIND."""


def test_parts_are_learned_from_where_they_mostly_lie() -> None:
    photos = herd()
    patches, _ = gather(photos.features, photos.saliency, GRID)
    truth = torch.from_numpy(MERGED)[torch.from_numpy(photos.truth[photos.truth != NOTHING])]
    found = body(patches, seed=0)(patches.features).argmax(dim=1)
    for part in range(3):
        assert (found[truth == part] == part).float().mean() > 0.95


def test_an_animal_that_lies_is_told_by_its_features() -> None:
    photos = herd()
    patches, mean = gather(photos.features, photos.saliency, GRID)
    plan = body(patches, seed=0)
    lying = drawn([animal(lying=True)] * 4, seed=7)
    others, _ = gather(lying.features, lying.saliency, GRID)
    unit = F.normalize(lying.features, dim=2)[lying.saliency > INSIDE] - mean
    found = plan(unit).argmax(dim=1)
    kinds = lying.truth[lying.truth != NOTHING]
    fore, low = found[kinds == FORE], others.down[torch.from_numpy(kinds == FORE)]
    assert (fore == 2).float().mean() > 0.95
    hind_and_belly = found[np.isin(kinds, [LOWER])]
    assert (hind_and_belly == 1).float().mean() > 0.9  # as low as the legs, and still trunk
    assert low.min() > 0.5


def test_the_head_s_place_tells_which_way_an_animal_faces() -> None:
    photos = drawn([animal("left"), animal("right")] * 4)
    patches, _ = gather(photos.features, photos.saliency, GRID)
    share = body(patches, seed=0)(patches.features).softmax(dim=1)
    assert facing(patches, share).tolist() == [1, -1] * 4
    headless = share.clone()
    headless[:, 0] = 0
    assert facing(patches, headless).tolist() == [0] * 8


def test_photos_without_an_animal_can_t_be_learned_from() -> None:
    photos = herd()
    with pytest.raises(PartMapError, match="0 of 24 photos show a clear foreground"):
        gather(photos.features, photos.saliency * 0.1, GRID)


def test_what_features_don_t_say_the_plan_does_not_teach() -> None:
    random = torch.Generator().manual_seed(0)
    features = torch.randn(2000, 8, generator=random)
    side = torch.rand(2000, generator=random)
    plan = torch.stack([1 - side, side], dim=1).clamp(0.01, 0.99)
    found = learn(features, plan, plan)(features)
    right = (found.argmax(dim=1) == (side > 0.5).long()).float().mean()
    assert 0.4 < right < 0.6


def test_of_many_patches_some_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    photos = herd()
    every, mean = gather(photos.features, photos.saliency, GRID)
    monkeypatch.setattr(bodyplan, "MOST_PATCHES", 500)
    some, same = gather(photos.features, photos.saliency, GRID)
    assert len(every.photo) > len(some.photo) == 500
    assert torch.equal(mean, same)
    assert len(torch.unique(some.photo)) == len(photos.features)


def test_kmeans_agrees_with_its_definition() -> None:
    random = torch.Generator().manual_seed(1)
    directions = F.normalize(torch.randn(4, 16, generator=random), dim=1)
    kind = torch.arange(200) % 4
    unit = F.normalize(directions[kind] + 0.1 * torch.randn(200, 16, generator=random), dim=1)
    centres = spherical_kmeans(unit, 4, seed=0)
    nearest = (unit @ centres.T).argmax(dim=1)
    for cluster in range(4):
        own = unit[nearest == cluster]
        torch.testing.assert_close(centres[cluster], F.normalize(own.sum(dim=0), dim=0))
        assert len(set(kind[nearest == cluster].tolist())) == 1


def test_all_parts_are_drawn() -> None:
    assert {HEAD, UPPER, LOWER, FORE, HIND} <= set(animal().flat)
