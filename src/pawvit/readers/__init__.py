"""Readers: one source each → a `PhotoTable`. They know file formats; only the CLI knows them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pawvit.errors import InputError
from pawvit.photos import PhotoTable, orientation_of
from pawvit.readers.atrw import is_atrw, read_atrw, read_atrw_wild
from pawvit.readers.benchmark import read_benchmark
from pawvit.readers.folder import read_folder
from pawvit.readers.pieces import PIECES, require
from pawvit.readers.table import TABLES, read_cells, read_table, write_table
from pawvit.readers.yakreid import is_yakreid, read_yakreid

__all__ = [
    "PIECES",
    "TABLES",
    "known_set",
    "read_atrw",
    "read_atrw_wild",
    "read_benchmark",
    "read_cells",
    "read_folder",
    "read_photos",
    "read_pictures",
    "read_table",
    "read_yakreid",
    "require",
    "write_table",
]


def read_photos(path: str | os.PathLike[str]) -> PhotoTable:
    """The photos of a table or of a folder; raises PhotoTableError.

    A folder with the lists of ATRW or YakReID-103 is read as that set, any other by identity.
    """
    path = Path(path)
    if not path.is_dir():
        return read_table(path)
    return {"atrw": read_atrw, "yakreid": read_yakreid, "": read_folder}[known_set(path)](path)


def known_set(path: str | os.PathLike[str]) -> str:
    """Which of the paper's sets a folder holds the lists of: "atrw", "yakreid" or neither, ""."""
    path = Path(path)
    if not path.is_dir():
        return ""
    if is_atrw(path):
        return "atrw"
    return "yakreid" if is_yakreid(path) else ""


def read_pictures(paths: Sequence[str | os.PathLike[str]], orientation: str) -> PhotoTable:
    """Single picture files, all of one orientation and of unknown identity.

    Raises:
        InputError: the orientation means nothing.
    """
    side = orientation_of(orientation)
    if side is None:
        raise InputError(
            f"{orientation!r} is no orientation", mend="left, right, front, back or unknown"
        )
    frame = pd.DataFrame({"path": [Path(path).as_posix() for path in paths]})
    frame["identity"], frame["orientation"] = "", side
    return PhotoTable(frame, Path(), Path(paths[0]).parent)
