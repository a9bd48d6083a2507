"""When a photo was taken: from a cell of the table, or from EXIF. Knows spellings of dates."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from PIL import Image

_EXIF_IFD, _DATE_TIME_ORIGINAL = 0x8769, 0x9003


def moment_of(text: str) -> datetime | None:
    """The moment that a cell means, without a time zone (UTC where it names one), or None.

    ISO 8601 ("2024-05-31", "2024-05-31 14:20:05", with T, fractions or zone), EXIF
    ("2024:05:31 14:20:05"), "2024-05" and "2024". What could be read in two ways ("5/6/2024") is
    not read.
    """
    text = re.sub(r"^(\d{4})[:/.](\d\d)[:/.](\d\d)", r"\1-\2-\3", text.strip())
    if re.fullmatch(r"\d{4}(-\d\d)?", text):
        text += "-01-01"[len(text) - 4 :]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def exif_moment(image: Image.Image) -> datetime | None:
    """The camera's DateTimeOriginal of an opened picture, or None."""
    try:
        cell = image.getexif().get_ifd(_EXIF_IFD).get(_DATE_TIME_ORIGINAL)
    except Exception:  # a broken EXIF block tells no date; the picture may still be good
        return None
    return moment_of(cell.rstrip("\0")) if isinstance(cell, str) else None
