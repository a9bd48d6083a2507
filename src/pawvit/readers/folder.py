"""A folder of photos, one subfolder an individual → a `PhotoTable`. Opens no picture."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pandas as pd

from pawvit.anatomy import ORIENTATIONS
from pawvit.errors import PhotoTableError
from pawvit.images import SUFFIXES
from pawvit.photos import PhotoTable
from pawvit.readers.columns import numbered


def read_folder(root: str | os.PathLike[str]) -> PhotoTable:
    """Reads a folder sorted by individual.

    `root/<identity>/….jpg` are photos of that individual; so are those in folders below, and a
    folder `left`, `right`, `front` or `back` right under the individual's says the orientation.
    Photos that lie loose in `root`, or in `root/unknown`, are of unknown identity. Hidden files
    and files that are no pictures are passed over.

    Returns:
        The photos in the order of their paths; `frame["row"]` is where `write_table` puts them. The
        column `orientation` is there if any folder says one.

    Raises:
        PhotoTableError: `root` is no folder, can't be read, or holds no pictures.
    """
    root = Path(root)
    if not root.is_dir():
        what = "this is a file, not a folder" if root.exists() else "no such folder"
        raise PhotoTableError(what, where=root, mend="give the folder that holds the photos")
    found = sorted(_files(root), key=lambda path: path.parts)
    paths = [path for path in found if path.suffix.lower() in SUFFIXES]
    if not paths:
        others = Counter(path.suffix.lower() or "no suffix" for path in found)
        listed = ", ".join(f"{count} × {suffix}" for suffix, count in others.most_common(5))
        raise PhotoTableError(
            "the folder holds no pictures" + (f", only {listed}" if listed else ""),
            where=root,
            mend=f"pictures end in {', '.join(sorted(SUFFIXES))}; one subfolder an individual",
        )
    frame = pd.DataFrame(
        {
            "path": [path.as_posix() for path in paths],
            "identity": [_identity(path) for path in paths],
            "orientation": [_orientation(path) for path in paths],
        }
    )
    if not any(_says_orientation(path) for path in paths):
        frame = frame.drop(columns="orientation")
    return PhotoTable(numbered(frame), root, root)


def _files(root: Path) -> Iterator[PurePosixPath]:
    """Every file below `root`, relative to it; links are followed, but never in a circle."""

    def refuse(error: OSError) -> None:
        raise PhotoTableError(
            f"a folder can't be read: {error.strerror}", where=error.filename
        ) from None

    seen: set[str] = set()
    for folder, below, names in os.walk(root, followlinks=True, onerror=refuse):
        real = os.path.realpath(folder)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not name.startswith("."))
        relative = PurePosixPath(Path(folder).relative_to(root).as_posix())
        yield from (relative / name for name in names if not name.startswith("."))


def _identity(path: PurePosixPath) -> str:
    name = path.parts[0] if len(path.parts) > 1 else ""
    return "" if name.lower() == "unknown" else name


def _says_orientation(path: PurePosixPath) -> bool:
    return len(path.parts) > 2 and path.parts[1].lower() in ORIENTATIONS


def _orientation(path: PurePosixPath) -> str:
    return path.parts[1].lower() if _says_orientation(path) else "unknown"
