"""Photos with descriptors into the tables. Knows rows; the transaction is the caller's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Table, bindparam, insert, select, update

from pawvit.catalogue import queries
from pawvit.catalogue.records import Added, Photo
from pawvit.catalogue.schema import decision, descriptor, encounter, individual, model, photo
from pawvit.descriptors import Descriptors, refuse_other_model
from pawvit.errors import CatalogueError

_SHOWN = 5

MOVE = (
    "keep to the catalogue's model, or take its names along to a new catalogue: pawvit catalogue"
    " export OLD -o labels.csv, then pawvit catalogue add NEW labels.csv -m MODEL"
)
"""How names that people gave outlive a model."""


def add(
    connection: Connection, descriptors: Descriptors, files: Sequence[Path], by: str, now: str
) -> Added:
    """What `Catalogue.add` does."""
    if len(files) != len(descriptors):
        raise ValueError(f"{len(descriptors)} descriptors, but {len(files)} files")
    _add_model(connection, descriptors)
    there = {seen.sha256: seen for seen in queries.photos(connection)}
    _refuse_two_names(descriptors, there)
    first = _first_rows(descriptors)
    new = [row for row in first if descriptors.photo_hashes[row] not in there]
    old = [row for row in first if descriptors.photo_hashes[row] in there]
    encounters = _numbers(connection, encounter, descriptors.encounters)
    updated = _update(connection, descriptors, files, old, there, encounters)
    ids = _insert_photos(connection, descriptors, files, new, encounters, now)

    naming = [row for row in new if descriptors.identities[row]]
    for row in old:
        seen = there[descriptors.photo_hashes[row]]
        if descriptors.identities[row] and not seen.individual:
            naming.append(row)
            ids[descriptors.photo_hashes[row]] = seen.id
    before = set(connection.execute(select(individual.c.name)).scalars())
    names = {descriptors.identities[row] for row in naming}
    individuals = _numbers(connection, individual, names, created=now)
    if naming:
        connection.execute(
            insert(decision),
            [
                {
                    "photo_id": ids[descriptors.photo_hashes[row]],
                    "individual_id": individuals[descriptors.identities[row]],
                    "kind": "identify",
                    "author": by,
                    "at": now,
                    "note": "came with the photo",
                }
                for row in naming
            ],
        )
    return Added(
        photos=len(new),
        skipped=len(descriptors) - len(new),
        individuals=len(names - before),
        identified=sum(descriptors.photo_hashes[row] in there for row in naming),
        updated=updated,
    )


def number_of_individual(connection: Connection, name: str, now: str) -> int:
    """The number of the individual of this name, which is added if it is new."""
    return _numbers(connection, individual, [name], created=now)[name]


def _add_model(connection: Connection, descriptors: Descriptors) -> None:
    mine, given = queries.stamp(connection), descriptors.model
    width = descriptors.vectors.shape[1]
    if mine is None:
        connection.execute(
            insert(model).values(
                id=given.id,
                name=given.name,
                dimension=width,
                parts=json.dumps(given.parts, ensure_ascii=False),
                preprocessing=given.preprocessing,
                source=given.source,
            )
        )
        return
    refuse_other_model(mine, given, holder="the catalogue's descriptors", mend=MOVE)
    expected = queries.dimension(connection, mine.id)
    if width != expected:
        raise CatalogueError(
            f"descriptors of {width} numbers; those of {mine} have {expected} in the catalogue",
            mend="make the descriptors again with: pawvit embed",
        )


def _refuse_two_names(descriptors: Descriptors, there: dict[str, Photo]) -> None:
    names = {digest: seen.individual for digest, seen in there.items() if seen.individual}
    problems = []
    labels = zip(descriptors.paths, descriptors.photo_hashes, descriptors.identities, strict=True)
    for path, digest, name in labels:
        if name and names.setdefault(digest, name) != name:
            problems.append(f"  - {path}: {names[digest]!r} and {name!r}")
    if problems:
        more = len(problems) - _SHOWN
        listed = problems[:_SHOWN] + ([f"  - and {more} more"] if more > 0 else [])
        raise CatalogueError(
            "the same picture is named after two individuals; nothing was added\n"
            + "\n".join(listed),
            mend="correct the table and embed again, or correct the catalogue with:"
            " pawvit catalogue confirm",
        )


def _first_rows(descriptors: Descriptors) -> list[int]:
    """One row a picture: the first that is named, else the first."""
    chosen: dict[str, int] = {}
    for row, digest in enumerate(descriptors.photo_hashes):
        before = chosen.setdefault(digest, row)
        if descriptors.identities[row] and not descriptors.identities[before]:
            chosen[digest] = row
    return sorted(chosen.values())


def _insert_photos(
    connection: Connection,
    descriptors: Descriptors,
    files: Sequence[Path],
    rows: Sequence[int],
    encounters: dict[str, int],
    now: str,
) -> dict[str, int]:
    """Adds the photos at these rows and their descriptors; gives their numbers by hash."""
    if not rows:
        return {}
    added = connection.execute(
        insert(photo).returning(photo.c.sha256, photo.c.id),
        [
            {
                "path": os.path.abspath(files[row]),
                "sha256": descriptors.photo_hashes[row],
                "orientation": descriptors.orientations[row],
                "camera": descriptors.cameras[row],
                "encounter_id": encounters.get(descriptors.encounters[row]),
                "added": now,
                "bbox": descriptors.boxes[row],
            }
            for row in rows
        ],
    )
    ids: dict[str, int] = {row.sha256: row.id for row in added}
    weights = descriptors.part_weights
    connection.execute(
        insert(descriptor),
        [
            {
                "photo_id": ids[descriptors.photo_hashes[row]],
                "model_id": descriptors.model.id,
                "vector": _bytes(descriptors.vectors[row]),
                "part_weights": None if weights is None else _bytes(weights[row]),
                "predicted_orientation": descriptors.predicted[row],
                "orientation_confidence": descriptors.confidences[row],
            }
            for row in rows
        ],
    )
    return ids


def _update(
    connection: Connection,
    descriptors: Descriptors,
    files: Sequence[Path],
    rows: Sequence[int],
    there: dict[str, Photo],
    encounters: dict[str, int],
) -> int:
    """Takes over what the table knows anew of known photos; what it leaves open stays."""
    changed, seen_anew = [], []
    for row in rows:
        seen = there[descriptors.photo_hashes[row]]
        given = descriptors.orientations[row]
        path = os.path.abspath(files[row])
        orientation = seen.orientation if given == "unknown" else given
        camera = descriptors.cameras[row] or seen.camera
        meeting = descriptors.encounters[row] or seen.encounter
        box = descriptors.boxes[row] or seen.box
        facts = (path, orientation, camera, meeting, box)
        if facts != (seen.path, seen.orientation, seen.camera, seen.encounter, seen.box):
            changed.append(
                {
                    "number": seen.id,
                    "path": path,
                    "orientation": orientation,
                    "camera": camera,
                    "encounter_id": encounters.get(meeting),
                    "bbox": box,
                }
            )
        # Descriptors from before flanks were predicted.
        if descriptors.predicted[row] and not seen.predicted:
            seen_anew.append(
                {
                    "number": seen.id,
                    "predicted_orientation": descriptors.predicted[row],
                    "orientation_confidence": descriptors.confidences[row],
                }
            )
    if seen_anew:
        mine = descriptor.c.photo_id == bindparam("number")
        connection.execute(update(descriptor).where(mine), seen_anew)
    if changed:
        connection.execute(update(photo).where(photo.c.id == bindparam("number")), changed)
    return len({one["number"] for one in (*changed, *seen_anew)})


def _numbers(
    connection: Connection, table: Table, names: Iterable[str], **columns: str
) -> dict[str, int]:
    """Name → number of every row of `table`, in which the given names are, those new added."""
    there = {row.name: row.id for row in connection.execute(select(table.c.name, table.c.id))}
    lacking = sorted(set(names) - there.keys() - {""})
    if lacking:
        connection.execute(insert(table), [{"name": name, **columns} for name in lacking])
        return _numbers(connection, table, ())
    return there


def _bytes(vector: npt.NDArray[np.float32]) -> bytes:
    return vector.astype("<f4").tobytes()
