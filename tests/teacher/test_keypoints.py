"""The real files of four data sets, DeepLabCut's tables, and what people hand in by mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pawvit.errors import KeypointError
from pawvit.teacher.keypointfiles import read_keypoints
from pawvit.teacher.vocabularies import (
    ANIMAL_POSE,
    AP10K,
    ATRW,
    SUPERANIMAL,
    VOCABULARIES,
    Vocabulary,
    plain,
)

FIXTURES = "data/pose_fixtures/tests/data"


@pytest.mark.parametrize(
    ("name", "words"), [("ap10k", AP10K), ("animalpose", ANIMAL_POSE), ("atrw", ATRW)]
)
def test_real_files(shared: Path, name: str, words: Vocabulary) -> None:
    file = shared / FIXTURES / name / f"test_{name}.json"
    raw = json.loads(file.read_text("utf-8"))
    found = read_keypoints(file)
    assert found.vocabulary is words
    assert len(found) == len(raw["images"]) == 2
    # Names and order are the file's.
    assert list(map(plain, words.keypoints)) == list(map(plain, raw["categories"][0]["keypoints"]))
    for picture in raw["images"]:
        (animal,) = found.of(picture["file_name"])
        (own,) = [one for one in raw["annotations"] if one["image_id"] == picture["id"]]
        values = np.array(own["keypoints"]).reshape(-1, 3)
        np.testing.assert_array_equal(animal.pose.points, values[:, :2])
        np.testing.assert_array_equal(animal.pose.confidence > 0, values[:, 2] > 0)
        assert int((animal.pose.confidence > 0).sum()) == own["num_keypoints"]
        with Image.open(file.parent / picture["file_name"]) as image:
            assert animal.size == image.size
        assert animal.box == tuple(own["bbox"])


@pytest.mark.parametrize("name", ["macaque", "horse10", "zebra", "ak"])
def test_real_files_of_other_vocabularies(shared: Path, name: str) -> None:
    (file,) = (shared / FIXTURES / name).glob("*.json")
    with pytest.raises(KeypointError, match="of another vocabulary") as caught:
        read_keypoints(file)
    assert caught.value.where == str(file)
    assert "AP-10K" in str(caught.value)


def coco(words: Vocabulary = AP10K, **changed: Any) -> dict[str, Any]:
    flat = [number for i in range(len(words)) for number in (10 + i, 20 + i, 2)]
    raw = {
        "images": [{"id": 1, "file_name": "a/one.jpg", "width": 64, "height": 48}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "keypoints": flat}],
        "categories": [{"id": 1, "name": "animal", "keypoints": list(words.keypoints)}],
    }
    return {**raw, **changed}


def written(folder: Path, raw: Any) -> Path:
    file = folder / "keypoints.json"
    file.write_text(json.dumps(raw), "utf-8")
    return file


def test_a_file_in_another_order_is_put_in_order(tmp_path: Path) -> None:
    raw = coco()
    (category,), (annotation,) = raw["categories"], raw["annotations"]
    category["keypoints"] = category["keypoints"][::-1]
    values = np.array(annotation["keypoints"]).reshape(-1, 3)
    annotation["keypoints"] = values[::-1].ravel().tolist()
    (animal,) = read_keypoints(written(tmp_path, raw)).of("one.jpg")
    np.testing.assert_array_equal(animal.pose.points, values[:, :2])


def test_scores_are_confidences(tmp_path: Path) -> None:
    raw = coco()
    raw["annotations"][0]["keypoints"][2::3] = [0, 1, 2, 0.25] + [0.5] * 13
    (animal,) = read_keypoints(written(tmp_path, raw)).of("one.jpg")
    assert animal.pose.confidence[:5].tolist() == [0, 1, 1, 0.25, 0.5]


def test_a_file_that_almost_is_one_is_named(tmp_path: Path) -> None:
    raw = coco()
    raw["categories"][0]["keypoints"][3] = "throat"
    with pytest.raises(KeypointError, match="looks like AP-10K, but it lacks neck and it has thr"):
        read_keypoints(written(tmp_path, raw))


def test_pictures_are_found_by_how_their_paths_end(tmp_path: Path) -> None:
    raw = coco()
    raw["images"] += [{"id": 2, "file_name": "b/one.jpg"}, {"id": 3, "file_name": "b/two.jpg"}]
    found = read_keypoints(written(tmp_path, raw))
    assert len(found.of("photos/a/one.jpg")) == 1
    assert found.of("b/one.jpg") == []
    assert found.of("./elsewhere/two.jpg") == []
    with pytest.raises(KeypointError, match="not in the keypoint file"):
        found.of("three.jpg")
    with pytest.raises(KeypointError, match="2 pictures of this name"):
        found.of("c/one.jpg")
    one, two = found(["three.jpg", "a/one.jpg"], [])
    assert isinstance(one, KeypointError)
    assert isinstance(two, list)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ([], "no COCO keypoint file"),
        ({}, "no COCO keypoint file"),
        (coco(categories=[{"id": 1, "name": "cat"}]), "what its keypoints are called"),
        (coco(images=[]), "no picture with the id 1"),
        (coco(annotations=[{"image_id": 1, "keypoints": [1, 2, 2]}]), "3 numbers; 17 keypoints"),
        (coco(annotations=[{"image_id": 1, "keypoints": ["x"] * 51}]), "no COCO keypoint file"),
    ],
)
def test_broken_coco_files(tmp_path: Path, raw: Any, message: str) -> None:
    with pytest.raises(KeypointError, match=message):
        read_keypoints(written(tmp_path, raw))


def test_files_that_can_t_be_read(tmp_path: Path) -> None:
    with pytest.raises(KeypointError, match="no such file"):
        read_keypoints(tmp_path / "gone.json")
    (tmp_path / "half.json").write_text('{"images": [', "utf-8")
    with pytest.raises(KeypointError, match="can't be read"):
        read_keypoints(tmp_path / "half.json")
    with pytest.raises(KeypointError, match="save_as_csv"):
        read_keypoints(tmp_path / "poses.h5")


def deeplabcut(individuals: int, likelihood: bool, spelled: str = "thai") -> list[list[str]]:
    names = [name.replace("thigh", spelled) for name in SUPERANIMAL.keypoints]
    coords = ["x", "y", "likelihood"] if likelihood else ["x", "y"]
    whose = [f"animal{one}" for one in range(individuals)]
    heads = [(one, name, coord) for one in whose for name in names for coord in coords]
    rows = [["scorer"] + ["DLC"] * len(heads)]
    if individuals > 1:
        rows.append(["individuals"] + [head[0] for head in heads])
    rows.append(["bodyparts"] + [head[1] for head in heads])
    rows.append(["coords"] + [head[2] for head in heads])
    values = [{"x": "10.5", "y": "20", "likelihood": "0.75"}[head[2]] for head in heads]
    rows.append(["photos/one.png", *values])
    return rows


def table(folder: Path, rows: list[list[str]]) -> Path:
    file = folder / "poses.csv"
    file.write_text("\n".join(",".join(row) for row in rows), "utf-8")
    return file


def test_deeplabcut_predictions(tmp_path: Path) -> None:
    rows = deeplabcut(2, likelihood=True)
    rows[-1][-117:] = ["-1", "-1", "0"] * 39  # the second animal is not there
    found = read_keypoints(table(tmp_path, rows))
    assert found.vocabulary is SUPERANIMAL
    (animal,) = found.of("one.png")
    assert animal.pose.points.shape == (39, 2)
    assert animal.pose.confidence.tolist() == [0.75] * 39


def test_deeplabcut_labels(tmp_path: Path) -> None:
    rows = deeplabcut(1, likelihood=False)
    rows = [[row[0], "", "", *row[1:]] for row in rows]
    rows[-1][:3] = ["labeled-data", "herd", "one.png"]
    rows[-1][3:5] = ["", ""]  # the nose is not labelled
    (animal,) = read_keypoints(table(tmp_path, rows)).of("labeled-data/herd/one.png")
    assert animal.pose.confidence.tolist() == [0] + [1] * 38
    rows[-1][3:] = [""] * 78
    assert read_keypoints(table(tmp_path, rows)).of("one.png") == []


def test_broken_deeplabcut_tables(tmp_path: Path) -> None:
    rows = deeplabcut(1, likelihood=True)
    with pytest.raises(KeypointError, match="frame of a video"):
        read_keypoints(table(tmp_path, [*rows[:-1], ["17", *rows[-1][1:]]]))
    with pytest.raises(KeypointError, match="a number is missing") as caught:
        read_keypoints(table(tmp_path, [*rows[:-1], rows[-1][:-1]]))
    assert "row 4, column 118" in str(caught.value)
    with pytest.raises(KeypointError, match="no DeepLabCut table"):
        read_keypoints(table(tmp_path, [["path", "identity"], ["one.png", "zola"]]))
    with pytest.raises(KeypointError, match="looks like SuperAnimal-quadruped"):
        read_keypoints(table(tmp_path, deeplabcut(1, likelihood=True, spelled="ham")))


def test_names_stay_apart() -> None:
    for words in VOCABULARIES:
        assert len({plain(name) for name in words.keypoints}) == len(words)


def test_a_plain_list_of_animals_is_read(tmp_path: Path) -> None:
    names = [name.replace("ear_base", "ear") for name in ANIMAL_POSE.keypoints]
    flat = [float(number) for index in range(len(names)) for number in (index, 2 * index, 1)]
    one = {"file_name": "a.jpg", "width": 60, "height": 80, "keypoints": flat, "species": "goat"}
    file = tmp_path / "keypoints.json"
    file.write_text(json.dumps({"keypoint_names": names, "instances": [one, one]}), "utf-8")
    found = read_keypoints(file)
    assert found.vocabulary is ANIMAL_POSE
    first, second = found.of("images/a.jpg")
    assert first.size == (60, 80)
    np.testing.assert_array_equal(first.pose.points, second.pose.points)
    assert first.pose.points[5].tolist() == [5, 10]
    file.write_text(json.dumps({"keypoint_names": names, "instances": [{"keypoints": flat}]}))
    with pytest.raises(KeypointError, match="no list of animals"):
        read_keypoints(file)
