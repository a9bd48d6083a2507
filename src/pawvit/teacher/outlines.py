"""COCO segmentations → masks: polygons, and run lengths plain or packed. Knows no files."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from pawvit.errors import KeypointError


def outline_mask(outline: Any, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """The mask of one animal.

    Args:
        outline: the `segmentation` of a COCO annotation: polygons, each x, y, x, y …, or a
            dictionary with run lengths in `counts`, column after column, and their `size`.
        size: height and width of the picture that it belongs to.

    Raises:
        KeypointError: it is none of these, or of another size.
    """
    try:
        if isinstance(outline, dict):
            return _runs(outline, size)
        image = Image.new("1", size[::-1])
        draw = ImageDraw.Draw(image)
        for polygon in outline:
            corners = [(float(x), float(y)) for x, y in zip(*[iter(polygon)] * 2, strict=True)]
            draw.polygon(corners, fill=1)
        return np.asarray(image)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise KeypointError(f"the segmentation can't be read: {error}") from None


def _runs(outline: dict[str, Any], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    height, width = (int(side) for side in outline["size"])
    if (height, width) != size:
        raise ValueError(f"it is {width} × {height}, the picture {size[1]} × {size[0]}")
    counts = outline["counts"]
    lengths = _unpacked(counts) if isinstance(counts, str) else [int(n) for n in counts]
    if sum(lengths) != height * width or min(lengths, default=0) < 0:
        raise ValueError("its run lengths don't fill it")
    flat = np.repeat([value for _, value in zip(lengths, cycle((False, True)))], lengths)
    return flat.reshape(width, height).T


def _unpacked(text: str) -> list[int]:
    """COCO's packed run lengths: five bits a character, differences to the length before last."""
    lengths: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
        value = shift = 0
    return lengths
