"""A figure for print: pictures, words and frames placed by the dot, written as PDF, SVG or PNG.

Knows dots, words and matplotlib; it knows no parts, no answers and no run. The same drawing gives
the same file: nothing in it tells the time. Words stay text (TrueType in PDF, `<text>` in SVG).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from pawvit import files
from pawvit.errors import InputError
from pawvit.images import Pixels
from pawvit.report.sheets import dejavu, shortened

DPI = 300
"""Dots an inch: of the grid that everything lies on, and of pictures at their printed size."""

WIDTHS = {"one-column": 86.0, "two-column": 178.0}
"""Millimetres, as most journals set them."""

SUFFIXES = (".pdf", ".svg", ".png")
INK, MUTED, LINE = "#1a1a1a", "#555555", "#bbbbbb"

# Photos in a PDF or SVG take about two bytes a pixel, a third more in SVG: this keeps below 5 MB,
# down to half the dots.
_PIXELS = {".pdf": 2_100_000, ".svg": 1_600_000}
_FEWEST = 0.5
_NARROWEST, _WIDEST = 40.0, 400.0
_STYLE: dict[Any, Any] = {
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "pawvit",
}
_METADATA = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}, ".png": {"Software": None}}


def dots(millimetres: float) -> int:
    """So many dots lie on a length."""
    return round(millimetres / 25.4 * DPI)


def width_of(text: str) -> float:
    """`"one-column"`, `"two-column"` or a number → millimetres; raises InputError."""
    try:
        width = WIDTHS[text] if text in WIDTHS else float(text)
    except ValueError:
        width = 0.0
    if not _NARROWEST <= width <= _WIDEST:
        raise InputError(
            f"{text!r} is no width of a figure",
            where="--width",
            mend=f"{', '.join(WIDTHS)}, or millimetres from {_NARROWEST:.0f} to {_WIDEST:.0f}",
        )
    return width


def check_suffix(path: str | os.PathLike[str]) -> None:
    """Raises InputError where no figure can be written under this name."""
    if Path(path).suffix.lower() not in SUFFIXES:
        raise InputError(
            "a figure can't be written in this format",
            where=path,
            mend=f"let its name end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}",
        )


class Canvas:
    """A white page that grows downwards; places are in dots from its upper left corner.

    Args:
        width: in millimetres.

    Attributes:
        width: in dots.
        height: in dots; to be set before it is saved.
        pictures: those on it, each with its x, y, width and height in dots.
    """

    def __init__(self, width: float) -> None:
        self.width = dots(width)
        self.height = 1
        self.pictures: list[tuple[Pixels, tuple[int, int, int, int]]] = []
        self._figure = Figure(figsize=(1, 1), dpi=DPI, facecolor="white")
        self._axes = self._figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self._axes.set_axis_off()

    def picture(self, pixels: Pixels, x: int, y: int, width: int, height: int) -> None:
        """Lays a picture (H × W × 3 uint8 RGB) over these dots, at most one pixel a dot."""
        self.pictures.append((pixels, (x, y, width, height)))

    def text(
        self,
        words: str,
        x: int,
        y: int,
        *,
        size: float = 7,
        room: int | None = None,
        align: Literal["left", "center", "right"] = "left",
        colour: str = INK,
        upright: bool = False,
    ) -> None:
        """One line of words whose capitals are centred on `y`.

        Args:
            words: shown as they are.
            x, y: dots; `x` is the left end, the middle or the right end, as `align` says.
            size: in points.
            room: in dots; longer words lose their beginning.
            colour: as matplotlib knows it.
            upright: read from below to above, centred on the place.
        """
        if room is not None:
            words = shortened(words, int(room / _DOTS_A_PIXEL / size), dejavu(_MEASURE))
        self._axes.text(
            x,
            y,
            words,
            fontsize=size,
            color=colour,
            ha="center" if upright else align,
            va="center" if upright else "center_baseline",
            rotation=90 if upright else 0,
            parse_math=False,  # a name may hold a dollar sign
        )

    def paragraph(self, words: str, y: int, *, size: float = 6) -> int:
        """Words over the page's whole width from `y` on; returns where they end."""
        step = line(size)
        for number, row in enumerate(wrapped(words, self.width, size)):
            self.text(row, 0, y + number * step + step // 2, size=size, colour=MUTED)
        return y + len(wrapped(words, self.width, size)) * step

    def frame(
        self, x: int, y: int, width: int, height: int, *, colour: str, points: float, style: str
    ) -> None:
        """A frame whose outer edge is the edge of these dots.

        Args:
            x, y, width, height: dots.
            colour, style: as matplotlib knows them.
            points: how thick.
        """
        inset = points / 72 * DPI / 2
        self._axes.add_patch(
            Rectangle(
                (x + inset, y + inset),
                width - 2 * inset,
                height - 2 * inset,
                fill=False,
                edgecolor=colour,
                linewidth=points,
                linestyle=style,
                joinstyle="miter",
            )
        )

    def block(self, x: int, y: int, width: int, height: int, colour: str) -> None:
        """These dots in one colour."""
        self._axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, linewidth=0))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the page, atomically, in the format of the file's suffix.

        Raises:
            InputError: the suffix is none of `SUFFIXES`.
            PawvitError: the file can't be written.
        """
        check_suffix(path)
        suffix = Path(path).suffix.lower()
        share = self._share(suffix)
        for pixels, (x, y, width, height) in self.pictures:
            size = max(1, round(share * width)), max(1, round(share * height))
            shown = Image.fromarray(pixels)
            if shown.size != size:
                shown = shown.resize(size, Image.Resampling.LANCZOS)
            self._axes.imshow(
                np.asarray(shown),
                extent=(x, x + width, y + height, y),
                interpolation="none",
                aspect="auto",
            )
        self._figure.set_size_inches(self.width / DPI, self.height / DPI)
        self._axes.set_xlim(0, self.width)
        self._axes.set_ylim(self.height, 0)
        with rc_context(_STYLE), files.atomic(path) as temporary:
            self._figure.savefig(temporary, format=suffix[1:], dpi=DPI, metadata=_METADATA[suffix])

    def _share(self, suffix: str) -> float:
        """Pixels a dot, along a side: fewer where many photos would make the file too large."""
        total = sum(width * height for _, (_, _, width, height) in self.pictures)
        most = _PIXELS.get(suffix, total)
        return float(max(_FEWEST, min(1.0, (most / max(total, 1)) ** 0.5)))


_MEASURE = 100  # pixels: the size at which words are measured
_DOTS_A_PIXEL = DPI / 72 / _MEASURE  # of a measured pixel, for a point of size


def line(size: float) -> int:
    """Dots from one line of words to the next, `size` in points."""
    return round(1.3 * size / 72 * DPI)


def length(words: str, size: float) -> int:
    """Dots that a line of words takes, `size` in points."""
    return round(dejavu(_MEASURE).getlength(words) * _DOTS_A_PIXEL * size)


def wrapped(words: str, room: int, size: float) -> list[str]:
    """Words broken at spaces into lines of at most `room` dots; one longer word stays whole."""
    rows: list[str] = []
    for word in words.split():
        if rows and length(f"{rows[-1]} {word}", size) <= room:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return rows
