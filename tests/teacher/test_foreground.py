"""Pieces of foreground, against a plain flood fill."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pawvit.teacher.foreground import largest_pieces


def flooded(inside: np.ndarray) -> list[set[tuple[int, int]]]:
    """The pieces of a mask, by its eight neighbours."""
    left = {(int(y), int(x)) for y, x in zip(*np.nonzero(inside), strict=True)}
    pieces = []
    while left:
        piece, waiting = set(), [left.pop()]
        while waiting:
            y, x = waiting.pop()
            piece.add((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            waiting += near
        pieces.append(piece)
    return pieces


@given(arrays.arrays(np.bool_, (6, 7)), st.sampled_from([0.0, 0.4, 1.0]))
def test_pieces_are_kept_by_their_share_of_the_largest(inside: np.ndarray, share: float) -> None:
    shown = torch.from_numpy(np.where(inside, 0.75, 0.25))[None]
    kept = largest_pieces(shown, 0.5, share)[0].numpy()
    pieces = flooded(inside)
    most = max(map(len, pieces), default=0)
    expected = {pixel for piece in pieces if len(piece) >= share * most for pixel in piece}
    assert {(int(y), int(x)) for y, x in zip(*np.nonzero(kept), strict=True)} == expected


def test_photos_of_a_batch_don_t_touch_each_other() -> None:
    shown = torch.zeros(2, 4, 4)
    shown[0, 3] = 0.9
    shown[1, 0, 0] = 0.9
    assert torch.equal(largest_pieces(shown, 0.5, 1.0), shown > 0.5)
