"""Where the animal is, for networks that look at it alone: its box in the picture.

Knows the table's boxes and foregrounds; it does not know who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pawvit.errors import InputError, KeypointError
from pawvit.images import Box, Pixels
from pawvit.photos import PhotoTable
from pawvit.teacher.keypoints import Animal, nobody
from pawvit.teacher.shapes import Shape

FOREGROUND = 0.5
"""Probability from which on a pixel helps to draw the animal's box."""

FindBox = Callable[[str, Pixels], Box]
"""Path as in the photo table and picture → the box of the animal."""

Network = Callable[[Sequence[Pixels], Sequence[Box]], Sequence[list[Animal] | KeypointError]]
"""Pictures and the box of the animal in each → that animal, or why there is none."""


def box_finder(shape: Shape | None, table: PhotoTable | None = None) -> FindBox:
    """The table's box, else that of the foreground, else the whole picture.

    Args:
        shape: gives the foreground; None goes without.
        table: the photos, where they are of one.
    """
    given = {path: table.box(i) for i, path in enumerate(table.paths)} if table else {}

    def find(path: str, picture: Pixels) -> Box:
        height, width = picture.shape[:2]
        whole = (0.0, 0.0, float(width), float(height))
        own = given.get(path)
        if own is not None or shape is None:
            return own or whole
        shown = shape(path, picture, nobody()) >= FOREGROUND
        if not shown.any():
            return whole
        rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
        left, top = float(columns[0]), float(rows[0])
        return (left, top, float(columns[-1] + 1 - left), float(rows[-1] + 1 - top))

    return find


def posed(
    find_box: FindBox, paths: Sequence[str], pictures: Sequence[Pixels], network: Network
) -> list[list[Animal] | KeypointError]:
    """What a network says of the animal in its box; KeypointError where its place can't be told."""
    boxes: list[Box | KeypointError] = []
    for path, picture in zip(paths, pictures, strict=True):
        try:
            boxes.append(find_box(path, picture))
        except InputError as error:
            boxes.append(KeypointError(error.what))
    known = {i: box for i, box in enumerate(boxes) if not isinstance(box, KeypointError)}
    found = iter(network([pictures[i] for i in known], list(known.values())) if known else ())
    return [box if isinstance(box, KeypointError) else next(found) for box in boxes]
