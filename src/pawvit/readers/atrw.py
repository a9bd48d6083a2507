"""ATRW's re-identification folders → a `PhotoTable`. Knows its lists; it opens no picture.

Layout as the archives unpack, each in a folder of its name (any may also lie in the root itself):
`atrw_anno_reid_train/` and `atrw_anno_reid_test/` with the lists and keypoints,
`atrw_reid_train/train/` and `atrw_reid_test/test/` with the pictures, and anywhere below the root
the evaluation's `gt_test_plain.json`.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from pawvit.errors import PhotoTableError
from pawvit.photos import PhotoTable
from pawvit.readers.columns import numbered

_T = TypeVar("_T")

_NOSE, _TAIL = 2, 13
"""Which of the fifteen keypoints tell where the animal faces."""


def is_atrw(root: Path) -> bool:
    """Whether a folder holds ATRW's list of training pictures."""
    return _list_of(root, "train") is not None


def read_atrw(root: str | os.PathLike[str]) -> PhotoTable:
    """Reads ATRW: the training set, and the test set where its list is there.

    An `identity` is ATRW's id, one flank of a tiger; the tiger behind two ids is not told. The
    column `orientation` is the flank that nose and tail of most of its pictures show (the animal
    faces left: its left flank), "unknown" where no keypoints say. `split` is train or test; the
    ids of the test come from `gt_test_plain.json`, and so does `camera`, "12-4" for the first two
    numbers of `frame`. Without that file the test is of unknown identity.

    Raises:
        PhotoTableError: a list, a file of keypoints or the ground truth can't be read, or there is
            no folder of pictures.
    """
    root = Path(root)
    rows: list[dict[str, str]] = []
    facing: Counter[str] = Counter()
    for part in ("train", "test"):
        source = _list_of(root, part)
        if source is None:
            continue
        pictures = _pictures(root, part)
        truth = _ground_truth(root) if part == "test" else {}
        points = _keypoints(source.with_name(f"reid_keypoints_{part}.json"))
        for identity, name in _parsed(source, _lines):
            answer = truth.get(name, {})
            identity = str(answer.get("entityid", identity))
            camera = "-".join(str(number) for number in answer.get("frame", [])[:2])
            path = f"{pictures}{name}"
            rows.append({"path": path, "identity": identity, "camera": camera, "split": part})
            facing[identity or path] += _faces(points.get(name, []))
    frame = pd.DataFrame(rows)
    turns = [facing[row["identity"] or row["path"]] for row in rows]
    sides = ["unknown" if not turn else "left" if turn > 0 else "right" for turn in turns]
    frame.insert(2, "orientation", sides)
    return PhotoTable(numbered(frame), root, root)


def _list_of(root: Path, part: str) -> Path | None:
    name = f"reid_list_{part}.csv"
    found = (folder / name for folder in (root / f"atrw_anno_reid_{part}", root))
    return next((path for path in found if path.is_file()), None)


def _pictures(root: Path, part: str) -> str:
    """The folder of the pictures, relative to the root, with a `/` at its end."""
    for folder in (f"atrw_reid_{part}/{part}/", f"{part}/", f"atrw_reid_{part}/"):
        if (root / folder).is_dir():
            return folder
    raise PhotoTableError(
        f"ATRW's pictures are not there: no folder atrw_reid_{part}/{part}",
        where=root,
        mend=f"unpack the archive atrw_reid_{part}.tar.gz there",
    )


def _parsed(path: Path, parse: Callable[[str], _T]) -> _T:
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PhotoTableError(
            f"this file of ATRW can't be read: {type(error).__name__}: {error}",
            where=path,
            mend="unpack it again from its archive",
        ) from None


def _lines(text: str) -> list[tuple[str, str]]:
    """Id ("" where none is given) and file of each line, whichever comes first; no header."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.split(",")]
        files = [cell for cell in cells if cell.lower().endswith(".jpg")]
        if len(files) == 1 and len(cells) <= 2:
            found.append(("".join(cell for cell in cells if cell != files[0]), files[0]))
        elif line.strip() and number > 1:
            raise ValueError(f"line {number} is not an id and a .jpg: {line!r}")
    if not found:
        raise ValueError("it lists no .jpg")
    return found


def _keypoints(path: Path) -> dict[str, list[float]]:
    return dict(_parsed(path, json.loads)) if path.is_file() else {}


def _ground_truth(root: Path) -> dict[str, dict[str, Any]]:
    path = next(iter(sorted(root.glob("**/gt_test_plain.json"))), None)
    if path is None:
        return {}
    return _parsed(
        path,
        lambda text: {f"{int(image['imgid']):06d}.jpg": image for image in json.loads(text)},
    )


def _faces(points: list[float]) -> int:
    """1 where the nose is left of the tail, −1 where it is right of it, 0 where one isn't seen."""
    triples = [points[i : i + 3] for i in (3 * _NOSE, 3 * _TAIL)]
    if any(len(triple) < 3 or not triple[2] for triple in triples):
        return 0
    return 1 if triples[0][0] < triples[1][0] else -1
