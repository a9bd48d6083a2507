"""Discovered parts: features + foreground → parts of any animal, without keypoints.

Patch features of all training photos are clustered together, so that a cluster is the same piece of
the body in every photo. Clusters that only trace the outline or the ground are dropped, clusters
that lie in the same place (dark and light coats) become one part, and parts are named by where they
lie. Knows features and foreground; it knows no networks and no files but its own.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from pawvit import tensorfile
from pawvit.errors import PartMapError
from pawvit.partmaps import Labels

FOREGROUND_FIT = 0.6
"""Saliency above which a patch teaches the clusters."""

FOREGROUND = 0.5
"""Saliency above which a pixel belongs to a part …"""

FOREGROUND_OUTLINE = 0.8
"""… and above which it does where it looks like outline or ground."""

SOLID = 0.33
"""A cluster whose patches have fewer neighbours of their own kind than this is an outline."""

SAME_PLACE = 0.15
"""Clusters nearer than this, in units of the animal's height and length, are one part."""

MIN_PATCHES = 20
"""A photo with a smaller foreground does not tell where clusters lie."""


@dataclass(frozen=True)
class DiscoveredParts:
    """A fitted teacher.

    Attributes:
        mean: (C,), of all foreground features; taken away before features are compared.
        centres: (M, C), unit vectors, one a cluster.
        part_of: (M,), the part that each cluster belongs to, −1 for outline and ground.
        vocabulary: K names.
    """

    mean: Float[Tensor, "C"]
    centres: Float[Tensor, "M C"]
    part_of: Int[Tensor, "M"]
    vocabulary: tuple[str, ...]

    def label(
        self,
        features: Float[Tensor, "B N C"],
        saliency: npt.NDArray[np.float32],
        grid: tuple[int, int],
        size: tuple[int, int],
    ) -> list[Labels]:
        """Part maps of B photos.

        Args:
            features: N = rows × columns patches a photo.
            saliency: (B, H, W) in [0, 1].
            grid: rows and columns.
            size: height and width of the maps.

        Returns:
            B label maps: 0 … K−1 the parts, K background.
        """
        similarity = F.normalize(features.float() - self.mean, dim=2) @ self.centres.T
        batch, _, clusters = similarity.shape
        maps = similarity.transpose(1, 2).reshape(batch, clusters, *grid)
        maps = F.interpolate(maps, size=size, mode="bilinear", align_corners=False)
        shown = F.interpolate(torch.from_numpy(saliency)[:, None], size=size, mode="area")[:, 0]
        outline = self.part_of[maps.argmax(dim=1)] < 0
        # Outline pixels that are surely animal go to the nearest real part.
        parts = self.part_of[
            maps.masked_fill((self.part_of < 0)[None, :, None, None], -2).argmax(dim=1)
        ]
        needed = torch.where(outline, FOREGROUND_OUTLINE, FOREGROUND)
        labels = torch.where(shown >= needed, parts, len(self.vocabulary))
        return list(labels.to(torch.uint8).numpy())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the teacher as one safetensors file, atomically."""
        tensors = {"mean": self.mean, "centres": self.centres, "part_of": self.part_of}
        tensorfile.write(path, tensors, {"vocabulary": json.dumps(self.vocabulary)})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> DiscoveredParts:
        """Reads a fitted teacher; raises PartMapError where the file is none."""
        try:
            tensors, header = tensorfile.read(path)
            vocabulary = tuple(json.loads(header["vocabulary"]))
            mean, centres, part_of = (tensors[name] for name in ("mean", "centres", "part_of"))
        except (OSError, ValueError, KeyError) as error:
            raise PartMapError(
                f"the fitted teacher can't be read: {error}",
                where=path,
                mend="delete it, and it will be fitted again",
            ) from None
        return cls(mean, centres, part_of, vocabulary)


def fit(
    features: Float[Tensor, "P N C"],
    saliency: Float[Tensor, "P N"],
    grid: tuple[int, int],
    *,
    clusters: int = 7,
    seed: int = 0,
) -> DiscoveredParts:
    """Finds the parts that P photos have in common.

    Args:
        features: N = rows × columns patches a photo.
        saliency: of each patch, in [0, 1].
        grid: rows and columns.
        clusters: how many to begin with; more than parts are wanted, since some will be dropped or
            merged.
        seed: of the clustering's starts.

    Raises:
        PartMapError: hardly any foreground, or no cluster that is more than outline.
    """
    inside = saliency > FOREGROUND_FIT
    usable = inside.sum(dim=1) >= MIN_PATCHES
    if int(usable.sum()) < 2:
        raise PartMapError(
            f"only {int(usable.sum())} of {len(features)} photos show a clear foreground",
            mend="give photos in which the animal fills a good part of the picture",
        )
    features, inside = features[usable].float(), inside[usable]
    mean = features[inside].mean(dim=0)
    unit = F.normalize(features - mean, dim=2)
    centres = spherical_kmeans(unit[inside], clusters, seed=seed)
    assigned = (unit @ centres.T).argmax(dim=2).masked_fill(~inside, -1)
    solid, place = _statistics(assigned, inside, grid, clusters)
    kept = [c for c in range(clusters) if solid[c] >= SOLID]
    if not kept:
        raise PartMapError(
            "every cluster only traces outlines: no parts can be told apart",
            mend="give more photos, or sharper ones",
        )
    groups = _merge(place, kept)
    names = _names(np.array([place[group].mean(axis=0) for group in groups]))
    part_of = torch.full((clusters,), -1, dtype=torch.int64)
    for part, group in enumerate(groups[i] for i in names.order):
        part_of[group] = part
    return DiscoveredParts(mean, centres, part_of, names.names)


def spherical_kmeans(
    unit: Float[Tensor, "X C"], clusters: int, *, seed: int, starts: int = 6, rounds: int = 40
) -> Float[Tensor, "M C"]:
    """k-means by cosine with k-means++ starts; the best of several by mean similarity."""
    random = torch.Generator().manual_seed(seed)
    best, best_score = unit[:clusters], float("-inf")
    for _ in range(starts):
        centres = unit[torch.randint(len(unit), (1,), generator=random)]
        while len(centres) < clusters:
            distance = (1 - (unit @ centres.T).amax(dim=1)).clamp_min(1e-9)
            pick = torch.multinomial(distance**2, 1, generator=random)
            centres = torch.cat([centres, unit[pick]])
        for _ in range(rounds):
            nearest = (unit @ centres.T).argmax(dim=1)
            sums = torch.zeros_like(centres).index_add_(0, nearest, unit)
            moved = torch.where(sums.norm(dim=1, keepdim=True) > 0, sums, centres)
            moved = F.normalize(moved, dim=1)
            if torch.allclose(moved, centres, atol=1e-5):
                break
            centres = moved
        score = float((unit @ centres.T).amax(dim=1).mean())
        if score > best_score:
            best, best_score = centres, score
    return best


def _statistics(
    assigned: Int[Tensor, "P N"], inside: Tensor, grid: tuple[int, int], clusters: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How solid each cluster is, and where it lies: (M,) and (M, 2) down and backwards.

    Down is 0 at the animal's highest patch and 1 at its lowest; backwards is 0 at its head end and
    1 at its rear. The head end is found from the clusters alone: it is the side on which the
    cluster lies that keeps farthest from the middle.
    """
    rows, columns = grid
    photos = len(assigned)
    y = torch.arange(rows).repeat_interleave(columns).double()
    x = torch.arange(columns).repeat(rows).double()
    place = np.full((photos, clusters, 2), np.nan)
    solid = np.full((photos, clusters), np.nan)
    for photo in range(photos):
        body = inside[photo]
        top, left = y[body].min(), x[body].min()
        height = (y[body].max() - top).clamp_min(1)
        width = (x[body].max() - left).clamp_min(1)
        for cluster in range(clusters):
            own = assigned[photo] == cluster
            if int(own.sum()) < 4:
                continue
            place[photo, cluster, 0] = float(((y[own] - top) / height).mean())
            place[photo, cluster, 1] = float(((x[own] - left) / width).mean())
            image = F.pad(own.view(1, 1, rows, columns).float(), (1, 1, 1, 1))
            solid[photo, cluster] = float(F.avg_pool2d(image, 3, 1).view(-1)[own].mean())
    with np.errstate(invalid="ignore"):
        seen = ~np.isnan(place[..., 1]).all(axis=0)
        aside = np.where(seen, _mean(np.abs(place[:, :, 1] - 0.5)), 0)
    facing_right = place[:, int(aside.argmax()), 1] > 0.5
    place[facing_right, :, 1] = 1 - place[facing_right, :, 1]
    places = np.stack([_mean(place[..., 0]), _mean(place[..., 1])], axis=1)
    # A cluster that no photo shows more than a trace of is no part.
    return np.where(np.isnan(solid).all(axis=0), 0.0, _mean(solid)), places


def _mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean over photos that show the cluster; 0.5 where none does."""
    seen = ~np.isnan(values)
    totals = np.where(seen, values, 0).sum(axis=0)
    return np.where(seen.any(axis=0), totals / np.maximum(seen.sum(axis=0), 1), 0.5)


def _merge(place: npt.NDArray[np.float64], kept: list[int]) -> list[list[int]]:
    """Groups of clusters whose mean places are near each other, nearest pairs first."""
    groups = [[cluster] for cluster in kept]
    while len(groups) > 1:
        middles = np.array([place[group].mean(axis=0) for group in groups])
        apart = np.linalg.norm(middles[:, None] - middles[None], axis=2)
        np.fill_diagonal(apart, np.inf)
        first, second = np.unravel_index(int(apart.argmin()), apart.shape)
        if apart[first, second] >= SAME_PLACE:
            break
        groups[int(first)] += groups.pop(int(second))
    return groups


@dataclass(frozen=True)
class _Named:
    order: list[int]
    names: tuple[str, ...]


def _names(middles: npt.NDArray[np.float64]) -> _Named:
    """Names parts by (down, backwards): head in front, legs lowest, flanks from top to bottom."""
    left = list(range(len(middles)))
    order: list[int] = []
    names: list[str] = []
    if len(left) > 1:
        head = min(left, key=lambda part: middles[part, 1])
        left.remove(head)
        order.append(head)
        names.append("head")
    legs = max(left, key=lambda part: middles[part, 0]) if len(left) > 1 else None
    flank = sorted((p for p in left if p != legs), key=lambda part: middles[part, 0])
    order += flank
    names += {1: ["flank"], 2: ["upper flank", "lower flank"]}.get(
        len(flank), [f"flank {i + 1}" for i in range(len(flank))]
    )
    if legs is not None:
        order.append(legs)
        names.append("legs")
    return _Named(order, tuple(names))
