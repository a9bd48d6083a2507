"""Label pictures: grey or palette PNGs in a folder, with the names of their labels.

`FOLDER/<path of the photo>.png`, with or without the photo's own suffix, of any size. `names.txt`
beside them has a name a line: the first is label 0. A line may be `background` or `ignore`; 255 is
ignored in any case, and without a line `background` it is what follows the last name.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pawvit import files
from pawvit.anatomy import IGNORE
from pawvit.errors import PartMapError
from pawvit.partformats.given import BACKGROUND_NAME, Given, label_of, translated, vocabulary_of
from pawvit.partformats.pictures import names_in, read_numbers, write_numbers
from pawvit.partmaps import Labels, PartMaps, Parts

NAMES = "names.txt"


def opened(folder: Path, names: Sequence[str] | None = None) -> Given:
    """Opens a folder of label pictures.

    Args:
        folder: with the PNGs and, unless `names` are given, `names.txt`.
        names: what label 0, 1, … mean.

    Raises:
        PartMapError: there are no pictures, or nobody says what the labels mean.
    """
    entries = names_in(folder, ".png")
    if not entries:
        raise PartMapError("there are no label pictures (.png) in the folder", where=folder)
    if names is None:
        try:
            lines = (folder / NAMES).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError):
            raise PartMapError(
                f"nothing says what the labels mean: there is no {NAMES}",
                where=folder,
                mend=f"write a name a line, label 0 first, or say it: --names {BACKGROUND_NAME},…",
            ) from None
        names = [line.strip() for line in lines if line.strip()]
    vocabulary = vocabulary_of(names)
    meaning = {value: label_of(name, vocabulary) or 0 for value, name in enumerate(names)}
    meaning |= {IGNORE: IGNORE}
    if BACKGROUND_NAME not in names:
        meaning[len(names)] = len(vocabulary)

    def read(entry: str) -> Labels:
        values = read_numbers(folder / entry)
        if values.ndim != 2:
            raise PartMapError("it is a colour picture; labels are one number a pixel")
        return translated(values, meaning, str(folder / entry))

    return Given(folder, vocabulary, entries, read)


def write(vocabulary: Sequence[str], pictures: Iterable[tuple[str, Labels]], folder: Path) -> None:
    """Writes grey label pictures of whatever size, and `names.txt` at last.

    Args:
        vocabulary: the K parts.
        pictures: path of the photo, and its H × W labels.
        folder: to write to.
    """
    places = PartMaps(folder, Parts(tuple(vocabulary)))
    for photo, labels in pictures:
        write_numbers(places.path_of(photo), labels)
    files.write_text(folder / NAMES, "\n".join((*vocabulary, BACKGROUND_NAME)) + "\n")
