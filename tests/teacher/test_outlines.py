from __future__ import annotations

import numpy as np
import pytest

from pawvit.errors import KeypointError
from pawvit.teacher.outlines import outline_mask

MASK = np.zeros((4, 5), np.bool_)
MASK[1:3, 1:4] = True


def packed(lengths: list[int]) -> str:
    """COCO's packing, the other way round."""
    text = ""
    for place, length in enumerate(lengths):
        value = length - (lengths[place - 2] if place > 2 else 0)
        more = True
        while more:
            bits = value & 31
            value >>= 5
            more = value != -1 if bits & 16 else value != 0
            text += chr((bits | 32 if more else bits) + 48)
    return text


def runs(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> list[int]:
    lengths, last = [0], False
    for value in mask.T.ravel():
        if value != last:
            lengths.append(0)
            last = value
        lengths[-1] += 1
    return lengths


def test_polygons() -> None:
    square = [[1, 1, 3, 1, 3, 2, 1, 2]]
    np.testing.assert_array_equal(outline_mask(square, (4, 5)), MASK)
    two = [[0, 0, 0, 1, 1, 1, 1, 0], [4, 3, 4, 3, 4, 3]]
    assert outline_mask(two, (4, 5)).sum() == 5


def test_run_lengths_plain_and_packed() -> None:
    for mask in (MASK, ~MASK, np.random.default_rng(0).random((90, 70)) > 0.99):
        for counts in (runs(mask), packed(runs(mask))):
            found = outline_mask({"size": list(mask.shape), "counts": counts}, mask.shape)
            np.testing.assert_array_equal(found, mask)


@pytest.mark.parametrize(
    "outline",
    [
        [[1, 2, 3]],
        [["a", "b"]],
        {"counts": [20]},
        {"size": [4, 5], "counts": [19]},
        {"size": [5, 4], "counts": [20]},
        7,
    ],
)
def test_what_is_no_segmentation(outline: object) -> None:
    with pytest.raises(KeypointError, match="segmentation can't be read"):
        outline_mask(outline, (4, 5))
