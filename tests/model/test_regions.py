"""Regions: what lies under each part's mask, compared part by part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError

from model.test_pawvit import tiny
from pawvit.model import checkpoint
from pawvit.model.build import build_heads, build_network
from pawvit.model.discriminant import fit, fit_pieces
from pawvit.model.masks import regions
from pawvit.model.network import Network


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return build_network(tiny(join_block=2, retrieval="regions"), "none").eval()


def test_a_region_is_the_mean_of_its_patches_evened_out() -> None:
    patches = torch.rand(1, 6, 48)
    logits = torch.full((1, 3, 6), -50.0)
    logits[0, 0, :2] = logits[0, 1, 2:3] = logits[0, 2, 3:] = 50.0
    pooled, shares = regions(logits, patches)
    even = F.layer_norm(patches, (48,))
    torch.testing.assert_close(pooled[0, 0], even[0, :2].mean(dim=0))
    torch.testing.assert_close(pooled[0, 1], even[0, 2])
    torch.testing.assert_close(shares, torch.tensor([[2 / 6, 1 / 6]]))


def test_regions_are_pooled_where_the_part_tokens_join(network: Network) -> None:
    images = torch.rand(2, 3, 64, 64)
    features = network(images)
    states = network.stem(images, 2)
    even = F.layer_norm(states[:, 1:], (48,))
    masks = features.mask_logits.softmax(dim=1)  # 16 × 16 px over 4 × 4 patches: about the same
    about = F.adaptive_avg_pool2d(masks, (4, 4)).flatten(2)[:, :-1]
    expected = about @ even / about.sum(dim=2, keepdim=True)
    torch.testing.assert_close(features.regions, expected, atol=0.02, rtol=0.02)
    torch.testing.assert_close(network.rest(states, 2).regions, features.regions)


def test_photos_are_compared_region_by_region(network: Network) -> None:
    """Half of the cosine is the descriptors', half the regions', by what both photos show."""
    features = network(torch.rand(2, 3, 64, 64))
    vectors, weights = network.compared(features), features.part_weights
    assert vectors.shape == (2, 4 * 48)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(2))
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))
    each = F.cosine_similarity(features.regions[0], features.regions[1], dim=1)
    whole = F.cosine_similarity(*features.descriptor, dim=0)
    regions_alike = ((weights[0] * weights[1]).sqrt() * each).sum()
    torch.testing.assert_close(vectors[0] @ vectors[1], (regions_alike + whole) / 2)


def test_the_network_finds_parts_by_itself(network: Network) -> None:
    """Its heads need no second mask decoder, and teach the network's own."""
    heads = build_heads(network, 5)
    assert not any(name.startswith("masks") for name in heads.state_dict())
    outputs = heads(network(torch.rand(2, 3, 64, 64)))
    outputs.mask_logits.sum().backward()
    assert network.get_parameter("masks.q.weight").grad is not None


def test_a_discriminant_of_regions_survives_its_checkpoint(
    network: Network, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    pieces = random.normal(size=(20, 4, 48)).astype(np.float32)
    found = fit_pieces(pieces, np.full((20, 4), 1 / 4, np.float32), np.repeat(range(10), 2), 4)
    network.with_discriminant(found)
    images = torch.rand(2, 3, 64, 64)
    before = network.compared(network(images))
    assert before.shape == (2, 4 * 4)
    card = checkpoint.Card(config=network.config, entities=("a", "b"), images_seen=1)
    checkpoint.save(tmp_path / "x.safetensors", network, build_heads(network, 2), card)
    again, _, card = checkpoint.load(tmp_path / "x.safetensors")
    assert card.config.discriminant == 4
    torch.testing.assert_close(again.compared(again(images)), before)


def test_each_piece_has_its_own_discriminant_of_the_photos_that_show_it() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(30, 2, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    entities = np.repeat(range(10), 3)
    weights = np.ones((30, 2), np.float32)
    weights[20:, 1] = 0
    found = fit_pieces(vectors, weights, entities, 3)
    alone = fit(vectors[:20, 1], entities[:20], 3)
    torch.testing.assert_close(found.projection[1], alone.projection)
    torch.testing.assert_close(
        found(torch.from_numpy(vectors))[:, 1], alone(torch.from_numpy(vectors[:, 1]))
    )


def test_a_piece_that_shows_too_little_does_not_count() -> None:
    vectors = np.eye(8, dtype=np.float32).reshape(4, 2, 8)
    weights = np.array([[1, 0], [1, 0], [1, 0], [1, 1]], np.float32)
    found = fit_pieces(vectors, weights, np.array([0, 0, 1, 1]), 3)
    assert found.projection[0, 0].any()
    assert not found.projection[0, 1:].any()  # two entities differ in one direction
    assert not found.projection[1].any()


def test_regions_take_part_tokens_that_join() -> None:
    with pytest.raises(ValidationError, match="join_block"):
        tiny(join_block=0, retrieval="regions")


def test_a_network_without_parts_has_no_regions_and_compares_as_ever() -> None:
    model = build_network(tiny(network="plain", parts=(), retrieval="regions"), "none").eval()
    assert model.compared(model(torch.rand(2, 3, 64, 64))).shape == (2, 48)
