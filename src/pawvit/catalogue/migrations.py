"""From any older catalogue to this one, step by step. Knows versions; it knows no records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, insert, inspect, select, update

from pawvit.catalogue.schema import metadata, schema_version
from pawvit.errors import CatalogueError


def _boxes_and_predictions(connection: Connection) -> None:
    """1 → 2: boxes of photos, predicted flanks, and what loads the model again."""
    for table, column in (
        ("model", "source VARCHAR NOT NULL DEFAULT ''"),
        ("photo", "bbox VARCHAR NOT NULL DEFAULT ''"),
        ("descriptor", "predicted_orientation VARCHAR NOT NULL DEFAULT ''"),
        ("descriptor", "orientation_confidence FLOAT NOT NULL DEFAULT '0'"),
    ):
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")


# Step n, counted from 1, leads from version n to n + 1; a new database starts at the newest. A
# step that was released never changes, and names its columns itself: the schema goes on.
STEPS: tuple[Callable[[Connection], None], ...] = (_boxes_and_predictions,)


def newest() -> int:
    """The version of the tables that this code works with."""
    return len(STEPS) + 1


def version_of(connection: Connection) -> int | None:
    """The version of the tables: 0 in an empty database, None in another program's database."""
    tables = inspect(connection).get_table_names()
    if schema_version.name not in tables:
        return None if tables and connection.dialect.name == "sqlite" else 0
    versions = connection.execute(select(schema_version.c.version)).scalars().all()
    return versions[0] if len(versions) == 1 else None


def refuse_strange(version: int | None, where: str | Path) -> int:
    """The version, if this code can read it or lead it on; raises CatalogueError otherwise."""
    if version is None:
        raise CatalogueError(
            "the database is not a catalogue of pawvit", where=where, mend="give another file"
        )
    if version > newest():
        raise CatalogueError(
            f"the catalogue was made by a newer pawvit (version {version} of its tables;"
            f" this one knows {newest()})",
            where=where,
            mend="pip install --upgrade pawvit",
        )
    return version


def migrate(connection: Connection, where: str | Path) -> None:
    """Takes the steps that are missing, inside the caller's transaction.

    Raises:
        CatalogueError: the tables are newer than this code, or another program's.
    """
    version = refuse_strange(version_of(connection), where)
    if version == 0:
        metadata.create_all(connection)
        connection.execute(insert(schema_version).values(version=newest()))
    elif version < newest():
        for step in STEPS[version - 1 :]:
            step(connection)
        connection.execute(update(schema_version).values(version=newest()))
