"""Label images of one size → another. Knows labels and boxes; it knows no files."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pawvit.errors import PartMapError
from pawvit.images import Box, crop
from pawvit.partmaps import Labels

TOLERANCE = 0.02
"""By how much proportions may differ: pictures are scaled to whole pixels."""


def majority(labels: Labels, size: tuple[int, int]) -> Labels:
    """The most frequent label of each place; of two as frequent, the lower one.

    Args:
        labels: H × W.
        size: height and width of what comes out. Larger than H × W it repeats the nearest label.
    """
    if labels.shape == size:
        return labels
    height, width = size
    labels = _nearest(labels, (max(height, labels.shape[0]), max(width, labels.shape[1])))
    values, place = np.unique(labels, return_inverse=True)
    rows, columns = _places(height, labels.shape[0]), _places(width, labels.shape[1])
    bins = (place.reshape(labels.shape) * height + rows[:, None]) * width + columns
    counts = np.bincount(bins.ravel(), minlength=len(values) * height * width)
    found: Labels = values[counts.reshape(-1, height, width).argmax(axis=0)]
    return found


def photo_part(labels: Labels, picture: tuple[int, int], box: Box | None) -> Labels:
    """The part of a picture's label image that shows the photo.

    Args:
        labels: H × W, of the whole picture, at any scale.
        picture: height and width of the picture.
        box: of the photo in the picture, in its pixels.

    Raises:
        PartMapError: the label image does not have the picture's proportions.
        ImageError: the box lies outside of the picture.
    """
    height, width = labels.shape
    down, across = height / picture[0], width / picture[1]
    expected = height * picture[1] / picture[0]
    if abs(width - expected) > max(1.0, TOLERANCE * expected):
        raise PartMapError(
            f"it is {width} × {height}, and the picture {picture[1]} × {picture[0]}: they don't fit"
        )
    if box is None:
        return labels
    x, y, wide, high = box
    return crop(labels, (x * across, y * down, wide * across, high * down))


def on_picture(
    labels: Labels, picture: tuple[int, int], box: Box | None, background: int
) -> Labels:
    """A part map at the size of its picture, every pixel that of the nearest place.

    Args:
        labels: the map of the photo.
        picture: height and width of the picture.
        box: of the photo in the picture; outside of it all is background.
        background: its label.
    """
    whole = np.full(picture, background, np.uint8)
    part = whole if box is None else crop(whole, box)
    part[:] = _nearest(labels, (part.shape[0], part.shape[1]))
    return whole


def _nearest(labels: Labels, size: tuple[int, int]) -> Labels:
    height, width = size
    return labels[_places(labels.shape[0], height)][:, _places(labels.shape[1], width)]


def _places(number: int, many: int) -> npt.NDArray[np.intp]:
    """In which of `number` equal stretches of a side the middle of each of its `many` pixels lies.

    Counted in whole numbers: `majority` is then the exact inverse of an enlargement.
    """
    return (2 * np.arange(many) + 1) * number // (2 * many)
