"""Small folders with the names and lists of the paper's sets, made of a drawn herd's pictures."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from pawvit.herd.write import write_herd

SIZE = (60, 48)
"""Width and height of the herd's pictures, in pixels."""


def write_atrw(folder: Path, *, wild: bool = True) -> Path:
    """ATRW as its archives unpack, with the ground truth of both tests: 8 animals, 2 tested."""
    _herd(folder, "atrw")
    if wild:
        _write_wild(folder)
    return folder


def write_released(folder: Path, official: Path, *, doubled: bool = True) -> Path:
    """ATRW as the paper's authors arranged it, out of `write_atrw`'s folder.

    Their entities are numbered from 0, the mirrored ones behind them; without `doubled` the folders
    of the mirrored pictures are not there, while the list still names them.
    """
    lines = (official / "atrw_anno_reid_train/reid_list_train.csv").read_text().split()
    pairs = [line.split(",") for line in lines]
    numbers = {identity: n for n, identity in enumerate(dict.fromkeys(i for i, _ in pairs))}
    listed = []
    for identity, name in pairs:
        number, side = numbers[identity], numbers[identity] % 2
        mirrored = number + len(numbers)
        source = official / "atrw_reid_train/train" / name
        flipped = name.replace(".jpg", "_flipped.jpg")
        for entity, file, facing in ((number, name, side), (mirrored, flipped, 1 - side)):
            path = f"train_augmented_double_entity/{entity}/{file}"
            listed.append(f"{path} {entity} {facing}")
            if entity == number or doubled:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                with Image.open(source) as image:
                    (image if entity == number else ImageOps.mirror(image)).save(folder / path)
    truth = _truth(official, "plain")
    shutil.copy(truth, folder / truth.name)
    shutil.copytree(official / "atrw_reid_test/test", folder / "test")
    (folder / "train.txt").write_text("\n".join(listed))
    images = json.loads(truth.read_text())
    tests = [f"{image['imgid']:06d}.jpg {image['entityid']}" for image in images]
    (folder / "test.txt").write_text("\n".join(tests))
    return folder


def write_yaks(folder: Path) -> Path:
    """`YakReID-103` with the hard test's lists; beside it `YakReID-103_simple`, without pictures.

    The simple test has every picture of the test, the hard one leaves the first query out.
    """
    hard, simple = folder / "YakReID-103", folder / "YakReID-103_simple"
    _herd(hard, "yakreid")
    simple.mkdir()
    for name in ("query", "gallery"):
        shutil.copy(hard / f"{name}.txt", simple / f"{name}.txt")
    lines = (hard / "query.txt").read_text().splitlines(keepends=True)
    (hard / "query.txt").write_text("".join(lines[1:]))
    return folder


def _herd(folder: Path, layout: str) -> None:
    write_herd(
        folder,
        animals=8,
        photos_per_flank=3,
        cameras=3,
        seed=4,
        size=SIZE[::-1],
        layout=layout,
    )
    # What a download does not have.
    shutil.rmtree(folder / "maps")
    (folder / "photos.csv").unlink()


def _write_wild(folder: Path) -> None:
    """Two tigers a picture, side by side, each with its box."""
    images = json.loads(_truth(folder, "plain").read_text())
    pictures = folder / "atrw_detection_test/test"
    pictures.mkdir(parents=True)
    truth = {}
    # Animals of a picture are different ones: the second half stands beside the first.
    half = len(images) // 2
    for number, pair in enumerate(zip(images[:half], images[half:], strict=True)):
        canvas = Image.fromarray(np.full((SIZE[1] + 20, 2 * SIZE[0] + 30, 3), 90, np.uint8))
        tigers = []
        for place, image in enumerate(pair):
            left, top = 10 + place * (SIZE[0] + 10), 10
            with Image.open(folder / f"atrw_reid_test/test/{image['imgid']:06d}.jpg") as tiger:
                canvas.paste(tiger, (left, top))
            corners = [left, top, left + SIZE[0], top + SIZE[1]]
            tigers.append(
                {
                    "bbox": corners,
                    "query": image["query"],
                    "eid": image["entityid"],
                    "fid": image["frame"],
                }
            )
        canvas.save(pictures / f"{number:04d}.jpg")
        truth[str(number)] = tigers
    _truth(folder, "plain").with_name("gt_test_wild.json").write_text(json.dumps(truth))


def _truth(folder: Path, kind: str) -> Path:
    (found,) = folder.glob(f"**/gt_test_{kind}.json")
    return found
