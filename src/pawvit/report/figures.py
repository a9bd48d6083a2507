"""The paper's figures of photos: token masks (2), part maps (6, 8), answers (7, 9).

Knows pixels, masks and words; it knows no network, no table and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from PIL import Image

from pawvit.anatomy import colours
from pawvit.images import Pixels
from pawvit.partmaps import Labels
from pawvit.report.answers import Group, Verdict
from pawvit.report.canvas import INK, LINE, MUTED, Canvas, dots, length, line, wrapped
from pawvit.report.pictures import BACKGROUND, seen_by_tokens
from pawvit.report.sheets import RIGHT, WRONG, overlay
from pawvit.report.tokens import Masks

_GAP, _BAR = dots(0.8), dots(0.9)
_TITLE, _WORDS, _NOTE = 7.0, 6.0, 6.0  # points
_TALLEST = 1.4
"""Height of a picture for its width; a taller photo is fitted into that."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A photo as a network's tokens see it.

    Attributes:
        photo: H × W × 3 uint8 RGB.
        who: a short line below it.
        masks: (K + 1) × h × w in [0, 1], background last.
        weights: of the K parts, in [0, 1]; empty where there are none.
    """

    photo: Pixels
    who: str
    masks: Masks
    weights: Sequence[float] = ()


@dataclass(frozen=True, eq=False)
class Mapped:
    """A photo (H × W × 3 uint8 RGB) with its part map, and a short line below it."""

    photo: Pixels
    who: str
    labels: Labels


_SIGNS: dict[Verdict, str] = {"right": "✓", "wrong": "✗", "other side": "↔"}
_FRAMES: dict[Verdict, tuple[tuple[int, int, int], float, str]] = {
    "right": (RIGHT, 1.6, "solid"),
    "wrong": (WRONG, 0.8, "dashed"),
    "other side": ((85, 85, 85), 0.9, "dotted"),
}


def tokens_figure(
    rows: Sequence[Seen], parts: Sequence[str], *, width: float, caption: str = ""
) -> Canvas:
    """A row a photo: the photo, then what each part token and the background token see.

    Args:
        rows: photos with their masks.
        parts: the K names.
        width: of the figure, in mm.
        caption: below it; "" is none.
    """
    canvas = Canvas(width)
    names = ("photo", *parts, "background")
    cell = (canvas.width - (len(names) - 1) * _GAP) // len(names)
    places = [number * (cell + _GAP) for number in range(len(names))]
    titles = [wrapped(name, cell, _TITLE) for name in names]
    deepest = max(map(len, titles))
    for x, title in zip(places, titles, strict=True):
        for number, words in enumerate(title, start=deepest - len(title)):
            y = number * line(_TITLE) + line(_TITLE) // 2
            canvas.text(words, x + cell // 2, y, size=_TITLE, room=cell, align="center")
    y = deepest * line(_TITLE) + _GAP
    shades = (*colours(len(parts)), BACKGROUND)
    for x, shade in zip(places[1:], shades, strict=True):
        canvas.block(x, y, cell, _BAR, _hex(shade))
    y += _BAR + _GAP
    for row in rows:
        wide, high = _fitted(row.photo, cell, round(_TALLEST * cell))
        photo = _resized(row.photo, wide, high)
        _, alone = seen_by_tokens(photo, row.masks)
        weights = [f"{100 * weight:.0f} %" for weight in row.weights]
        notes = [row.who, *weights, *[""] * (len(names) - 1 - len(weights))]
        for x, pixels, note in zip(places, [photo, *alone], notes, strict=True):
            canvas.picture(pixels, x + (cell - wide) // 2, y, wide, high)
            below = y + high + line(_WORDS) // 2
            canvas.text(note, x + cell // 2, below, size=_WORDS, room=cell, align="center")
        y += high + line(_WORDS) + _GAP
    return _ended(canvas, caption, y)


def maps_figure(
    pairs: Sequence[Mapped], parts: Sequence[str], *, width: float, caption: str = ""
) -> Canvas:
    """Photos beside their part maps, below a legend of the parts.

    Args:
        pairs: photos with their maps.
        parts: the K names.
        width: of the figure, in mm: two pairs a row in one column, four in two.
        caption: below it; "" is none.
    """
    canvas = Canvas(width)
    y = _legend(canvas, parts)
    columns = max(1, min(len(pairs), canvas.width // dots(40)))
    between = 3 * _GAP
    pair = (canvas.width - (columns - 1) * between) // columns
    cell = (pair - dots(0.3)) // 2
    for start in range(0, len(pairs), columns):
        row = pairs[start : start + columns]
        sizes = [_fitted(one.photo, cell, round(_TALLEST * cell)) for one in row]
        highest = max(high for _, high in sizes)
        for number, (one, (wide, high)) in enumerate(zip(row, sizes, strict=True)):
            x = number * (pair + between)
            photo = _resized(one.photo, wide, high)
            drawn = overlay(photo, one.labels, len(parts))
            top = y + highest - high
            # Both touch the middle of the pair, however narrow they are.
            canvas.picture(photo, x + cell - wide, top, wide, high)
            canvas.picture(drawn, x + pair - cell, top, wide, high)
            below = y + highest + line(_WORDS) // 2
            canvas.text(one.who, x + pair // 2, below, size=_WORDS, room=pair, align="center")
        y += highest + line(_WORDS) + _GAP
    return _ended(canvas, caption, y)


def answers_figure(
    groups: Sequence[Group], methods: Sequence[str], *, width: float, caption: str = ""
) -> Canvas:
    """Each query with the best answers of each method, a row a method.

    Right answers have a thick solid frame and ✓, wrong ones a thin dashed one and ✗, the same
    animal's other side a dotted one and ↔.

    Args:
        groups: queries under their titles.
        methods: their names, in the order of `Asked.answers`.
        width: of the figure, in mm.
        caption: below it; "" is none.
    """
    canvas = Canvas(width)
    every = [one for group in groups for one in group.asked]
    top = max(len(answers) for one in every for answers in one.answers)
    aside, gap = line(_WORDS) + _GAP, 2 * _GAP
    cell = (canvas.width - aside - gap - top * gap) // (top + 1)
    photos = [one.photo for one in every]
    photos += [found.photo for one in every for answers in one.answers for found in answers]
    shape = median(photo.shape[0] / photo.shape[1] for photo in photos)
    high = round(cell * min(max(shape, 0.5), _TALLEST))
    start = cell + gap + aside
    places = [start + rank * (cell + gap) for rank in range(top)]
    y = line(_TITLE) // 2
    canvas.text("query", cell // 2, y, size=_TITLE, align="center")
    for rank, x in enumerate(places, start=1):
        canvas.text(str(rank), x + cell // 2, y, size=_TITLE, align="center")
    y = line(_TITLE) + _GAP
    for group in groups:
        if group.title:
            canvas.block(0, y, canvas.width, max(1, dots(0.1)), LINE)
            canvas.text(group.title, 0, y + _GAP + line(_TITLE) // 2, size=_TITLE)
            y += line(_TITLE) + 2 * _GAP
        for one in group.asked:
            _place(canvas, one.photo, 0, y, cell, high)
            _below(canvas, [(one.who, INK)], 0, y + high, cell)
            for method, answers in zip(methods, one.answers, strict=True):
                canvas.text(
                    method, cell + gap + line(_WORDS) // 2, y + high // 2, size=_WORDS,
                    room=high, upright=True,
                )  # fmt: skip
                for x, found in zip(places, answers, strict=False):
                    box = _place(canvas, found.photo, x, y, cell, high)
                    shade, thick, style = _FRAMES[found.verdict]
                    canvas.frame(*box, colour=_hex(shade), points=thick, style=style)
                    second = f"{_SIGNS[found.verdict]} {found.similarity:.3f}"
                    words = [(found.who, INK), (second, INK if thick > 1 else MUTED)]
                    _below(canvas, words, x, y + high, cell)
                y += high + 2 * line(_WORDS) + _GAP
            y += _GAP
    return _ended(canvas, caption, y)


def _legend(canvas: Canvas, parts: Sequence[str]) -> int:
    """A square and a name for each part, in as many lines as it takes; returns where they end."""
    side, x, y = dots(2.2), 0, 0
    for name, shade in zip(parts, colours(len(parts)), strict=True):
        wide = side + _GAP + length(name, _TITLE)
        if x and x + wide > canvas.width:
            x, y = 0, y + line(_TITLE)
        middle = y + line(_TITLE) // 2
        canvas.block(x, middle - side // 2, side, side, _hex(shade))
        canvas.text(name, x + side + _GAP, middle, size=_TITLE)
        x += wide + 3 * _GAP
    return y + line(_TITLE) + _GAP


def _ended(canvas: Canvas, caption: str, y: int) -> Canvas:
    canvas.height = canvas.paragraph(caption, y + _GAP, size=_NOTE) + _GAP if caption else y
    return canvas


def _place(
    canvas: Canvas, photo: Pixels, x: int, y: int, width: int, height: int
) -> tuple[int, int, int, int]:
    """Lays a photo whole into the middle of a cell; returns where it lies."""
    wide, high = _fitted(photo, width, height)
    box = x + (width - wide) // 2, y + (height - high) // 2, wide, high
    canvas.picture(photo, *box)
    return box


def _below(canvas: Canvas, words: Sequence[tuple[str, str]], x: int, y: int, width: int) -> None:
    """Lines of words in the middle below a picture."""
    for number, (said, colour) in enumerate(words):
        middle = y + number * line(_WORDS) + line(_WORDS) // 2 + dots(0.2)
        canvas.text(
            said, x + width // 2, middle, size=_WORDS, room=width, align="center", colour=colour
        )


def _fitted(photo: Pixels, width: int, height: int) -> tuple[int, int]:
    """Width and height of a photo that is whole inside these dots."""
    scale = min(height / photo.shape[0], width / photo.shape[1])
    return max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale))


def _resized(photo: Pixels, width: int, height: int) -> Pixels:
    return np.asarray(Image.fromarray(photo).resize((width, height), Image.Resampling.LANCZOS))


def _hex(shade: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*shade)
