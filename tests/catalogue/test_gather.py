"""Photos into a catalogue with a real network, and names out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from pawvit.catalogue import Catalogue
from pawvit.catalogue.gather import gather, labels
from pawvit.embedder import Embedder
from pawvit.errors import CatalogueError
from pawvit.photos import PhotoTable
from pawvit.readers import read_photos, read_table, write_table


@pytest.fixture(scope="module")
def embedder(run: Path) -> Embedder:
    return Embedder.load(run)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "c.db", create=True)


@pytest.fixture
def table(herd: Path) -> PhotoTable:
    return read_table(herd / "photos.csv").take(range(10))


def test_pictures_that_are_there_are_not_looked_at_again(
    catalogue: Catalogue, embedder: Embedder, table: PhotoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pawvit.catalogue.gather.AT_ONCE", 3)
    told: list[tuple[int, int]] = []
    added, unreadable = gather(catalogue, embedder, table, progress=lambda *now: told.append(now))
    assert (added.photos, added.individuals, unreadable) == (10, len(set(table.identities)), [])
    assert told == [(0, 10), (3, 10), (6, 10), (9, 10), (10, 10)]

    looked: list[int] = []
    original = Embedder.embed
    monkeypatch.setattr(
        Embedder, "embed", lambda self, photos: looked.append(len(photos)) or original(self, photos)
    )
    again = PhotoTable(table.frame.assign(camera="hill"), table.root, table.source)
    added, _ = gather(catalogue, embedder, again)
    assert (added.photos, added.skipped, added.updated, looked) == (0, 10, 10, [])
    assert {photo.camera for photo in catalogue.photos()} == {"hill"}


def test_what_cannot_be_read_is_named_and_the_rest_is_there(
    catalogue: Catalogue, embedder: Embedder, table: PhotoTable
) -> None:
    table.frame.loc[3, "path"] = "gone.jpg"
    added, unreadable = gather(catalogue, embedder, table)
    assert added.photos == 9
    assert len(unreadable) == 1
    assert "gone.jpg" in unreadable[0]


def test_names_and_boxes_come_out_as_they_went_in(
    catalogue: Catalogue, embedder: Embedder, table: PhotoTable, herd: Path, tmp_path: Path
) -> None:
    with pytest.raises(CatalogueError, match="no photo of the catalogue is identified"):
        labels(catalogue, tmp_path)
    table.frame["bbox"] = ["0, 0, 40, 60"] * 5 + [""] * 5
    table.frame.loc[9, "identity"] = ""
    gather(catalogue, embedder, table)
    exported = labels(catalogue, herd)
    write_table(exported, tmp_path / "labels.csv")
    read = read_photos(tmp_path / "labels.csv")
    assert exported.paths == table.paths[:9]  # relative to the folder that holds them
    assert read.identities == table.identities[:9]
    assert read.orientations == table.orientations[:9]
    assert [read.box(i) for i in (0, 8)] == [(0, 0, 40, 60), None]
    assert all(file.is_file() for file in read.files)
    added, _ = gather(catalogue, embedder, read)  # the round trip knows every picture again
    assert (added.photos, added.skipped) == (0, 9)


def test_a_flank_that_is_predicted_is_marked_in_the_export(
    catalogue: Catalogue, embedder: Embedder, table: PhotoTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pawvit.anatomy.CONFIDENT", 0.5)
    table.frame.loc[0, "orientation"] = "unknown"
    gather(catalogue, embedder, table)
    frame = labels(catalogue, table.root).frame
    assert frame["orientation"][0] in ("left", "right")
    assert 0.5 <= float(frame["orientation_confidence"][0]) <= 1
    assert set(frame["orientation_confidence"][1:]) == {""}
