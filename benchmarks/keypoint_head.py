"""A keypoint head on hand-labelled animals: PCK@0.1 of the diagonal of the mask's box.

    python benchmarks/keypoint_head.py animal_pose/ out/ --seeds 0 1 2 [--left-out horse]

The folder is as `benchmarks/animal_pose.py` wants it. A fifth of the pictures is reported on, a
seventh of the others calibrates; they are the same for every seed. Then each species is left out of
training. Features stay in out/, so that a second run begins at the trainings.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from animal_pose import photo_table
from pawvit.images import Box, Pixels
from pawvit.teacher.boxes import box_finder
from pawvit.teacher.head.examples import mirrored_names, read_examples
from pawvit.teacher.head.job import deal, guess_at
from pawvit.teacher.head.score import WITHIN, hits
from pawvit.teacher.head.seen import Seen, look
from pawvit.teacher.head.training import calibrate, fit
from pawvit.teacher.head.views import Points, View
from pawvit.teacher.keypointfiles import read_keypoints
from pawvit.teacher.shapes import SalientAnimal

Rows = npt.NDArray[np.int64]
Right = npt.NDArray[np.bool_]

GROUPS = {
    "eyes, ears, nose": ("eye", "ear", "nose"),
    "throat, withers, tail base": ("throat", "withers", "tail"),
    "elbows": ("elbow",),
    "knees": ("knee",),
    "paws": ("paw",),
}
BINS = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)


class Animals:
    """The labelled animals, what the frozen network says of them, and the size of their masks."""

    def __init__(self, source: Path, out: Path) -> None:
        kinds = photo_table(source, out)
        file = read_keypoints(source / "keypoints.json")
        boxes = Kept(out / "boxes.npy")
        self.examples, _ = read_examples(file, source / "images", boxes)
        boxes.keep()
        self.names = file.vocabulary.keypoints
        self.mirror = mirrored_names(self.names)
        self.species = np.array([kinds[one.file.absolute().as_posix()] for one in self.examples])
        self.labelled = np.stack([one.labelled for one in self.examples])
        self.true = np.stack([one.points for one in self.examples])
        self.across = np.array([_diagonal(source / "masks", e.file.stem) for e in self.examples])
        self.seen = self._look(out / "features.npy", out / "places.npz")

    def _look(self, features: Path, places: Path) -> Seen:
        if not places.exists():
            begun = time.monotonic()
            seen = look(self.examples, self.mirror, features)
            np.savez(places, points=seen.points, labelled=seen.labelled)
            say(f"looking at {len(self.examples)} animals", begun)
        kept = np.load(places)
        mapped = np.load(features, mmap_mode="r")
        return Seen(len(self.examples), mapped, kept["points"], kept["labelled"])

    def right(self, points: Points, rows: Rows) -> Right:
        """(A, K): which of the points, in the squares of the plain views, are right."""
        frames = [self.examples[i].frame for i in rows]
        both = zip(frames, points, strict=True)
        pixels = np.stack([View(frame).back(own) for frame, own in both])
        return hits(pixels, self.true[rows], self.across[rows], WITHIN)

    def mean(self, learn: Rows, rows: Rows) -> Right:
        """Baseline: each keypoint where it lies on average in its frame."""
        known = self.seen.labelled[learn][..., None]
        place = (self.seen.points[learn] * known).sum(axis=0) / known.sum(axis=0)
        return self.right(np.repeat(place[None], len(rows), axis=0), rows)

    def nearest(self, learn: Rows, rows: Rows) -> Right:
        """Baseline: the keypoints of the animal, or mirrored one, whose feature map is likest.

        What that one lacks comes from the next.
        """
        seen, pool = self.seen, np.concatenate([learn, learn + self.seen.animals])
        known = np.stack([_unit(seen.features[i]) for i in pool])
        found = np.zeros((len(rows), *seen.points.shape[1:]))
        for place, row in enumerate(rows):
            order = pool[np.argsort(-(known @ _unit(seen.features[row])))]
            first = order[seen.labelled[order].argmax(axis=0)]
            found[place] = seen.points[first, np.arange(len(self.names))]
        return self.right(found, rows)

    def head(
        self, learn: Rows, calibrating: Rows, rows: Rows, seed: int
    ) -> tuple[Right, npt.NDArray[np.float64]]:
        """A head's keypoints: which are right, and its confidence."""
        begun = time.monotonic()
        network = fit(self.seen, learn, seed=seed)
        say(f"a head from {len(learn)} animals", begun)
        apart = guess_at(network, self.seen, self.examples, calibrating, self.mirror)
        told = self.right(apart.points, calibrating) & self.labelled[calibrating]
        found = guess_at(network, self.seen, self.examples, rows, self.mirror)
        with torch.no_grad():
            sure = calibrate(apart, told)(found.near, found.there).numpy()
        return self.right(found.points, rows), sure


class Kept:
    """Salient boxes, in the order they are asked for, from a run before where there was one."""

    def __init__(self, file: Path) -> None:
        self.file, self.given = file, []
        self.before = iter(np.load(file).tolist()) if file.exists() else None
        self.find = None if self.before else box_finder(SalientAnimal())

    def __call__(self, path: str, picture: Pixels) -> Box:
        self.given.append(next(self.before) if self.before else self.find(path, picture))
        return self.given[-1]

    def keep(self) -> None:
        np.save(self.file, np.array(self.given))


def say(what: str, begun: float) -> None:
    print(f"{what}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def _diagonal(masks: Path, stem: str) -> float:
    """Of the box of an animal's mask, in pixels."""
    with Image.open(masks / f"{stem}.png") as mask:
        rows, columns = np.nonzero(np.asarray(mask.convert("L")) > 0)
    return float(np.hypot(np.ptp(rows) + 1, np.ptp(columns) + 1))


def _unit(features: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    """A map of 4 × 4 means as one vector."""
    side = int(len(features) ** 0.5)
    wide = features.astype(np.float32).reshape(4, side // 4, 4, side // 4, -1).mean(axis=(1, 3))
    flat = wide.ravel() - wide.mean()
    return np.asarray(flat / np.linalg.norm(flat))


def interval(right: Right, labelled: Right, rounds: int = 2000) -> str:
    """Per cent of the labelled keypoints that are right; 95 % of resampled animals."""
    good, all_ = (right & labelled).sum(axis=1), labelled.sum(axis=1)
    draws = np.random.default_rng(0).integers(len(good), size=(rounds, len(good)))
    low, high = np.quantile(good[draws].sum(axis=1) / all_[draws].sum(axis=1), (0.025, 0.975))
    return f"{100 * good.sum() / all_.sum():.1f} ({100 * low:.1f}–{100 * high:.1f})"


def report_held(animals: Animals, seeds: list[int]) -> None:
    """Learning from some of every species, asked about others."""
    rest, held = deal(animals.examples, 0.2, 0)
    first, apart = deal([animals.examples[i] for i in rest], 1 / 7, 0)
    learn, calibrating = rest[first], rest[apart]
    runs = [animals.head(learn, calibrating, held, seed) for seed in seeds]
    columns = {
        "mean position": animals.mean(learn, held),
        "nearest animal": animals.nearest(learn, held),
        f"head, seed {seeds[0]}": runs[0][0],
    }
    shown = animals.labelled[held]
    print(f"\n{len(learn)} animals to learn from, {len(calibrating)} calibrate, {len(held)} held\n")
    print(f"| PCK@0.1 | {' | '.join(columns)} | all seeds |")
    print("|---" * (len(columns) + 2) + "|")

    def row(title: str, some: Right, keypoints: Right) -> None:
        cut = np.ix_(some, keypoints)
        values = [interval(right[cut], shown[cut]) for right in columns.values()]
        every = ", ".join(f"{100 * right[cut][shown[cut]].mean():.1f}" for right, _ in runs)
        print(f"| {title} | {' | '.join(values)} | {every} |", flush=True)

    whole, all_ = np.ones(len(held), np.bool_), np.ones(len(animals.names), np.bool_)
    row(f"all ({len(held)})", whole, all_)
    for kind in sorted(set(animals.species)):
        mine = animals.species[held] == kind
        row(f"{kind} ({mine.sum()})", mine, all_)
    for title, words in GROUPS.items():
        named = [any(word in name for word in words) for name in animals.names]
        row(title, whole, np.array(named))
    sure = np.concatenate([confidence for _, confidence in runs])
    right = np.concatenate([right for right, _ in runs])
    report_confidence(sure, right, np.concatenate([shown] * len(runs)))


def report_confidence(sure: npt.NDArray[np.float64], right: Right, labelled: Right) -> None:
    """What each confidence is worth."""
    print("\n| confidence | keypoints | right | right, of those with a place |\n|---|---|---|---|")
    for low, high in pairwise(BINS):
        some = (sure >= low) & (sure < high)
        if not some.any():
            continue
        placed = right[some & labelled]
        told = f"{placed.mean():.2f}" if len(placed) else "–"
        print(f"| {low}–{high} | {some.sum()} | {(right & labelled)[some].mean():.2f} | {told} |")


def report_species(animals: Animals, kinds: Sequence[str], seed: int) -> None:
    """Each of these species in turn unknown."""
    print("\n| left out of training | mean position | nearest animal | head |\n|---|---|---|---|")
    for kind in kinds:
        asked = np.flatnonzero(animals.species == kind)
        others = np.flatnonzero(animals.species != kind)
        first, apart = deal([animals.examples[i] for i in others], 1 / 7, 0)
        learn, calibrating = others[first], others[apart]
        told = [
            animals.mean(learn, asked),
            animals.nearest(learn, asked),
            animals.head(learn, calibrating, asked, seed)[0],
        ]
        values = " | ".join(interval(right, animals.labelled[asked]) for right in told)
        print(f"| {kind} ({len(asked)}) | {values} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--left-out", nargs="+", help="only the rows of these species, left out")
    given = parser.parse_args()
    animals = Animals(given.source, given.out)
    kinds = sorted(set(animals.species))
    strange = set(given.left_out or ()).difference(kinds)
    if strange:
        parser.error(f"there is no {', '.join(sorted(strange))}: {', '.join(kinds)} are there")
    if not given.left_out:
        report_held(animals, given.seeds)
    report_species(animals, given.left_out or kinds, given.seeds[0])


if __name__ == "__main__":
    main()
