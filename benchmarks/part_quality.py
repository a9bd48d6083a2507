"""How right are part maps: teachers scored against maps from hand-labelled keypoints.

    python benchmarks/part_quality.py animal_pose/ out/ [--also NAME=FOLDER] [--changed 60]
    python benchmarks/part_quality.py animal_pose/ out/ --head given saliency

The folder holds `keypoints.json`, `images/` and `masks/` (see benchmarks/animal_pose.py).
Discovered parts are fitted to all photos without their labels and scored on two thirds of them; the
other third (by a hash of the name) is where the method was chosen. `--also` scores another folder;
`--head` scores a keypoint head that is taught on that third, with each of these foregrounds.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance

from animal_pose import photo_table
from pawvit.anatomy import IGNORE
from pawvit.images import Pixels, read_image
from pawvit.partmaps import DEFAULT_SIZE, Labels, PartMaps
from pawvit.teacher import discover
from pawvit.teacher.discover import DiscoveredParts
from pawvit.teacher.features import GRID, PatchFeatures
from pawvit.teacher.foreground import Saliency, largest_pieces
from pawvit.teacher.head.job import train_head
from pawvit.teacher.head.posehead import PoseHead
from pawvit.teacher.keypointfiles import read_keypoints
from pawvit.teacher.keypoints import KeypointFile
from pawvit.teacher.quality import GROUPS, Score, score

BATCH = 4
PLAIN = ("head", "trunk", "legs")


def chosen_on(path: str) -> bool:
    """Whether a photo is of the third on which the method was chosen."""
    return int(hashlib.sha256(Path(path).stem.encode()).hexdigest(), 16) % 3 == 0


class Eyes:
    """Features (half precision) and saliency of photos."""

    def __init__(self) -> None:
        self.features, self.saliency = PatchFeatures(), Saliency()

    def __call__(self, photos: Sequence[Pixels]) -> tuple[torch.Tensor, np.ndarray]:
        return self.features(photos).half(), self.saliency(photos)


def look(paths: Sequence[str], keep: Path) -> tuple[torch.Tensor, np.ndarray]:
    """Features and saliency of all photos, kept in a file for the next time."""
    if keep.exists():
        seen = np.load(keep)
        return torch.from_numpy(seen["features"]), seen["saliency"]
    eyes, features, saliency = Eyes(), [], []
    for begin in range(0, len(paths), BATCH):
        own, shown = eyes([read_image(Path(path)) for path in paths[begin : begin + BATCH]])
        features.append(own)
        saliency.append(shown)
        print(f"\r{begin + len(own)} of {len(paths)} photos", end="", file=sys.stderr, flush=True)
    found = torch.cat(features), np.concatenate(saliency)
    np.savez(keep, features=found[0].numpy(), saliency=found[1])
    return found


def thirds(animal: np.ndarray) -> Labels:
    """Head, trunk, legs: the lowest third, the outer third of the end that reaches higher."""
    labels = np.full(animal.shape, len(PLAIN), np.uint8)
    rows, columns = np.nonzero(animal)
    if not len(rows):
        return labels
    down = (rows - rows.min()) / max(1, np.ptp(rows))
    across = (columns - columns.min()) / max(1, np.ptp(columns))
    ends = [down[across < 1 / 3], down[across > 2 / 3]]
    left = not len(ends[1]) or (len(ends[0]) and ends[0].mean() < ends[1].mean())
    head = across < 1 / 3 if left else across > 2 / 3
    labels[rows, columns] = np.where(down > 2 / 3, 2, np.where(head, 0, 1))
    return labels


def fitted(
    features: torch.Tensor, shown: np.ndarray, companion: float = discover.COMPANION
) -> DiscoveredParts:
    patches = F.adaptive_avg_pool2d(torch.from_numpy(shown)[:, None], GRID).flatten(1)
    return discover.fit(features, patches, GRID, companion=companion)


def labelled(teacher: DiscoveredParts, features: torch.Tensor, shown: np.ndarray) -> list[Labels]:
    found: list[Labels] = []
    for begin in range(0, len(features), 16):
        own = features[begin : begin + 16].float()
        found += teacher.label(own, shown[begin : begin + 16], GRID, DEFAULT_SIZE)
    return found


HEADER = (
    f"| teacher | mIoU | {' | '.join(GROUPS)} | Rand | boundary |"
    f" {' | '.join(f'{part} found' for part in GROUPS)} | foreground |\n|{'---|' * 10}"
)


def row(name: str, found: Score) -> str:
    numbers = (found.mean, *found.iou, found.rand, found.boundary, *found.found, found.foreground)
    return f"| {name} | {' | '.join(f'{number:.2f}' for number in numbers)} |"


def against_truth(
    features: torch.Tensor,
    shown: np.ndarray,
    animals: np.ndarray,
    truth: Sequence[Labels],
    names: Sequence[str],
    scored: np.ndarray,
    companion: float,
) -> None:
    """One table: thirds, and discovered parts of every number, on this foreground."""

    def show(name: str, maps: Sequence[Labels], own: Sequence[str]) -> None:
        pairs = ((maps[i], truth[i]) for i in np.flatnonzero(scored))
        print(row(name, score(pairs, own, names)), flush=True)

    print(HEADER)
    show("thirds", [thirds(animal) for animal in animals], PLAIN)
    teacher = fitted(features, shown, companion)
    for number in range(3, 9):
        maps = labelled(replace(teacher, number=number), features, shown)
        auto = ", the automatic number" if number == teacher.number else ""
        own = replace(teacher, number=number).vocabulary
        show(f"discovered, {number} parts{auto}", maps, own)
    agreed = ", ".join(f"{number}: {value:.2f}" for number, value in enumerate(teacher.curve, 3))
    print(f"\nTwo halves of the photos agree on parts (adjusted Rand index): {agreed}.\n")


def against_head(
    source: Path, out: Path, paths: Sequence[str], scored: np.ndarray, given: Sequence[str]
) -> Iterator[tuple[str, PartMaps]]:
    """For each foreground, maps of the scored photos by a head that learned from the others."""
    file = read_keypoints(source / "keypoints.json")
    known = {Path(path).name for path, here in zip(paths, scored, strict=True) if not here}
    animals = {name: own for name, own in file.pictures() if Path(name).name in known}
    head = out / "head.safetensors"
    if not head.exists():
        lesson = KeypointFile(file.source, file.vocabulary, animals)
        train_head(lesson, head, photos=source / "images")
    learned = PoseHead.load(head)
    number, held = learned.learned["animals"], learned.metrics["animals"]
    print(f"A head of {number} animals, calibrated on {held:.0f}.\n\n{HEADER}", flush=True)
    with open(out / "others.csv", "w", encoding="utf-8", newline="") as handle:
        rows = [[path, ""] for path, here in zip(paths, scored, strict=True) if here]
        csv.writer(handle).writerows([["path", "identity"], *rows])
    for foreground in given:
        folder = out / f"head-{foreground}"
        shape = source / "masks" if foreground == "given" else foreground
        make_maps(out / "others.csv", folder, "--pose", head, "--foreground", shape)
        yield f"head, foreground {foreground}", PartMaps.open(folder)


def make_maps(photos: Path, folder: Path, *words: str | Path) -> None:
    """Part maps by the command line; photos without one are in `flagged.csv` and end it with 2."""
    command = [sys.executable, "-m", "pawvit", "masks", photos, "-o", folder, *words]
    subprocess.run([str(word) for word in command], check=False, stdout=subprocess.DEVNULL)


Change = Callable[[Image.Image, Image.Resampling, tuple[int, ...] | int], Image.Image]


def _cut(image: Image.Image, *_: object) -> Image.Image:
    width, height = image.size
    return image.crop((width // 10, height // 10, width - width // 10, height - height // 10))


CHANGES: dict[str, Change] = {
    "mirrored": lambda image, *_: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "a tenth cut off each side": _cut,
    "turned by 15°": lambda image, how, fill: image.rotate(15, how, fillcolor=fill),
}
LIGHT = {"half as bright": 0.5, "half as bright again": 1.5}


def steadiness(paths: Sequence[str], teacher: DiscoveredParts) -> None:
    """How well maps of changed photos agree with the changed maps of the photos."""
    eyes = Eyes()

    def maps(photos: Sequence[Pixels]) -> list[Labels]:
        found: list[Labels] = []
        for begin in range(0, len(photos), BATCH):
            features, shown = eyes(photos[begin : begin + BATCH])
            found += labelled(teacher, features, shown)
        return found

    photos = [Image.fromarray(read_image(Path(path))) for path in paths]
    before = maps([np.asarray(photo) for photo in photos])
    print(f"| {len(photos)} photos | mIoU | foreground |\n|---|---|---|")
    for name, change in CHANGES.items():
        changed = [
            np.asarray(change(photo, Image.Resampling.BICUBIC, (127, 127, 127))) for photo in photos
        ]
        expected = []
        for photo, labels in zip(photos, before, strict=True):
            large = Image.fromarray(labels).resize(photo.size, Image.Resampling.NEAREST)
            moved = change(large, Image.Resampling.NEAREST, IGNORE)
            expected.append(np.asarray(moved.resize(DEFAULT_SIZE[::-1], Image.Resampling.NEAREST)))
        _agree(name, maps(changed), expected, teacher)
    for name, factor in LIGHT.items():
        changed = [np.asarray(ImageEnhance.Brightness(photo).enhance(factor)) for photo in photos]
        _agree(name, maps(changed), before, teacher)


def _agree(
    name: str, found: Sequence[Labels], expected: Sequence[Labels], teacher: DiscoveredParts
) -> None:
    pairs = zip(found, expected, strict=True)
    agreed = score(pairs, teacher.vocabulary, teacher.vocabulary)
    print(f"| {name} | {agreed.mean:.2f} | {agreed.foreground:.2f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--also", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--changed", type=int, default=60, help="photos to change; 0 leaves it out")
    parser.add_argument(
        "--head", nargs="+", choices=["given", "saliency"], help="only the rows of a keypoint head"
    )
    given = parser.parse_args()
    species = photo_table(given.source, given.out)
    words = ("--keypoints", given.source / "keypoints.json")
    words += ("--foreground", given.source / "masks")
    make_maps(given.out / "photos.csv", given.out / "truth", *words)
    right = PartMaps.open(given.out / "truth")
    names = right.parts.vocabulary
    paths = [path for path in species if path in right]
    truth = [right.read(path) for path in paths]
    scored = np.array([not chosen_on(path) for path in paths])
    print(f"\nScored on {scored.sum()} of {len(paths)} photos.\n")

    def show(name: str, maps: PartMaps) -> None:
        there = [i for i in np.flatnonzero(scored) if paths[i] in maps]
        pairs = ((maps.read(paths[i]), truth[i]) for i in there)
        print(row(f"{name} ({len(there)} photos)", score(pairs, maps.parts.vocabulary, names)))

    if given.head:
        for name, maps in against_head(given.source, given.out, paths, scored, given.head):
            show(name, maps)
        return
    features, saliency = look(paths, given.out / "seen.npz")

    print("Foreground given:\n")
    animals = np.stack([(labels < len(names)) for labels in truth])
    # All of the given foreground is the animal, also where something before it cuts it in two.
    against_truth(features, animals.astype(np.float32), animals, truth, names, scored, 0.0)
    print("Foreground found by saliency:\n")
    shown = F.interpolate(torch.from_numpy(saliency)[:, None], size=DEFAULT_SIZE, mode="area")[:, 0]
    own = largest_pieces(shown, discover.FOREGROUND, discover.COMPANION).numpy()
    against_truth(features, saliency, own, truth, names, scored, discover.COMPANION)
    if given.also:
        print(HEADER)
    for also in given.also:
        name, folder = also.split("=", 1)
        show(name, PartMaps.open(folder))
    if given.changed:
        few = [path for path, here in zip(paths, scored, strict=True) if here][
            :: 401 // given.changed
        ]
        print("\nAgreement of discovered parts with themselves, photos changed:\n")
        steadiness(few[: given.changed], fitted(features, saliency))


if __name__ == "__main__":
    main()
