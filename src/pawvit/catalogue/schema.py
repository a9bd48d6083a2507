"""The tables of the catalogue. Knows columns and keys; it knows no file and no query.

    model ──< descriptor >── photo >── encounter
                               │
                               └──< decision >── individual

Who a photo shows is not a column of the photo: it follows from its decisions, which are only ever
added, so that no opinion is lost.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    event,
)

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))

model = Table(
    "model",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("dimension", Integer, nullable=False),
    Column("parts", String, nullable=False),  # JSON list of names
    Column("preprocessing", String, nullable=False),
    Column("source", String, nullable=False, server_default=""),  # what loads it again
)

individual = Table(
    "individual",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("created", String, nullable=False),  # ISO 8601, UTC, here and below
)

encounter = Table(
    "encounter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
)

photo = Table(
    "photo",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", String, nullable=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("orientation", String, nullable=False),
    Column("camera", String, nullable=False),
    Column("encounter_id", ForeignKey("encounter.id")),
    Column("added", String, nullable=False),
    Column("bbox", String, nullable=False, server_default=""),
)

descriptor = Table(
    "descriptor",
    metadata,
    Column("photo_id", ForeignKey("photo.id"), primary_key=True),
    Column("model_id", ForeignKey("model.id"), primary_key=True),
    Column("vector", LargeBinary, nullable=False),  # float32, little-endian
    Column("part_weights", LargeBinary),  # the same
    # What the model sees, whatever people say in photo.orientation; "" and 0 where it can't tell.
    Column("predicted_orientation", String, nullable=False, server_default=""),
    Column("orientation_confidence", Float, nullable=False, server_default="0"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("photo_id", ForeignKey("photo.id"), nullable=False),
    Column("individual_id", ForeignKey("individual.id"), nullable=False),
    Column("kind", String, nullable=False),  # "identify" or "undo"
    Column("undoes", ForeignKey("decision.id"), unique=True),  # set in an undo
    Column("author", String, nullable=False),
    Column("at", String, nullable=False),
    Column("note", String, nullable=False),
    Index("decision_of_photo", "photo_id"),
)


# Other programs open SQLite files, too: the history is guarded where it lies.
@event.listens_for(decision, "after_create")
def _guard(_table: Table, connection: Connection, **_: object) -> None:
    if connection.dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER decision_no_{verb.lower()} BEFORE {verb} ON decision "
                "BEGIN SELECT RAISE(ABORT, 'decisions are never changed, only added'); END"
            )
