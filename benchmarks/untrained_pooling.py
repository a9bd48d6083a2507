"""Which patches of an untrained DINOv2 find animals again: blocks, poolings and image sizes.

    python benchmarks/untrained_pooling.py photos.csv [--split select] [--size 224 --size 308]

Leave-one-out, flank unknown and known, a Markdown row each. `model.baselines.ForegroundViT` was
chosen by it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pawvit import evaluation, protocols
from pawvit.images import resize
from pawvit.model import pretrained
from pawvit.model.available import PACKAGE
from pawvit.model.config import IMAGENET_MEAN, IMAGENET_STD, ModelConfig
from pawvit.model.packaged import PACKAGE_BACKBONE
from pawvit.photos import PhotoTable
from pawvit.readers import read_table
from pawvit.teacher.foreground import Saliency

BLOCKS = (8, 10, 12)


def poolings(tokens: Tensor, inside: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Of P photos' (P, 1 + N, C) tokens, with (P, N) 1 where a patch shows the animal."""
    patches, weight = tokens[:, 1:], inside[..., None] + 1e-6
    yield "class token", tokens[:, 0]
    yield "mean of all patches", patches.mean(1)
    yield "mean of the foreground", (patches * weight).sum(1) / weight.sum(1)
    cubes = patches.clamp(min=1e-6) ** 3
    yield "generalised mean of the foreground", ((cubes * weight).sum(1) / weight.sum(1)) ** (1 / 3)


def tokens_of(table: PhotoTable, size: int) -> tuple[dict[int, Tensor], tuple[int, int]]:
    config = ModelConfig(
        backbone=PACKAGE_BACKBONE,
        image_size=(size, size),
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
    )
    vit = pretrained.backbone(config, PACKAGE).eval()
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    found: dict[int, list[Tensor]] = {block: [] for block in BLOCKS}
    for index in range(len(table)):
        pixels = torch.from_numpy(resize(table.read(index), (size, size)).copy())
        image = pixels.permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            layers = vit.forward_intermediates(
                (image - mean) / std,
                indices=[block - 1 for block in BLOCKS],
                norm=True,
                output_fmt="NLC",
                return_prefix_tokens=True,
                intermediates_only=True,
            )
        for block, (patches, prefix) in zip(BLOCKS, layers, strict=True):
            found[block].append(torch.cat([prefix[:, :1], patches], dim=1)[0].half())
    grid = vit.patch_embed.grid_size
    return {block: torch.stack(own).float() for block, own in found.items()}, grid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("--split", default="select")
    parser.add_argument("--size", type=int, action="append")
    given = parser.parse_args()
    table = read_table(given.photos).part(given.split)
    saliency = Saliency()
    shown = np.concatenate([saliency([table.read(i)]) for i in range(len(table))])
    print(evaluation.MARKDOWN_HEADER)
    for size in given.size or [224, 308]:
        tokens, grid = tokens_of(table, size)
        inside = F.adaptive_avg_pool2d(torch.from_numpy(shown)[:, None], grid).flatten(1) > 0.5
        for block, own in tokens.items():
            for name, pooled in poolings(own, inside.float()):
                vectors = F.normalize(pooled, dim=1).numpy()
                for known in (False, True):
                    protocol = protocols.leave_one_out(table, flank_known=known)
                    result = evaluation.evaluate(vectors, protocol, bootstrap=1000)
                    flank = "known" if known else "unknown"
                    label = f"{size} px, block {block}, {name}, flank {flank}"
                    print(result.markdown_row(label), flush=True)


if __name__ == "__main__":
    main()
