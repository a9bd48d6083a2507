from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pawvit.audit import check
from pawvit.audit.moments import moment_of
from pawvit.photos import PhotoTable


def save(folder: Path, names: str, *, taken: str = "") -> None:
    for name in names:
        noise = np.random.default_rng(ord(name)).integers(0, 256, (8, 8, 3), np.uint8)
        exif = Image.Exif()
        if taken:
            exif.get_ifd(0x8769)[0x9003] = taken
        picture = Image.fromarray(noise).resize((64, 64), Image.Resampling.BICUBIC)
        picture.save(folder / f"{name}.jpg", exif=exif)
        picture.resize((40, 40)).save(folder / f"{name}{name}.jpg", quality=50)


def problems(
    folder: Path, rows: dict[str, str], **columns: list[str]
) -> set[tuple[str, str, tuple[int, ...]]]:
    paths = [f"{name}.jpg" for name in rows]
    frame = pd.DataFrame({"path": paths, "identity": [*rows.values()], **columns})
    frame["row"] = range(2, 2 + len(rows))
    found = check(PhotoTable(frame, folder, folder / "photos.csv"))
    return {(p.severity, p.code, p.rows) for p in found if p.code != "single"}


def test_near_duplicates_of_one_and_of_two_individuals(tmp_path: Path) -> None:
    save(tmp_path, "abcd")
    rows = {"a": "A", "aa": "A", "b": "A", "bb": "B", "c": "B", "d": "A", "dd": ""}
    assert problems(tmp_path, rows) == {
        ("warning", "near-duplicate", (2, 3)),
        ("error", "near-identities", (4, 5)),
        ("warning", "near-duplicate", (7, 8)),
    }


def test_individuals_that_share_several_pictures_may_be_one(tmp_path: Path) -> None:
    save(tmp_path, "abc")
    rows = {"a": "A", "aa": "B", "b": "A", "bb": "B", "c": "C"}
    assert ("warning", "alike", (2, 3, 4, 5)) in problems(tmp_path, rows)


def test_near_duplicates_on_two_sides_are_a_leak(tmp_path: Path) -> None:
    save(tmp_path, "ab")
    rows = {"a": "A", "aa": "A", "b": "A", "bb": "A"}
    assert problems(tmp_path, rows, split=["train", "val", "train", "train"]) == {
        ("warning", "near-duplicate", (2, 3)),
        ("warning", "near-duplicate", (4, 5)),
        ("error", "leak-picture", (2, 3)),
    }


def test_bursts_by_date_and_by_the_camera_s_clock(tmp_path: Path) -> None:
    save(tmp_path, "ab", taken="2024:05:31 14:20:05")
    save(tmp_path, "c", taken="2024:05:31 14:20:12")
    save(tmp_path, "d", taken="2024:06:30 14:20:12")
    rows = {"a": "A", "c": "A", "d": "A", "b": "B"}
    assert problems(tmp_path, rows) == {("warning", "burst", (2, 3))}
    # One encounter says what a burst is; two are a mistake.
    assert problems(tmp_path, rows, encounter=["1", "1", "2", "3"]) == set()
    assert problems(tmp_path, rows, encounter=["1", "2", "2", "3"]) == {
        ("warning", "burst", (2, 3))
    }
    # A bare date leaves the time to the camera; another day is believed.
    assert problems(tmp_path, rows, date=["2024-05-31"] * 4) == {("warning", "burst", (2, 3))}
    assert problems(tmp_path, rows, date=["2024-05-30", "2024-05-31", "", ""]) == set()
    cells = ["2023-01-01 10:00:00", "1.1.23", "2023-01-01 10:00:03", ""]
    assert problems(tmp_path, rows, date=cells) == {
        ("warning", "burst", (2, 4)),
        ("warning", "date", (3,)),
    }


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2024-05-31", "2024-05-31T00:00:00"),
        ("2024-05-31 14:20:05", "2024-05-31T14:20:05"),
        ("2024:05:31 14:20:05", "2024-05-31T14:20:05"),
        ("2024-05-31T14:20:05+02:00", "2024-05-31T12:20:05"),
        ("2024-05", "2024-05-01T00:00:00"),
        ("2024", "2024-01-01T00:00:00"),
        ("5/6/2024", None),
        ("0000:00:00 00:00:00", None),
        ("yesterday", None),
    ],
)
def test_spellings_of_dates(text: str, meant: str | None) -> None:
    moment = moment_of(text)
    assert (moment and moment.isoformat()) == meant
