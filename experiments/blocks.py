"""What the frozen blocks know of each part: pooled by given maps, told apart in closed form.

    python experiments/blocks.py photos.csv maps/ --size 308 --block 6 -o blocks.json

No network is trained: patches are pooled under the teacher's own maps, each part gets a linear
discriminant. For comparison: all patches of the picture, the animal as one part, a grid over its
box, cells around random points. Fitted to `train` and judged on `select` with a third of the
individuals of `train`, which are not fitted to then, or on a split of one's own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
import typer

from controls import one_part, voronoi
from kept import Vectors, described
from laboratory import parts
from pawvit import files
from pawvit.anatomy import IGNORE
from pawvit.cli.console import bar, console
from pawvit.cli.evaluate import show, show_gains
from pawvit.cli.main import run as guarded
from pawvit.evaluation import evaluate
from pawvit.images import Pixels, resize
from pawvit.model import pretrained
from pawvit.model.available import DEFAULT, find
from pawvit.model.discriminant import fit, fit_pieces
from pawvit.model.masks import regions
from pawvit.model.network import Normalise
from pawvit.partmaps import Labels, PartMaps
from pawvit.photos import PhotoTable, entity_of, mirrored_entity
from pawvit.protocols import leave_one_out
from pawvit.readers import read_photos

CUTS = ("class token", "whole picture", "one part", "parts", "grid", "random cells")
"""How the animal is cut; the first is not cut at all."""

DIRECTIONS = 64


def grid(labels: Labels, number: int) -> Labels:
    """In the place of the `number` parts cells of the animal's box, in two rows."""
    rows, columns = (2, number // 2) if number > 3 else (1, number)
    places = np.argwhere(labels < number)
    out = labels.copy()
    if len(places):
        low, high = places.min(axis=0), places.max(axis=0) + 1
        cell = (places - low) * (rows, columns) // (high - low)
        out[tuple(places.T)] = cell[:, 0] * columns + cell[:, 1]
    return out


class Describer:
    """The offline backbone at one size: photos as class token and pooled patches of some blocks."""

    def __init__(self, size: int, blocks: list[int]) -> None:
        config = pretrained.natural_config(find(DEFAULT).backbone, (size, size))
        self.vit = pretrained.backbone(config, find(DEFAULT).weights).eval()
        self.normalise = Normalise(config.mean, config.std)
        self.size, self.blocks = size, blocks

    def __call__(self, photo: Pixels, cut: list[Labels], number: int) -> Vectors:
        """Pieces × (C + 1): the class token, then for each block each cut's pieces; the last number
        is the piece's share of the photo."""
        pixels = torch.from_numpy(resize(photo, (self.size, self.size)).copy())
        size = self.vit.patch_embed.grid_size
        logits = [shares(labels, number, size).log()[None].flatten(2) for labels in cut]
        with torch.inference_mode():
            tokens, states = self.vit.forward_intermediates(
                self.normalise(pixels.permute(2, 0, 1)[None].float() / 255),
                indices=[block - 1 for block in self.blocks],
                output_fmt="NLC",
            )
            rows = [torch.cat([tokens[0, :1], torch.ones(1, 1)], dim=1)]
            for patches in states:
                for one in logits:
                    pooled, seen = regions(one, patches)
                    rows.append(torch.cat([pooled[0], seen[0][:, None]], dim=1))
        return torch.cat(rows).numpy()


def shares(labels: Labels, number: int, size: tuple[int, int]) -> torch.Tensor:
    """(number + 1, *size), how much of each patch is which part, background last."""
    whole = torch.from_numpy(np.where(labels == IGNORE, number, labels).astype(np.int64))
    hot = F.one_hot(whole, number + 1).permute(2, 0, 1).float()
    return F.interpolate(hot[None], size, mode="area")[0].clamp_min(1e-6)


def cuts(labels: Labels, number: int, random: np.random.Generator) -> list[Labels]:
    """One map cut in all ways; all keep `number` labels and the background's."""
    alone = one_part(labels, number)
    alone[alone == 1] = number
    return [
        np.zeros_like(labels),
        alone,
        labels,
        grid(labels, number),
        voronoi(labels, number, random),
    ]


def main(
    photos: Annotated[Path, typer.Argument(help="Photo table with the splits train and select.")],
    maps: Annotated[Path, typer.Argument(help="Part maps of its photos.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Figures as JSON; OUT.npz beside.")],
    size: Annotated[int, typer.Option(help="Side in pixels.")] = 308,
    block: Annotated[list[int] | None, typer.Option(help="Can be repeated; 6.")] = None,
    split: Annotated[str, typer.Option(help="held, or a split of the table.")] = "held",
) -> None:
    """Score class token and pooled parts of the untrained backbone, each with a discriminant."""
    table, blocks = read_photos(photos), block or [6]
    folder = PartMaps.open(maps)
    number = folder.parts.background
    learn, judged = parts(table, split)
    describe = Describer(size, blocks)

    def look(of: PhotoTable, mirrored: bool) -> Vectors:
        step = -1 if mirrored else 1

        def one(row: int) -> Vectors:
            # Grid and cells are those of the picture as it is shown.
            labels = np.ascontiguousarray(folder.read(of.paths[row])[:, ::step])
            random = np.random.default_rng([row, mirrored])
            return describe(of.read(row)[:, ::step], cuts(labels, number, random), number)

        facts = [size, blocks, str(maps.absolute()), mirrored, CUTS]
        kept = out.with_name(f"{out.name}{'.mirrored' * mirrored}.npz")
        with bar("mirrored" if mirrored else "described") as progress:
            return described(of, one, facts, kept, progress)

    places = {path: row for row, path in enumerate(table.paths)}
    plain = look(table.take([places[path] for path in learn.paths + judged.paths]), False)
    known = np.concatenate([plain[: len(learn)], look(learn, True)])
    asked = plain[len(learn) :]
    sides = list(zip(learn.identities, learn.orientations, strict=True))
    named = [entity_of(*one) for one in sides] + [mirrored_entity(*one) for one in sides]
    entities = np.unique(named, return_inverse=True)[1]
    found: dict[str, Vectors] = {}
    for name, chosen in pieces(blocks, number).items():
        found[name] = compared(known[:, chosen], asked[:, chosen], entities)
    rules = [
        leave_one_out(judged, flank_known=flank)
        for flank in ([False, True] if judged.has_orientation else [False])
    ]
    scored = {name: [evaluate(one, rule) for rule in rules] for name, one in found.items()}
    for place in range(len(rules)):
        show({name: both[place] for name, both in scored.items()})
    first = f"block {blocks[0]}, parts"
    show_gains({first: scored[first]} | {n: one for n, one in scored.items() if n != first})
    told = {name: [one.as_dict() for one in both] for name, both in scored.items()}
    files.write_json(out, {"judged on": split, "results": told})
    console.print(f"→ {out}")


def pieces(blocks: list[int], number: int) -> dict[str, slice]:
    """Which pieces of a description belong to which cut of which block."""
    found, start = {CUTS[0]: slice(0, 1)}, 1
    for block in blocks:
        for cut in CUTS[1:]:
            found[f"block {block}, {cut}"] = slice(start, start + number)
            start += number
    return found


def compared(known: Vectors, asked: Vectors, entities: npt.NDArray[np.intp]) -> Vectors:
    """Unit vectors of `asked`, by discriminants fitted to `known`; pieces count by their share."""
    pieces, weights = known[..., :-1], known[..., -1]
    pieces = pieces / np.linalg.norm(pieces, axis=-1, keepdims=True).clip(1e-9)
    width = min(DIRECTIONS, int(entities.max()))
    told = torch.from_numpy(np.ascontiguousarray(asked[..., :-1]))
    if pieces.shape[1] == 1:
        return F.normalize(fit(pieces[:, 0], entities, width)(told[:, 0]), dim=1).numpy()
    share = weights / weights.sum(axis=1, keepdims=True).clip(1e-6)
    projected = F.normalize(fit_pieces(pieces, share, entities, width)(told), dim=2)
    counts = torch.from_numpy(np.ascontiguousarray(asked[..., -1]))
    return F.normalize((projected * counts.sqrt()[..., None]).flatten(1), dim=1).numpy()


if __name__ == "__main__":
    guarded(lambda: typer.run(main))
