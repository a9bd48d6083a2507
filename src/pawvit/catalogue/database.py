"""A path or URL → connections, and the database's complaints in plain words.

Knows drivers and files; it knows no tables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from pawvit.errors import CatalogueError

BUSY_SECONDS = 10.0
"""How long to wait for another program that is writing to the same SQLite file."""

_RESTORE = "keep the file, and go on with a copy from your backup"


class Database:
    """One database by path or URL.

    Args:
        place: `catalogue.db`, a path; or a URL of SQLAlchemy (`sqlite:///…`,
            `postgresql+psycopg://…`).

    Raises:
        CatalogueError: the URL makes no sense, names no file, or needs a driver that is missing.
    """

    def __init__(self, place: str | os.PathLike[str]) -> None:
        self.url = _url(place)
        self.file = Path(self.url.database or "") if _is_sqlite(self.url) else None
        self.where = str(self.file or self.url.render_as_string(hide_password=True))
        if self.file is not None and self.url.database in (None, "", ":memory:"):
            raise CatalogueError("a catalogue needs a file to live in", where=self.where)
        self._engine = self._connectable()

    def _connectable(self) -> Engine:
        try:
            if self.file is None:
                # A reader that asks twice must see one state, as it does in SQLite.
                return create_engine(self.url, isolation_level="REPEATABLE READ")
            # No pool: an idle connection would keep the file open, and Windows from moving it.
            engine = create_engine(
                self.url, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS}
            )
        except (NoSuchModuleError, ArgumentError) as error:
            raise CatalogueError(
                f"no such kind of database: {error}",
                where=self.where,
                mend="sqlite:///catalogue.db",
            ) from None
        except ModuleNotFoundError as error:
            raise CatalogueError(
                f"the driver of the database is not installed: {error.name}",
                where=self.where,
                mend=f"pip install {error.name}",
            ) from None
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
        return engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the database throughout."""
        with translated(self.where), self._engine.connect() as connection, connection.begin():
            yield connection

    def refuse_cut_short(self, connection: Connection) -> None:
        """Raises CatalogueError if the SQLite file lacks its end; SQLite finds that out too late.

        The connection must have read something: then no other program is changing the size.
        """
        if self.file is None or _pragma(connection, "journal_mode") == "wal":
            return
        pages, page = _pragma(connection, "page_count"), _pragma(connection, "page_size")
        # The size comes from the folder: opening the file here would drop SQLite's own locks.
        lacking = int(pages) * int(page) - self.file.stat().st_size
        if lacking > 0:
            raise CatalogueError(
                f"the catalogue's file is cut short: {lacking} bytes are missing at its end",
                where=self.where,
                mend=_RESTORE,
            )

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it happens, or, where the block raises, nothing of it."""
        with translated(self.where), self._engine.connect() as connection:
            connection = connection.execution_options(pawvit_writes=True)
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turns what a database driver raises into a CatalogueError that tells what to do."""
    try:
        yield
    except DBAPIError as error:
        reason = str(error.orig)
        lower = reason.lower()
        if "locked" in lower or "busy" in lower:
            what = "another program is writing to the catalogue"
            mend = "wait until it is done and try again; nothing was changed"
        elif "not a database" in lower or "encrypted" in lower:
            what, mend = "the file is not a database", "give the catalogue's own file"
        elif "malformed" in lower or "disk i/o" in lower:
            what = f"the catalogue's file is damaged or cut short ({reason})"
            mend = _RESTORE
        elif "readonly" in lower or "unable to open" in lower:
            what = f"the catalogue can't be opened or written ({reason})"
            mend = "check the path and that you may write to the file and its folder"
        else:
            what, mend = f"the database refused: {reason}", "nothing was changed"
        raise CatalogueError(what, where=where, mend=mend) from error


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _url(place: str | os.PathLike[str]) -> URL:
    text = os.fspath(place)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise CatalogueError(
            "not the URL of a database", mend="sqlite:///catalogue.db, or simply catalogue.db"
        ) from None


def _pragma(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())


def _on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own transactions begin too late and leave the schema out; ours begin explicitly.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # A writer that asks for the lock at once waits its turn; one that asks later is refused.
    writes = connection.get_execution_options().get("pawvit_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
