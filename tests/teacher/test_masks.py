"""The job itself, with the real networks, on a few drawn photos."""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from interruptions import ended, killed
from pawvit.errors import PartMapError
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable
from pawvit.readers import read_pictures, read_table
from pawvit.teacher.features import GRID, PatchFeatures
from pawvit.teacher.foreground import Saliency
from pawvit.teacher.job import FLAGGED
from pawvit.teacher.masks import NO_ANIMAL, TEACHER, make_maps
from pawvit.teacher.shapes import MaskFolder

pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def table(herd: Path) -> PhotoTable:
    return read_table(herd / "photos.csv").take(range(0, 96, 8))


@pytest.fixture(scope="module")
def made(table: PhotoTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("maps")
    done = make_maps(table, out, sample=10)
    assert (done.written, done.kept, done.unreadable) == (12, 0, ())
    return out


def test_the_maps_cover_the_animal(made: Path, table: PhotoTable, herd: Path) -> None:
    maps, truth = PartMaps.open(made), PartMaps.open(herd / "maps")
    assert maps.parts.teacher == "discovered"
    overlaps = []
    for path in table.paths:
        found = maps.read(path) < maps.parts.background
        real = truth.read(path) < truth.parts.background
        overlaps.append((found & real).sum() / (found | real).sum())
    assert np.median(overlaps) > 0.6


def test_a_folder_is_gone_on_with(made: Path, table: PhotoTable) -> None:
    maps = PartMaps.open(made)
    lost, kept = maps.path_of(table.paths[2]), maps.path_of(table.paths[3])
    before, stamp = maps.read(table.paths[2]), kept.stat().st_mtime_ns
    lost.unlink()
    again = make_maps(table, made, sample=10)
    assert (again.written, again.kept) == (1, 11)
    np.testing.assert_array_equal(maps.read(table.paths[2]), before)
    assert kept.stat().st_mtime_ns == stamp


@pytest.mark.slow
def test_maps_that_are_killed_end_as_those_that_never_were(herd: Path, tmp_path: Path) -> None:
    table, out = read_table(herd / "photos.csv").take(range(0, 96, 4)), tmp_path / "maps"
    photos = tmp_path / "photos.csv"
    lines = [f"{file.as_posix()},x" for file in table.files]
    photos.write_text("\n".join(["path,identity", *lines]), "utf-8")
    command = [sys.executable, "-m", "pawvit", "masks", str(photos), "-o", str(out)]
    command += ["--sample", "10"]

    def written() -> int:
        return len(list(out.rglob("*.png")))

    moments = random.Random(0)
    kills = [killed(command, written, moments=moments, within=1) for _ in range(2)]
    assert all(kills), "the work is too short to be killed in the middle"
    assert 0 < written() < len(table)
    last = ended(command)
    assert last.returncode == 0, last.stderr
    whole = make_maps(read_table(photos), tmp_path / "whole", sample=10)
    found = PartMaps.open(out)
    assert found.parts.vocabulary == whole.maps.parts.vocabulary
    for path in read_table(photos).paths:
        np.testing.assert_array_equal(found.read(path), whole.maps.read(path))
    assert not list(out.rglob(".*.part.*")), "half-written files were left behind"


def test_a_fitted_teacher_is_applied_to_new_photos_without_a_fit(
    made: Path, herd: Path, tmp_path: Path
) -> None:
    others = read_table(herd / "photos.csv").take([1, 9])
    labels: list[str] = []

    def progress(label: str):  # type: ignore[no-untyped-def]
        labels.append(label)
        return lambda done, total: None

    done = make_maps(others, tmp_path / "maps", teacher=made, progress=progress)
    assert labels == ["part maps"]
    assert done.maps.parts.vocabulary == PartMaps.open(made).parts.vocabulary
    assert (tmp_path / "maps" / TEACHER).read_bytes() == (made / TEACHER).read_bytes()


def test_unreadable_photos_are_named_and_the_others_get_their_maps(
    made: Path, herd: Path, tmp_path: Path
) -> None:
    good = read_table(herd / "photos.csv").files[5].absolute()
    (tmp_path / "bad.jpg").write_bytes(good.read_bytes()[:400])
    pictures = read_pictures([tmp_path / "bad.jpg", good], "left")
    done = make_maps(pictures, tmp_path / "maps", teacher=made)
    assert done.written == 1
    assert len(done.unreadable) == 1
    assert "bad.jpg" in done.unreadable[0]


def test_other_maps_are_not_overwritten(made: Path, table: PhotoTable) -> None:
    with pytest.raises(PartMapError, match="of other parts"):
        make_maps(table, made, size=(32, 32))


def test_a_damaged_teacher_is_named(table: PhotoTable, tmp_path: Path) -> None:
    (tmp_path / TEACHER).write_bytes(b"half a file")
    with pytest.raises(PartMapError, match="fitted teacher can't be read"):
        make_maps(table, tmp_path)


def test_the_networks_give_what_they_say(table: PhotoTable) -> None:
    photos = [table.read(0), table.read(1)]
    shown = Saliency()(photos)
    assert shown.shape == (2, 224, 224)
    assert shown.dtype == np.float32
    assert 0 <= shown.min() < 0.2
    assert 0.8 < shown.max() <= 1
    features = PatchFeatures()(photos)
    assert features.shape == (2, GRID[0] * GRID[1], 384)


def test_a_folder_is_not_gone_on_with_otherwise(
    made: Path, table: PhotoTable, tmp_path: Path
) -> None:
    number = len(PartMaps.open(made).parts.vocabulary)
    other = 3 if number > 3 else 4
    with pytest.raises(PartMapError, match=f"begun with {number} parts"):
        make_maps(table, made, number=other)
    with pytest.raises(PartMapError, match="with another teacher"):
        make_maps(table, made, teacher=made, number=other)
    with pytest.raises(PartMapError, match="the foreground saliency, not masks"):
        make_maps(table, made, shape=MaskFolder(tmp_path), foreground="masks")
    few = make_maps(table.take([0]), tmp_path / "few", teacher=made, number=other)
    assert len(few.maps.parts.vocabulary) == other


def test_the_foreground_can_be_given(made: Path, table: PhotoTable, tmp_path: Path) -> None:
    given = PartMaps.open(made)
    blank, lost = table.paths[4], table.paths[5]
    for file, path in zip(table.files, table.paths, strict=True):
        with Image.open(file) as photo:
            mask = np.zeros((photo.height, photo.width), np.uint8)
        if path != blank:
            mask[mask.shape[0] // 4 :, mask.shape[1] // 4 :] = 255
        if path != lost:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(mask).save((tmp_path / path).with_suffix(".png"))
    done = make_maps(table, tmp_path / "maps", teacher=made, shape=MaskFolder(tmp_path))
    assert done.maps.parts.vocabulary == given.parts.vocabulary
    assert done.written == 10
    assert dict(done.flagged).keys() == {blank, lost}
    assert dict(done.flagged)[blank] == NO_ANIMAL
    assert "there is no mask" in dict(done.flagged)[lost]
    with open(tmp_path / "maps" / FLAGGED, newline="", encoding="utf-8") as handle:
        assert [row["path"] for row in csv.DictReader(handle)] == [blank, lost]
    labels = done.maps.read(table.paths[0])
    assert (labels[16:, 16:] < done.maps.parts.background).all()
    assert (labels[:15] == done.maps.parts.background).all()
