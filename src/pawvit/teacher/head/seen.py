"""Examples seen by the frozen network, once: features on disk, keypoints in the same squares.

Knows views and the feature network; it knows no head.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from pawvit.errors import PawvitError
from pawvit.images import Pixels, read_image
from pawvit.teacher.features import PATCH, PatchFeatures
from pawvit.teacher.head.examples import Example
from pawvit.teacher.head.views import Points, View

GRID = 16
"""Patches along a side: 224 px."""

BLOCKS = (10, 12)
"""The network's blocks whose features the head is given: the middle tells parts, the last sides."""

CHANNELS = 384 * len(BLOCKS)

VIEWS = 2
"""Views of each animal: plain and mirrored. Turned, nearer and lighter ones added nothing."""

BATCH = 8


@dataclass(frozen=True)
class Seen:
    """Both views of each of E animals: first the plain ones, then the mirrored ones.

    Attributes:
        animals: E.
        features: (2 · E, N, C) float16, mapped to a file.
        points: (2 · E, K, 2) in the view's square, [0, 1] inside; mirrored views have left and
            right exchanged.
        labelled: (2 · E, K) whether a keypoint has a place, inside the square.
    """

    animals: int
    features: npt.NDArray[np.float16]
    points: Points
    labelled: npt.NDArray[np.bool_]


class Looking:
    """The frozen network, as training and use both look through it.

    Raises:
        MissingExtraError: the extra `offline` is not installed.
    """

    def __init__(self) -> None:
        self._network = PatchFeatures((GRID, GRID), BLOCKS)

    def __call__(self, pictures: Sequence[Pixels], views: Sequence[View]) -> Tensor:
        """(B, N, C) float32: each picture in its view."""
        size = GRID * PATCH
        return self._network([v.of(p, size) for p, v in zip(pictures, views, strict=True)])


def look(
    examples: Sequence[Example],
    mirror: Sequence[int],
    store: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Seen:
    """Shows all examples to the network and keeps what it says in `store`.

    Args:
        examples: E animals.
        mirror: for each keypoint its counterpart.
        store: the file for the features, E · 0.8 MB.
        progress: called with views done and their number.

    Raises:
        PawvitError: the disk has no room for them.
    """
    number, keypoints = len(examples), len(mirror)
    shape = (VIEWS * number, GRID * GRID, CHANNELS)
    needed = 2 * int(np.prod(shape))
    if shutil.disk_usage(store.parent).free < 1.1 * needed:
        raise PawvitError(
            f"the features of {number} animals need {needed / 1e9:.1f} GB for a while",
            where=store.parent,
            mend="free some disk space, or write the head to another disk",
        )
    looking = Looking()
    features = np.lib.format.open_memmap(store, "w+", np.float16, shape)
    points = np.zeros((VIEWS * number, keypoints, 2))
    labelled = np.zeros((VIEWS * number, keypoints), np.bool_)
    for begin in range(0, len(points), BATCH):
        rows = range(begin, min(begin + BATCH, len(points)))
        chosen = [examples[row % number] for row in rows]
        both = zip(chosen, rows, strict=True)
        how = [View(example.frame, mirrored=row >= number) for example, row in both]
        pictures = [read_image(example.file) for example in chosen]
        features[begin : begin + len(rows)] = looking(pictures, how).to(torch.float16).numpy()
        for row, example, view in zip(rows, chosen, how, strict=True):
            order = list(mirror) if view.mirrored else list(range(keypoints))
            points[row] = view.into(example.points)[order]
            inside = ((points[row] >= 0) & (points[row] <= 1)).all(axis=1)
            labelled[row] = example.labelled[order] & inside
        progress(rows[-1] + 1, len(points))
    return Seen(number, features, points, labelled)
