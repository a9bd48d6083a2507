"""Places go with their pixels, and left goes with right."""

from __future__ import annotations

import numpy as np
import pytest

from pawvit.teacher.head.views import View, framed

DOT = (70, 40)


def picture() -> np.ndarray:
    pixels = np.zeros((100, 160, 3), np.uint8)
    pixels[DOT[1] - 2 : DOT[1] + 3, DOT[0] - 2 : DOT[0] + 3] = 255
    return pixels


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_place_lies_where_its_pixels_are_shown(mirrored: bool) -> None:
    view = View((30, 10, 90, 70), mirrored)
    shown = view.of(picture(), 64)[..., 0].astype(float)
    rows, columns = np.mgrid[:64, :64] + 0.5
    seen = np.array([(columns * shown).sum(), (rows * shown).sum()]) / shown.sum()
    place = np.array([[DOT[0] + 0.5, DOT[1] + 0.5]])
    assert np.abs(view.into(place)[0] * 64 - seen).max() < 0.7
    assert view.back(view.into(place)) == pytest.approx(place)


def test_a_mirrored_view_is_the_plain_one_mirrored() -> None:
    frame = (30.0, 10.0, 90.0, 70.0)
    plain, turned = View(frame).of(picture(), 32), View(frame, mirrored=True).of(picture(), 32)
    assert np.abs(plain.astype(int) - turned[:, ::-1]).max() <= 2


def test_a_large_frame_is_made_small_before() -> None:
    fine = np.zeros((640, 640, 3), np.uint8)
    fine[:, ::2] = 255  # single pixels would be black or white
    assert np.abs(View((0, 0, 640, 640)).of(fine, 40).astype(int) - 127).max() < 3


def test_frames_have_room_inside_the_picture() -> None:
    assert framed((50, 30, 50, 50), picture()) == (46, 26, 58, 58)
    assert framed((0, 0, 160, 100), picture()) == (0, 0, 160, 100)
