"""A benchmark by name and a folder → its photos and its ground truth, or what is missing there."""

from __future__ import annotations

import os
from pathlib import Path

from pawvit.photos import PhotoTable
from pawvit.readers.atrw import read_atrw, read_atrw_wild
from pawvit.readers.pieces import PIECES, require, require_pictures
from pawvit.readers.yakreid import read_yakreid, yakreid_root


def read_benchmark(folder: str | os.PathLike[str], name: str) -> tuple[PhotoTable, Path | None]:
    """The photos of a benchmark's test, and the file of its ground truth where it has one.

    Args:
        folder: ATRW's, or that of YakReID-103's lists (or the folder above).
        name: "atrw", "atrw-wild", "yakreid-simple" or "yakreid-hard".

    Raises:
        PhotoTableError: a piece or a picture is missing (each is listed with what it holds and
            where it comes from), or a list can't be read.
    """
    root = Path(folder)
    if name.startswith("yakreid"):
        root = yakreid_root(root, name.removeprefix("yakreid-"))
        require(root, name)
        table = read_yakreid(root)
        splits = table.column("split")
        table = table.take([row for row, split in enumerate(splits) if split != "train"])
        truth = None
    else:
        require(root, name)
        table = read_atrw_wild(root) if name == "atrw-wild" else read_atrw(root).part("test")
        truth = PIECES[name][-1].found(root)
    require_pictures(table)
    return table, truth
