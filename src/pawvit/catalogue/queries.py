"""The questions that are asked of the tables. Knows SQL; it opens nothing and writes nothing."""

from __future__ import annotations

import difflib
import json

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, func, select

from pawvit.catalogue.records import Photo
from pawvit.catalogue.schema import decision, descriptor, encounter, individual, model, photo
from pawvit.descriptors import ModelStamp
from pawvit.errors import CatalogueError

_undone = select(decision.c.undoes).where(decision.c.undoes.is_not(None))

_latest = (
    select(func.max(decision.c.id).label("id"))
    .where(decision.c.kind == "identify", decision.c.id.not_in(_undone))
    .group_by(decision.c.photo_id)
    .subquery()
)

_standing = (
    select(
        decision.c.photo_id,
        decision.c.id.label("decision_id"),
        decision.c.individual_id,
        individual.c.name,
    )
    .join(_latest, _latest.c.id == decision.c.id)
    .join(individual, individual.c.id == decision.c.individual_id)
    .subquery()
)

_name = func.coalesce(_standing.c.name, "")


# Every photo with its individual, in the fields of `records.Photo`, oldest first.
_photos = (
    select(
        photo.c.id,
        photo.c.path,
        photo.c.sha256,
        _name.label("individual"),
        photo.c.orientation,
        photo.c.camera,
        func.coalesce(encounter.c.name, "").label("encounter"),
        photo.c.added,
        photo.c.bbox.label("box"),
        # A photo is there with a descriptor of the catalogue's one model.
        func.coalesce(descriptor.c.predicted_orientation, "").label("predicted"),
        func.coalesce(descriptor.c.orientation_confidence, 0.0).label("confidence"),
    )
    .join_from(photo, _standing, _standing.c.photo_id == photo.c.id, isouter=True)
    .join(encounter, encounter.c.id == photo.c.encounter_id, isouter=True)
    .join(descriptor, descriptor.c.photo_id == photo.c.id, isouter=True)
    .order_by(photo.c.id)
)


def photos(connection: Connection, *conditions: ColumnElement[bool]) -> list[Photo]:
    """The photos that meet the conditions."""
    return [Photo(**row) for row in connection.execute(_photos.where(*conditions)).mappings()]


def photos_of(connection: Connection, name: str) -> list[Photo]:
    """The photos of one individual; of "" those that are not identified."""
    return photos(connection, _name == name)


def one_photo(connection: Connection, photo_id: int) -> Photo:
    """The photo of this number; raises CatalogueError if there is none."""
    found = photos(connection, photo.c.id == photo_id)
    if not found:
        raise CatalogueError(
            f"the catalogue has no photo {photo_id}",
            mend="see the numbers with: pawvit catalogue show CATALOGUE NAME",
        )
    return found[0]


def standing_decision(connection: Connection, photo_id: int) -> tuple[int, int] | None:
    """The decision that names a photo now and the individual that it names, by number."""
    row = connection.execute(
        select(_standing.c.decision_id, _standing.c.individual_id).where(
            _standing.c.photo_id == photo_id
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def refuse_unknown_name(connection: Connection, name: str) -> None:
    """Raises CatalogueError, with the names that look like it, if no individual has this name."""
    names = list(connection.execute(select(individual.c.name)).scalars())
    if name not in names:
        close = difflib.get_close_matches(name, names)
        raise CatalogueError(
            f"no individual is named {name!r}",
            mend=f"did you mean {' or '.join(close)}?" if close else "see: pawvit catalogue list",
        )


def stamp(connection: Connection) -> ModelStamp | None:
    """The model whose descriptors the catalogue holds; None while it is empty."""
    row = connection.execute(
        select(model.c.id, model.c.name, model.c.parts, model.c.preprocessing, model.c.source)
    ).one_or_none()
    if row is None:
        return None
    return ModelStamp(row.id, row.name, tuple(json.loads(row.parts)), row.preprocessing, row.source)


def dimension(connection: Connection, model_id: str) -> int:
    """C of a model's descriptors; 0 for a model that the catalogue does not have."""
    asked = select(model.c.dimension).where(model.c.id == model_id)
    return connection.execute(asked).scalar_one_or_none() or 0


def matrix(connection: Connection, model_id: str) -> tuple[npt.NDArray[np.float32], list[Photo]]:
    """The N × C descriptors that a model made, and their photos."""
    rows = connection.execute(
        _photos.add_columns(descriptor.c.vector).where(descriptor.c.model_id == model_id)
    ).mappings()
    found, vectors = [], []
    width = dimension(connection, model_id)
    for row in rows:
        fields = dict(row)
        vectors.append(fields.pop("vector"))
        found.append(Photo(**fields))
        if len(vectors[-1]) != 4 * width:
            raise CatalogueError(
                f"the descriptor of photo {found[-1].id} is damaged:"
                f" {len(vectors[-1])} bytes, not {4 * width}",
                where=found[-1].path,
                mend="keep the file, and go on with a copy from your backup",
            )
    flat = np.frombuffer(b"".join(vectors), dtype="<f4").astype(np.float32)
    return flat.reshape(len(found), width), found
