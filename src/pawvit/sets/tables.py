"""Unpacked public sets → photo tables. Knows how each set lays out and names its files.

A set whose files are not where it is said to have them is named as such: pawvit can't know what its
authors change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from pawvit.errors import PhotoTableError
from pawvit.images import SUFFIXES
from pawvit.photos import PhotoTable, box_text, orientation_of
from pawvit.readers.columns import numbered

Row = dict[str, str]
_T = TypeVar("_T")

_SIDE = re.compile(r"(\d+)_(left|right)", re.IGNORECASE)
_NOBODY = {"", "____", "unknown"}


def read_nyala(root: Path) -> PhotoTable:
    """NyalaData: `Nyala_Data_Zero/<split>/<individual>/<encounter>_leftphoto.jpg`.

    Its own split deals photos, not individuals: it is kept as `original_split`.

    Raises:
        PhotoTableError: there are no such files.
    """
    rows = []
    for path in sorted(root.glob("**/Nyala_Data_Zero/*/*/*")):
        side = _SIDE.match(path.name)
        if side and path.suffix.lower() in SUFFIXES:
            rows.append(
                {
                    "path": path.relative_to(root).as_posix(),
                    "identity": path.parent.name,
                    "orientation": side[2].lower(),
                    "encounter": side[1],
                    "original_split": path.parent.parent.name,
                }
            )
    return _table(root, rows, "Nyala_Data_Zero/train/1/14_leftphoto.jpg")


def read_stripes(root: Path) -> PhotoTable:
    """StripeSpotter: `img….jpg` with an index of three digits, and `SightingData.csv`.

    Raises:
        PhotoTableError: there are no such files, or they don't belong together.
    """
    source = next(iter(sorted(root.glob("**/SightingData.csv"))), None)
    sightings = _parsed(source, _sightings) if source else {}
    rows = []
    for path in sorted(root.glob("**/img*")):
        number = path.stem[-3:]
        if path.suffix.lower() in SUFFIXES and number.isdigit():
            row = sightings.get(int(number), {})
            name = row.get("animal_name", "")
            rows.append(
                {
                    "path": path.relative_to(root).as_posix(),
                    "identity": "" if name.lower() in _NOBODY else name,
                    "orientation": orientation_of(row.get("flank", "")) or "unknown",
                    "date": row.get("sighting_date", ""),
                    "bbox": row.get("roi", "").strip().replace(" ", ", "),
                    "photo_quality": row.get("photo_quality", ""),
                }
            )
    return _table(root, rows if sightings else [], "data/SightingData.csv and img0001.jpg")


def read_wildbook(root: Path) -> PhotoTable:
    """A COCO file as Wild Me exports it: `annotations/instances_train….json`, `images/train…/`.

    A row an annotation: `name` is the individual ("____" nobody), `viewpoint` the orientation.

    Raises:
        PhotoTableError: there is no such file, or it can't be read.
    """
    source = next(iter(sorted(root.glob("**/annotations/instances_train*.json"))), None)
    rows = _parsed(source, lambda path: _annotations(path, root)) if source else []
    return _table(root, rows, "annotations/instances_train2022.json")


def _sightings(path: Path) -> dict[int, Row]:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True)
    return {int(row["#imgindex"]): dict(row) for _, row in frame.iterrows()}


def _annotations(path: Path, root: Path) -> list[Row]:
    content = json.loads(path.read_text(encoding="utf-8"))
    images = {image["id"]: image for image in content["images"]}
    folder = path.parent.parent / "images" / path.stem.removeprefix("instances_")
    rows = []
    for one in content["annotations"]:
        image = images[one["image_id"]]
        name, date = str(one["name"]), str(image.get("date_captured", ""))
        rows.append(
            {
                "path": (folder / image["file_name"]).relative_to(root).as_posix(),
                "identity": "" if name in _NOBODY else name,
                "orientation": orientation_of(str(one.get("viewpoint", ""))) or "unknown",
                "date": "" if date == "NA" else date,
                "bbox": _box(one),
            }
        )
    return rows


def _box(annotation: dict[str, Any]) -> str:
    if annotation.get("bbox"):
        x, y, width, height = (float(number) for number in annotation["bbox"])
        return box_text((x, y, width, height))
    outline = [float(number) for number in annotation["segmentation"][0]]
    across, down = outline[::2], outline[1::2]
    left, top = min(across), min(down)
    return box_text((left, top, max(across) - left, max(down) - top))


def _parsed(path: Path, parse: Callable[[Path], _T]) -> _T:
    try:
        return parse(path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise PhotoTableError(
            f"this file of the set can't be read: {type(error).__name__}: {error}", where=path
        ) from None


def _table(root: Path, rows: list[Row], example: str) -> PhotoTable:
    if not rows:
        raise PhotoTableError(
            f"the set is not laid out as it was known to be: nothing like {example}",
            where=root,
            mend="its authors may have changed it; arrange the photos in folders by individual",
        )
    return PhotoTable(numbered(pd.DataFrame(rows)), root, root)
