"""A keypoint head on hand-labelled animals: PCK@0.1 of the diagonal of the mask's box.

    python benchmarks/keypoint_head.py animal_pose/ out/ --seeds 0 1 2

The folder is as `benchmarks/animal_pose.py` wants it. A fifth of the pictures is reported on, a
seventh of the others calibrates; the same parts for every seed. Then each species is left out of
training. Features stay in out/, so that a second run begins at the trainings.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from animal_pose import convert
from pawvit.teacher.head.examples import Example, mirrored_names, read_examples
from pawvit.teacher.head.job import deal, guess_at, in_pixels
from pawvit.teacher.head.posehead import SalientBoxes
from pawvit.teacher.head.score import WITHIN, hits
from pawvit.teacher.head.seen import VIEWS, Seen, look
from pawvit.teacher.head.training import Trust, calibrate, fit
from pawvit.teacher.keypoints import read_keypoints

Rows = npt.NDArray[np.int64]
Shares = npt.NDArray[np.bool_]

GROUPS = {
    "eyes, ears, nose": ("eye", "ear", "nose"),
    "throat, withers, tail base": ("throat", "withers", "tail"),
    "elbows": ("elbow",),
    "knees": ("knee",),
    "paws": ("paw",),
}


def opened(
    examples: Sequence[Example], mirror: Sequence[int], out: Path, report: Callable[[str], None]
) -> Seen:
    """What the network says of all views, from a run before where there was one."""
    file, places = out / "features.npy", out / "places.npz"
    if not places.exists():
        begun = time.monotonic()
        seen = look(examples, mirror, file)
        np.savez(places, points=seen.points, labelled=seen.labelled)
        report(f"{VIEWS} views of {len(examples)} animals: {time.monotonic() - begun:.0f} s")
    kept = np.load(places)
    features = np.load(file, mmap_mode="r")
    return Seen(len(examples), features, kept["points"], kept["labelled"])


def diagonals(examples: Sequence[Example], masks: Path) -> npt.NDArray[np.float64]:
    """Of the boxes of the animals' masks, in pixels."""
    found = []
    for example in examples:
        with Image.open(masks / f"{example.file.stem}.png") as mask:
            rows, columns = np.nonzero(np.asarray(mask.convert("L")) > 0)
        found.append(np.hypot(np.ptp(rows) + 1, np.ptp(columns) + 1))
    return np.array(found)


def mean_position(seen: Seen, learn: Rows, rows: Rows) -> npt.NDArray[np.float64]:
    """Baseline: each keypoint where it lies on average in its frame."""
    known = seen.labelled[learn][..., None]
    mean = (seen.points[learn] * known).sum(axis=0) / known.sum(axis=0)
    return np.repeat(mean[None], len(rows), axis=0)


def nearest(seen: Seen, learn: Rows, rows: Rows) -> npt.NDArray[np.float64]:
    """Baseline: the keypoints of the animal, or mirrored animal, whose feature map is likest.

    What that one lacks comes from the next.
    """
    pool = np.concatenate([learn, learn + seen.animals])
    known = np.stack([_unit(seen.features[i]) for i in pool])
    found = np.zeros((len(rows), *seen.points.shape[1:]))
    for place, row in enumerate(rows):
        order = pool[np.argsort(-(known @ _unit(seen.features[row])))]
        for keypoint in range(found.shape[1]):
            first = order[seen.labelled[order, keypoint].argmax()]
            found[place, keypoint] = seen.points[first, keypoint]
    return found


def _unit(features: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    """A map of 4 × 4 means as one vector."""
    side = int(len(features) ** 0.5)
    wide = features.astype(np.float32).reshape(4, side // 4, 4, side // 4, -1).mean(axis=(1, 3))
    flat = wide.ravel() - wide.mean()
    return np.asarray(flat / np.linalg.norm(flat))


def interval(right: Shares, labelled: Shares, rounds: int = 2000) -> str:
    """The share of labelled keypoints that are right, with 95 % from resampled animals."""
    good, all_ = (right & labelled).sum(axis=1), labelled.sum(axis=1)
    draws = np.random.default_rng(0).integers(len(good), size=(rounds, len(good)))
    shares = good[draws].sum(axis=1) / all_[draws].sum(axis=1)
    low, high = np.quantile(shares, (0.025, 0.975))
    return f"{100 * good.sum() / all_.sum():.1f} ({100 * low:.1f}–{100 * high:.1f})"


def bins(sure: npt.NDArray[np.float64], right: Shares, labelled: Shares) -> None:
    """What each confidence is worth."""
    print(
        "\n| confidence | keypoints | has a place, and lies near it | of those with a place, near |"
    )
    print("|---|---|---|---|")
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        some = (sure >= low) & (sure < high)
        both = some & labelled
        near = f"{right[both].mean():.2f}" if both.any() else "–"
        told = f"{(right & labelled)[some].mean():.2f}" if some.any() else "–"
        print(f"| {low}–{min(high, 1)} | {some.sum()} | {told} | {near} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    kinds = convert(given.source, given.out)
    file = read_keypoints(given.out / "coco.json")
    examples, _ = read_examples(file, given.source / "images", SalientBoxes())
    names = file.vocabulary.keypoints
    mirror = mirrored_names(names)
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    seen = opened(examples, mirror, given.out, say)
    across = diagonals(examples, given.source / "masks")
    species = np.array([kinds[example.file.absolute().as_posix()] for example in examples])
    labelled = np.stack([example.labelled for example in examples])
    true = np.stack([example.points for example in examples])
    rest, held = deal(examples, 0.2, 0)
    first, calibrating = deal([examples[i] for i in rest], 1 / 7, 0)
    learn, calibrating = rest[first], rest[calibrating]

    def scored(points: npt.NDArray[np.float64], rows: Rows, within: float = WITHIN) -> Shares:
        """Of points in the plain views' squares."""
        from pawvit.teacher.head.views import View

        pixels = np.stack(
            [View(examples[i].frame).back(p) for p, i in zip(points, rows, strict=True)]
        )
        return hits(pixels, true[rows], across[rows], within)

    def trained(learn: Rows, rows: Rows, seed: int) -> tuple[Shares, npt.NDArray[np.float64]]:
        begun = time.monotonic()
        network = fit(seen, learn, seed=seed)
        say(f"a head from {len(learn)} animals: {time.monotonic() - begun:.0f} s")
        apart = guess_at(network, seen, examples, calibrating, mirror)
        told = hits(in_pixels(apart, examples, calibrating), true[calibrating], across[calibrating])
        trust: Trust = calibrate(apart, told & labelled[calibrating])
        found = guess_at(network, seen, examples, rows, mirror)
        with torch.no_grad():
            sure = trust(found.near, found.there).numpy()
        return scored(found.points, rows), sure

    runs = [trained(learn, held, seed) for seed in given.seeds]
    columns = {
        "mean position": scored(mean_position(seen, learn, held), held),
        "nearest animal": scored(nearest(seen, learn, held), held),
        f"head, seed {given.seeds[0]}": runs[0][0],
    }
    shown = labelled[held]
    print(f"\n{len(learn)} animals to learn from, {len(calibrating)} calibrate, {len(held)} held\n")
    print(f"| PCK@0.1 | {' | '.join(columns)} | all seeds |")
    print("|---" * (len(columns) + 2) + "|")

    def row(title: str, animals: Shares, keypoints: Shares) -> None:
        cut = np.ix_(animals, keypoints)
        values = [interval(right[cut], shown[cut]) for right in columns.values()]
        seeds = ", ".join(f"{100 * right[cut][shown[cut]].mean():.1f}" for right, _ in runs)
        print(f"| {title} | {' | '.join(values)} | {seeds} |")

    every, all_ = np.ones(len(held), np.bool_), np.ones(len(names), np.bool_)
    row(f"all ({len(held)})", every, all_)
    for kind in sorted(set(species)):
        mine = species[held] == kind
        row(f"{kind} ({mine.sum()})", mine, all_)
    for title, words in GROUPS.items():
        row(title, every, np.array([any(word in name for word in words) for name in names]))
    # How much of what is lost is lost to the other side's keypoint?
    bins(np.concatenate([sure for _, sure in runs]), *_stacked(runs, shown))

    print("\n| left out of training | mean position | nearest animal | head |\n|---|---|---|---|")
    for kind in sorted(set(species)):
        asked = np.flatnonzero(species == kind)
        others = np.setdiff1d(np.concatenate([learn, held]), asked)
        told = [
            scored(mean_position(seen, others, asked), asked),
            scored(nearest(seen, others, asked), asked),
            trained(others, asked, given.seeds[0])[0],
        ]
        values = " | ".join(interval(right, labelled[asked]) for right in told)
        print(f"| {kind} ({len(asked)}) | {values} |", flush=True)


def _stacked(
    runs: Sequence[tuple[Shares, npt.NDArray[np.float64]]], shown: Shares
) -> tuple[Shares, Shares]:
    return np.concatenate([right for right, _ in runs]), np.concatenate([shown] * len(runs))


if __name__ == "__main__":
    main()
