"""The catalogue of known individuals: photos, their descriptors, and who decided what.

Knows descriptors, names and decisions; it knows no pixels and no networks. Each change is one
transaction: it happens as a whole, or nothing of it does.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import Float32
from sqlalchemy import insert, select, update

from pawvit.anatomy import ORIENTATIONS, comparable
from pawvit.catalogue import queries
from pawvit.catalogue.addition import MOVE, add, number_of_individual
from pawvit.catalogue.database import Database
from pawvit.catalogue.migrations import migrate, newest, refuse_strange, version_of
from pawvit.catalogue.records import Added, Decision, Individual, Photo, Summary
from pawvit.catalogue.schema import decision, individual
from pawvit.catalogue.schema import photo as photo_table
from pawvit.descriptors import Descriptors, ModelStamp, photo_hash, refuse_other_model
from pawvit.errors import CatalogueError


class Catalogue:
    """Known individuals in one database; open it with `Catalogue.open`.

    All descriptors in it come from one model: the first that photos were added from. Any method
    raises CatalogueError where the database is locked by another program, damaged or read-only.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.where = database.where

    @classmethod
    def open(cls, place: str | os.PathLike[str], *, create: bool = False) -> Catalogue:
        """Opens a catalogue; one of an older version is brought up to date first.

        Args:
            place: a path (`catalogue.db`) or a URL of SQLAlchemy.
            create: make it where there is none yet.

        Raises:
            CatalogueError: there is none, it is another program's or a newer pawvit's database,
                it is damaged, or the URL makes no sense.
        """
        database = Database(place)
        missing = CatalogueError(
            "there is no catalogue",
            where=database.where,
            mend="make one with: pawvit catalogue add CATALOGUE PHOTOS",
        )
        if database.file is not None and not database.file.exists():
            if not create:
                raise missing
            database.file.absolute().parent.mkdir(parents=True, exist_ok=True)
        with database.reading() as connection:
            version = refuse_strange(version_of(connection), database.where)
            database.refuse_cut_short(connection)
        if version == 0 and not create:
            raise missing
        if version < newest():
            with database.writing() as connection:
                migrate(connection, database.where)
        return cls(database)

    def close(self) -> None:
        """Gives the connections back; leaving a `with` block does it, too."""
        self._database.close()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def model(self) -> ModelStamp | None:
        """The model whose descriptors the catalogue holds; None while it is empty."""
        with self._database.reading() as connection:
            return queries.stamp(connection)

    def add(self, descriptors: Descriptors, files: Sequence[Path], *, by: str = "") -> Added:
        """Adds photos with the identities that they come with; doing it twice changes nothing.

        A picture that is there already is skipped, except that a name is taken for one that had
        none, and that a new path, orientation, camera or encounter takes the place of the old.
        Photos without an identity are kept as unidentified.

        Args:
            descriptors: of N photos.
            files: the N photo files, in the same order; noted by their absolute paths.
            by: who says so.

        Raises:
            CatalogueError: another model made the descriptors, or a picture is in the catalogue,
                or in the descriptors, under another name. Nothing is changed.
        """
        with self._database.writing() as connection:
            return add(connection, descriptors, files, by, _now())

    def decide(
        self, photo_id: int, name: str, *, by: str, note: str = "", orientation: str = "unknown"
    ) -> None:
        """Says who a photo shows; an individual of a new name is added.

        An orientation other than "unknown" is taken over; `undo` leaves it, since a side that is
        seen does not depend on who it is.

        Raises:
            CatalogueError: there is no such photo, or the name is empty.
        """
        if not name.strip():
            raise CatalogueError("an individual needs a name", mend="to take one back: undo")
        with self._database.writing() as connection:
            queries.one_photo(connection, photo_id)
            if orientation != "unknown":
                mine = update(photo_table).where(photo_table.c.id == photo_id)
                connection.execute(mine.values(orientation=orientation))
            connection.execute(
                insert(decision).values(
                    photo_id=photo_id,
                    individual_id=number_of_individual(connection, name, _now()),
                    kind="identify",
                    author=by,
                    at=_now(),
                    note=note,
                )
            )

    def undo(self, photo_id: int, *, by: str, note: str = "") -> str:
        """Takes the latest standing decision on a photo back; the one before it holds again.

        Nothing is removed: the history has one line more.

        Returns:
            Who the photo shows now, "" if that is open.

        Raises:
            CatalogueError: there is no such photo, or no decision on it stands.
        """
        with self._database.writing() as connection:
            queries.one_photo(connection, photo_id)
            standing = queries.standing_decision(connection, photo_id)
            if standing is None:
                raise CatalogueError(f"no decision on photo {photo_id} stands: nothing to undo")
            connection.execute(
                insert(decision).values(
                    photo_id=photo_id,
                    individual_id=standing[1],
                    kind="undo",
                    undoes=standing[0],
                    author=by,
                    at=_now(),
                    note=note,
                )
            )
            return queries.one_photo(connection, photo_id).individual

    def history(self, photo_id: int) -> list[Decision]:
        """All that was ever decided on a photo, oldest first; raises CatalogueError as `undo`."""
        with self._database.reading() as connection:
            queries.one_photo(connection, photo_id)
            rows = connection.execute(
                select(decision, individual.c.name)
                .join(individual)
                .where(decision.c.photo_id == photo_id)
                .order_by(decision.c.id)
            ).all()
        undone = {row.undoes for row in rows}
        return [
            Decision(r.id, r.kind, r.name, r.author, r.at, r.note, standing=r.id not in undone)
            for r in rows
        ]

    def individuals(self) -> list[Individual]:
        """The individuals that photos show, by name."""
        shown: dict[str, list[Photo]] = {}
        for photo in self.photos():
            shown.setdefault(photo.individual, []).append(photo)
        shown.pop("", None)
        return [
            Individual(
                name,
                photos=len(photos),
                orientations=_count_orientations(photos),
                encounters=len({photo.encounter for photo in photos} - {""}),
            )
            for name, photos in sorted(shown.items())
        ]

    def photos(self, name: str | None = None) -> list[Photo]:
        """The photos of one individual, of none ("": unidentified), or all (None), oldest first.

        Raises:
            CatalogueError: no individual was ever given this name.
        """
        with self._database.reading() as connection:
            if name is None:
                return queries.photos(connection)
            if name:
                queries.refuse_unknown_name(connection, name)
            return queries.photos_of(connection, name)

    def matrix(
        self, model_id: str, *, orientation: str | None = None
    ) -> tuple[Float32[np.ndarray, "N C"], list[Photo]]:
        """The descriptors that a model made, and their photos, unidentified ones among them.

        Args:
            model_id: `ModelStamp.id`; the catalogue has none of another model than its own.
            orientation: only photos whose side `anatomy.comparable` lets be compared with it.
        """
        with self._database.reading() as connection:
            vectors, photos = queries.matrix(connection, model_id)
        if orientation is None:
            return vectors, photos
        rows = [row for row, one in enumerate(photos) if comparable(orientation, one.side)]
        return vectors[rows], [photos[row] for row in rows]

    def find(self, file: str | os.PathLike[str]) -> Photo | None:
        """The photo of a file: under this path, or the same picture under another; else None.

        Raises:
            CatalogueError: several animals on the picture are in the catalogue.
            ImageError: the path is not in the catalogue and the file can't be read.
        """
        place = os.path.abspath(file)
        photos = self.photos()
        found = [one for one in photos if one.path == place]
        if not found:
            digest = photo_hash(place)
            found = [one for one in photos if one.sha256 == digest]
        if len(found) > 1:
            numbers = ", ".join(f"{one.id} ({one.individual or 'unidentified'})" for one in found)
            raise CatalogueError(
                f"{len(found)} animals of this picture are in the catalogue: photos {numbers}",
                where=place,
                mend="give the number of one of them",
            )
        return found[0] if found else None

    def require(self, model: ModelStamp) -> None:
        """Raises CatalogueError, naming both, if the catalogue is of another model."""
        mine = self.model
        if mine is not None:
            refuse_other_model(mine, model, holder="the catalogue's descriptors", mend=MOVE)

    def summary(self) -> Summary:
        """The catalogue in numbers."""
        photos = self.photos()
        names = {photo.individual for photo in photos} - {""}
        return Summary(
            model=self.model,
            individuals=len(names),
            photos=len(photos),
            unidentified=sum(not photo.individual for photo in photos),
            encounters=len({photo.encounter for photo in photos} - {""}),
            orientations=_count_orientations(photos),
        )


def _count_orientations(photos: Sequence[Photo]) -> dict[str, int]:
    counts = Counter(photo.orientation for photo in photos)
    return {name: counts[name] for name in ORIENTATIONS if counts[name]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
