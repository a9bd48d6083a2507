from __future__ import annotations

import numpy as np

from pawvit.anatomy import colours
from pawvit.report.sheets import CELL, Shown, contact_sheet, overlay, retrieval_sheet


def test_an_overlay_tints_parts_and_darkens_the_background() -> None:
    photo = np.full((40, 60, 3), 200, np.uint8)
    labels = np.full((4, 6), 2, np.uint8)
    labels[:2, :3] = 0
    labels[3, 5] = 255
    found = overlay(photo, labels, 2)
    tinted = 0.4 * 200 + 0.6 * np.array(colours(1)[0])
    np.testing.assert_allclose(found[5, 5], tinted, atol=1)
    assert found[35, 5].max() < 100
    np.testing.assert_array_equal(found[39, 59], photo[39, 59])  # ignored pixels stay


def test_a_contact_sheet_has_a_place_for_every_photo() -> None:
    photos = [np.full((30, 50, 3), 120, np.uint8)] * 7
    maps = [np.zeros((8, 8), np.uint8)] * 7
    small = contact_sheet(photos[:3], maps[:3], ["head", "legs"], columns=3)
    large = contact_sheet(photos, maps, ["head", "legs"], columns=3)
    assert large.width == small.width
    assert large.height - small.height == 2 * (CELL[0] + 10)


def test_right_and_wrong_are_framed_differently() -> None:
    photo = np.full((150, 190, 3), 120, np.uint8)
    query = Shown(photo, "query")
    sheet = retrieval_sheet(
        [(query, [Shown(photo, "a", True), Shown(photo, "b", False), Shown(photo, "c")])]
    )
    pixels = np.asarray(sheet)
    frames = {tuple(map(int, p)) for p in pixels[40 + CELL[0] // 2][:, :3]}
    assert {(0, 128, 96), (200, 70, 0), (150, 150, 150)} <= frames


def test_words_stay_inside_the_sheet() -> None:
    """A title wider than the pictures widens the sheet; a long name loses its beginning."""
    photo = np.full((150, 190, 3), 120, np.uint8)
    one = [(Shown(photo, "query"), [Shown(photo, "a")])]
    narrow, wide = retrieval_sheet(one), retrieval_sheet(one, "a model of a long name " * 3)
    assert wide.width > narrow.width
    margin = np.asarray(wide)[:40, -5:]
    assert (margin == margin[0, 0]).all()
    long = retrieval_sheet([(Shown(photo, "q"), [Shown(photo, "zola " * 20 + "0.983", True)] * 2)])
    gap = np.asarray(long)[40 + CELL[0] :, 234 + CELL[1] : 234 + CELL[1] + 8]
    assert (gap == gap[0, 0]).all()
