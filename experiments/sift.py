"""What local features alone can do: SIFT with geometric verification, as HotSpotter has it.

    python experiments/sift.py photos.csv --split val [--flank-known] -o sift.json

Two photos are as similar as their keypoints agree on one affine map (RANSAC). Keypoints and the
matrix of similarities are kept beside the figures: the same command goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import numpy.typing as npt
import typer

from keypoints import Keypoints, Matching, Seeing, agreement, kept_keypoints, read_keypoints
from pawvit import files
from pawvit.cli.console import bar, console
from pawvit.cli.evaluate import show
from pawvit.cli.main import run as guarded
from pawvit.evaluation import evaluate_similarities
from pawvit.partmaps import PartMaps
from pawvit.protocols import Protocol, leave_one_out
from pawvit.readers import read_photos

Floats = npt.NDArray[np.float32]
Row = tuple[int, list[int], list[tuple[int, int]]]

SAVE_EVERY = 10.0
"""Seconds between two savings of the matrix."""


def pairs_of(protocols: list[Protocol]) -> npt.NDArray[np.bool_]:
    """N × N: whether two photos meet under a protocol; above the diagonal, each pair once."""
    number = len(protocols[0].photos)
    meet = np.zeros((number, number), np.bool_)
    for protocol in protocols:
        candidates, _ = protocol.masks(0, len(protocol.query))
        meet[np.ix_(protocol.query, protocol.gallery)] |= candidates
    return np.triu(meet | meet.T, 1)


def similarities(
    keypoints: list[Path],
    meet: npt.NDArray[np.bool_],
    matching: Matching,
    kept: Path,
    workers: int,
    progress: Callable[[int, int], None],
) -> Floats:
    """N × N in [0, 1), symmetric, NaN for pairs that don't meet: how well keypoints agree.

    Args:
        keypoints: a file of keypoints a photo, N.
        meet: which pairs to compare.
        matching: when keypoints agree.
        kept: the file that keeps what is done; what is there already is not done again.
        workers: processes; 1 works in this one.
        progress: called with (pairs done, all).

    Raises:
        KeyboardInterrupt: it was stopped; what is done is kept.
    """
    facts = [[file.name for file in keypoints], asdict(matching), np.packbits(meet).tobytes()]
    stamp = hashlib.sha256(repr(facts).encode()).hexdigest()
    counts = np.full((*meet.shape, 2), -1, np.int32)
    if kept.exists():
        with np.load(kept) as before:
            if str(before["stamp"]) == stamp:
                counts = before["counts"]
    total, done = int(meet.sum()), int((counts[meet][:, 0] >= 0).sum())
    progress(done, total)
    todo = [
        (row, np.flatnonzero(meet[row]).tolist())
        for row in range(len(meet))
        if (counts[row, meet[row], 0] < 0).any()
    ]
    saved = time.monotonic()

    def save() -> None:
        with files.atomic(kept) as temporary:
            np.savez(temporary, stamp=np.array(stamp), counts=counts)

    try:
        with _rows([str(file) for file in keypoints], matching, todo, workers) as rows:
            for row, columns, found in rows:
                counts[row, columns] = found
                done += len(columns)
                progress(done, total)
                if time.monotonic() - saved > SAVE_EVERY:
                    save()
                    saved = time.monotonic()
    finally:
        if todo:
            save()
    inliers, alike = np.maximum(counts, 0).astype(np.float64).transpose(2, 0, 1)
    # As many inliers: whoever had more alike keypoints before any geometry.
    value = inliers + alike / (alike + 1)
    found = np.where(meet, value / (value + 10), np.nan).astype(np.float32)
    return np.where(meet.T, found.T, found)


@contextmanager
def _rows(
    paths: list[str], matching: Matching, todo: list[tuple[int, list[int]]], workers: int
) -> Iterator[Iterator[Row]]:
    if workers == 1:
        _begin(paths, matching)
        yield map(_row, todo)
        return
    # A forked process would inherit the progress bar's thread.
    with get_context("spawn").Pool(workers, _begin_quietly, (paths, matching)) as pool:
        yield pool.imap_unordered(_row, todo)


_paths: list[str] = []
_matching = Matching()


def _begin(paths: list[str], matching: Matching) -> None:
    global _paths, _matching
    cv2.setNumThreads(1)
    _paths, _matching = paths, matching


def _begin_quietly(paths: list[str], matching: Matching) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process stops the others
    _begin(paths, matching)


@lru_cache(maxsize=2000)
def _keypoints(path: str) -> Keypoints:
    return read_keypoints(Path(path))


def _row(task: tuple[int, list[int]]) -> Row:
    row, columns = task
    one = _keypoints(_paths[row])
    return row, columns, [agreement(one, _keypoints(_paths[c]), _matching) for c in columns]


def main(
    photos: Annotated[Path, typer.Argument(help="Photo table or folder by identity.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Figures as JSON; OUT.kept/ beside.")],
    split: Annotated[str | None, typer.Option(help="Only the photos of this split.")] = None,
    flank_known: Annotated[
        bool,
        typer.Option("--flank-known", help="Only the flank known: fewer pairs to compare."),
    ] = False,
    maps: Annotated[
        Path | None, typer.Option(help="Part maps: keypoints on the animal only.")
    ] = None,
    features: Annotated[int, typer.Option(help="Keypoints a photo.")] = Seeing.features,
    contrast: Annotated[float, typer.Option(help="The weakest keypoint.")] = Seeing.contrast,
    clahe: Annotated[bool, typer.Option("--clahe", help="Even out contrast first.")] = Seeing.clahe,
    ratio: Annotated[float, typer.Option(help="Nearest against second.")] = Matching.ratio,
    mutual: Annotated[
        bool, typer.Option("--mutual/--one-way", help="Nearest in both directions.")
    ] = Matching.mutual,
    affine: Annotated[
        bool, typer.Option("--affine/--similar", help="Any affine map, or turn, scale and shift.")
    ] = Matching.affine,
    threshold: Annotated[float, typer.Option(help="Pixels off the map.")] = Matching.threshold,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
) -> None:
    """Compare every two photos by SIFT and score leave-one-out, flank unknown and known."""
    table = read_photos(photos)
    if split is not None:
        table = table.part(split)
    flanks = [True] if flank_known else [False, True] if table.has_orientation else [False]
    protocols = [leave_one_out(table, flank_known=flank) for flank in flanks]
    seeing = Seeing(features=features, contrast=contrast, clahe=clahe)
    matching = Matching(ratio=ratio, mutual=mutual, affine=affine, threshold=threshold)
    kept = out.with_name(out.name + ".kept")
    opened = None if maps is None else PartMaps.open(maps)
    with bar("keypoints", "photos") as progress:
        points = kept_keypoints(table, seeing, opened, kept, progress)
    with bar("compared", "pairs") as progress:
        matrix = similarities(
            points, pairs_of(protocols), matching, kept / "matrix.npz", workers, progress
        )
    found = [evaluate_similarities(matrix, protocol) for protocol in protocols]
    for one in found:
        show({"SIFT": one})
    files.write_json(
        out,
        {
            "settings": {**asdict(seeing), **asdict(matching), "maps": maps is not None},
            "SIFT": [one.as_dict() for one in found],
        },
    )
    console.print(f"→ {out}")


if __name__ == "__main__":
    guarded(lambda: typer.run(main))
