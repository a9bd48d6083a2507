"""YakReID-103's lists: a folder an entity, and every line that means nothing is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from paper_folders import write_yaks
from pawvit.errors import PhotoTableError
from pawvit.readers import read_benchmark, read_photos


def tree(root: Path, **lists: str) -> Path:
    for name in ("query", "gallery"):
        (root / f"{name}.txt").write_text(lists.get(name, f"val/18/00018_00{len(name)}.jpg 0\n"))
    if "train" in lists:
        (root / "train.txt").write_text(lists["train"])
    return root


def test_lists_become_splits_and_folders_identities(tmp_path: Path) -> None:
    train = "train/2/00002_001.jpg 0 1\ntrain/3/00003_001.jpg 1 0\n"
    table = read_photos(tree(tmp_path, train=train))
    assert table.identities == ["2", "3", "18", "18"]
    assert table.orientations == ["right", "left", "unknown", "unknown"]
    assert table.column("split") == ["train", "train", "query", "gallery"]
    assert table.paths[2] == "val/18/00018_005.jpg"


def test_a_test_alone_can_be_read(tmp_path: Path) -> None:
    assert read_photos(tree(tmp_path)).identities == ["18", "18"]


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ("train/2/00002_001.jpg 0 7\n", "line 1"),
        ("train/2/00002_001.jpg 0 1\n00002_001.jpg 0 1\na b c d\n", "line 3"),
        ("\n", "lists no photos"),
    ],
)
def test_lines_that_mean_nothing_are_named(train: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(PhotoTableError, match=words):
        read_photos(tree(tmp_path, train=train))


def test_mirrored_photos_of_a_doubled_list_are_left_out(tmp_path: Path) -> None:
    once = "train/2/00002_001.jpg 0 1\ntrain/3/00003_001.jpg 1 0\n"
    mirrored = "train/200/00002_001.jpg 2 0\ntrain/201/00003_001.jpg 3 1\n"
    train = read_photos(tree(tmp_path, train=once + mirrored)).part("train")
    assert train.identities == ["2", "3"]
    # Without the whole of it the list is not a doubled one, and nothing is left out.
    train = read_photos(tree(tmp_path, train=once + mirrored.splitlines()[0])).part("train")
    assert train.identities == ["2", "3", "200"]


def test_the_simple_test_finds_its_pictures_beside_the_hard_one(tmp_path: Path) -> None:
    write_yaks(tmp_path)
    for folder in (tmp_path, tmp_path / "YakReID-103", tmp_path / "YakReID-103_simple"):
        simple, _ = read_benchmark(folder, "yakreid-simple")
        hard, _ = read_benchmark(folder, "yakreid-hard")
        assert (len(simple), len(hard)) == (12, 11)
        assert all(file.is_file() for file in (*simple.files, *hard.files))


def test_the_real_lists(shared: Path, tmp_path: Path) -> None:
    for test in ("hard", "simple"):
        folder = tmp_path / test
        folder.mkdir()
        for name in ("query", "gallery"):
            listed = (shared / f"golden/lists/yak_{test}_{name}.txt").read_bytes()
            (folder / f"{name}.txt").write_bytes(listed)
    train = (shared / "golden/lists/yak_hard_train.txt").read_bytes()
    (tmp_path / "hard/train.txt").write_bytes(train)
    hard, simple = read_photos(tmp_path / "hard"), read_photos(tmp_path / "simple")
    # The authors' list holds each photo once more, mirrored, as a further entity.
    assert len(hard.part("train")) == 1404
    assert len(set(hard.part("train").identities)) == 121
    assert len(hard) == 1404 + 433
    assert len(simple) == 843
    assert len(set(simple.identities)) == 61
    assert set(hard.part("train").identities).isdisjoint(simple.identities)
