"""The photo table: which animal, seen from where, on which file. Knows columns, rows and paths.

Columns are named as in wildlife-datasets: `path` and `identity`, optionally `image_id`,
`orientation`, `camera`, `encounter`, `date`, `species`, `bbox`, `split`, `latitude`, `longitude`;
and `mask_ok`: whether the photo's part map was found good. Columns that pawvit does not know
survive untouched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from pawvit.anatomy import ORIENTATIONS, mirrored
from pawvit.errors import ImageError, PhotoTableError
from pawvit.images import Box, Pixels, read_image

REQUIRED = ("path", "identity")

# Spellings of orientation that tables in the wild use. What is seen obliquely shows a flank; what
# is seen from above or below shows neither.
_SPELLINGS = {
    "": "unknown",
    "l": "left",
    "r": "right",
    "f": "front",
    "b": "back",
    "rear": "back",
    **{side + flank: flank for side in ("front", "back", "top") for flank in ("left", "right")},
    **{flank + side: flank for side in ("front", "back", "top") for flank in ("left", "right")},
    **dict.fromkeys(("up", "down", "top", "bottom"), "unknown"),
}


def orientation_of(raw: str) -> str | None:
    """The orientation that a table's cell means, or None where it means none of them."""
    word = raw.strip().lower().replace("-", "").replace("_", "").replace(" ", "")
    word = _SPELLINGS.get(word, word)
    return word if word in ORIENTATIONS else None


_YES = ("yes", "y", "true", "t", "1", "1.0", "ok", "good")
_NO = ("no", "n", "false", "f", "0", "0.0", "bad")


def yes_or_no(raw: str) -> str | None:
    """ "yes", "no", or "" for an empty cell; None where a cell means none of them."""
    word = raw.strip().lower()
    if word in _YES:
        return "yes"
    return "no" if word in _NO else None if word else ""


def entity_of(identity: str, orientation: str | None) -> str:
    """The name of what training tells apart; an empty one where the identity is unknown."""
    if not identity or orientation is None:
        return identity
    return f"{identity}/{orientation}"


def mirrored_entity(identity: str, orientation: str | None) -> str:
    """The entity that a mirrored photo shows: another animal's other flank (paper §4.1)."""
    if not identity:
        return ""
    return entity_of(f"{identity}~mirrored", None if orientation is None else mirrored(orientation))


@dataclass(frozen=True)
class PhotoTable:
    """Photos in the order of their table.

    Args:
        frame: a row a photo; `path` and `identity` are strings, an unknown identity is "";
            `orientation`, where given, is one of `anatomy.ORIENTATIONS`; `row` is the row in the
            source as a spreadsheet shows it (the header is 1, the first photo 2); index 0 … n−1.
        root: the folder that relative paths start from.
        source: the file or folder it was read from, for messages.
    """

    frame: pd.DataFrame
    root: Path
    source: Path

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def paths(self) -> list[str]:
        """The paths as the table gives them: the keys of photos everywhere in pawvit."""
        return list(self.frame["path"])

    @property
    def files(self) -> list[Path]:
        """The files, absolute or relative to where the program runs."""
        return [self.root / path for path in self.frame["path"]]

    @property
    def identities(self) -> list[str]:
        """Who is on each photo; "" where nobody knows."""
        return list(self.frame["identity"])

    @property
    def has_orientation(self) -> bool:
        """Whether the table says which side of the animal each photo shows."""
        return "orientation" in self.frame.columns

    @property
    def orientations(self) -> list[str]:
        """One of `anatomy.ORIENTATIONS` a photo; "unknown" where the table has no such column."""
        if not self.has_orientation:
            return ["unknown"] * len(self)
        return list(self.frame["orientation"])

    @property
    def entities(self) -> list[str]:
        """The entity of each photo: identity × orientation where the table has orientations."""
        if not self.has_orientation:
            return self.identities
        return [entity_of(i, o) for i, o in zip(self.identities, self.orientations, strict=True)]

    @property
    def mask_ok(self) -> list[bool]:
        """Whether the part map of each photo may be learnt from; only "no" says that it may not."""
        return [yes_or_no(cell) != "no" for cell in self.column("mask_ok")]

    def column(self, name: str) -> list[str]:
        """A column as strings; empty strings where the table has no such column."""
        if name not in self.frame.columns:
            return [""] * len(self)
        return ["" if pd.isna(value) else str(value) for value in self.frame[name]]

    def box(self, index: int) -> Box | None:
        """x, y, width, height of the animal in pixels, where the table has a `bbox`."""
        if "bbox" not in self.frame.columns:
            return None
        cell = self.frame["bbox"].iloc[index]
        return None if pd.isna(cell) else parse_box(str(cell))

    def read(self, index: int) -> Pixels:
        """The photo at `index`, H × W × 3 uint8 RGB, cut to its box; raises ImageError."""
        return read_image(self.files[index], bbox=self.box(index))

    def batches(
        self, indices: Sequence[int], size: int, failed: Callable[[int, ImageError], None]
    ) -> Iterator[tuple[list[int], list[Pixels]]]:
        """The photos at `indices`, up to `size` at a time, with their positions.

        A photo that can't be read is passed over after `failed(position, error)` was called.
        """
        positions: list[int] = []
        photos: list[Pixels] = []
        for index in indices:
            try:
                photos.append(self.read(index))
                positions.append(index)
            except ImageError as error:
                failed(index, error)
            if len(photos) == size:
                yield positions, photos
                positions, photos = [], []
        if photos:
            yield positions, photos

    def take(
        self, chosen: Sequence[int] | npt.NDArray[np.intp] | npt.NDArray[np.bool_]
    ) -> PhotoTable:
        """The photos at these positions, or where the mask is true."""
        positions = np.asarray(chosen)
        if positions.dtype == np.bool_:
            positions = np.flatnonzero(positions)
        frame = self.frame.iloc[positions.astype(np.intp)].reset_index(drop=True)
        return PhotoTable(frame, self.root, self.source)

    def part(self, split: str) -> PhotoTable:
        """The photos of one split.

        Raises:
            PhotoTableError: the table has no `split` column, or no such split.
        """
        if "split" not in self.frame.columns:
            raise PhotoTableError(
                f"the split {split!r} was asked for, but the table has no column `split`",
                where=self.source,
                mend="add the column, or make it with: pawvit data split",
            )
        mask = np.array([value == split for value in self.column("split")], dtype=np.bool_)
        if not mask.any():
            there = ", ".join(sorted(set(self.column("split")) - {""})) or "none"
            raise PhotoTableError(
                f"no photo is in the split {split!r}; splits in the table: {there}",
                where=self.source,
            )
        return self.take(mask)


def parse_box(text: str) -> Box | None:
    """`"[x, y, w, h]"` or `"x y w h"` → four floats, None for an empty cell.

    Raises:
        ValueError: these are not four finite numbers, or the box has no area.
    """
    words = text.translate(str.maketrans("[](),;", "      ")).split()
    numbers = [float(word) for word in words]
    if not numbers or all(math.isnan(number) for number in numbers):
        return None
    if len(numbers) != 4:
        raise ValueError(f"a box has four numbers, not {len(numbers)}")
    x, y, width, height = numbers
    if not all(map(math.isfinite, numbers)) or width <= 0 or height <= 0:
        raise ValueError("a box has finite numbers, its width and height are positive")
    return x, y, width, height


def box_text(box: Box) -> str:
    """A box as a cell of a photo table, to a hundredth of a pixel; `parse_box` reads it."""
    return ", ".join(f"{number:.2f}" for number in box)
