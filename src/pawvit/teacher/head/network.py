"""The head: patch features → where each keypoint lies, and whether it has a place at all.

Knows tensors; it knows no pictures, no files and no keypoint's name.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 128
"""Channels inside the head."""

FINER = 2
"""Cells of a heatmap along a patch's side."""

AROUND = 1.2
"""Standard deviation, in cells, of the window round the peak in which the place is averaged."""


class KeypointHead(nn.Module):
    """A projection of frozen features, to which coarse ones of the whole animal are added.

    Two transformer blocks see the animal in cells of 2 × 2 patches: enough to tell its left legs
    from its right ones, at a quarter of the time. Then each patch draws its part of the heatmaps.

    Args:
        keypoints: their number K.
        channels: C of the features.
        grid: patches along a side of the square.
    """

    def __init__(self, keypoints: int, channels: int, grid: int) -> None:
        super().__init__()
        self.grid = grid
        # Without weights of its own nothing has to be learned before the projection.
        self.norm = nn.LayerNorm(channels, elementwise_affine=False)
        self.narrow = nn.Linear(channels, WIDTH)
        self.position = nn.Parameter(0.02 * torch.randn(1, grid * grid, WIDTH))
        self.drop = nn.Dropout(0.1)
        block = nn.TransformerEncoderLayer(
            WIDTH, 4, 2 * WIDTH, dropout=0.1, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, 2, enable_nested_tensor=False)
        self.mix = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH)
        )
        self.maps = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, FINER**2 * keypoints))
        self.there = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, keypoints))

    def forward(
        self, features: Float[Tensor, "B N C"]
    ) -> tuple[Float[Tensor, "B K H W"], Float[Tensor, "B K"]]:
        """Heatmap logits, H = W = 2 · grid, and a logit of each keypoint's having a place."""
        tokens = self.drop(self.narrow(self.norm(features))) + self.position
        square = tokens.transpose(1, 2).reshape(len(tokens), WIDTH, self.grid, self.grid)
        coarse = functional.avg_pool2d(square, 2)
        whole = self.blocks(coarse.flatten(2).transpose(1, 2))
        there = self.there(whole.mean(dim=1))
        whole = whole.transpose(1, 2).reshape(coarse.shape)
        square = square + functional.interpolate(whole, scale_factor=2, mode="bilinear")
        tokens = square.flatten(2).transpose(1, 2)
        drawn = self.maps(tokens + self.mix(tokens)).transpose(1, 2)
        drawn = drawn.reshape(len(drawn), -1, self.grid, self.grid)
        return functional.pixel_shuffle(drawn, FINER), there


def centres(side: int) -> Float[Tensor, " side"]:
    """The middles of a row's cells in the square, [0, 1]."""
    return (torch.arange(side) + 0.5) / side


def hill(points: Float[Tensor, "B K 2"], side: int, width: float) -> Float[Tensor, "B K side side"]:
    """Gaussians round points of the square that sum to 1; `width` in cells."""
    middles = centres(side).to(points)
    across, down = (
        torch.exp(-(((middles - points[..., axis, None]) * side / width) ** 2) / 2)
        for axis in (0, 1)
    )
    drawn = down[..., :, None] * across[..., None, :]
    return drawn / drawn.sum(dim=(-1, -2), keepdim=True).clamp(min=1e-9)


def places(maps: Float[Tensor, "B K H W"]) -> Float[Tensor, "B K 2"]:
    """The peaks of heatmaps, finer than their cells: the mean place around each, x and y."""
    side = maps.shape[-1]
    chance = maps.flatten(2).softmax(dim=2)
    peak = chance.argmax(dim=2)
    middles = centres(side).to(maps)
    at = torch.stack([middles[peak % side], middles[peak // side]], dim=2)
    near = chance.reshape(maps.shape) * hill(at, side, AROUND)
    near = near / near.sum(dim=(-1, -2), keepdim=True)
    across, down = near.sum(dim=2) @ middles, near.sum(dim=3) @ middles
    return torch.stack([across, down], dim=2)


def mass_within(
    maps: Float[Tensor, "B K H W"],
    points: Float[Tensor, "B K 2"],
    sides: Float[Tensor, "B 2"],
    within: float,
) -> Float[Tensor, "B K"]:
    """The share of each heatmap within a distance of a point: the head's own belief in it.

    Args:
        maps: logits.
        points: in the square.
        sides: width and height of the square's frame, in any unit.
        within: distance in shares of the frame's diagonal.
    """
    side = maps.shape[-1]
    middles = centres(side).to(maps)
    sides = sides / sides.norm(dim=1, keepdim=True)
    across = (middles - points[..., 0, None]) * sides[:, None, None, 0]
    down = (middles - points[..., 1, None]) * sides[:, None, None, 1]
    near = across[..., None, :] ** 2 + down[..., :, None] ** 2 <= within**2
    chance = maps.flatten(2).softmax(dim=2).reshape(maps.shape)
    held: Tensor = (chance * near).sum(dim=(-1, -2))
    return held
