"""Keypoint files → `KeypointFile`: COCO keypoints, DeepLabCut's tables, plain lists of animals.

Knows formats; it does not know what keypoints are used for.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pawvit.errors import KeypointError
from pawvit.images import Box
from pawvit.teacher.geometry import Pose
from pawvit.teacher.keypoints import Animal, KeypointFile
from pawvit.teacher.vocabularies import VOCABULARIES, Vocabulary, likest, recognised

_HEADS = ("scorer", "individuals", "bodyparts", "coords")


def read_keypoints(path: str | os.PathLike[str], *, any_names: bool = False) -> KeypointFile:
    """Reads COCO keypoints (`.json`), or DeepLabCut's labels or predictions (`.csv`).

    A `.json` with `keypoint_names` and a list of `instances`, each with the file_name, width,
    height and flat keypoints of one animal, is read too.

    Visibility 1 and 2 of COCO count as certain; a network's score is its confidence, and so is
    DeepLabCut's likelihood.

    Args:
        path: the file.
        any_names: whether keypoints of no known vocabulary are taken as they are. Such a
            vocabulary has no parts.

    Raises:
        KeypointError: it can't be read, or its keypoints are of no vocabulary that is known.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".json":
            raw = json.loads(path.read_text(encoding="utf-8"))
            plain = isinstance(raw, dict) and "instances" in raw
            return _coco(path, _as_coco(path, raw) if plain else raw, any_names)
        if path.suffix.lower() == ".csv":
            with open(path, newline="", encoding="utf-8-sig") as handle:
                return _deeplabcut(path, list(csv.reader(handle)), any_names)
    except FileNotFoundError:
        raise KeypointError("no such file", where=path, mend="correct the path") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise KeypointError(f"the keypoint file can't be read: {error}", where=path) from None
    raise KeypointError(
        f"a keypoint file is .json (COCO) or .csv (DeepLabCut), not {path.suffix or path.name}",
        where=path,
        mend="DeepLabCut writes its .h5 as .csv too: save_as_csv=True",
    )


def _coco(path: Path, raw: Any, any_names: bool) -> KeypointFile:
    try:
        named = {tuple(c["keypoints"]) for c in raw["categories"] if c.get("keypoints")}
        if not named:
            raise KeypointError(
                "no category of the file says what its keypoints are called",
                where=path,
                mend="add the names: categories → keypoints",
            )
        vocabulary, order = _vocabulary(path, sorted(named)[0], any_names)
        for other in sorted(named)[1:]:
            if _vocabulary(path, other, any_names) != (vocabulary, order):
                raise KeypointError("its categories have different keypoints", where=path)
        pictures = {image["id"]: image for image in raw["images"]}
        animals: dict[str, list[Animal]] = {str(i["file_name"]): [] for i in pictures.values()}
        for number, annotation in enumerate(raw["annotations"]):
            picture = pictures.get(annotation["image_id"])
            if picture is None:
                raise KeypointError(
                    f"there is no picture with the id {annotation['image_id']}",
                    where=f"{path}, annotations[{number}]",
                )
            flat = annotation.get("keypoints")
            if flat is None:
                continue  # a box without keypoints
            if len(flat) != 3 * len(order):
                raise KeypointError(
                    f"{len(flat)} numbers; {len(order)} keypoints have x, y and visibility each",
                    where=f"{path}, annotations[{number}]",
                )
            values = np.array(flat, dtype=np.float64).reshape(-1, 3)[order]
            sides = (picture.get("width"), picture.get("height"))
            animal = Animal(
                _pose(vocabulary, values),
                (float(sides[0]), float(sides[1])) if all(sides) else None,
                _box(annotation.get("bbox")),
                annotation.get("segmentation") or None,
                f"{path}, annotations[{number}]",
            )
            animals[str(picture["file_name"])].append(animal)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KeypointError(
            f"this is no COCO keypoint file: {error!r}",
            where=path,
            mend="it needs images, annotations and categories",
        ) from None
    return KeypointFile(path, vocabulary, animals)


def _as_coco(path: Path, raw: dict[str, Any]) -> dict[str, Any]:
    """A plain list of animals, one a picture or several, as COCO has it."""
    try:
        images = {str(one["file_name"]): one for one in raw["instances"]}
        number = {name: index for index, name in enumerate(images)}
        return {
            "images": [{**one, "id": number[name]} for name, one in images.items()],
            "annotations": [
                {**one, "image_id": number[str(one["file_name"])]} for one in raw["instances"]
            ],
            "categories": [{"id": 1, "keypoints": list(raw["keypoint_names"])}],
        }
    except (KeyError, TypeError) as error:
        raise KeypointError(
            f"this is no list of animals with keypoints: {error!r}",
            where=path,
            mend="it needs keypoint_names, and instances with file_name and keypoints",
        ) from None


def _deeplabcut(path: Path, rows: list[list[str]], any_names: bool) -> KeypointFile:
    heads = {row[0]: row for row in rows[:4] if row and row[0] in _HEADS}
    if not {"bodyparts", "coords"} <= heads.keys():
        raise KeypointError(
            "this is no DeepLabCut table: its first rows are scorer, bodyparts, coords",
            where=path,
        )
    parts, coords = heads["bodyparts"], heads["coords"]
    first = next((i for i, cell in enumerate(coords) if cell in ("x", "y")), len(coords))
    whose = heads.get("individuals", [""] * len(parts))
    columns: dict[str, dict[str, dict[str, int]]] = {}
    for i in range(first, len(coords)):
        columns.setdefault(whose[i], {}).setdefault(parts[i], {})[coords[i]] = i
    columns.pop("single", None)  # what belongs to no animal
    names = list(dict.fromkeys(parts[first:]))
    vocabulary, order = _vocabulary(path, names, any_names)
    animals: dict[str, list[Animal]] = {}
    for number, row in enumerate(rows[len(heads) :], len(heads) + 1):
        if not any(row):
            continue
        name = "/".join(cell for cell in row[:first] if cell)
        if name.isdigit():
            raise KeypointError(
                f"{name!r} is a frame of a video, not a picture's name",
                where=f"{path}, row {number}",
                mend="analyse pictures, or name the frames' files in the first column",
            )
        found = animals.setdefault(name, [])
        for own in columns.values():
            cells = [[own[n].get(c) for c in ("x", "y", "likelihood")] for n in names if n in own]
            values = np.array([[_number(row, c, path, number) for c in one] for one in cells])
            if len(values) == len(names):
                pose = _pose(vocabulary, values[order])
                where = f"{path}, row {number}"
                found += [Animal(pose, where=where)] if pose.confidence.any() else []
    return KeypointFile(path, vocabulary, animals)


def _number(row: list[str], column: int | None, path: Path, number: int) -> float:
    """A cell; the likelihood is 1 where the table has none, and an empty cell is NaN."""
    if column is None:
        return 1.0
    try:
        return float(row[column] or math.nan)
    except (ValueError, IndexError):
        raise KeypointError(
            "a number is missing or is none", where=f"{path}, row {number}, column {column + 1}"
        ) from None


def _pose(vocabulary: Vocabulary, values: np.ndarray[Any, np.dtype[np.float64]]) -> Pose:
    """(N, 3) x, y and visibility or score → a pose; what is not a number is not there."""
    there = np.isfinite(values).all(axis=1)
    clean = np.where(there[:, None], values, 0)
    return Pose(vocabulary, clean[:, :2], clean[:, 2].clip(0, 1))


def _vocabulary(path: Path, names: Sequence[str], any_names: bool) -> tuple[Vocabulary, list[int]]:
    found = recognised(names)
    if found is not None:
        return found
    if any_names:
        if len(set(names)) < len(names):
            raise KeypointError("two of its keypoints have the same name", where=path)
        own = Vocabulary("its own names", tuple(names), ("",) * len(names), (), "")
        return own, list(range(len(names)))
    likeliest, strange, missing = likest(names)
    if len(missing) < len(likeliest) / 2:
        differing = [f"it lacks {', '.join(missing)}"] if missing else []
        differing += [f"it has {', '.join(strange[:8])} besides"] if strange else []
        what = f"it looks like {likeliest.name}, but {' and '.join(differing)}"
    else:
        what = f"its {len(names)} keypoints begin with {', '.join(names[:4])}"
    raise KeypointError(
        f"keypoints of another vocabulary: {what}",
        where=path,
        mend=f"known are {', '.join(words.name for words in VOCABULARIES)}",
    )


def _box(raw: Any) -> Box | None:
    if not raw:
        return None
    x, y, width, height = (float(number) for number in raw)
    return (x, y, width, height)
