"""What the offline backbone can do without any training, as it comes and whitened.

    python experiments/untrained.py photos.csv --split val -o untrained.json

Class token, and patches of the foreground pooled, at 224 and 308 pixels. Whitening is fitted to the
photos of the split `train` without their labels; how many directions are left is chosen on the
individuals of `select`. Descriptors are kept beside the figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer

from kept import Vectors, described
from pawvit import files
from pawvit.cli.console import bar, console
from pawvit.cli.evaluate import show
from pawvit.cli.main import run as guarded
from pawvit.evaluation import evaluate
from pawvit.images import Pixels, resize
from pawvit.model import pretrained
from pawvit.model.available import DEFAULT, find
from pawvit.model.baselines import ForegroundViT
from pawvit.protocols import leave_one_out
from pawvit.readers import read_photos
from pawvit.teacher.foreground import Saliency

POOLINGS = ("class token", "foreground")
DIRECTIONS = (16, 32, 64, 128, 256)
"""Among these, how many are left is chosen."""


@dataclass(frozen=True)
class Whitening:
    """Directions of variance, each divided by its deviation.

    Attributes:
        mean: C.
        projection: C × D, the directions of the largest variance first.
    """

    mean: Vectors
    projection: Vectors

    def __call__(self, vectors: Vectors, directions: int) -> Vectors:
        """Unit vectors N × `directions` of N × C ones."""
        return unit((vectors - self.mean) @ self.projection[:, :directions])


def whitening(vectors: Vectors) -> Whitening:
    """Fitted to N × C unit vectors; of the C directions, those that N vectors can tell."""
    exact = vectors.astype(np.float64)
    mean = exact.mean(axis=0)
    _, deviations, directions = np.linalg.svd(exact - mean, full_matrices=False)
    there = deviations > 1e-6 * deviations.max(initial=0)
    scaled = directions[there] / (deviations[there, None] / np.sqrt(len(vectors)))
    return Whitening(mean.astype(np.float32), scaled.T.astype(np.float32))


def unit(vectors: Vectors) -> Vectors:
    """Each row divided by its length."""
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Describer:
    """The offline backbone at some image sizes, and where the animal is."""

    def __init__(self, sizes: list[int]) -> None:
        self.saliency = Saliency()
        self.networks = []
        for size in sizes:
            config = pretrained.natural_config(find(DEFAULT).backbone, (size, size))
            vit = pretrained.backbone(config, find(DEFAULT).weights)
            self.networks.append((size, ForegroundViT(config, vit).eval()))

    def __call__(self, photo: Pixels) -> Vectors:
        """Sizes × poolings × C."""
        place = torch.from_numpy(self.saliency([photo]))
        found = []
        for size, network in self.networks:
            pixels = torch.from_numpy(resize(photo, (size, size)).copy())
            with torch.inference_mode():
                tokens, (patches,) = network.vit.forward_intermediates(
                    network.normalise(pixels.permute(2, 0, 1)[None].float() / 255),
                    indices=[network.block],
                    norm=True,
                    output_fmt="NLC",
                )
                found.append(torch.cat([tokens[:, 0], network.pool(patches, place)]).numpy())
        return np.stack(found)


def main(
    photos: Annotated[Path, typer.Argument(help="Photo table with the splits train and select.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Figures as JSON; OUT.npz beside.")],
    split: Annotated[str, typer.Option(help="The photos that are scored.")] = "val",
    size: Annotated[
        list[int] | None, typer.Option(help="Side in pixels, can be repeated; 224 and 308.")
    ] = None,
    learn: Annotated[
        int | None, typer.Option(help="Photos of train to fit to, evenly taken; default: all.")
    ] = None,
) -> None:
    """Score the untrained backbone and its whitening, leave-one-out."""
    table = read_photos(photos)
    sizes = size or [224, 308]
    train = table.part("train")
    if learn is not None and learn < len(train):
        train = train.take(np.linspace(0, len(train) - 1, learn).round().astype(int).tolist())
    select, judged = table.part("select"), table.part(split)
    kept = out.with_name(out.name + ".npz")
    describe, parts = Describer(sizes), []
    for name, part in (("train", train), ("select", select), (split, judged)):
        with bar(f"described {name}") as progress:
            parts.append(
                described(part, lambda row, of=part: describe(of.read(row)), sizes, kept, progress)
            )
    chosen_on = leave_one_out(select)
    rows: dict[str, Vectors] = {}
    chosen: dict[str, dict[str, float]] = {}
    for place, side in enumerate(sizes):
        for pooling, title in enumerate(POOLINGS):
            learned, selected, asked = (unit(part[:, place, pooling]) for part in parts)
            name = f"{title}, {side} px"
            rows[name] = asked
            fitted = whitening(learned)
            there = fitted.projection.shape[1]
            able = [one for one in DIRECTIONS if one <= there] or [there]
            scores = {
                one: evaluate(fitted(selected, one), chosen_on, bootstrap=0).map_queries
                for one in able
            }
            best = max(able, key=lambda one: scores[one])
            chosen[name] = {str(one): score for one, score in scores.items()}
            rows[f"{name}, whitened to {best}"] = fitted(asked, best)
    results = {}
    for flank in [False, True] if judged.has_orientation else [False]:
        protocol = leave_one_out(judged, flank_known=flank)
        found = {name: evaluate(vectors, protocol) for name, vectors in rows.items()}
        show(found)
        results[protocol.name] = {name: one.as_dict() for name, one in found.items()}
    told = {"fitted to": len(train), "mAP on select by directions": chosen, "results": results}
    files.write_json(out, told)
    console.print(f"→ {out}")


if __name__ == "__main__":
    guarded(lambda: typer.run(main))
