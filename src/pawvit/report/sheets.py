"""Sheets of pictures: part maps laid over photos, and answers beside their evidence.

Knows pixels, labels and words; it knows no table, no network and no catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pawvit.anatomy import IGNORE, colours
from pawvit.images import Pixels
from pawvit.partmaps import Labels

CELL = (150, 190)
"""Height and width of one picture on a sheet, in pixels."""

_PAPER = (250, 250, 247)
_INK = (35, 35, 35)
_GAP = 10
RIGHT, WRONG, NEUTRAL = (0, 128, 96), (200, 70, 0), (150, 150, 150)


def overlay(photo: Pixels, labels: Labels, parts: int) -> Pixels:
    """The photo with its parts in colour and its background darkened.

    Args:
        photo: H × W × 3 uint8 RGB.
        labels: a part map of any size.
        parts: K.
    """
    height, width = photo.shape[:2]
    large = np.asarray(Image.fromarray(labels).resize((width, height), Image.Resampling.NEAREST))
    shades = np.zeros((256, 3), np.float32)
    shades[:parts] = colours(parts)
    weight = np.full(256, 0.55, np.float32)
    weight[:parts] = 0.6
    weight[IGNORE] = 0.0
    blend = weight[large][..., None]
    mixed: Pixels = np.rint(photo * (1 - blend) + shades[large] * blend).astype(np.uint8)
    return mixed


def contact_sheet(
    photos: Sequence[Pixels], maps: Sequence[Labels], names: Sequence[str], *, columns: int = 6
) -> Image.Image:
    """Each photo beside its part map, below a legend.

    Args:
        photos: H × W × 3 uint8 RGB each.
        maps: one a photo.
        names: the K parts.
        columns: pairs in a row.
    """
    rows = -(-len(photos) // columns)
    height, width = CELL
    top = 54
    sheet = Image.new(
        "RGB",
        (_GAP + columns * (2 * width + _GAP), top + rows * (height + _GAP)),
        _PAPER,
    )
    draw = ImageDraw.Draw(sheet)
    x = _GAP
    font = dejavu(20)
    for name, colour in zip(names, colours(len(names)), strict=True):
        draw.rectangle((x, 16, x + 22, 38), fill=colour)
        draw.text((x + 30, 27), name, fill=_INK, font=font, anchor="lm")
        x += 54 + int(draw.textlength(name, font=font))
    for index, (photo, labels) in enumerate(zip(photos, maps, strict=True)):
        left = _GAP + index % columns * (2 * width + _GAP)
        y = top + index // columns * (height + _GAP)
        for shift, pixels in ((0, photo), (width, overlay(photo, labels, len(names)))):
            sheet.paste(_fit(pixels, CELL), (left + shift, y))
    return sheet


@dataclass(frozen=True)
class Shown:
    """One picture of a retrieval sheet.

    Attributes:
        photo: H × W × 3 uint8 RGB.
        caption: a short line below it.
        right: green frame, orange frame, or grey where nobody knows.
    """

    photo: Pixels
    caption: str
    right: bool | None = None


def retrieval_sheet(rows: Sequence[tuple[Shown, Sequence[Shown]]], model: str = "") -> Image.Image:
    """Each query with its ranked candidates, right and wrong ones framed (paper, Fig. 7 and 9).

    Right and wrong differ by the frame's thickness and the sign in the caption too, not only by
    colour. The head line names the model, if it is given.
    """
    height, width = CELL
    columns = 1 + max((len(found) for _, found in rows), default=0)
    line, split = height + 40, 24
    first = 2 * _GAP + split + width
    title = "most similar, best first" + (f"  ·  {model}" if model else "")
    pictures = 2 * _GAP + split + columns * (width + _GAP)
    # Two candidates are narrower than the title.
    wide = max(pictures, first + int(dejavu(18).getbbox(title)[2]) + _GAP)
    sheet = Image.new("RGB", (wide, 40 + len(rows) * line), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, 22), "query", fill=_INK, font=dejavu(18), anchor="lm")
    draw.text((first, 22), title, fill=_INK, font=dejavu(18), anchor="lm")
    for number, (query, found) in enumerate(rows):
        y = 40 + number * line
        for column, shown in enumerate([query, *found]):
            x = _GAP + column * (width + _GAP) + (split if column else 0)
            sheet.paste(_fit(shown.photo, CELL), (x, y))
            if column:
                frame = {True: RIGHT, False: WRONG, None: NEUTRAL}[shown.right]
                thick = 6 if shown.right else 3
                draw.rectangle((x, y, x + width - 1, y + height - 1), outline=frame, width=thick)
            sign = {True: "✓ ", False: "✗ ", None: ""}[shown.right if column else None]
            room = (width if column else width + split) - int(dejavu(15).getbbox(sign)[2])
            caption = shortened(shown.caption, room, dejavu(15))
            draw.text((x, y + height + 14), sign + caption, fill=_INK, font=dejavu(15), anchor="lm")
    return sheet


def _fit(pixels: Pixels, size: tuple[int, int]) -> Image.Image:
    """The picture whole inside `size`, on paper colour."""
    height, width = size
    scale = min(height / pixels.shape[0], width / pixels.shape[1])
    shape = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = Image.fromarray(pixels).resize(shape, Image.Resampling.LANCZOS)
    cell = Image.new("RGB", (width, height), _PAPER)
    cell.paste(small, ((width - shape[0]) // 2, (height - shape[1]) // 2))
    return cell


def shortened(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The text, its beginning left out where it is wider: names of cameras differ at their end."""
    start = next(i for i in range(len(text) + 1) if font.getbbox("…" + text[i:])[2] <= width)
    return text if font.getbbox(text)[2] <= width else "…" + text[start:]


def dejavu(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans as matplotlib ships it: there on every platform, with ✓ and ✗."""
    from matplotlib import font_manager

    return ImageFont.truetype(font_manager.findfont("DejaVu Sans"), size)
