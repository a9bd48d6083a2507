"""A herd on disk: photos, part maps and the photo table. Knows the plan of it, not how to draw."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from pawvit import files
from pawvit.anatomy import FLANKS, TIGER_PARTS
from pawvit.errors import InputError
from pawvit.herd.animal import Animal, make_animal
from pawvit.herd.camera import CAMERAS, Camera
from pawvit.herd.draw import DEFAULT_SIZE, draw
from pawvit.herd.names import names
from pawvit.partmaps import DEFAULT_SIZE as MAP_SIZE
from pawvit.partmaps import SHEET, Labels, PartMaps, Parts

TABLE = "photos.csv"
MAPS = "maps"

MIN_ANIMALS = 8
"""Four to train on, two to choose on, two to report on."""

MIN_SIDE = 48
"""Pixels; on smaller photos the marks of a coat run together."""

_QUALITY = 92
_FIRST_DAY = datetime.date(2024, 5, 1)
# Goes up whenever the same seed draws other pixels: an unfinished herd is never mixed of two.
_DRAWING = 1


@dataclass(frozen=True)
class _Shot:
    """One photo to take: `number` counts the photos of a flank."""

    animal: Animal
    orientation: str
    number: int
    camera: Camera
    visit: int
    split: str
    role: str

    @property
    def path(self) -> str:
        name = self.animal.name
        return f"images/{name}/{name}-{self.orientation}-{self.number + 1:02d}.jpg"


def write_herd(
    out: Path,
    *,
    animals: int,
    photos_per_flank: int,
    cameras: int = 4,
    seed: int = 0,
    size: tuple[int, int] = DEFAULT_SIZE,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draws a herd: `photos.csv`, `images/` and part maps in `maps/`.

    The same arguments give the same files. Files that exist are kept, so that an interrupted run
    goes on where it ended; the table is written last. Individuals are split 70 : 10 : 20 into
    train, select and val. The column `role` makes val photos `query` (every second camera) or
    `gallery` (the others); each query's entity is in the gallery.

    Args:
        out: the folder, made if it is missing.
        animals: number of individuals.
        photos_per_flank: photos of each flank of each of them, dealt over the cameras in turn.
        cameras: number of cameras, at most `len(CAMERAS)`.
        seed: another seed gives another herd.
        size: height and width of the photos in pixels.
        progress: told after each photo how many are done, and of how many.

    Returns:
        The path of the table.

    Raises:
        InputError: a number is out of range, or the folder holds something else.
    """
    _check(animals, photos_per_flank, cameras, seed, size)
    settings: dict[str, Any] = {
        "animals": animals,
        "photos_per_flank": photos_per_flank,
        "cameras": cameras,
        "seed": seed,
        "size": list(size),
        "drawing": _DRAWING,
    }
    maps = _open_maps(out, settings)
    shots = _plan(animals, photos_per_flank, cameras, seed)
    for done, shot in enumerate(shots, start=1):
        if not ((out / shot.path).exists() and shot.path in maps):
            _take(shot, out, maps, seed, size)
        if progress is not None:
            progress(done, len(shots))
    with files.atomic(out / TABLE) as temporary:
        _table(shots, seed).to_csv(temporary, index=False, lineterminator="\n")
    return out / TABLE


def _check(
    animals: int, photos_per_flank: int, cameras: int, seed: int, size: tuple[int, int]
) -> None:
    wrong = None
    if animals < MIN_ANIMALS:
        wrong = f"{animals} animals are too few to split: at least {MIN_ANIMALS}"
    elif photos_per_flank < 2:
        wrong = f"{photos_per_flank} photos a flank: at least 2, one to ask with and one to find"
    elif not 2 <= cameras <= len(CAMERAS):
        wrong = f"{cameras} cameras: between 2 and {len(CAMERAS)} can be had"
    elif seed < 0:
        wrong = f"the seed {seed} is negative"
    elif min(size) < MIN_SIDE:
        wrong = f"photos of {size[0]} × {size[1]} pixels: at least {MIN_SIDE} a side"
    if wrong is not None:
        raise InputError(wrong, mend="see the limits in: pawvit herd --help")


def _open_maps(out: Path, settings: dict[str, Any]) -> PartMaps:
    """The folder of maps; its `parts.json` also tells which herd the whole folder holds."""
    root = out / MAPS
    if (root / SHEET).exists():
        held = PartMaps.open(root).parts
        if held.teacher != "herd" or held.settings != settings:
            raise InputError(
                "the folder holds another herd, or part maps of something else",
                where=out,
                mend="choose another folder, or remove this one",
            )
    elif (out / TABLE).exists():
        raise InputError(
            "the folder holds a photo table that is not a herd's",
            where=out / TABLE,
            mend="choose another folder",
        )
    versions = {package: version(package) for package in ("pawvit", "numpy", "pillow")}
    return PartMaps.create(root, Parts(TIGER_PARTS, MAP_SIZE, "herd", settings, versions))


def _plan(animals: int, photos_per_flank: int, cameras: int, seed: int) -> list[_Shot]:
    """Every photo of the herd, in the order of the table."""
    splits = _splits(animals, seed)
    shots = []
    for name, split in zip(names(animals), splits, strict=True):
        animal = make_animal(seed, name)
        for orientation in FLANKS:
            for number in range(photos_per_flank):
                visit, place = divmod(number, cameras)
                role = ("gallery", "query")[place % 2] if split == "val" else ""
                shots.append(_Shot(animal, orientation, number, CAMERAS[place], visit, split, role))
    return shots


def _splits(animals: int, seed: int) -> list[str]:
    select, val = max(2, round(0.1 * animals)), max(2, round(0.2 * animals))
    dealt = ["val"] * val + ["select"] * select + ["train"] * (animals - select - val)
    order = np.random.default_rng([seed, animals]).permutation(animals)
    return [dealt[position] for position in order]


def _rng(seed: int, shot: _Shot) -> np.random.Generator:
    # A stream of its own for each photo: those that are kept don't change those that are drawn.
    letters = f"{shot.animal.name}/{shot.orientation}".encode()
    return np.random.default_rng([seed, shot.number, *letters])


def _take(shot: _Shot, out: Path, maps: PartMaps, seed: int, size: tuple[int, int]) -> None:
    photo = draw(shot.animal, shot.orientation, shot.camera, _rng(seed, shot), size)
    with files.atomic(out / shot.path) as temporary:
        Image.fromarray(photo.pixels).save(temporary, quality=_QUALITY, subsampling=0)
    maps.write(shot.path, _nearest(photo.labels, maps.parts.size))


def _nearest(labels: Labels, size: tuple[int, int]) -> Labels:
    height, width = size
    resized = Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST)
    return np.asarray(resized)


def _table(shots: list[_Shot], seed: int) -> pd.DataFrame:
    rows = []
    for shot in shots:
        name, camera = shot.animal.name, shot.camera.name
        # Both flanks are photographed while the animal passes: one encounter.
        encounter = f"{name} at {camera} {shot.visit + 1}"
        days = int(np.random.default_rng([seed, *encounter.encode()]).integers(0, 120))
        date = _FIRST_DAY + datetime.timedelta(days=120 * shot.visit + days)
        rows.append(
            {
                "path": shot.path,
                "identity": name,
                "orientation": shot.orientation,
                "camera": camera,
                "encounter": encounter,
                "date": date.isoformat(),
                "species": shot.animal.species.name,
                "split": shot.split,
                "role": shot.role,
            }
        )
    return pd.DataFrame(rows)
