"""Layouts: where a herd's pictures lie, and the lists that go with them.

Whatever the layout, `photos.csv` beside them names every picture with its truth. Beyond it:

- `table`: `images/<identity>/<identity>-<orientation>-<number>.jpg`.
- `folders`: `photos/<identity>/<orientation>/….jpg`, with no more to tell than the folders' names.
- `atrw`: the re-identification part of ATRW as its archives unpack, each in a folder of its name:
  `atrw_reid_train/train/`, `atrw_reid_test/test/`, the lists (`id,file` without a header, and the
  bare names of the test) with the keypoints, and the official script's `gt_test_plain.json`. An id
  is an entity. Train and select are its training set, val is its test; every second val animal is
  seen by one camera only. The names were checked against the code of others that reads the real
  set; the second number of a `frame`, whose meaning is nowhere said, is always 1 here.
- `yakreid`: YakReID-103 as the lists of the paper's authors name it: `train/<n>/` and `val/<n>/`
  with `<n>_<number>.jpg`, a folder an entity; `train.txt` (file, entity, side), `query.txt` and
  `gallery.txt` (file, entity). Which side 0 is could not be verified: here it is the left.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pawvit import files
from pawvit.anatomy import FLANKS
from pawvit.herd.camera import CAMERAS
from pawvit.herd.plan import Shot

_APART = 25
"""Frames between two photos of an animal; ATRW's rule leaves out those within 3."""


def paths(layout: str, shots: Sequence[Shot]) -> list[str]:
    """Where each picture lies in the herd's folder, with `/`."""
    if layout == "atrw":
        return [
            f"atrw_reid_{part}/{part}/{number:06d}.jpg"
            for number, part in enumerate("test" if _tests(shot) else "train" for shot in shots)
        ]
    if layout == "yakreid":
        return _numbered(shots)
    found = []
    for shot in shots:
        name, side, number = shot.animal.name, shot.orientation, shot.number + 1
        folder = f"photos/{name}/{side}" if layout == "folders" else f"images/{name}"
        found.append(f"{folder}/{name}-{side}-{number:02d}.jpg")
    return found


def write_lists(
    layout: str,
    out: Path,
    shots: Sequence[Shot],
    places: Sequence[str],
    truths: Sequence[dict[str, Any]],
) -> None:
    """Writes what the layout has beside the pictures.

    Args:
        layout: of `plan.LAYOUTS`.
        out: the herd's folder.
        shots: the photos, in the order of the table.
        places: what `paths` says of them.
        truths: `truth.truth_of` each of them.
    """
    if layout == "atrw":
        _write_atrw(out, shots, places, truths)
    elif layout == "yakreid":
        _write_yakreid(out, shots, places)


def _tests(shot: Shot) -> bool:
    return shot.split == "val"


def _entities(shots: Sequence[Shot]) -> list[int]:
    """The number of each photo's entity: those of the training set first, as they come."""
    order = sorted(range(len(shots)), key=lambda i: _tests(shots[i]))
    keys = [(shot.animal.name, shot.orientation) for shot in shots]
    numbers = {key: n for n, key in enumerate(dict.fromkeys(keys[i] for i in order))}
    return [numbers[key] for key in keys]


def _numbered(shots: Sequence[Shot]) -> list[str]:
    found, taken = [], Counter[int]()
    for shot, entity in zip(shots, _entities(shots), strict=True):
        taken[entity] += 1
        part, folder = "val" if _tests(shot) else "train", entity + 1
        found.append(f"{part}/{folder}/{folder:05d}_{taken[entity]:03d}.jpg")
    return found


def _write_yakreid(out: Path, shots: Sequence[Shot], places: Sequence[str]) -> None:
    lines: dict[str, list[str]] = {"train": [], "query": [], "gallery": []}
    for shot, path, entity in zip(shots, places, _entities(shots), strict=True):
        side = f" {FLANKS.index(shot.orientation)}" if not _tests(shot) else ""
        lines[shot.role or "train"].append(f"{path} {entity}{side}\n")
    for name, content in lines.items():
        files.write_text(out / f"{name}.txt", "".join(content))


def _write_atrw(
    out: Path, shots: Sequence[Shot], places: Sequence[str], truths: Sequence[dict[str, Any]]
) -> None:
    names = [path.rpartition("/")[2] for path in places]
    entities = _entities(shots)
    cameras = {(entity, shot.camera.name) for entity, shot in zip(entities, shots, strict=True)}
    seen_by = Counter(entity for entity, _ in cameras)
    rows: dict[str, list[str]] = {"train": [], "test": []}
    keypoints: dict[str, dict[str, list[float]]] = {"train": {}, "test": {}}
    ground_truth = []
    for number, (name, shot, entity, truth) in enumerate(
        zip(names, shots, entities, truths, strict=True)
    ):
        part = "test" if _tests(shot) else "train"
        rows[part].append(name if part == "test" else f"{entity},{name}")
        keypoints[part][name] = truth["keypoints"]
        if part == "test":
            frame = [CAMERAS.index(shot.camera) + 1, 1, _APART * shot.number]
            query = "sing" if seen_by[entity] == 1 else "multi"
            ground_truth.append(
                {"query": query, "entityid": entity, "frame": frame, "imgid": number}
            )
    for part, content in rows.items():
        folder = out / f"atrw_anno_reid_{part}"
        files.write_text(folder / f"reid_list_{part}.csv", "\n".join(content) + "\n")
        files.write_text(folder / f"reid_keypoints_{part}.json", json.dumps(keypoints[part]))
    annotations = out / "eval_script" / "ATRWEvalScript-main" / "annotations"
    files.write_text(annotations / "gt_test_plain.json", json.dumps(ground_truth))
