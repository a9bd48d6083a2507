"""Files of a folder, and pictures whose pixels are numbers. Knows files; it knows no parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pawvit import files
from pawvit.errors import PartMapError


def names_in(folder: Path, suffix: str) -> tuple[str, ...]:
    """The files below a folder that end in `suffix`, as paths from it; hidden ones are left out."""
    found = (path.relative_to(folder) for path in sorted(folder.rglob(f"*{suffix}")))
    return tuple(path.as_posix() for path in found if not path.name.startswith("."))


def read_numbers(path: Path) -> npt.NDArray[np.integer]:
    """A PNG's pixels as they are stored: H × W numbers, or H × W × channels.

    Of a palette picture they are the places in the palette, not its colours.

    Raises:
        PartMapError: it is missing or no picture.
    """
    try:
        with Image.open(path) as image:
            values = np.asarray(image)
    except FileNotFoundError:
        raise PartMapError("there is no such file", where=path) from None
    except Exception as error:  # decoders raise whatever they stumble over
        raise PartMapError(f"the picture can't be read: {error}", where=path) from None
    return values.astype(np.uint8) if values.dtype == np.bool_ else values


def write_numbers(path: Path, values: npt.NDArray[np.uint8]) -> None:
    """H × W or H × W × 3 numbers → a PNG, atomically."""
    with files.atomic(path) as temporary:
        Image.fromarray(values).save(temporary, optimize=True)
