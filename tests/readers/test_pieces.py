"""The paper's sets, as downloads and as its authors have them; what is missing is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from paper_folders import write_atrw, write_released
from pawvit.errors import PhotoTableError
from pawvit.protocols import BENCHMARKS
from pawvit.readers import PIECES, read_benchmark, read_photos, require


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_atrw(tmp_path_factory.mktemp("atrw"))


@pytest.fixture(scope="module", params=[True, False], ids=["doubled", "once"])
def released(
    official: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_released(tmp_path_factory.mktemp("released"), official, doubled=request.param)


def test_the_authors_arrangement_holds_the_same_photos(official: Path, released: Path) -> None:
    one, other = read_photos(official), read_photos(released)
    assert not any("flipped" in path for path in other.paths)
    assert all(file.is_file() for file in other.files)
    for part in ("train", "test"):
        by_name = [
            {Path(path).name: name for path, name in zip(t.paths, t.identities, strict=True)}
            for t in (one.part(part), other.part(part))
        ]
        assert set(by_name[0]) == set(by_name[1])
        pairs = {(by_name[0][name], by_name[1][name]) for name in by_name[0]}
        assert len(pairs) == len(set(by_name[0].values())) == len(set(by_name[1].values()))
    assert one.part("test").column("camera") == other.part("test").column("camera")
    assert set(other.part("train").orientations) == {"left", "right"}
    assert all(name.startswith("train-") for name in other.part("train").identities)


def test_the_authors_list_with_the_archives_pictures(official: Path, tmp_path: Path) -> None:
    write_released(tmp_path, official)
    shutil.rmtree(tmp_path / "train_augmented_double_entity")
    with pytest.raises(PhotoTableError, match=r"000000\.jpg is nowhere"):
        read_photos(tmp_path)
    shutil.copytree(official / "atrw_reid_train", tmp_path / "atrw_reid_train")
    table = read_photos(tmp_path)
    assert table.paths[0] == "atrw_reid_train/train/000000.jpg"
    assert all(file.is_file() for file in table.files)


def test_lines_of_the_authors_lists_that_mean_nothing_are_named(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "test.txt").write_text("000000.jpg 199\n000004.jpg x\n000006.png 3\n")
    with pytest.raises(PhotoTableError, match=r"(?s)line 2.*line 3.*000000\.jpg 199"):
        read_photos(tmp_path)


def test_a_folder_by_identity_with_a_text_file_is_no_atrw(official: Path, tmp_path: Path) -> None:
    shutil.copytree(official / "atrw_reid_test/test", tmp_path / "zola")
    (tmp_path / "test.txt").write_text("notes of mine\n")
    assert set(read_photos(tmp_path).identities) == {"zola"}


def test_the_real_lists_of_the_authors(shared: Path, tmp_path: Path) -> None:
    for part in ("train", "test"):
        listed = shared / f"golden/lists/atrw_released_{part}.txt"
        (tmp_path / f"{part}.txt").write_bytes(listed.read_bytes())
    (tmp_path / "test").mkdir()
    (tmp_path / "train_augmented_double_entity").mkdir()
    truth = (shared / "golden/atrw_gt_test_plain.json").read_bytes()
    (tmp_path / "gt_test_plain.json").write_bytes(truth)
    table = read_photos(tmp_path)
    train, test = table.part("train"), table.part("test")
    assert (len(train), len(set(train.identities)), len(set(train.entities))) == (1824, 107, 107)
    assert (len(test), len(set(test.identities))) == (1764, 75)
    assert set(train.identities).isdisjoint(test.identities)
    ordered, protocols = BENCHMARKS["atrw"].on(test, tmp_path / "gt_test_plain.json")
    assert BENCHMARKS["atrw"].differences(protocols) == []
    assert ordered.identities == test.identities


def test_tigers_in_the_wild_are_cut_out_of_whole_pictures(official: Path) -> None:
    table, truth = read_benchmark(official, "atrw-wild")
    assert len(table) == 12
    assert len(set(table.paths)) == 6
    assert table.read(0).shape == (48, 60, 3)
    _, protocols = BENCHMARKS["atrw-wild"].on(table, truth)
    plain, truth = read_benchmark(official, "atrw")
    _, plain_protocols = BENCHMARKS["atrw"].on(plain, truth)
    for wild, cropped in zip(protocols, plain_protocols, strict=True):
        assert len(wild.query) == len(cropped.query) == 6
        assert len(wild.missed) == 0
        assert wild.answerable().tolist() == cropped.answerable().tolist()


@pytest.mark.parametrize("name", PIECES)
def test_every_missing_piece_is_named_with_what_it_holds_and_whence_it_comes(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(PhotoTableError) as caught:
        require(tmp_path, name)
    assert len(caught.value.problems) == len(PIECES[name])
    for problem, piece in zip(caught.value.problems, PIECES[name], strict=True):
        assert piece.places[0].removeprefix("**/") in problem
        assert piece.holds in problem
        assert "; from " in problem


def test_only_what_is_missing_is_named(official: Path, tmp_path: Path) -> None:
    require(official, "atrw-train", "atrw", "atrw-wild")
    copy = tmp_path / "atrw"
    shutil.copytree(official, copy)
    (truth,) = copy.glob("**/gt_test_plain.json")
    truth.unlink()
    with pytest.raises(PhotoTableError, match="1 of 3 pieces of atrw are missing") as caught:
        read_benchmark(copy, "atrw")
    (problem,) = caught.value.problems
    assert "gt_test_plain.json" in problem
    assert "https://github.com/cvwc2019/ATRWEvalScript" in problem
    truth.write_text(json.dumps([]))
    first = sorted((copy / "atrw_reid_test/test").iterdir())[0]
    first.unlink()
    with pytest.raises(PhotoTableError, match="1 of 12 pictures are missing") as caught:
        read_benchmark(copy, "atrw")
    assert first.name in caught.value.problems[0]
