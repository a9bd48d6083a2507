"""A herd on disk: photos, part maps, the photo table and the lists of its layout."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from pawvit import files
from pawvit.anatomy import TIGER_PARTS
from pawvit.errors import InputError
from pawvit.herd.draw import DEFAULT_SIZE, draw
from pawvit.herd.layouts import paths, write_lists
from pawvit.herd.plan import Settings, Shot, plan, season
from pawvit.herd.truth import COLUMNS, truth_of
from pawvit.partmaps import DEFAULT_SIZE as MAP_SIZE
from pawvit.partmaps import SHEET, Labels, PartMaps, Parts

TABLE = "photos.csv"
MAPS = "maps"

_QUALITY = 92
# Goes up whenever the same seed draws other pixels: an unfinished herd is never mixed of two.
_DRAWING = 2


def write_herd(
    out: Path,
    *,
    animals: int,
    photos_per_flank: int,
    cameras: int = 4,
    seed: int = 0,
    size: tuple[int, int] = DEFAULT_SIZE,
    difficulty: float = 0.0,
    layout: str = "table",
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Draws a herd: `photos.csv`, the pictures, and part maps in `maps/`.

    The same arguments give the same files. Files that exist are kept, so that an interrupted run
    goes on where it ended; lists and table are written last. Individuals are split 70 : 10 : 20
    into train, select and val. The column `role` makes val photos `query` (every second camera) or
    `gallery` (the others); each query's entity is in the gallery. What else the table's columns
    say stands in `truth.COLUMNS`.

    Args:
        out: the folder, made if it is missing.
        animals: number of individuals.
        photos_per_flank: photos of each flank of each of them, dealt over the cameras in turn.
        cameras: number of cameras, at most `len(CAMERAS)`.
        seed: another seed gives another herd.
        size: height and width of the photos in pixels.
        difficulty: 0 to 1; `conditions.LEVELS` says what comes in when. The animals and their
            coats are the same at every difficulty.
        layout: where the pictures lie, one of `plan.LAYOUTS`; `layouts` describes them.
        progress: told after each photo how many are done, and of how many.

    Returns:
        The path of the table.

    Raises:
        InputError: a number is out of range, or the folder holds something else.
    """
    settings = Settings(
        animals, photos_per_flank, cameras, seed, size, difficulty=difficulty, layout=layout
    )
    settings.check()
    maps = _open_maps(out, settings)
    shots = plan(settings)
    places = paths(layout, shots)
    truths = []
    for done, (shot, path) in enumerate(zip(shots, places, strict=True), start=1):
        truth = _truth_in(out / path) if path in maps else None
        truths.append(truth or _take(shot, settings, out, path, maps))
        if progress is not None:
            progress(done, len(shots))
    write_lists(layout, out, shots, places, truths)
    with files.atomic(out / TABLE) as temporary:
        table = _table(settings, shots, places, truths)
        table.to_csv(temporary, index=False, lineterminator="\n")
    return out / TABLE


def _open_maps(out: Path, settings: Settings) -> PartMaps:
    """The folder of maps; its `parts.json` also tells which herd the whole folder holds."""
    root = out / MAPS
    sheet: dict[str, Any] = {**dataclasses.asdict(settings), "drawing": _DRAWING}
    sheet["size"] = list(settings.size)
    if (root / SHEET).exists():
        held = PartMaps.open(root).parts
        if held.teacher != "herd" or held.settings != sheet:
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
    return PartMaps.create(root, Parts(TIGER_PARTS, MAP_SIZE, "herd", sheet, versions))


def _take(shot: Shot, settings: Settings, out: Path, path: str, maps: PartMaps) -> dict[str, Any]:
    photo = draw(
        shot.animal,
        shot.orientation,
        shot.camera,
        shot.rng(settings.seed),
        settings.size,
        shot.conditions(settings),
    )
    truth = truth_of(photo)
    # The truth travels in the picture's comment, so that a run that goes on need not draw again.
    comment = json.dumps(truth, separators=(",", ":"))
    with files.atomic(out / path) as temporary:
        picture = Image.fromarray(photo.pixels)
        picture.save(temporary, quality=_QUALITY, subsampling=0, comment=comment)
    maps.write(path, _nearest(photo.labels, maps.parts.size))
    return truth


def _truth_in(path: Path) -> dict[str, Any] | None:
    """What a picture's comment says; None where there is no such picture, or none of a herd's."""
    try:
        with Image.open(path) as picture:
            truth: dict[str, Any] = json.loads(picture.info["comment"])
    except (OSError, KeyError, ValueError):
        return None
    return truth


def _nearest(labels: Labels, size: tuple[int, int]) -> Labels:
    height, width = size
    resized = Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST)
    return np.asarray(resized)


def _table(
    settings: Settings,
    shots: Sequence[Shot],
    places: Sequence[str],
    truths: Sequence[dict[str, Any]],
) -> pd.DataFrame:
    rows = []
    for shot, path, truth in zip(shots, places, truths, strict=True):
        taken, date = shot.conditions(settings), shot.date(settings.seed)
        other = taken.neighbour if truth["animals"] > 1 else None
        told = {
            **truth,
            "season": season(date),
            "scarred": int(taken.scarred),
            "background": f"{shot.camera.name} {taken.spot + 1}",
            "neighbour": other.name if other else "",
        }
        rows.append(
            {
                "path": path,
                "identity": shot.animal.name,
                "orientation": shot.orientation,
                "camera": shot.camera.name,
                "encounter": shot.encounter,
                "date": date.isoformat(),
                "species": shot.animal.species.name,
                "split": shot.split,
                "role": shot.role,
                **{name: told[name] for name in COLUMNS},
            }
        )
    return pd.DataFrame(rows)
