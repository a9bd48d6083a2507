"""Copies before other backgrounds: whose, what is left of the animal, that trainings take them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pawvit.cli.train import train
from pawvit.errors import ConfigError, MissingExtraError, PhotoTableError
from pawvit.images import resize
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable
from pawvit.readers import read_photos
from pawvit.training import backgrounds
from pawvit.training.augment import AugmentConfig
from pawvit.training.backgrounds import composed, cut_out, donors, filled, with_swapped
from pawvit.training.config import load_config
from pawvit.training.dataset import TrainingPhotos

pytest.importorskip("scipy", reason="needs the extra `teacher`")

SIZE = (48, 64)


def table(identities: str, encounters: str = "") -> PhotoTable:
    rows = {"path": [f"{n}.jpg" for n in range(len(identities))], "identity": list(identities)}
    if encounters:
        rows["encounter"] = list(encounters)
    return PhotoTable(pd.DataFrame(rows), Path(), Path("photos.csv"))


def test_donors_are_others_and_lend_alike() -> None:
    photos = table("aaabbbcccdddeeefffggghhh")
    areas = np.full(24, 0.3)
    areas[4] = 0.9  # no room: it lends nothing
    who = np.array(photos.identities)
    for seed in range(5):
        found = donors(photos, areas, seed)
        assert (who != who[found]).all()
        assert 4 not in found
        assert np.bincount(found, minlength=24).max() <= 2
        assert (found == donors(photos, areas, seed)).all()
    assert (donors(photos, areas, 0) != donors(photos, areas, 1)).any()


def test_nobody_borrows_from_the_same_meeting() -> None:
    photos = table("aabbcc", "112211")
    when = np.array(photos.column("encounter"))
    for seed in range(5):
        assert (when != when[donors(photos, np.zeros(6), seed)]).all()


@pytest.mark.parametrize(("identities", "area"), [("aaa", 0.3), ("abc", 0.95)])
def test_without_others_or_room_there_is_nobody_to_borrow_from(
    identities: str, area: float
) -> None:
    with pytest.raises(PhotoTableError, match="no other individual's photo"):
        donors(table(identities), np.full(3, area), 0)


def test_nothing_of_the_animal_is_left_in_its_background() -> None:
    animal = np.zeros((16, 16), np.bool_)
    animal[5:12, 4:13] = True
    inside = np.kron(animal, np.ones((4, 4))).astype(bool)
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[..., 2] = np.random.default_rng(0).integers(0, 256, (64, 64))
    picture[inside] = (200, 100, 0)
    empty = filled(picture, animal)
    assert (empty[..., :2] == 0).all()
    assert (empty[:6] == picture[:6]).all()
    pasted = composed(picture, cut_out(animal, (64, 64)), np.full_like(picture, 9))
    core, wide = inside.copy(), inside.copy()
    for axis in (0, 1):
        for step in (-2, 2):
            core &= np.roll(inside, step, axis)
            wide |= np.roll(wide, step, axis)
    assert (pasted[core] == picture[core]).all()
    assert (pasted[~wide] == 9).all()


def test_copies_stand_behind_the_photos(herd: Path) -> None:
    photos, maps = read_photos(herd / "photos.csv").part("train"), PartMaps.open(herd / "maps")
    both, number = with_swapped(photos, maps, SIZE, 0), len(photos)
    assert both.identities == 2 * photos.identities
    assert (both.read(3) == photos.read(3)).all()
    copy, own = both.read(number + 3), resize(photos.read(3), SIZE)
    animal = cut_out(maps.read(photos.paths[3]) < maps.parts.background, SIZE)
    assert (copy[animal == 1] == own[animal == 1]).all()
    assert (copy[animal == 0] == own[animal == 0]).mean() < 0.5
    assert (copy == both.read(number + 3)).all()
    other = with_swapped(photos, maps, SIZE, 1).read(number + 3)
    assert (other[animal == 1] == copy[animal == 1]).all()
    assert (other != copy).any()


def test_a_photo_without_a_map_of_worth_comes_twice_as_it_is(herd: Path, tmp_path: Path) -> None:
    photos = read_photos(herd / "photos.csv").part("train")
    no_maps = PartMaps(tmp_path, PartMaps.open(herd / "maps").parts)
    rejected = PhotoTable(photos.frame.assign(mask_ok="no"), photos.root, photos.source)
    for table, known in ((photos, no_maps), (rejected, PartMaps.open(herd / "maps"))):
        both = with_swapped(table, known, SIZE, 0)
        assert (both.read(len(photos)) == resize(photos.read(0), SIZE)).all()


def test_the_training_set_knows_both(herd: Path) -> None:
    photos, maps = read_photos(herd / "photos.csv").part("train"), PartMaps.open(herd / "maps")
    sets = [
        TrainingPhotos(
            photos, maps, image_size=SIZE, map_size=maps.parts.size, augment=AugmentConfig(),
            swapped=seed,
        )
        for seed in (None, 0)
    ]  # fmt: skip
    assert len(sets[1]) == 2 * len(sets[0])
    assert sets[1].entities == sets[0].entities
    assert [len(own) for own in sets[1].shows] == [2 * len(own) for own in sets[0].shows]


def test_a_training_takes_them(herd: Path, tiny: tuple[str, ...], tmp_path: Path) -> None:
    setting = [*tiny, "swapped=true", "images=16", "discriminant=4"]
    train(
        herd / "photos.csv", maps=herd / "maps", out=tmp_path / "run", preset="herd",
        setting=setting, device="cpu",
    )  # fmt: skip
    lines = (tmp_path / "run" / "log.jsonl").read_text().splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert "discriminant" in kinds


def test_it_takes_part_maps_and_scipy(herd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="swapped"):
        load_config("herd", ["model.network=plain", "swapped=true"])
    monkeypatch.setattr(backgrounds, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="teacher"):
        with_swapped(read_photos(herd / "photos.csv"), PartMaps.open(herd / "maps"), SIZE, 0)
