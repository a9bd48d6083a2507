"""The job `pawvit masks --keypoints`: photos with keypoints → a folder of part maps.

Knows the order of the work and how to choose the animal that a photo is of. Whoever gives
keypoints can drive it: a file, or a network that is shown the pictures.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pawvit import files
from pawvit.errors import ImageError, InputError, KeypointError, PartMapError
from pawvit.images import Box, Pixels, crop, read_image
from pawvit.partmaps import DEFAULT_SIZE, SHEET, PartMaps, Parts
from pawvit.photos import PhotoTable
from pawvit.teacher.geometry import INSIDE, Geometry, Pose, part_map
from pawvit.teacher.job import Made, Progress, refuse_shared_pictures, write_flagged
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.shapes import Shape
from pawvit.teacher.vocabularies import PARTS, Vocabulary

BATCH = 8
"""Pictures that the giver of keypoints sees at a time."""

OUTSIDE = 0.05
"""Share of a picture's side by which a keypoint may lie outside of it: networks guess so."""


class Keypoints(Protocol):
    """Gives the animals of pictures: `KeypointFile`, `PoseNetwork`, or an `Ensemble` of two."""

    @property
    def vocabulary(self) -> Vocabulary:
        """Of all poses."""

    def __call__(
        self, paths: Sequence[str], pictures: Sequence[Pixels], /
    ) -> Sequence[list[Animal] | KeypointError]:
        """For each picture its animals, or why there are none."""


def make_pose_maps(
    table: PhotoTable,
    out: str | os.PathLike[str],
    keypoints: Keypoints,
    shape: Shape,
    *,
    parts: str = "tiger",
    geometry: Geometry = INSIDE,
    size: tuple[int, int] = DEFAULT_SIZE,
    note: dict[str, str] | None = None,
    progress: Progress = lambda label: lambda done, total: None,
) -> Made:
    """Makes the part maps of all photos of a table from keypoints.

    A photo without a usable animal is flagged, gets no map, and the rest carries on.

    Args:
        table: the photos.
        out: the folder for maps, `parts.json` and `flagged.csv`.
        keypoints: gives the animals of pictures.
        shape: gives the foreground of an animal.
        parts: "tiger" or "yak".
        geometry: how keypoints become parts.
        size: height and width of the maps.
        note: where keypoints and foreground came from, to stand in `parts.json`.
        progress: label → a `progress(done, total)` callable.

    Raises:
        PartMapError: the folder holds maps of another teacher, or of this one set otherwise.
        PhotoTableError: two animals of one picture are to have a map each.
    """
    out = Path(out)
    refuse_shared_pictures(table)
    with files.alone_in(out, "part maps"):
        settings = {"parts": parts, **(note or {}), "geometry": _plain(geometry)}
        versions = {name: metadata.version(name) for name in ("pawvit", "numpy", "pillow")}
        made_of = Parts(PARTS[parts], size, "pose", settings, versions)
        _refuse_others(out, made_of)
        maps = PartMaps.create(out, made_of)
        waiting = [i for i, path in enumerate(table.paths) if path not in maps]
        kept, written = len(table) - len(waiting), 0
        unreadable: list[str] = []
        flagged: list[tuple[str, str]] = []
        tell = progress("part maps")
        for begin in range(0, len(waiting), BATCH):
            pictures: dict[int, Pixels] = {}
            for index in waiting[begin : begin + BATCH]:
                try:
                    pictures[index] = read_image(table.files[index])
                except ImageError as error:
                    unreadable.append(str(error))
            given = keypoints([table.paths[i] for i in pictures], list(pictures.values()))
            for (index, picture), animals in zip(pictures.items(), given, strict=True):
                path = table.paths[index]
                try:
                    if isinstance(animals, KeypointError):
                        raise animals
                    animal, box = chosen(animals, picture, table.box(index))
                    view = _view(animal, shape(path, picture, animal), box)
                    labels = part_map(*view, PARTS[parts], size=size, geometry=geometry)
                except InputError as error:
                    flagged.append((path, error.what))
                else:
                    maps.write(path, labels)
                    written += 1
            tell(min(begin + BATCH, len(waiting)), len(waiting))
        write_flagged(out, flagged)
        return Made(maps, written, kept, tuple(unreadable), tuple(flagged))


def chosen(
    animals: Sequence[Animal], picture: Pixels, box: Box | None
) -> tuple[Animal, Box | None]:
    """The animal that a photo is of, in the picture's pixels, and the photo's box.

    Where the photo has a box it is the animal whose own box covers it best, otherwise the largest.

    Raises:
        KeypointError: there is none, or its keypoints don't fit the picture.
    """
    height, width = picture.shape[:2]
    fitting = [fitted(animal, width, height) for animal in animals]
    fitting = [animal for animal in fitting if animal.pose.confidence.any()]
    if box is not None:
        fitting = [animal for animal in fitting if overlap(animal.extent, box) > 0]
    if not fitting:
        where = "in the picture" if box is None else "in the photo's box"
        raise KeypointError(f"no animal {where} has keypoints")

    def rank(animal: Animal) -> float:
        own = animal.extent
        return own[2] * own[3] if box is None else overlap(own, box)

    best = max(fitting, key=rank)
    _refuse_outside(best.pose, width, height)
    edge = np.array([width - 1, height - 1])
    pose = replace(best.pose, points=best.pose.points.clip(0, edge))
    return replace(best, pose=pose, box=box or best.box), box


def fitted(animal: Animal, width: int, height: int) -> Animal:
    """The animal in the picture's own pixels, where its keypoints were made on a smaller copy.

    Raises:
        KeypointError: that copy had another shape.
    """
    if animal.size is None or animal.size == (width, height):
        return animal
    across, down = width / animal.size[0], height / animal.size[1]
    if abs(across / down - 1) > 0.02:
        raise KeypointError(
            f"the keypoints are of a picture of {animal.size[0]:.0f} × {animal.size[1]:.0f}, this"
            f" one is {width} × {height}"
        )
    box = animal.box
    if box is not None:
        box = (box[0] * across, box[1] * down, box[2] * across, box[3] * down)
    return replace(animal, pose=animal.pose.moved((0, 0), (across, down)), box=box)


def _refuse_outside(pose: Pose, width: int, height: int) -> None:
    sides = np.array([width, height])
    there = pose.points[pose.confidence > 0]
    lost = ((there < -OUTSIDE * sides) | (there > (1 + OUTSIDE) * sides)).any(axis=1)
    if lost.any():
        raise KeypointError(
            f"{int(lost.sum())} of {len(there)} keypoints lie outside of the picture of"
            f" {width} × {height}"
        )


def _view(
    animal: Animal, shown: npt.NDArray[np.float32], box: Box | None
) -> tuple[Pose, npt.NDArray[np.float32]]:
    """Pose and foreground of the photo, which is the picture cut to its box."""
    if box is None:
        return animal.pose, shown
    part = crop(shown, box)
    pose = animal.pose.moved((-max(0, round(box[0])), -max(0, round(box[1]))))
    height, width = part.shape
    inside = ((pose.points >= 0) & (pose.points <= [width, height])).all(axis=1)
    return replace(pose, confidence=pose.confidence * inside), part


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, across) * max(0.0, down)
    return both / (one[2] * one[3] + other[2] * other[3] - both) if both else 0.0


def _plain(geometry: Geometry) -> dict[str, float | bool | None]:
    """JSON has no infinity."""
    return {key: None if value == np.inf else value for key, value in asdict(geometry).items()}


def _refuse_others(out: Path, wanted: Parts) -> None:
    if not (out / SHEET).exists():
        return
    before = PartMaps.open(out).parts
    if (before.teacher, before.settings) != (wanted.teacher, wanted.settings):
        raise PartMapError(
            f"the folder was begun with another teacher or other settings ({before.teacher}:"
            f" {before.settings})",
            where=out,
            mend="choose another folder, or set it as before",
        )
