"""How often a trained network names the right flank, and how far its confidence can be believed.

    python benchmarks/flanks.py photos.csv RUN --split select

Photos as they are, and spoilt: half of the width, and shrunk to 12 and to 8 pixels a side.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from pawvit.anatomy import FLANKS
from pawvit.embedder import Embedder
from pawvit.images import Pixels
from pawvit.readers import read_table

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
RANDOM = np.random.default_rng(0)


def half(photo: Pixels) -> Pixels:
    width = photo.shape[1]
    left = RANDOM.integers(0, width // 2)
    return photo[:, left : left + width // 2]


def shrunk(side: int) -> Callable[[Pixels], Pixels]:
    def spoil(photo: Pixels) -> Pixels:
        return np.asarray(Image.fromarray(photo).resize((side, side)))

    return spoil


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--split", default="select")
    given = parser.parse_args()
    table = read_table(given.photos).part(given.split)
    table = table.take(np.array([side in FLANKS for side in table.orientations]))
    truth = np.array(table.orientations) == "right"
    embedder = Embedder.load(given.run)
    print(f"| {len(table)} photos | " + " | ".join(f"confidence ≥ {x}" for x in LEVELS) + " |")
    print("|---" * (len(LEVELS) + 1) + "|")
    spoilers = {"as they are": lambda p: p, "half": half, "12 px": shrunk(12), "8 px": shrunk(8)}
    for name, spoil in spoilers.items():
        found = [embedder.embed([spoil(table.read(index))]).right for index in range(len(table))]
        right = np.concatenate([one for one in found if one is not None])
        sure, correct = np.maximum(right, 1 - right), (right >= 0.5) == truth
        cells = [f"{correct[sure >= x].mean():.1%} of {(sure >= x).mean():.0%}" for x in LEVELS]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
