"""Animals with keypoints, by the names of their pictures.

Knows how pictures are named; it knows no format of files and does not look at the pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pawvit.errors import KeypointError
from pawvit.images import Box, Pixels
from pawvit.teacher.geometry import Pose
from pawvit.teacher.vocabularies import VOCABULARIES, Vocabulary


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


def nobody(box: Box | None = None) -> Animal:
    """An animal of which nothing but its box is known."""
    return Animal(Pose(VOCABULARIES[0], np.zeros((0, 2)), np.zeros(0)), box=box)


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
        agreed = [agreeing(pieces, other) for other in alike]
        best = [one for one, n in zip(alike, agreed, strict=True) if n == max(agreed)]
        if not best:
            raise KeypointError("the picture is not in the keypoint file")
        if len(best) > 1:
            raise KeypointError(
                f"the keypoint file has {len(best)} pictures of this name:"
                f" {', '.join('/'.join(one) for one in best[:3])}"
            )
        return self._animals[best[0]]


def _pieces(path: str) -> tuple[str, ...]:
    pieces = [piece for piece in path.replace("\\", "/").split("/") if piece not in ("", ".")]
    return tuple(pieces) or ("",)


def agreeing(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many pieces agree, counted from the end."""
    number = 0
    for first, second in zip(reversed(one), reversed(other), strict=False):
        if first != second:
            break
        number += 1
    return number
