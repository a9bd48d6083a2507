"""Maps and photos that are wrong on purpose are wrong in the way that they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from controls import GREY, changed_maps, cut, cut_photos
from laboratory import parts
from pawvit.anatomy import IGNORE
from pawvit.partmaps import PartMaps, Parts
from pawvit.readers import read_photos
from pixels import CachedMaps, cached_maps, cached_photos

PARTS = Parts(("head", "trunk", "legs"), (8, 8))


@pytest.fixture
def maps(tmp_path: Path) -> CachedMaps:
    random = np.random.default_rng(0)
    labels = {f"{n}.jpg": random.integers(0, 4, (8, 8), dtype=np.uint8) for n in range(6)}
    for one in labels.values():
        one[0, 0] = IGNORE
    return CachedMaps(PartMaps(tmp_path, PARTS), labels)


def test_shuffled_maps_are_all_those_of_others(maps: CachedMaps) -> None:
    found = changed_maps(maps, "shuffled", 1)
    assert all((found.labels[path] != maps.labels[path]).any() for path in maps.labels)
    as_bytes = sorted(one.tobytes() for one in found.labels.values())
    assert as_bytes == sorted(one.tobytes() for one in maps.labels.values())


def test_one_part_is_the_foreground(maps: CachedMaps) -> None:
    found = changed_maps(maps, "one", 0)
    assert found.parts.vocabulary == ("animal",)
    for path, labels in maps.labels.items():
        assert ((found.read(path) == 0) == (labels < 3)).all()
        assert ((found.read(path) == IGNORE) == (labels == IGNORE)).all()


def test_cells_leave_the_background_and_know_no_part(maps: CachedMaps) -> None:
    found = changed_maps(maps, "voronoi", 0)
    assert len(found.parts.vocabulary) == 3
    for path, labels in maps.labels.items():
        animal = labels < 3
        assert (found.read(path)[~animal] == labels[~animal]).all()
        assert (found.read(path)[animal] < 3).all()
        assert len(np.unique(found.read(path)[animal])) == 3
    again = changed_maps(maps, "voronoi", 0)
    assert all((again.read(path) == found.read(path)).all() for path in maps.labels)


def test_a_cut_photo_is_grey_around_the_animal() -> None:
    labels = np.full((8, 8), 3, np.uint8)
    labels[:, :4] = 1
    picture = np.full((32, 32, 3), 250, np.uint8)
    found = cut(picture, labels, PARTS)
    assert (found[:, :12] == 250).all()
    assert (found[:, 20:] == GREY).all()


def test_kept_pixels_are_those_of_the_files(herd: Path, tmp_path: Path) -> None:
    from pawvit.images import resize

    table, folder = read_photos(herd / "photos.csv"), PartMaps.open(herd / "maps")
    told: list[int] = []
    for _ in range(2):
        photos = cached_photos(table, (48, 64), tmp_path, lambda done, total: told.append(done))
        maps = cached_maps(folder, table.paths, tmp_path)
    assert told[-1] == len(told) == len(table)  # the second time nothing is decoded
    assert (photos.read(3) == resize(table.read(3), (48, 64))).all()
    assert (photos.take([5, 3]).read(1) == photos.read(3)).all()
    assert (maps.read(table.paths[2]) == folder.read(table.paths[2])).all()
    assert "strange.jpg" not in maps
    grey = cut_photos(photos, maps)
    assert (grey.read(0) == GREY).any()
    assert (photos.read(0) != grey.read(0)).any()


def test_held_individuals_are_judged_and_not_learned_from(herd: Path, tmp_path: Path) -> None:
    table = read_photos(herd / "photos.csv")
    photos = cached_photos(table, (16, 16), tmp_path, lambda done, total: None)
    train, select = set(photos.part("train").identities), set(photos.part("select").identities)
    learn, judged = parts(photos, "held")
    assert set(judged.identities) == select | (train - set(learn.identities))
    assert len(train - set(learn.identities)) == len(train) // 3
    assert len(learn) + len(judged) == len(photos.part("train")) + len(photos.part("select"))
    learn, judged = parts(photos, "val")
    assert (set(learn.identities), judged.paths) == (train, photos.part("val").paths)
