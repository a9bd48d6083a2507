"""The job `pawvit pose train`: a keypoint file with its pictures → a head that knows its own worth.

Knows the order of the work. Nothing is resumed: a training takes minutes, and what was looked at
is thrown away with it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pawvit.errors import KeypointError
from pawvit.files import unwritten
from pawvit.teacher.boxes import box_finder
from pawvit.teacher.head.examples import Example, mirrored_names, read_examples
from pawvit.teacher.head.network import KeypointHead
from pawvit.teacher.head.posehead import PoseHead
from pawvit.teacher.head.score import hits
from pawvit.teacher.head.seen import Seen, look
from pawvit.teacher.head.training import STEPS, Guess, calibrate, fit, guess
from pawvit.teacher.head.views import Points, View
from pawvit.teacher.job import Progress
from pawvit.teacher.keypointfiles import read_keypoints
from pawvit.teacher.keypoints import KeypointFile
from pawvit.teacher.shapes import SalientAnimal

Rows = npt.NDArray[np.int64]

HELD = 0.2
"""Share of the pictures that is held out."""


@dataclass(frozen=True)
class Trained:
    """What a training made.

    Attributes:
        head: what was written.
        by_keypoint: name → PCK@0.1 on the animals held out, NaN where none has it.
        left_out: a line for each animal that could not be used.
    """

    head: PoseHead
    by_keypoint: dict[str, float]
    left_out: tuple[str, ...]


def train_head(
    keypoints: str | os.PathLike[str] | KeypointFile,
    out: str | os.PathLike[str],
    *,
    photos: str | os.PathLike[str] | None = None,
    hold_out: float = HELD,
    steps: int = STEPS,
    seed: int = 0,
    progress: Progress = lambda label: lambda done, total: None,
) -> Trained:
    """Trains a head on all animals but those of a share of the pictures, and writes it.

    The pictures held out tell how good it is, and what its confidence means.

    Args:
        keypoints: the keypoint file; its names need not be of a known vocabulary.
        out: where the head goes, `.safetensors`.
        photos: the folder that the pictures' names begin in; the file's own unless given.
        hold_out: the share, above 0 and below 1.
        steps: of the training.
        seed: of everything that is drawn by lot.
        progress: label → a `progress(done, total)` callable.

    Raises:
        KeypointError: the file or its pictures can't be used.
        MissingExtraError: the extra `offline` is not installed.
        PawvitError: the disk is full.
    """
    found = keypoints
    if not isinstance(found, KeypointFile):
        found = read_keypoints(found, any_names=True)
    out, photos = Path(out), Path(photos or found.source.parent)
    find_box = box_finder(SalientAnimal())
    examples, left_out = read_examples(found, photos, find_box, progress("reading"))
    names = found.vocabulary.keypoints
    mirror = mirrored_names(names)
    learn, held = deal(examples, hold_out, seed)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=out.parent, prefix=".pose-")
    except OSError as error:
        raise unwritten(out, error) from error
    with folder as store:
        file = Path(store) / "features.npy"
        seen = look(examples, mirror, file, progress=progress("looking"))
        network = fit(seen, learn, steps=steps, seed=seed, progress=progress("learning"))
        guesses = guess_at(network, seen, examples, held, mirror)
        del seen  # Windows can't remove a file that is still mapped
    right = right_ones(guesses, examples, held)
    labelled = np.stack([examples[i].labelled for i in held])
    metrics = {"pck@0.1": float(right[labelled].mean()), "animals": float(len(held))}
    pictures = len({examples[i].file for i in learn})
    head = PoseHead(
        names,
        network,
        calibrate(guesses, right),
        metrics,
        {"animals": len(learn), "pictures": pictures},
    )
    head.save(out)
    shares = {
        name: float(right[labelled[:, k], k].mean()) if labelled[:, k].any() else float("nan")
        for k, name in enumerate(names)
    }
    return Trained(head, shares, tuple(left_out))


def deal(examples: Sequence[Example], share: float, seed: int) -> tuple[Rows, Rows]:
    """Animals to learn from, and those of a share of the pictures, held out.

    Raises:
        KeypointError: there is one picture only.
    """
    files = sorted({example.file for example in examples})
    if len(files) < 2:
        raise KeypointError("all animals are in one picture: none could be held out")
    number = min(max(1, round(share * len(files))), len(files) - 1)
    order = np.random.default_rng(seed).permutation(len(files))
    held = {files[i] for i in order[:number]}
    away = np.array([example.file in held for example in examples])
    return np.flatnonzero(~away), np.flatnonzero(away)


def guess_at(
    network: KeypointHead,
    seen: Seen,
    examples: Sequence[Example],
    rows: Rows,
    mirror: list[int],
    batch: int = 32,
) -> Guess:
    """A head's keypoints of some animals, from their plain and mirrored views."""
    parts = []
    for begin in range(0, len(rows), batch):
        some = rows[begin : begin + batch]
        features = seen.features[np.concatenate([some, some + seen.animals])]
        sides = np.array([examples[i].frame[2:] for i in some])
        parts.append(guess(network, torch.from_numpy(features), sides, mirror))
    return Guess(
        np.concatenate([part.points for part in parts]),
        torch.cat([part.near for part in parts]),
        torch.cat([part.there for part in parts]),
    )


def in_pixels(guesses: Guess, examples: Sequence[Example], rows: Rows) -> Points:
    """(A, K, 2): guessed places in the pixels of each animal's picture."""
    both = zip(guesses.points, rows, strict=True)
    return np.stack([View(examples[i].frame).back(points) for points, i in both])


def right_ones(guesses: Guess, examples: Sequence[Example], rows: Rows) -> npt.NDArray[np.bool_]:
    """(A, K): keypoints that have a place, and whose guess lies near it."""
    true = np.stack([examples[i].points for i in rows])
    labelled = np.stack([examples[i].labelled for i in rows])
    diagonal = np.array([examples[i].diagonal for i in rows])
    return np.asarray(hits(in_pixels(guesses, examples, rows), true, diagonal) & labelled)
