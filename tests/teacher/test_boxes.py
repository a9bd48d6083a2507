"""Which box the animal is looked for in."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pawvit.images import Pixels
from pawvit.readers import read_table
from pawvit.teacher.boxes import box_finder


def test_where_the_animal_is(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.jpg").touch()
    text = 'path,identity,bbox\none.jpg,zola,"1, 2, 30, 20"\ntwo.jpg,zola,\n'
    (tmp_path / "photos.csv").write_text(text, "utf-8")
    table = read_table(tmp_path / "photos.csv")
    picture: Pixels = np.zeros((40, 60, 3), np.uint8)
    shown = np.zeros((40, 60), np.float32)
    shown[10:15, 20:50] = 1
    assert box_finder(None, table)("two.jpg", picture) == (0, 0, 60, 40)
    find = box_finder(lambda path, picture, animal: shown, table)
    assert find("one.jpg", picture) == (1, 2, 30, 20)
    assert find("two.jpg", picture) == (20, 10, 30, 5)
    assert box_finder(lambda path, picture, animal: shown)("one.jpg", picture) == (20, 10, 30, 5)
    shown[:] = 0
    assert find("two.jpg", picture) == (0, 0, 60, 40)
