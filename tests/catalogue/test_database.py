"""Files that are no catalogue, damaged ones, locked ones: each named, none of them changed."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from pawvit.catalogue import Catalogue, database
from pawvit.catalogue.database import Database
from pawvit.errors import CatalogueError


@pytest.fixture
def place(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.db"
    Catalogue.open(path, create=True).close()
    return path


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}", "sqlite+pysqlite:///{}"])
def test_a_path_and_a_url_lead_to_the_same_file(place: Path, form: str) -> None:
    assert Catalogue.open(form.format(place)).summary().photos == 0
    assert Database(form.format(place)).file == place


def test_a_path_of_strange_signs_is_a_path(tmp_path: Path) -> None:
    odd = tmp_path / "new folder" / "Tiger? #1 100% é.db"
    Catalogue.open(odd, create=True)
    assert odd.exists()
    assert Catalogue.open(str(odd)).summary().individuals == 0


def test_none_is_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no catalogue"):
        Catalogue.open(tmp_path / "none.db")
    assert not list(tmp_path.iterdir())
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(CatalogueError, match="no catalogue"):
        Catalogue.open(empty)
    assert empty.stat().st_size == 0


@pytest.mark.parametrize("content", [b"xy", b"path,identity\n" * 200, os.urandom(5000)])
@pytest.mark.parametrize("create", [False, True])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes, create: bool) -> None:
    path = tmp_path / "photos.csv"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match="not a database"):
        Catalogue.open(path, create=create)
    assert path.read_bytes() == content


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_catalogue_cut_short(place: Path, share: float) -> None:
    whole = place.read_bytes()
    cut = whole[: int(len(whole) * share)]
    place.write_bytes(cut)
    with pytest.raises(CatalogueError, match=r"damaged|cut short") as caught:
        Catalogue.open(place, create=True)
    assert caught.value.mend
    assert place.read_bytes() == cut


def test_a_page_overwritten_inside_is_found_when_it_is_read(place: Path) -> None:
    whole = bytearray(place.read_bytes())
    whole[4096:] = b"\xff" * (len(whole) - 4096)
    place.write_bytes(whole)
    with pytest.raises(CatalogueError, match="damaged"):
        Catalogue.open(place).summary()
    assert place.read_bytes() == whole


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE note (text TEXT)")
    before = path.read_bytes()
    with pytest.raises(CatalogueError, match="not a catalogue of pawvit"):
        Catalogue.open(path, create=True)
    assert path.read_bytes() == before


def test_a_locked_catalogue_says_so(place: Path, impatient: None) -> None:
    catalogue = Catalogue.open(place)
    with closing(sqlite3.connect(place)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CatalogueError, match="another program is writing"):
            catalogue.decide(1, "Zola", by="me")
        with pytest.raises(CatalogueError, match="another program is writing"):
            catalogue.summary()
    assert catalogue.summary().photos == 0


def test_a_transaction_that_fails_leaves_nothing(place: Path) -> None:
    base = Database(place)

    def stopped_halfway() -> None:
        with base.writing() as connection:
            connection.execute(text("INSERT INTO encounter (name) VALUES ('night')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stopped_halfway()
    with base.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM encounter")).scalar() == 0


def test_foreign_keys_are_enforced(place: Path) -> None:
    orphan = "INSERT INTO descriptor VALUES (7, 'none', x'00', NULL, '', 0)"
    with pytest.raises(CatalogueError, match="FOREIGN KEY"), Database(place).writing() as writer:
        writer.execute(text(orphan))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("nonsense://host/db", "no such kind of database"),
        ("://", "not the URL of a database"),
        ("firebird://host/db", "no such kind of database"),
    ],
)
def test_urls_that_lead_nowhere(url: str, message: str) -> None:
    with pytest.raises(CatalogueError, match=message):
        Database(url)


def test_a_missing_driver_is_named_and_a_password_is_not() -> None:
    with pytest.raises(CatalogueError, match="oracledb") as caught:
        Database("oracle+oracledb://me:secret@host/db")
    assert "secret" not in str(caught.value)
