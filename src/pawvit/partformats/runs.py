"""COCO's run lengths: a mask's pixels column after column, counted, and packed to text.

The other direction is `teacher.outlines`. Knows numbers only.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt


def run_lengths(mask: npt.NDArray[np.bool_]) -> list[int]:
    """How many pixels are outside, inside, outside, … down the columns of an H × W mask."""
    flat = mask.T.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = [0, *changes.tolist(), flat.size]
    lengths = [end - begin for begin, end in pairwise(edges)]
    return [0, *lengths] if flat.size and flat[0] else lengths


def packed(lengths: list[int]) -> str:
    """Five bits a character, from the fourth length on the difference to the one before last."""
    text = []
    for place, length in enumerate(lengths):
        value = length - (lengths[place - 2] if place > 2 else 0)
        more = True
        while more:
            bits, value = value & 31, value >> 5
            more = value != (-1 if bits & 16 else 0)
            text.append(chr((bits | 32 if more else bits) + 48))
    return "".join(text)
