"""From every older version to this one, or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from pawvit.catalogue import Catalogue, migrations
from pawvit.catalogue.database import Database
from pawvit.catalogue.migrations import STEPS, migrate, newest, version_of
from pawvit.catalogue.schema import metadata
from pawvit.errors import CatalogueError


def version_in(place: Path) -> int | None:
    with Database(place).reading() as connection:
        return version_of(connection)


def test_from_version_0_to_now_gives_the_tables_of_the_schema(tmp_path: Path) -> None:
    place = tmp_path / "c.db"
    base = Database(place)
    with base.writing() as connection:
        assert version_of(connection) == 0
        migrate(connection, place)
    with base.reading() as connection:
        assert version_of(connection) == newest()
        found = inspect(connection)
        assert set(found.get_table_names()) == set(metadata.tables)
        for name, table in metadata.tables.items():
            columns = {column["name"]: column["nullable"] for column in found.get_columns(name)}
            assert columns == {column.name: column.nullable for column in table.columns}


# The tables of version 1, as the first catalogues have them.
VERSION_1 = """
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE model (id VARCHAR NOT NULL, name VARCHAR NOT NULL, dimension INTEGER NOT NULL,
    parts VARCHAR NOT NULL, preprocessing VARCHAR NOT NULL, PRIMARY KEY (id));
CREATE TABLE individual (id INTEGER NOT NULL, name VARCHAR NOT NULL, created VARCHAR NOT NULL,
    PRIMARY KEY (id), UNIQUE (name));
CREATE TABLE encounter (id INTEGER NOT NULL, name VARCHAR NOT NULL, PRIMARY KEY (id),
    UNIQUE (name));
CREATE TABLE photo (id INTEGER NOT NULL, path VARCHAR NOT NULL, sha256 VARCHAR(64) NOT NULL,
    orientation VARCHAR NOT NULL, camera VARCHAR NOT NULL,
    encounter_id INTEGER REFERENCES encounter (id), added VARCHAR NOT NULL, PRIMARY KEY (id),
    UNIQUE (sha256));
CREATE TABLE descriptor (photo_id INTEGER NOT NULL REFERENCES photo (id),
    model_id VARCHAR NOT NULL REFERENCES model (id), vector BLOB NOT NULL, part_weights BLOB,
    PRIMARY KEY (photo_id, model_id));
CREATE TABLE decision (id INTEGER NOT NULL, photo_id INTEGER NOT NULL REFERENCES photo (id),
    individual_id INTEGER NOT NULL REFERENCES individual (id), kind VARCHAR NOT NULL,
    undoes INTEGER UNIQUE REFERENCES decision (id), author VARCHAR NOT NULL, at VARCHAR NOT NULL,
    note VARCHAR NOT NULL, PRIMARY KEY (id));
INSERT INTO schema_version VALUES (1);
INSERT INTO model VALUES ('m1', 'tiger-small', 2, '[]', '');
INSERT INTO individual VALUES (1, 'Zola', '2026-01-01T00:00:00+00:00');
INSERT INTO photo VALUES (1, '/z.jpg', 'aa', 'left', '', NULL, '2026-01-01T00:00:00+00:00');
INSERT INTO descriptor VALUES (1, 'm1', X'0000803F00000000', NULL);
INSERT INTO decision VALUES (1, 1, 1, 'identify', NULL, 'ana', '2026-01-01T00:00:00+00:00', '');
"""


def test_a_catalogue_of_version_1_is_led_on_with_all_that_is_in_it(tmp_path: Path) -> None:
    place, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(VERSION_1)
    catalogue = Catalogue.open(place)
    (photo,) = catalogue.photos("Zola")
    assert (photo.side, photo.predicted, photo.confidence, photo.box) == ("left", "", 0.0, "")
    assert catalogue.matrix("m1")[0].tolist() == [[1.0, 0.0]]
    assert catalogue.model is not None
    assert catalogue.model.source == ""
    Catalogue.open(fresh, create=True)
    columns = []
    for file in (place, fresh):
        with Database(file).reading() as connection:
            found = inspect(connection)
            columns.append(
                {
                    (table, column["name"], str(column["type"]), column["nullable"])
                    for table in found.get_table_names()
                    for column in found.get_columns(table)
                }
            )
    assert columns[0] == columns[1]


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "c.db"
    Catalogue.open(place, create=True)
    before = place.read_bytes()
    Catalogue.open(place)
    with Database(place).writing() as connection:
        migrate(connection, place)
    assert place.read_bytes() == before


def add_sex(connection: Connection) -> None:
    connection.execute(text("ALTER TABLE individual ADD COLUMN sex VARCHAR"))


def fail(connection: Connection) -> None:
    add_sex(connection)
    connection.execute(text("ALTER TABLE nobody ADD COLUMN sex VARCHAR"))


def test_an_older_catalogue_takes_only_the_steps_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "c.db"
    Catalogue.open(place, create=True)
    before = newest()
    monkeypatch.setattr("pawvit.catalogue.migrations.STEPS", (*STEPS, add_sex))
    Catalogue.open(place)
    assert version_in(place) == before + 1
    with Database(place).reading() as connection:
        assert "sex" in {column["name"] for column in inspect(connection).get_columns("individual")}


def test_a_step_that_fails_leaves_the_catalogue_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "c.db"
    Catalogue.open(place, create=True)
    before = newest()
    monkeypatch.setattr("pawvit.catalogue.migrations.STEPS", (*STEPS, fail))
    with pytest.raises(CatalogueError, match="no such table"):
        Catalogue.open(place)
    assert version_in(place) == before
    with Database(place).reading() as connection:
        columns = {column["name"] for column in inspect(connection).get_columns("individual")}
    assert "sex" not in columns


def test_a_newer_catalogue_is_refused_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "c.db"
    Catalogue.open(place, create=True)
    with Database(place).writing() as connection:
        connection.execute(text("UPDATE schema_version SET version = 99"))
    before = place.read_bytes()
    with pytest.raises(CatalogueError, match="newer pawvit") as caught:
        Catalogue.open(place, create=True)
    assert "upgrade" in str(caught.value.mend)
    assert place.read_bytes() == before


def test_a_version_table_without_a_version_is_no_catalogue(tmp_path: Path) -> None:
    place = tmp_path / "c.db"
    with Database(place).writing() as connection:
        connection.execute(text("CREATE TABLE schema_version (version INTEGER)"))
    with pytest.raises(CatalogueError, match="not a catalogue"):
        Catalogue.open(place)
    assert migrations.STEPS is STEPS
