"""YakReID-103's folders and lists → a `PhotoTable`. Knows the lists; it opens no picture.

The layout is the one that the lists of PAW-ViT's authors name: `train/<n>/…jpg` and
`val/<n>/….jpg`, where <n> is a folder for each entity, with `train.txt` (file, number of the
entity, side), `query.txt` and `gallery.txt` (file, number). The hard test's lists lie in
`YakReID-103`, the simple test's in `YakReID-103_simple` beside it, with or without pictures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from pawvit.anatomy import FLANKS
from pawvit.errors import PhotoTableError
from pawvit.photos import PhotoTable
from pawvit.readers.columns import numbered

_LISTS = ("train", "query", "gallery")


def is_yakreid(root: Path) -> bool:
    """Whether a folder holds the lists of a test (a training set alone may be missing)."""
    return all((root / f"{name}.txt").is_file() for name in _LISTS[1:])


def yakreid_root(folder: str | os.PathLike[str], test: str) -> Path:
    """Where the lists of a test are, given their folder, or the folder above, or the other test's.

    Args:
        folder: what a user names.
        test: "simple" or "hard".
    """
    folder, tail = Path(folder), "_simple" if test == "simple" else ""
    beside = folder.with_name(folder.name.removesuffix("_simple") + tail)
    places = (folder / f"YakReID-103{tail}", beside)
    return next((place for place in places if is_yakreid(place)), folder)


def read_yakreid(root: str | os.PathLike[str]) -> PhotoTable:
    """Reads YakReID-103; `split` is train, query or gallery.

    An `identity` is a folder, one flank of a yak: the lists' own numbers begin again in the test.
    The side is told of training photos only. That 0 is left and 1 is right could not be verified;
    nothing but the word depends on it. Where a training list is doubled (each file name comes
    twice, the second time mirrored as a further entity), the mirrored photos are left out: pawvit
    mirrors by itself. Pictures that are not beside the simple test's lists are looked for in
    `../YakReID-103`.

    Raises:
        PhotoTableError: a list can't be read; every line that means nothing is named.
    """
    root = Path(root)
    pictures = root
    if not (root / "val").is_dir() and (root.parent / "YakReID-103" / "val").is_dir():
        pictures = root.parent / "YakReID-103"
    rows: list[dict[str, str]] = []
    for name in _LISTS:
        if (root / f"{name}.txt").is_file():
            found = _rows(root / f"{name}.txt", name)
            rows += _undoubled(found) if name == "train" else found
    frame = pd.DataFrame(rows)
    return PhotoTable(numbered(frame), pictures, root)


def _undoubled(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows without mirrored photos, if each file name comes twice, once of either side."""
    firsts: dict[str, dict[str, str]] = {}
    seconds = []
    for row in rows:
        name = row["path"].rpartition("/")[2]
        if firsts.setdefault(name, row) is not row:
            seconds.append((firsts[name], row))
    turned = all({a["orientation"], b["orientation"]} == set(FLANKS) for a, b in seconds)
    return list(firsts.values()) if 2 * len(seconds) == len(rows) and turned else rows


def _rows(path: Path, split: str) -> list[dict[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise PhotoTableError(f"the list can't be read: {error}", where=path) from None
    rows, problems = [], []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        pieces = words[0].split("/") if words else []
        side = {"0": FLANKS[0], "1": FLANKS[1]}.get(words[2]) if len(words) == 3 else "unknown"
        if words and len(words) in (2, 3) and len(pieces) >= 2 and side:
            rows.append(
                {"path": words[0], "identity": pieces[-2], "orientation": side, "split": split}
            )
        elif words:
            problems.append(f"line {number}: not a file in a folder, a number and a side: {line!r}")
    if problems or not rows:
        raise PhotoTableError(
            "this is not a list of YakReID-103",
            problems=problems or ["it lists no photos"],
            where=path,
            mend="a line is: val/18/00018_001.jpg 128 (in train.txt also the side, 0 or 1)",
        )
    return rows
