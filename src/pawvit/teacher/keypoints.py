"""Keypoint files: COCO JSON and DeepLabCut CSV → the animals of each picture.

Knows the two formats and how pictures are named in them; it does not look at the pictures.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pawvit.errors import KeypointError
from pawvit.images import Box, Pixels
from pawvit.teacher.geometry import Pose
from pawvit.teacher.vocabularies import VOCABULARIES, Vocabulary, likest, recognised

_HEADS = ("scorer", "individuals", "bodyparts", "coords")


@dataclass(frozen=True)
class Animal:
    """One animal in one picture.

    Attributes:
        pose: in pixels of the upright picture.
        size: width and height of the picture that the pose was made on, where that is known.
        box: x, y, width, height around the animal, where that is known.
        outline: a COCO segmentation, where there is one.
        where: its place in its file, for messages.
    """

    pose: Pose
    size: tuple[float, float] | None = None
    box: Box | None = None
    outline: Any = None
    where: str = ""

    @property
    def extent(self) -> Box:
        """Its box, or that of the keypoints that are there."""
        if self.box is not None:
            return self.box
        shown = self.pose.points[self.pose.confidence > 0]
        if not len(shown):
            return (0.0, 0.0, 0.0, 0.0)
        (left, top), (right, bottom) = shown.min(axis=0), shown.max(axis=0)
        return (float(left), float(top), float(right - left), float(bottom - top))


class KeypointFile:
    """The animals of many pictures, by the pictures' names.

    Args:
        source: the file.
        vocabulary: of all its poses.
        animals: picture, as the file names it → the animals in it, none for an empty picture.
    """

    def __init__(
        self, source: Path, vocabulary: Vocabulary, animals: dict[str, list[Animal]]
    ) -> None:
        self.source = source
        self.vocabulary = vocabulary
        self._animals = {_pieces(name): found for name, found in animals.items()}
        self._given = animals
        self._by_end: dict[str, list[tuple[str, ...]]] = {}
        for pieces in self._animals:
            self._by_end.setdefault(pieces[-1], []).append(pieces)

    def __len__(self) -> int:
        return len(self._animals)

    def pictures(self) -> Iterator[tuple[str, list[Animal]]]:
        """Each picture as the file names it, and the animals in it."""
        yield from self._given.items()

    def __call__(
        self, paths: Sequence[str], pictures: Sequence[Pixels]
    ) -> list[list[Animal] | KeypointError]:
        """The animals of each picture, or why there are none; the pixels are not looked at."""
        found: list[list[Animal] | KeypointError] = []
        for path in paths:
            try:
                found.append(self.of(path))
            except KeypointError as error:
                found.append(error)
        return found

    def of(self, path: str) -> list[Animal]:
        """The animals of a picture.

        Args:
            path: as a photo table gives it. It is the file's picture if their names agree from
                the end on, as far as both go; a table and a file may begin in other folders.

        Raises:
            KeypointError: the file does not know the picture, or knows several such.
        """
        pieces = _pieces(path)
        if pieces in self._animals:
            return self._animals[pieces]
        alike = self._by_end.get(pieces[-1], [])
        agreed = [_agreeing(pieces, other) for other in alike]
        best = [one for one, n in zip(alike, agreed, strict=True) if n == max(agreed)]
        if not best:
            raise KeypointError("the picture is not in the keypoint file")
        if len(best) > 1:
            raise KeypointError(
                f"the keypoint file has {len(best)} pictures of this name:"
                f" {', '.join('/'.join(one) for one in best[:3])}"
            )
        return self._animals[best[0]]


def read_keypoints(path: str | os.PathLike[str], *, any_names: bool = False) -> KeypointFile:
    """Reads COCO keypoints (`.json`), or DeepLabCut's labels or predictions (`.csv`).

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
            return _coco(path, json.loads(path.read_text(encoding="utf-8")), any_names)
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


def _pieces(path: str) -> tuple[str, ...]:
    pieces = [piece for piece in path.replace("\\", "/").split("/") if piece not in ("", ".")]
    return tuple(pieces) or ("",)


def _agreeing(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many pieces agree, counted from the end."""
    number = 0
    for first, second in zip(reversed(one), reversed(other), strict=False):
        if first != second:
            break
        number += 1
    return number
