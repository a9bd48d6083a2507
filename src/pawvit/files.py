"""Writing files so that nobody ever sees half of one. Knows paths, not what is in them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pawvit.errors import PawvitError

_PART = ".part"


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary path beside `path`; when the block ends well it takes `path`'s place.

    If the block or the disk fails, what was at `path` before is still there, untouched.

    Raises:
        PawvitError: the disk is full or the folder can't be written.
    """
    target = Path(path)
    # The suffix stays last: libraries choose the format by it.
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{_PART}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise unwritten(target, error) from error
    finally:
        with suppress(OSError):  # it would hide what went wrong before
            temporary.unlink(missing_ok=True)


def unwritten(path: str | os.PathLike[str], error: OSError) -> PawvitError:
    """What to say where a file could not be written."""
    return PawvitError(
        f"could not write the file: {error.strerror or error}",
        where=path,
        mend="free some disk space or choose another folder; the previous file is untouched",
    )


@contextmanager
def alone_in(folder: str | os.PathLike[str], work: str, *, wait: bool = False) -> Iterator[None]:
    """Keeps other processes from doing the same work in a folder, however this one ends.

    Half-written files that a killed process left there are removed first.

    Args:
        folder: made if there is none.
        work: what is done there, for the message ("a training").
        wait: for the other process to end, instead of raising.

    Raises:
        PawvitError: another process is at it, or the folder can't be written.
    """
    folder = Path(folder)
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        raise PawvitError(
            f"another process is at work here: {work}",
            where=folder,
            mend="wait for it, or stop it first",
        ) from None
    except OSError as error:
        raise unwritten(folder, error) from error
    try:
        for left in folder.rglob(f".*{_PART}.*"):
            left.unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes UTF-8 text atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Writes indented JSON atomically."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
