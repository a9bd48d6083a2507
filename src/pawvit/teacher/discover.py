"""Discovered parts: features + foreground → parts of any quadruped, without keypoints.

A fitted teacher labels photos one batch at a time: what is the animal, which part each of its
pixels looks like, one head an animal, and where parts are split, on which side of the split. Knows
features and foreground; it knows no networks and no files but its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from pawvit import tensorfile
from pawvit.anatomy import FLANKS
from pawvit.errors import PartMapError
from pawvit.partmaps import Labels
from pawvit.teacher.bodyplan import Linear, gather, side
from pawvit.teacher.foreground import largest_pieces
from pawvit.teacher.splits import DOWN, MOST, PLAN, Split, Tree, along, grow, names, nouns, stable

FOREGROUND = 0.5
"""Saliency from which on a pixel belongs to a part."""

COMPANION = 0.5
"""A piece of foreground that shows less than this share of the largest is another animal."""

HEAD = PLAN.index("head")


@dataclass(frozen=True)
class DiscoveredParts:
    """A fitted teacher.

    Attributes:
        mean: (C,), of all foreground features; taken away before features are compared.
        tree: head, trunk and legs, and as many splits as were looked for.
        curve: how well two halves of the photos agree on 3, 4 … parts: adjusted Rand index.
        number: K, the parts that are taken.
        companion: see `COMPANION`; 1 keeps the largest piece alone, 0 all pieces.
    """

    mean: Float[Tensor, "C"]
    tree: Tree
    curve: tuple[float, ...]
    number: int
    companion: float = COMPANION

    def __post_init__(self) -> None:
        most = len(PLAN) + len(self.tree.splits)
        if not len(PLAN) <= self.number <= most:
            raise PartMapError(
                f"{self.number} parts can't be found here",
                mend=f"between {len(PLAN)} and {most} can",
            )

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """K names, from head to legs."""
        spoken = names(self._made)
        return tuple(spoken[part] for part in self._order)

    @property
    def _made(self) -> tuple[Split, ...]:
        return self.tree.first(self.number).splits

    @property
    def _order(self) -> list[int]:
        """Parts as they are named: those of the head first, those of the legs last."""
        return sorted(range(self.number), key=nouns(self._made).__getitem__)

    def same_as(self, other: DiscoveredParts) -> bool:
        """Whether both make the same maps of the same features."""
        settings = (self.number, self.companion) == (other.number, other.companion)
        return settings and torch.equal(self.tree.root.weight, other.tree.root.weight)

    def label(
        self,
        features: Float[Tensor, "B N C"],
        saliency: npt.NDArray[np.float32],
        grid: tuple[int, int],
        size: tuple[int, int],
        orientations: Sequence[str] = (),
    ) -> list[Labels]:
        """Part maps of B photos.

        Args:
            features: N = rows × columns patches a photo.
            saliency: (B, H, W) in [0, 1].
            grid: rows and columns.
            size: height and width of the maps.
            orientations: which side of the animal each photo shows, where that is known; otherwise
                the place of the head tells it.

        Returns:
            B label maps: 0 … K−1 the parts, K background.
        """
        batch = len(features)
        unit = F.normalize(features.float(), dim=2) - self.mean
        shown = F.interpolate(torch.from_numpy(saliency)[:, None], size=size, mode="area")[:, 0]
        animal = largest_pieces(shown, FOREGROUND, self.companion)
        on_grid = F.adaptive_avg_pool2d(animal[:, None].float(), grid)

        def pixels(linear: Linear) -> Float[Tensor, "B K H W"]:
            maps = linear(unit).transpose(1, 2).reshape(batch, -1, *grid)
            # A patch is told together with its neighbours, those of the animal only.
            maps = _blurred(maps * on_grid) / _blurred(on_grid).clamp_min(1e-3)
            return F.interpolate(maps, size=size, mode="bilinear", align_corners=False)

        labels = _one_head(pixels(self.tree.root), animal)
        down, across = _stretched(animal, dim=1), _stretched(animal, dim=2)
        faces = _faces(labels, animal, across, orientations)
        for last, split in enumerate(self._made, len(PLAN)):
            logits = pixels(split.linear)
            where = down if split.axis == DOWN else along(across, faces[:, None, None])
            second = split.second(logits[:, 1] - logits[:, 0], where)
            labels = torch.where((labels == split.part) & second, last, labels)
        rank = torch.tensor(self._order).argsort()
        labels = torch.where(animal, rank[labels], self.number)
        return list(labels.to(torch.uint8).numpy())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the teacher as one safetensors file, atomically."""
        linear = [self.tree.root, *(split.linear for split in self.tree.splits)]
        tensors = {"mean": self.mean}
        for index, own in enumerate(linear):
            tensors |= {f"weight.{index}": own.weight, f"bias.{index}": own.bias}
        splits = [
            {name: value for name, value in vars(split).items() if name != "linear"}
            for split in self.tree.splits
        ]
        sheet = {
            "splits": splits,
            "curve": self.curve,
            "number": self.number,
            "companion": self.companion,
        }
        tensorfile.write(path, tensors, {"parts": json.dumps(sheet)})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DiscoveredParts:
        """Reads a fitted teacher; raises PartMapError where the file is none."""
        try:
            tensors, header = tensorfile.read(path)
            sheet = json.loads(header["parts"])

            def linear(index: int) -> Linear:
                return Linear(tensors[f"weight.{index}"], tensors[f"bias.{index}"])

            splits = tuple(
                Split(linear=linear(index), **split)
                for index, split in enumerate(sheet["splits"], 1)
            )
            tree = Tree(linear(0), splits)
            curve, number = tuple(sheet["curve"]), sheet["number"]
            return cls(tensors["mean"], tree, curve, number, sheet["companion"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise PartMapError(
                f"the fitted teacher can't be read: {error}",
                where=path,
                mend="delete it, and it will be fitted again",
            ) from None


def fit(
    features: Float[Tensor, "P N C"],
    saliency: Float[Tensor, "P N"],
    grid: tuple[int, int],
    *,
    number: int | None = None,
    companion: float = COMPANION,
    seed: int = 0,
) -> DiscoveredParts:
    """Finds the parts that P photos have in common.

    Args:
        features: N = rows × columns patches a photo.
        saliency: of each patch, in [0, 1].
        grid: rows and columns.
        number: K in 3 … 8; None takes as many as two halves of the photos agree on.
        companion: see `COMPANION`.
        seed: of the clustering's starts and the halving.

    Raises:
        PartMapError: hardly any foreground, or fewer parts than were asked for.
    """
    alone = largest_pieces(saliency.view(-1, *grid), FOREGROUND, companion).flatten(1)
    patches, mean = gather(features, saliency * alone, grid)
    tree, curve = grow(patches, seed=seed, most=MOST)
    return DiscoveredParts(mean, tree, curve, number or stable(tree.splits), companion)


def _blurred(maps: Float[Tensor, "B K h w"]) -> Float[Tensor, "B K h w"]:
    return F.avg_pool2d(maps, 3, stride=1, padding=1)


def _stretched(animal: Bool[Tensor, "B H W"], dim: int) -> Float[Tensor, "B H W"]:
    """For each pixel 0 at the animal's first row (or column), 1 at its last; beyond, outside."""
    place = torch.arange(animal.shape[dim]).float()
    place = place[:, None] if dim == 1 else place[None]
    place = place.expand(animal.shape)
    low = place.masked_fill(~animal, torch.inf).amin(dim=(1, 2), keepdim=True)
    high = place.masked_fill(~animal, -torch.inf).amax(dim=(1, 2), keepdim=True)
    found: Tensor = (place - low) / (high - low).clamp_min(1)
    return torch.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0)


def _one_head(logits: Float[Tensor, "B K H W"], animal: Bool[Tensor, "B H W"]) -> Tensor:
    """The likeliest of head, trunk and legs, where only the surest piece of head is head."""
    labels = logits.argmax(dim=1)
    head = (labels == HEAD) & animal
    sure = logits.softmax(dim=1)[:, HEAD] * head
    kept = largest_pieces(sure, torch.finfo(sure.dtype).tiny, 1.0)
    rest = logits[:, HEAD + 1 :].argmax(dim=1) + HEAD + 1
    return torch.where(head & ~kept, rest, labels)


def _faces(
    labels: Tensor, animal: Bool[Tensor, "B H W"], across: Tensor, orientations: Sequence[str]
) -> Float[Tensor, "B"]:
    """1 where an animal faces left, −1 where right, 0 where neither is known."""

    def middle(own: Tensor) -> Tensor:
        return (across * own).sum(dim=(1, 2)) / own.sum(dim=(1, 2)).clamp_min(1)

    head = (labels == HEAD) & animal
    faces = side(middle(animal & ~head) - middle(head), head.any(dim=2).any(dim=1))
    for index, orientation in enumerate(orientations):
        if orientation in FLANKS:
            # Whose left flank the camera sees faces left.
            faces[index] = 1.0 if orientation == "left" else -1.0
    return faces
