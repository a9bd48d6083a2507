"""The paper's two pose networks in one: SuperAnimal keypoints, improved by AP-10K's.

Knows which animal of the one is which of the other; it knows no files and no networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pawvit.errors import KeypointError
from pawvit.images import Pixels
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.pose import Keypoints, fitted, overlap
from pawvit.teacher.vocabularies import AP10K, SUPERANIMAL, Vocabulary


class Ensemble:
    """Two givers of keypoints as one (paper §3, `Pose.improved`).

    Args:
        one, other: of SuperAnimal-quadruped and of AP-10K, in any order.

    Raises:
        KeypointError: their vocabularies are not these two.
    """

    def __init__(self, one: Keypoints, other: Keypoints) -> None:
        if {one.vocabulary, other.vocabulary} != {SUPERANIMAL, AP10K}:
            raise KeypointError(
                f"keypoints of {one.vocabulary.name} and {other.vocabulary.name} don't go together",
                mend=f"two at once are {SUPERANIMAL.name} and {AP10K.name}; otherwise give one",
            )
        self._base, self._better = (one, other) if one.vocabulary is SUPERANIMAL else (other, one)

    @property
    def vocabulary(self) -> Vocabulary:
        """SuperAnimal-quadruped: AP-10K's keypoints take the places of some of its own."""
        return SUPERANIMAL

    def __call__(
        self, paths: Sequence[str], pictures: Sequence[Pixels]
    ) -> list[list[Animal] | KeypointError]:
        """The animals of both, KeypointError where either has none for a picture."""
        both = zip(
            pictures, self._base(paths, pictures), self._better(paths, pictures), strict=True
        )
        return [_joined(picture, own, others) for picture, own, others in both]


def _joined(
    picture: Pixels, own: list[Animal] | KeypointError, others: list[Animal] | KeypointError
) -> list[Animal] | KeypointError:
    if isinstance(own, KeypointError):
        return own
    if isinstance(others, KeypointError):
        return others
    height, width = picture.shape[:2]
    try:
        there = [fitted(animal, width, height) for animal in others]
        return [_improved(fitted(animal, width, height), there) for animal in own]
    except KeypointError as error:
        return error


def _improved(animal: Animal, others: Sequence[Animal]) -> Animal:
    """The animal with the keypoints of the one that covers it best; itself where none does."""
    best = max(others, key=lambda one: overlap(one.extent, animal.extent), default=None)
    if best is None or overlap(best.extent, animal.extent) == 0:
        return animal
    return replace(animal, pose=animal.pose.improved(best.pose))
