"""What a training refuses and leaves out, and by which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pawvit.errors import KeypointError
from pawvit.teacher.boxes import box_finder
from pawvit.teacher.head.examples import mirrored_names, read_examples
from pawvit.teacher.keypointfiles import read_keypoints
from pawvit.teacher.vocabularies import VOCABULARIES

NAMES = ["beak", "left_wing", "right_wing"]
NUMBER = 24


whole = box_finder(None)


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Any]:
    """Birds, whose keypoints are of no vocabulary."""
    for number in range(NUMBER):
        Image.new("RGB", (80, 60), (number, 0, 0)).save(tmp_path / f"{number}.jpg")
    flat = [10, 10, 2, 20, 30, 1, 0, 0, 0]
    return {
        "images": [{"id": i, "file_name": f"birds/{i}.jpg"} for i in range(NUMBER)],
        "annotations": [
            {"image_id": i, "keypoints": list(flat), "bbox": [8, 8, 30, 30]} for i in range(NUMBER)
        ],
        "categories": [{"id": 1, "keypoints": NAMES}],
    }


def read(folder: Path, raw: dict[str, Any]) -> Any:
    (folder / "birds.json").write_text(json.dumps(raw), "utf-8")
    found = read_keypoints(folder / "birds.json", any_names=True)
    return read_examples(found, folder, whole)


def test_any_names_and_other_folders(tmp_path: Path, raw: dict[str, Any]) -> None:
    examples, left_out = read(tmp_path, raw)
    assert len(examples) == NUMBER
    assert left_out == []
    assert examples[0].file == tmp_path / "0.jpg"
    assert examples[0].labelled.tolist() == [True, True, False]
    assert examples[0].diagonal == pytest.approx(np.hypot(30, 30))
    with pytest.raises(KeypointError, match="another vocabulary"):
        read_keypoints(tmp_path / "birds.json")


def test_boxes_that_the_file_lacks_are_asked_for(tmp_path: Path, raw: dict[str, Any]) -> None:
    del raw["annotations"][3]["bbox"]
    (tmp_path / "birds.json").write_text(json.dumps(raw), "utf-8")
    found = read_keypoints(tmp_path / "birds.json", any_names=True)
    examples, _ = read_examples(found, tmp_path, lambda path, picture: (20.0, 10.0, 50.0, 25.0))
    assert examples[3].frame == (16, 8, 58, 29)
    assert examples[4].frame == pytest.approx((5.6, 5.6, 34.8, 34.8))


def test_what_can_t_be_used_is_left_out_and_named(tmp_path: Path, raw: dict[str, Any]) -> None:
    raw["annotations"][5]["keypoints"][3:6] = [300, 30, 2]
    (tmp_path / "7.jpg").unlink()
    examples, left_out = read(tmp_path, raw)
    assert len(examples) == NUMBER - 2
    assert left_out == [
        "birds/5.jpg (annotations[5]): keypoints outside of the picture of 80 × 60: left_wing at"
        " 300, 30",
        "birds/7.jpg (annotations[7]): no such file",
    ]


def test_pictures_that_are_elsewhere(tmp_path: Path, raw: dict[str, Any]) -> None:
    for number in range(3, NUMBER):
        (tmp_path / f"{number}.jpg").unlink()
    with pytest.raises(KeypointError, match=r"21 of 24 animals can't be used[\s\S]*--photos"):
        read(tmp_path, raw)


def test_too_few_animals(tmp_path: Path, raw: dict[str, Any]) -> None:
    for one in raw["annotations"][15:]:
        one["keypoints"] = [0] * 9
    with pytest.raises(KeypointError, match="15 animals have visible keypoints") as refused:
        read(tmp_path, raw)
    assert refused.value.where == str(tmp_path / "birds.json")
    for one in raw["annotations"]:
        one["keypoints"] = [0] * 9
    with pytest.raises(KeypointError, match="0 animals have visible keypoints"):
        read(tmp_path, raw)


def test_two_keypoints_of_one_name(tmp_path: Path, raw: dict[str, Any]) -> None:
    raw["categories"][0]["keypoints"] = ["beak", "wing", "wing"]
    with pytest.raises(KeypointError, match="same name"):
        read(tmp_path, raw)


def test_sides_change_in_the_mirror() -> None:
    assert mirrored_names(NAMES) == [0, 2, 1]
    assert mirrored_names(["L_F_Paw", "R_F_Paw", "tail_l"]) == [1, 0, 2]
    for words in VOCABULARIES:
        found = mirrored_names(words.keypoints)
        sided = sum("left" in name or "right" in name for name in words.keypoints)
        assert sum(place != own for own, place in enumerate(found)) == sided
        assert [found[place] for place in found] == list(range(len(words)))
