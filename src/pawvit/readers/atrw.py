"""ATRW's re-identification folders → a `PhotoTable`. Knows its lists; it opens no picture.

Layout as the archives unpack, each in a folder of its name (any may also lie in the root itself):
`atrw_anno_reid_train/` and `atrw_anno_reid_test/` with the lists and keypoints,
`atrw_reid_train/train/` and `atrw_reid_test/test/` with the pictures, `atrw_detection_test/test/`
with the whole pictures of the wild test, and anywhere below the root the evaluation's
`gt_test_plain.json` and `gt_test_wild.json`. Or as the paper's authors arranged it (`released`).
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
from pawvit.photos import PhotoTable, box_text
from pawvit.readers.columns import numbered
from pawvit.readers.pieces import PIECES, require
from pawvit.readers.released import is_released, read_released

_T = TypeVar("_T")

GROUPS = {"sing": "single_cam", "multi": "cross_cam"}
"""What the ground truth calls a query → its group in the results."""

_PARTS = ("train", "test")
_NOSE, _TAIL = 2, 13
"""Which of the fifteen keypoints tell where the animal faces."""


def is_atrw(root: Path) -> bool:
    """Whether a folder holds a list of ATRW's pictures, official or as the authors have it."""
    return any(_list_of(root, part) is not None for part in _PARTS) or is_released(root)


def read_atrw(root: str | os.PathLike[str]) -> PhotoTable:
    """Reads ATRW: the training set, and the test set, as far as their lists are there.

    An `identity` is ATRW's id, one flank of a tiger; the tiger behind two ids is not told. The
    column `orientation` is the flank that nose and tail of most of its pictures show (the animal
    faces left: its left flank), "unknown" where no keypoints say. `split` is train or test; the
    ids of the test come from `gt_test_plain.json`, and so do `camera`, "12-4" for the first two
    numbers of `frame`, and `group`, single_cam or cross_cam. Without that file the test is of
    unknown identity. Where an official list is missing, that of the paper's authors is read.

    Raises:
        PhotoTableError: a list, a file of keypoints or the ground truth can't be read, or there is
            no folder of pictures.
    """
    root = Path(root)
    rows = [row for part in _PARTS for row in _official(root, part) or read_released(root, part)]
    truth = _ground_truth(root)
    for row in rows:
        answer = truth.get(row["path"].rpartition("/")[2], {}) if row["split"] == "test" else {}
        row["identity"] = str(answer.get("entityid", row["identity"]))
        row["camera"] = "-".join(str(number) for number in answer.get("frame", [])[:2])
        row["group"] = GROUPS.get(answer.get("query", ""), "")
    return PhotoTable(numbered(_with_flanks(root, rows)), root, root)


def read_atrw_wild(root: str | os.PathLike[str]) -> PhotoTable:
    """Reads ATRW's wild test: a row a tiger of `gt_test_wild.json`, with its `bbox`.

    These are the boxes of the ground truth: whoever evaluates on them has a perfect detector.

    Raises:
        PhotoTableError: the ground truth or the pictures are missing or can't be read.
    """
    root = Path(root)
    require(root, "atrw-wild")
    pictures, path = (piece.found(root) for piece in PIECES["atrw-wild"])
    assert pictures is not None
    assert path is not None
    names = {int(f.stem): f.name for f in sorted(pictures.glob("*.jpg")) if f.stem.isdigit()}
    folder = pictures.relative_to(root).as_posix()

    def parse(text: str) -> list[dict[str, str]]:
        found = []
        for number, tigers in json.loads(text).items():
            name = names.get(int(number), f"{int(number):04d}.jpg")
            for tiger in tigers:
                left, top, right, bottom = (float(edge) for edge in tiger["bbox"])
                found.append(
                    {
                        "path": f"{folder}/{name}",
                        "identity": str(tiger["eid"]),
                        "bbox": box_text((left, top, right - left, bottom - top)),
                        "camera": "-".join(str(n) for n in tiger["fid"][:2]),
                        "group": GROUPS.get(tiger["query"], ""),
                        "split": "wild",
                    }
                )
        return found

    return PhotoTable(numbered(pd.DataFrame(_parsed(path, parse))), root, root)


def _official(root: Path, part: str) -> list[dict[str, str]]:
    source = _list_of(root, part)
    if source is None:
        return []
    pictures = _pictures(root, part)
    return [
        {"path": f"{pictures}{name}", "identity": identity, "split": part}
        for identity, name in _parsed(source, _lines)
    ]


def _with_flanks(root: Path, rows: list[dict[str, str]]) -> pd.DataFrame:
    """The rows with the flank that most keypoints of an entity show, where no list says it."""
    points = {part: _keypoints(root, part) for part in _PARTS}
    facing: Counter[str] = Counter()
    for row in rows:
        known = points[row["split"]].get(row["path"].rpartition("/")[2], [])
        facing[row["identity"] or row["path"]] += _faces(known)
    sides = []
    for row in rows:
        turn = facing[row["identity"] or row["path"]]
        seen = "unknown" if not turn else "left" if turn > 0 else "right"
        sides.append(seen if turn else row.pop("orientation", "unknown"))
        row.pop("orientation", None)
    frame = pd.DataFrame(rows)
    frame.insert(2, "orientation", sides)
    return frame


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


def _keypoints(root: Path, part: str) -> dict[str, list[float]]:
    source = _list_of(root, part)
    folder = root if source is None else source.parent
    path = folder / f"reid_keypoints_{part}.json"
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
