"""What is computed of each photo once, in a file that grows: interrupted work goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pawvit import files
from pawvit.descriptors import photo_hashes
from pawvit.photos import PhotoTable

Vectors = npt.NDArray[np.float32]

SAVE_EVERY = 30.0
"""Seconds between two savings."""


def described(
    table: PhotoTable,
    describe: Callable[[int], Vectors],
    facts: object,
    kept: Path,
    progress: Callable[[int, int], None],
) -> Vectors:
    """What `describe` says of each photo.

    Args:
        table: N photos.
        describe: a photo's position → an array, of one shape for all.
        facts: what it depends on besides the photo; what was kept under others is thrown away.
        kept: the file, .npz.
        progress: called with (photos done, N).

    Returns:
        N × that shape.
    """
    hashes = photo_hashes(table)
    there: dict[str, Vectors] = {}
    if kept.exists():
        with np.load(kept) as before:
            if str(before["facts"]) == repr(facts):
                there = dict(zip(before["hashes"].tolist(), before["vectors"], strict=True))
    saved = time.monotonic()

    def save() -> None:
        with files.atomic(kept) as temporary:
            np.savez(
                temporary,
                facts=np.array(repr(facts)),
                hashes=np.array(list(there)),
                vectors=np.stack(list(there.values())),
            )

    try:
        for index, digest in enumerate(hashes):
            if digest not in there:
                there[digest] = describe(index)
            progress(index + 1, len(table))
            if time.monotonic() - saved > SAVE_EVERY:
                save()
                saved = time.monotonic()
    finally:
        if there:
            save()
    return np.stack([there[digest] for digest in hashes])
