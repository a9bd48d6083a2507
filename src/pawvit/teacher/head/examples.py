"""A keypoint file and its pictures → labelled animals to learn from, checked one by one.

Knows files and their mistakes; it knows no network.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pawvit.errors import InputError, KeypointError, first_of
from pawvit.images import Box, Pixels, read_image
from pawvit.teacher.boxes import FindBox
from pawvit.teacher.head.views import Points, framed
from pawvit.teacher.keypoints import Animal, KeypointFile

FEWEST = 20
"""Labelled animals; with fewer nothing can be learned and nothing measured."""

SPOILT = 0.1
"""Share of the animals that may be unusable; beyond, the file is not of these pictures."""

OUTSIDE = 0.05
"""Share of a picture's side by which a labelled keypoint may lie outside of it."""


@dataclass(frozen=True)
class Example:
    """One labelled animal.

    Attributes:
        file: its picture.
        frame: what of the picture the network is shown: x, y, width, height in pixels.
        diagonal: of the animal's box, in pixels.
        points: (K, 2), x and y in pixels of the picture.
        labelled: (K,) whether a keypoint has a place.
    """

    file: Path
    frame: Box
    diagonal: float
    points: Points
    labelled: npt.NDArray[np.bool_]


def mirrored_names(names: Sequence[str]) -> list[int]:
    """For each keypoint its counterpart in the mirror: left and right (l and r) change places."""
    other = {"left": "right", "right": "left", "l": "r", "r": "l"}

    def turned(name: str) -> str:
        pieces = re.split("([^a-z0-9]+)", name.lower())
        return "".join(other.get(piece, piece) for piece in pieces)

    places = {name.lower(): place for place, name in enumerate(names)}
    return [places.get(turned(name), place) for place, name in enumerate(names)]


def read_examples(
    found: KeypointFile,
    photos: str | os.PathLike[str],
    find_box: FindBox,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Example], list[str]]:
    """The animals of a keypoint file that have keypoints, and a line for each that can't be used.

    Args:
        found: the file.
        photos: the folder that its pictures' names begin in.
        find_box: asked where the file gives an animal no box.
        progress: called with pictures done and their number.

    Raises:
        KeypointError: fewer than `FEWEST` animals have keypoints, or more than `SPOILT` of them
            can't be used: pictures that are missing or broken, keypoints outside of theirs.
    """
    wanted = [
        (name, labelled)
        for name, animals in found.pictures()
        if (labelled := [animal for animal in animals if animal.pose.confidence.any()])
    ]
    number = sum(len(animals) for _, animals in wanted)
    if number < FEWEST:
        raise KeypointError(
            f"{number} animals have visible keypoints; a training needs {FEWEST} at least, and"
            " some hundred to be of use",
            where=found.source,
            mend="label more; visibility 0 means that a keypoint has no place",
        )
    examples: list[Example] = []
    problems: list[str] = []
    for done, (name, animals) in enumerate(wanted, 1):
        file = _file(Path(photos), name)
        for animal in animals:
            try:
                examples.append(_example(animal, file, read_image(file), find_box))
            except InputError as error:
                problems.append(f"{name} ({_short(animal.where)}): {error.what}")
        progress(done, len(wanted))
    if len(problems) > SPOILT * number:
        raise KeypointError(
            f"{len(problems)} of {number} animals can't be used:\n"
            + "\n".join(f"  - {problem}" for problem in first_of(problems)),
            where=found.source,
            mend="mend these; --photos is the folder that the pictures' names begin in, here"
            f" {photos}",
        )
    return examples, problems


def _short(where: str) -> str:
    """The place in the file, without the file."""
    return where.rpartition(", ")[2]


def _file(photos: Path, name: str) -> Path:
    """Annotation tools write other machines' folders into names: the name alone will do."""
    plain = name.replace("\\", "/")
    own = photos / plain
    return own if own.is_file() else photos / plain.rpartition("/")[2]


def _example(animal: Animal, file: Path, picture: Pixels, find_box: FindBox) -> Example:
    height, width = picture.shape[:2]
    pose, box = animal.pose, animal.box
    if animal.size is not None and animal.size != (width, height):
        across, down = width / animal.size[0], height / animal.size[1]
        pose = pose.moved((0, 0), (across, down))
        if box is not None:
            box = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
    labelled = pose.confidence > 0
    there = pose.points[labelled]
    sides = np.array([width, height])
    lost = ((there < -OUTSIDE * sides) | (there > (1 + OUTSIDE) * sides)).any(axis=1)
    if lost.any():
        names = [n for n, yes in zip(pose.vocabulary.keypoints, labelled, strict=True) if yes]
        which = [
            f"{names[i]} at {there[i, 0]:.0f}, {there[i, 1]:.0f}" for i in np.flatnonzero(lost)
        ]
        raise KeypointError(
            f"keypoints outside of the picture of {width} × {height}: {', '.join(which)}"
        )
    if box is None:
        box = find_box(str(file), picture)
    # No wider where labels lie outside: in use there are no labels.
    return Example(file, framed(box, picture), math.hypot(*box[2:]), pose.points, labelled)
