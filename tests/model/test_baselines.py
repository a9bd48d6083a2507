from __future__ import annotations

import numpy as np
import torch

from pawvit.model.baselines import colour_histogram, untrained
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


def test_a_histogram_counts_colours_and_forgets_where_they_are() -> None:
    photo = np.zeros((4, 4, 3), np.uint8)
    photo[:2] = (255, 0, 0)
    found = colour_histogram(photo)
    assert found.shape == (512,)
    assert np.flatnonzero(found).tolist() == [0, 7 * 64]
    np.testing.assert_allclose(found[found > 0], 0.5**0.5, rtol=1e-6)
    np.testing.assert_array_equal(found, colour_histogram(photo[::-1, ::-1]))
