from __future__ import annotations

import numpy as np
import torch

from pawvit.model import pretrained
from pawvit.model.baselines import ForegroundViT, OwnPooling, colour_histogram, untrained
from pawvit.model.config import ModelConfig


def test_the_class_token_is_the_backbones_own() -> None:
    config = ModelConfig(
        backbone="vit_tiny_patch16_224",
        architecture={"embed_dim": 48, "depth": 2, "num_heads": 4},
        image_size=(32, 32),
    )
    model = untrained(config, "none")
    image = torch.rand(2, 3, 32, 32)
    expected = model.vit.forward_features((image - 0.5) / 0.5)[:, 0]
    torch.testing.assert_close(model(image), expected)


def test_only_the_patches_on_the_animal_are_pooled() -> None:
    config = ModelConfig(
        backbone="vit_tiny_patch16_224",
        architecture={"embed_dim": 48, "depth": 6, "num_heads": 4},
        image_size=(32, 48),
    )
    model = ForegroundViT(config, pretrained.backbone(config, "none")).eval()
    assert model.block == 4  # the fifth of six
    images = torch.rand(2, 3, 32, 48)
    foreground = torch.zeros(2, 64, 96)
    foreground[0, :32, :32] = 0.9  # the first of 2 × 3 patches
    foreground[0, 32:, 64:] = 0.6  # and the last; the second photo has none: all count
    vit = model.vit
    x = vit.norm_pre(vit._pos_embed(vit.patch_embed((images - 0.5) / 0.5)))
    for block in vit.blocks[:5]:
        x = block(x)
    patches = vit.norm(x)[:, 1:].detach()
    for photo, chosen in ((0, [0, 5]), (1, [0, 1, 2, 3, 4, 5])):
        cubes = sum(patches[photo, p].clamp(min=1e-6) ** 3 for p in chosen)
        expected = (cubes / len(chosen)) ** (1 / 3)
        found = model(images, foreground)[photo]
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_other_networks_pool_their_own_way() -> None:
    network = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
    model = OwnPooling(network, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    torch.testing.assert_close(model(torch.full((1, 3, 8, 8), 0.75)), torch.ones(1, 3))


def test_a_histogram_counts_colours_and_forgets_where_they_are() -> None:
    photo = np.zeros((4, 4, 3), np.uint8)
    photo[:2] = (255, 0, 0)
    found = colour_histogram(photo)
    assert found.shape == (512,)
    assert np.flatnonzero(found).tolist() == [0, 7 * 64]
    np.testing.assert_allclose(found[found > 0], 0.5**0.5, rtol=1e-6)
    np.testing.assert_array_equal(found, colour_histogram(photo[::-1, ::-1]))
