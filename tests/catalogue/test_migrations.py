"""From every older version to this one, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from pawvit.catalogue import Catalogue, migrations
from pawvit.catalogue.database import Database
from pawvit.catalogue.migrations import STEPS, migrate, version_of
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
        assert version_of(connection) == len(STEPS)
        found = inspect(connection)
        assert set(found.get_table_names()) == set(metadata.tables)
        for name, table in metadata.tables.items():
            columns = {column["name"]: column["nullable"] for column in found.get_columns(name)}
            assert columns == {column.name: column.nullable for column in table.columns}


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
    for module in ("migrations", "store"):
        monkeypatch.setattr(f"pawvit.catalogue.{module}.STEPS", (*STEPS, add_sex))
    Catalogue.open(place)
    assert version_in(place) == len(STEPS) + 1
    with Database(place).reading() as connection:
        assert "sex" in {column["name"] for column in inspect(connection).get_columns("individual")}


def test_a_step_that_fails_leaves_the_catalogue_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "c.db"
    Catalogue.open(place, create=True)
    for module in ("migrations", "store"):
        monkeypatch.setattr(f"pawvit.catalogue.{module}.STEPS", (*STEPS, fail))
    with pytest.raises(CatalogueError, match="no such table"):
        Catalogue.open(place)
    assert version_in(place) == len(STEPS)
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
