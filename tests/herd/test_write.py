"""The written herd: its table, its files, and going on after an interruption."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pawvit.anatomy import TIGER_PARTS
from pawvit.errors import InputError
from pawvit.herd.draw import draw
from pawvit.herd.plan import Settings, plan
from pawvit.herd.truth import COLUMNS
from pawvit.herd.write import write_herd
from pawvit.images import read_image
from pawvit.partmaps import PartMaps
from pawvit.readers import read_photos

HARD = {"animals": 8, "photos_per_flank": 2, "cameras": 2, "seed": 5, "size": (64, 80)}
SMALL = {"animals": 10, "photos_per_flank": 5, "cameras": 4, "seed": 7, "size": (64, 80)}


def digests(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("herd")
    write_herd(folder, **SMALL)
    return folder


@pytest.fixture(scope="module")
def frame(herd: Path) -> pd.DataFrame:
    return pd.read_csv(herd / "photos.csv", keep_default_na=False)


def test_the_table_has_a_row_a_photo_and_reads_without_complaint(
    herd: Path, frame: pd.DataFrame
) -> None:
    known = "path identity orientation camera encounter date species split role"
    assert list(frame.columns) == known.split() + list(COLUMNS)
    assert len(frame) == 10 * 2 * 5
    table = read_photos(herd / "photos.csv")
    assert table.paths == list(frame["path"])
    assert len(set(table.entities)) == 20
    assert set(table.orientations) == {"left", "right"}


def test_every_photo_has_its_part_map(herd: Path, frame: pd.DataFrame) -> None:
    maps = PartMaps.open(herd / "maps")
    assert maps.parts.vocabulary == TIGER_PARTS
    assert maps.parts.teacher == "herd"
    for path in frame["path"]:
        assert read_image(herd / path).shape == (64, 80, 3)
        assert maps.read(path).shape == (64, 64)


def test_splits_share_no_individual(frame: pd.DataFrame) -> None:
    individuals = frame.groupby("split")["identity"].nunique().to_dict()
    assert individuals == {"train": 6, "select": 2, "val": 2}
    assert frame.groupby("identity")["split"].nunique().max() == 1


def test_queries_and_gallery_share_no_camera_and_every_query_can_be_found(
    frame: pd.DataFrame,
) -> None:
    assert set(frame.loc[frame["split"] != "val", "role"]) == {""}
    query, gallery = (frame[frame["role"] == role] for role in ("query", "gallery"))
    assert len(query) + len(gallery) == (frame["split"] == "val").sum()
    assert set(query["camera"]).isdisjoint(gallery["camera"])
    entities = [set(zip(f["identity"], f["orientation"], strict=True)) for f in (query, gallery)]
    assert entities[0] == entities[1]
    assert len(entities[0]) == 4


def test_an_encounter_is_one_animal_at_one_camera_on_one_day(frame: pd.DataFrame) -> None:
    groups = frame.groupby("encounter")[["identity", "camera", "date"]].nunique()
    assert (groups == 1).all(axis=None)
    assert frame["encounter"].nunique() == 10 * 5
    pd.to_datetime(frame["date"], format="%Y-%m-%d")


def test_the_same_seed_writes_the_same_bytes_and_goes_on_after_an_interruption(
    herd: Path, tmp_path: Path
) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert total == 100
        if done == 30:
            raise StopError

    with pytest.raises(StopError):
        write_herd(tmp_path, **SMALL, progress=stop)
    assert not (tmp_path / "photos.csv").exists()
    kept = sorted(tmp_path.rglob("*.jpg"))
    assert len(kept) == 30
    before = [file.stat().st_mtime_ns for file in kept]
    # A photo whose map was lost is drawn again, the others are left alone.
    kept.pop(3)
    lost = sorted(tmp_path.rglob("*.jpg.png"))[3]
    lost.unlink()
    write_herd(tmp_path, **SMALL)
    assert [file.stat().st_mtime_ns for file in kept] == before[:3] + before[4:]
    assert digests(tmp_path) == digests(herd)


def test_another_seed_writes_another_herd(herd: Path, tmp_path: Path) -> None:
    write_herd(tmp_path, animals=8, photos_per_flank=2, cameras=2, seed=8, size=(64, 80))
    path = "images/acacia/acacia-left-01.jpg"
    assert not np.array_equal(read_image(tmp_path / path), read_image(herd / path))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"animals": 7}, "too few"),
        ({"photos_per_flank": 1}, "at least 2"),
        ({"cameras": 1}, "between 2 and"),
        ({"cameras": 99}, "between 2 and"),
        ({"seed": -1}, "negative"),
        ({"size": (20, 300)}, "at least"),
        ({"difficulty": 2.0}, "difficulty 2: between 0 and 1"),
        ({"difficulty": -0.1}, "between 0 and 1"),
        ({"layout": "coco"}, "no layout 'coco': choose table, folders, atrw, yakreid"),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_written(
    change: dict[str, int], words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words):
        write_herd(tmp_path / "new", **{**SMALL, **change})
    assert not (tmp_path / "new").exists()


def test_a_folder_with_something_else_is_left_alone(herd: Path, tmp_path: Path) -> None:
    before = digests(herd)
    for change in ({"seed": 8}, {"difficulty": 0.5}, {"layout": "folders"}):
        with pytest.raises(InputError, match="another herd"):
            write_herd(herd, **{**SMALL, **change})
    assert digests(herd) == before
    (tmp_path / "photos.csv").write_text("path,identity\n")
    with pytest.raises(InputError, match="not a herd's"):
        write_herd(tmp_path, **SMALL)
    assert (tmp_path / "photos.csv").read_text() == "path,identity\n"


def test_a_hard_herd_goes_on_with_its_truth_and_has_the_animals_of_the_plain_one(
    tmp_path: Path,
) -> None:
    hard = {**HARD, "difficulty": 1.0}
    whole, broken, plain = tmp_path / "whole", tmp_path / "broken", tmp_path / "plain"
    write_herd(whole, **hard)
    frame = pd.read_csv(whole / "photos.csv", keep_default_na=False)
    assert set(frame["orientation"]) == {"left", "right", "front", "back"}
    assert set(frame["animals"]) == {1, 2}
    assert list(frame["animals"] == 2) == list(frame["neighbour"] != "")
    assert frame["occluded"].max() > 0.15

    def stop(done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_herd(broken, **hard, progress=stop)
    # Two pictures are cut short, as after a power failure: they are drawn again.
    for picture in sorted(broken.rglob("*.jpg"))[:2]:
        picture.write_bytes(picture.read_bytes()[:10])
    write_herd(broken, **hard)
    assert digests(broken) == digests(whole)

    write_herd(plain, **HARD)
    easy = pd.read_csv(plain / "photos.csv", keep_default_na=False)
    assert set(easy["identity"]) == set(frame["identity"])
    flanks = frame[frame["orientation"].isin(["left", "right"])]
    same = ["path", "identity", "orientation", "camera", "date", "species", "split", "role"]
    assert flanks[same].values.tolist() == easy[same].values.tolist()


def test_the_maps_on_disk_are_the_drawn_ones_with_what_hides_the_animal_as_background(
    tmp_path: Path,
) -> None:
    settings = Settings(8, 2, cameras=2, seed=5, size=(64, 64), difficulty=1.0)
    hard = {**HARD, "size": (64, 64), "difficulty": 1.0}
    write_herd(tmp_path, **hard)
    maps = PartMaps.open(tmp_path / "maps")
    frame = pd.read_csv(tmp_path / "photos.csv", keep_default_na=False)
    shots = plan(settings)
    for index in frame["occluded"].nlargest(6).index:
        row, shot = frame.iloc[index], shots[index]
        drawn = draw(
            shot.animal, shot.orientation, shot.camera, shot.rng(5), (64, 64),
            shot.conditions(settings),
        )  # fmt: skip
        labels = maps.read(row["path"])
        assert np.array_equal(labels, drawn.labels)
        hidden = 1 - (labels < 5).sum() / (drawn.whole < 5).sum()
        assert row["occluded"] == pytest.approx(hidden, abs=1e-4)
        for label, part in enumerate(TIGER_PARTS):
            seen = row[f"visible_{part.replace(' ', '_')}"] > 0
            assert seen == (labels == label).any()
