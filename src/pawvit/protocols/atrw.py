"""ATRW's official rules, plain and wild, from the ground truth of its evaluation.

In both, images of the query's entity from the same camera (the first two numbers of `frame`)
within 3 frames are left out, and a query that finds nobody counts as a miss. (Li et al. 2020,
ATRW: a benchmark for Amur tiger re-identification in the wild.)
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from pawvit.errors import InputError, PhotoTableError, first_of
from pawvit.images import Box
from pawvit.photos import PhotoTable, parse_box
from pawvit.protocols.rule import Protocol, codes

OVERLAP = 0.5
"""A detected box shows a tiger of the ground truth from this intersection over union on."""

_GROUPS = {"sing": "single_cam", "multi": "cross_cam"}
_GAP = 3


def atrw(ground_truth: str | os.PathLike[str]) -> tuple[Protocol, Protocol]:
    """ATRW's official plain re-ID rule and its two groups of queries, single_cam and cross_cam.

    Every image is a query against all others.

    Args:
        ground_truth: `gt_test_plain.json` of ATRW's evaluation. Descriptors must come in its
            order, which `Protocol.photos` gives as file names ("004096.jpg").

    Returns:
        The protocols "ATRW single_cam" and "ATRW cross_cam".

    Raises:
        InputError: the file can't be read, or isn't such a file.
    """
    try:
        images = _read(ground_truth)
        names = [f"{int(image['imgid']):06d}.jpg" for image in images]
        entity = codes([int(image["entityid"]) for image in images])
        frames = _frames([image["frame"] for image in images])
        groups = np.array([str(image["query"]) for image in images])
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise _not_atrw(ground_truth, "plain", error) from error
    if not set(_GROUPS) <= set(groups):
        raise InputError(
            "ATRW's plain ground truth has queries marked `sing` and `multi`; this file lacks one",
            where=os.fspath(ground_truth),
        )
    everything = np.arange(len(names))
    single, cross = (
        _group(f"ATRW {name}", names, groups == code, everything, entity, frames, codes(names))
        for code, name in _GROUPS.items()
    )
    return single, cross


def atrw_wild(ground_truth: str | os.PathLike[str], table: PhotoTable) -> tuple[Protocol, Protocol]:
    """ATRW's official rule for tigers found by a detector, on the boxes of a table.

    In each picture the first box that overlaps a tiger of the ground truth best, by at least
    `OVERLAP`, stands for that tiger and is a query; all other boxes take no part. A tiger that no
    box shows is a query that counts as a miss.

    Args:
        ground_truth: `gt_test_wild.json` of ATRW's evaluation.
        table: a row a box; `path` ends in the picture's number ("….../0017.jpg"), `bbox` is set.
            Boxes on other pictures than the ground truth's take no part.

    Returns:
        The protocols "ATRW wild single_cam" and "ATRW wild cross_cam", over the table's rows.

    Raises:
        InputError: the file can't be read, or isn't such a file.
        PhotoTableError: a row has no box, or its picture's name is no number.
    """
    try:
        pictures = {int(name): list(tigers) for name, tigers in _read(ground_truth).items()}
        tigers = [tiger for found in pictures.values() for tiger in found]
        groups = np.array([str(tiger["query"]) for tiger in tigers])
        entity = codes([int(tiger["eid"]) for tiger in tigers])
        frames = _frames([tiger["fid"] for tiger in tigers])
        corners = np.array([tiger["bbox"] for tiger in tigers], np.float64).reshape(-1, 4)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise _not_atrw(ground_truth, "wild", error) from error
    ends = np.cumsum([len(found) for found in pictures.values()])
    spans = {
        number: (int(end) - len(found), int(end))
        for (number, found), end in zip(pictures.items(), ends, strict=True)
    }
    shown = np.full(len(table), -1)
    taken: set[int] = set()
    for row, (number, box) in enumerate(_boxes(table)):
        start, end = spans.get(number, (0, 0))
        overlaps = _overlaps(box, corners[start:end])
        if len(overlaps) and overlaps.max() >= OVERLAP:
            tiger = start + int(overlaps.argmax())
            if tiger not in taken:
                shown[row] = tiger
                taken.add(tiger)
    there = np.flatnonzero(shown >= 0)
    known = np.full(len(table), -1)
    known[there] = entity[shown[there]]
    placed = np.zeros((len(table), 2), np.int64)
    placed[there] = frames[shown[there]]
    group = np.full(len(table), "", groups.dtype)
    group[there] = groups[shown[there]]
    gone = np.setdiff1d(np.arange(len(tigers)), shown)
    single, cross = (
        _group(
            f"ATRW wild {name}",
            table.paths,
            group == code,
            there,
            known,
            placed,
            np.arange(len(table)),
            missed=entity[gone[groups[gone] == code]],
        )
        for code, name in _GROUPS.items()
    )
    return single, cross


def rows_of(names: Sequence[str], table: PhotoTable) -> list[int]:
    """Where photos of these file names stand in a table, in their order.

    Raises:
        PhotoTableError: names that are not in the table are listed.
    """
    places = {PurePosixPath(path).name: row for row, path in enumerate(table.paths)}
    absent = [f"{name} is not in the table" for name in names if name not in places]
    if absent:
        raise PhotoTableError(
            f"{len(absent)} of the {len(names)} photos of the ground truth are missing",
            problems=first_of(absent),
            where=table.source,
            mend="put them in place, or give the ground truth that belongs to these photos",
        )
    return [places[name] for name in names]


def _group(
    name: str,
    photos: Sequence[str],
    asked: npt.NDArray[np.bool_],
    gallery: npt.NDArray[np.int64],
    entity: npt.NDArray[np.int64],
    frames: npt.NDArray[np.int64],
    picture: npt.NDArray[np.int64],
    missed: npt.NDArray[np.int64] | None = None,
) -> Protocol:
    lost = np.empty(0, np.int64) if missed is None else missed
    return Protocol(
        name=name,
        photos=tuple(photos),
        query=np.flatnonzero(asked),
        gallery=gallery,
        entity=entity,
        identity=entity,
        picture=picture,
        series=frames[:, 0],
        moment=frames[:, 1],
        gap=_GAP,
        count_unanswerable=True,
        missed=np.stack([lost, lost], axis=1),
    )


def _read(path: str | os.PathLike[str]) -> Any:
    with open(path, encoding="utf-8") as handle:
        return json.load(handle)


def _frames(frames: Sequence[Sequence[int]]) -> npt.NDArray[np.int64]:
    """N × 2: a code of the camera, and the number of the frame."""
    cameras = codes([tuple(frame[:2]) for frame in frames])
    return np.stack([cameras, np.array([int(frame[2]) for frame in frames], np.int64)], axis=1)


def _boxes(table: PhotoTable) -> list[tuple[int, Box]]:
    """The number of each row's picture, and its box."""
    found, problems = [], []
    for row, (path, cell) in enumerate(zip(table.paths, table.column("bbox"), strict=True)):
        stem, box = PurePosixPath(path).stem, parse_box(cell)
        if not stem.isdigit() or box is None:
            problems.append(f"photo {row + 1}: {path}, box {cell!r}")
        else:
            found.append((int(stem), box))
    if problems:
        raise PhotoTableError(
            "ATRW's wild test needs a box in each row, on pictures named by their number",
            problems=first_of(problems),
            where=table.source,
            mend="fill the column `bbox`, as a detector found the tigers",
        )
    return found


def _overlaps(box: Box, corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Intersection over union of x, y, width, height with N × (left, top, right, bottom)."""
    left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
    width = np.minimum(right, corners[:, 2]) - np.maximum(left, corners[:, 0])
    height = np.minimum(bottom, corners[:, 3]) - np.maximum(top, corners[:, 1])
    both = np.clip(width, 0, None) * np.clip(height, 0, None)
    own = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    overlap: npt.NDArray[np.float64] = both / ((right - left) * (bottom - top) + own - both)
    return overlap


def _not_atrw(path: str | os.PathLike[str], kind: str, error: Exception) -> InputError:
    return InputError(
        f"this is not ATRW's {kind} re-ID ground truth: {type(error).__name__}: {error}",
        where=os.fspath(path),
        mend=f"give the file gt_test_{kind}.json of ATRW's evaluation",
    )
