"""ATRW's lists, as the archives hold them and as they are passed round."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pawvit.errors import PhotoTableError
from pawvit.readers import read_photos

LEFT, RIGHT = [0.0] * 45, [0.0] * 45
for points, nose, tail in ((LEFT, 10, 90), (RIGHT, 90, 10)):
    points[6:9], points[39:42] = [nose, 5, 2], [tail, 5, 2]


def tree(root: Path, train: str, *, flat: bool = False) -> Path:
    lists = root if flat else root / "atrw_anno_reid_train"
    pictures = root / "train" if flat else root / "atrw_reid_train" / "train"
    pictures.mkdir(parents=True)
    lists.mkdir(exist_ok=True)
    (lists / "reid_list_train.csv").write_text(train)
    points = {"000001.jpg": LEFT, "000002.jpg": [0.0] * 45, "000003.jpg": RIGHT}
    (lists / "reid_keypoints_train.json").write_text(json.dumps(points))
    return root


@pytest.mark.parametrize(
    "train",
    [
        "7,000001.jpg\n7,000002.jpg\n8,000003.jpg\n9,000004.jpg\n",
        "file,Class\n000001.jpg,7\n000002.jpg,7\n000003.jpg,8\n000004.jpg,9\n",
    ],
)
@pytest.mark.parametrize("flat", [False, True])
def test_the_official_list_and_the_one_passed_round_say_the_same(
    train: str, flat: bool, tmp_path: Path
) -> None:
    table = read_photos(tree(tmp_path, train, flat=flat))
    folder = "train/" if flat else "atrw_reid_train/train/"
    assert table.paths == [f"{folder}00000{n}.jpg" for n in (1, 2, 3, 4)]
    assert table.identities == ["7", "7", "8", "9"]
    # What one picture of an entity doesn't show, another does.
    assert table.orientations == ["left", "left", "right", "unknown"]
    assert set(table.column("split")) == {"train"}


def test_the_test_gets_its_identities_from_the_ground_truth_if_it_is_there(tmp_path: Path) -> None:
    root = tree(tmp_path, "7,000001.jpg\n")
    (root / "atrw_anno_reid_test").mkdir()
    (root / "atrw_anno_reid_test/reid_list_test.csv").write_text("filepaths\n000005.jpg\n")
    (root / "atrw_reid_test/test").mkdir(parents=True)
    table = read_photos(root)
    assert table.identities == ["7", ""]
    assert table.column("split") == ["train", "test"]
    image = {"query": "sing", "entityid": 199, "frame": [23, 4, 657], "imgid": 5}
    (root / "gt_test_plain.json").write_text(json.dumps([image]))
    table = read_photos(root)
    assert table.identities == ["7", "199"]
    assert table.column("camera") == ["", "23-4"]


@pytest.mark.parametrize(
    ("train", "words"),
    [("7,000001.jpg\n7;000002.jpg,x,y\n", "line 2"), ("", "no .jpg"), ("id,file\n", "no .jpg")],
)
def test_a_list_that_is_none_is_refused(train: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PhotoTableError, match=words):
        read_photos(tree(tmp_path, train))


def test_missing_pictures_and_broken_files_are_named(tmp_path: Path) -> None:
    root = tree(tmp_path, "7,000001.jpg\n")
    (root / "atrw_anno_reid_train/reid_keypoints_train.json").write_text("{")
    with pytest.raises(PhotoTableError, match="keypoints"):
        read_photos(root)
    (root / "atrw_reid_train/train").rmdir()
    (root / "atrw_reid_train").rmdir()
    with pytest.raises(PhotoTableError, match="no folder atrw_reid_train/train"):
        read_photos(root)


def test_the_real_lists(shared: Path, tmp_path: Path) -> None:
    lists = shared / "golden"
    for part in ("train", "test"):
        (tmp_path / f"atrw_anno_reid_{part}").mkdir()
        (tmp_path / f"atrw_reid_{part}/{part}").mkdir(parents=True)
        listed = (lists / f"lists/atrw_reid_list_{part}.csv").read_bytes()
        (tmp_path / f"atrw_anno_reid_{part}/reid_list_{part}.csv").write_bytes(listed)
    truth = (lists / "atrw_gt_test_plain.json").read_bytes()
    (tmp_path / "gt_test_plain.json").write_bytes(truth)
    table = read_photos(tmp_path)
    train, test = table.part("train"), table.part("test")
    assert (len(train), len(set(train.identities))) == (1887, 107)
    assert (len(test), len(set(test.identities))) == (1764, 75)
