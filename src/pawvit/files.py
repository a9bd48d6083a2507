"""Writing files so that nobody ever sees half of one. Knows paths, not what is in them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pawvit.errors import PawvitError


@contextmanager
def atomic(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary path beside `path`; when the block ends well it takes `path`'s place.

    If the block or the disk fails, what was at `path` before is still there, untouched.

    Raises:
        PawvitError: the disk is full or the folder can't be written.
    """
    target = Path(path)
    # The suffix stays last: libraries choose the format by it.
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with open(temporary, "rb+") as handle:
            os.fsync(handle.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise PawvitError(
            f"could not write the file: {error.strerror or error}",
            where=target,
            mend="free some disk space or choose another folder; the previous file is untouched",
        ) from error
    finally:
        with suppress(OSError):  # it would hide what went wrong before
            temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Writes UTF-8 text atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Writes indented JSON atomically."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
