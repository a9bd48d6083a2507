"""Layouts: what is written is read back, identity by identity."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pawvit.evaluation import evaluate
from pawvit.herd.write import write_herd
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable
from pawvit.protocols import atrw, query_gallery
from pawvit.readers import read_photos

LAYOUTS = {"folders": "photos", "atrw": "", "yakreid": ""}
"""Layout → what of the herd's folder is given to the reader."""


@pytest.fixture(scope="module", params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def herd(layout: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(layout)
    settings = {"animals": 8, "photos_per_flank": 3, "cameras": 3, "seed": 4, "size": (48, 60)}
    write_herd(folder, **settings, difficulty=0.7, layout=layout)
    return folder


@pytest.fixture(scope="module")
def truth(herd: Path) -> pd.DataFrame:
    frame = pd.read_csv(herd / "photos.csv", keep_default_na=False)
    return frame.set_index("path").sort_index()


@pytest.fixture(scope="module")
def table(herd: Path, layout: str) -> PhotoTable:
    return read_photos(herd / LAYOUTS[layout])


def as_read(table: PhotoTable, layout: str, column: str) -> pd.Series:
    """A column by the path in the herd's folder, in the order of `truth`."""
    prefix = f"{LAYOUTS[layout]}/".lstrip("/")
    return table.frame.set_index(prefix + table.frame["path"])[column].sort_index()


def one_to_one(first: pd.Series, second: pd.Series) -> bool:
    pairs = set(zip(first, second, strict=True))
    return len(pairs) == len(set(first)) == len(set(second))


def test_every_photo_is_read_back_and_has_its_truth_and_map(
    herd: Path, layout: str, table: PhotoTable, truth: pd.DataFrame
) -> None:
    assert list(as_read(table, layout, "identity").index) == list(truth.index)
    assert all(file.is_file() for file in table.files)
    maps = PartMaps.open(herd / "maps")
    assert all(path in maps for path in truth.index)


def test_identities_are_the_same(layout: str, table: PhotoTable, truth: pd.DataFrame) -> None:
    identity = as_read(table, layout, "identity")
    if layout == "folders":
        assert list(identity) == list(truth["identity"])
    else:
        assert one_to_one(identity, truth["identity"] + truth["orientation"])


def test_orientations_are_the_same(layout: str, table: PhotoTable, truth: pd.DataFrame) -> None:
    orientation = as_read(table, layout, "orientation")
    told = (truth["split"] != "val") | (layout != "yakreid")
    assert list(orientation[told]) == list(truth["orientation"][told])
    assert set(orientation[~told]) <= {"unknown"}


def test_splits_cameras_and_roles_are_the_same(
    layout: str, table: PhotoTable, truth: pd.DataFrame
) -> None:
    if layout == "folders":
        return
    split, test = as_read(table, layout, "split"), truth["split"] == "val"
    assert list(split == "train") == list(~test)
    if layout == "yakreid":
        assert list(split[test]) == list(truth["role"][test])
        return
    camera = as_read(table, layout, "camera")
    assert one_to_one(camera[test], truth["camera"][test])
    assert set(camera[~test]) == {""}


def test_who_knows_the_entities_is_never_wrong(herd: Path, layout: str, table: PhotoTable) -> None:
    """The protocols accept the lists, and every query can be found in them."""
    if layout == "folders":
        return
    entities = sorted(set(table.identities))
    vectors = np.eye(len(entities), dtype=np.float32)[
        [entities.index(identity) for identity in table.identities]
    ]
    if layout == "yakreid":
        # The side is told of training photos only, so it takes no part here.
        bare = PhotoTable(table.frame.drop(columns="orientation"), table.root, table.source)
        result = evaluate(vectors, query_gallery(bare))
        assert result.map_queries == pytest.approx(1)
        return
    (ground_truth,) = herd.glob("**/gt_test_plain.json")
    row = {path.rpartition("/")[2]: n for n, path in enumerate(table.paths)}
    for protocol in atrw(ground_truth):
        asked = vectors[[row[name] for name in protocol.photos]]
        result = evaluate(asked, protocol)
        assert len(protocol.query) == 6
        assert result.map_queries == pytest.approx(1)


def test_atrws_files_are_what_its_readers_expect(herd: Path, layout: str) -> None:
    if layout != "atrw":
        return
    points = json.loads((herd / "atrw_anno_reid_train/reid_keypoints_train.json").read_text())
    assert all(len(numbers) == 45 for numbers in points.values())
    lines = (herd / "atrw_anno_reid_train/reid_list_train.csv").read_text().split()
    assert {line.split(",")[1] for line in lines} == set(points)
    assert all(line.split(",")[0].isdigit() for line in lines)
    assert (herd / "atrw_reid_train/train" / lines[0].split(",")[1]).is_file()
