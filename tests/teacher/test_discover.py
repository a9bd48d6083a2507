"""Parts from clusters, on a drawn animal of features whose parts are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pawvit.errors import PartMapError
from pawvit.teacher.discover import DiscoveredParts, fit, spherical_kmeans

GRID = (16, 16)
HEAD, UPPER, LOWER, LEGS, OUTLINE, NOTHING = range(6)


def animal(facing: str, dark: bool, seed: int) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Features, saliency and truth of one photo: head, body, legs, and an outline around."""
    truth = np.full(GRID, NOTHING)
    truth[3:6, 5:14] = UPPER
    truth[6:9, 5:14] = LOWER
    truth[3:6, 2:5] = HEAD
    truth[9:13, 5:8] = LEGS
    truth[9:13, 11:14] = LEGS
    body = truth != NOTHING
    around = np.pad(body, 1)
    near = np.any([around[y : y + 16, x : x + 16] for y in range(3) for x in range(3)], axis=0)
    # As on real photos, the outline is one patch thin and has gaps.
    gaps = np.add.outer(np.arange(16), np.arange(16)) % 4 == 0
    truth[near & ~body & ~gaps] = OUTLINE
    if facing == "right":
        truth = truth[:, ::-1].copy()
    random = torch.Generator().manual_seed(seed)
    directions = torch.eye(8)
    features = torch.empty(256, 8)
    for patch, kind in enumerate(truth.ravel()):
        # A dark coat's upper flank looks like nothing else, least of all like a light one's.
        features[patch] = directions[6 if kind == UPPER and dark else kind]
    features = 3 * features + 0.3 * torch.randn(256, 8, generator=random) + 5
    saliency = torch.from_numpy(np.where(truth == NOTHING, 0.1, 0.9).ravel()).float()
    return features, saliency, truth


def herd() -> tuple[torch.Tensor, torch.Tensor, list[np.ndarray]]:
    drawn = [animal(("left", "right")[i % 2], i % 3 == 0, i) for i in range(12)]
    features, saliency, truth = zip(*drawn, strict=True)
    return torch.stack(features), torch.stack(saliency), list(truth)


@pytest.fixture(scope="module")
def fitted() -> DiscoveredParts:
    features, saliency, _ = herd()
    return fit(features, saliency, GRID, clusters=6, seed=0)


def test_parts_are_found_merged_and_named(fitted: DiscoveredParts) -> None:
    assert fitted.vocabulary == ("head", "upper flank", "lower flank", "legs")
    assert (fitted.part_of == -1).sum() == 1
    assert (fitted.part_of == 1).sum() == 2  # light and dark coats


def test_labels_are_where_the_parts_are(fitted: DiscoveredParts) -> None:
    features, saliency, truth = herd()
    shown = saliency.view(-1, *GRID).numpy()
    labels = fitted.label(features, shown, GRID, GRID)
    for found, expected in zip(labels, truth, strict=True):
        for label, kind in enumerate((HEAD, UPPER, LOWER, LEGS)):
            where = expected == kind
            assert (found[where] == label).mean() > 0.9
        assert (found[expected == NOTHING] == 4).all()


def test_an_outline_is_background_where_it_is_hardly_salient(fitted: DiscoveredParts) -> None:
    features, saliency, truth = animal("left", False, 40)
    faint = np.where(truth == OUTLINE, 0.7, saliency.view(GRID).numpy()).astype(np.float32)
    (found,) = fitted.label(features[None], faint[None], GRID, GRID)
    assert (found[truth == OUTLINE] == 4).mean() > 0.9
    (sure,) = fitted.label(features[None], saliency.view(1, *GRID).numpy(), GRID, GRID)
    assert (sure[truth == OUTLINE] < 4).mean() > 0.9


def test_the_same_seed_finds_the_same_parts(fitted: DiscoveredParts) -> None:
    features, saliency, _ = herd()
    again = fit(features, saliency, GRID, clusters=6, seed=0)
    assert torch.equal(again.centres, fitted.centres)


def test_a_teacher_comes_back_from_its_file(fitted: DiscoveredParts, tmp_path: Path) -> None:
    fitted.save(tmp_path / "t.safetensors")
    again = DiscoveredParts.load(tmp_path / "t.safetensors")
    assert again.vocabulary == fitted.vocabulary
    assert torch.equal(again.centres, fitted.centres)
    (tmp_path / "t.safetensors").write_bytes(b"nothing")
    with pytest.raises(PartMapError, match="can't be read"):
        DiscoveredParts.load(tmp_path / "t.safetensors")


def test_photos_without_an_animal_can_t_be_learned_from() -> None:
    features, saliency, _ = herd()
    with pytest.raises(PartMapError, match="clear foreground"):
        fit(features, saliency * 0.1, GRID)


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
