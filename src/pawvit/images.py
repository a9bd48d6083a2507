"""A picture file → an RGB array. Knows files and pixels; it knows no tables and no networks."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from pawvit.errors import ImageError

Pixels = npt.NDArray[np.uint8]

Value = TypeVar("Value", bound=np.generic)

MIN_SIDE = 16
"""Pixels; a picture smaller than one ViT patch shows no animal."""

MAX_PIXELS = 200_000_000
"""A larger picture is a mistake or an attack: it would take over 600 MB of memory decoded."""

# Pillow's own limits would warn of honest pictures from 89 million pixels on and refuse at 179.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_LYING = (5, 6, 7, 8)
"""EXIF orientations whose rows are columns of the upright picture."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif"})

Box = tuple[float, float, float, float]
"""x, y of the upper left corner, width, height, in pixels of the upright picture."""


def read_image(path: str | os.PathLike[str], *, bbox: Box | None = None) -> Pixels:
    """Reads one photo.

    EXIF orientation is applied; grey, CMYK, palette and 16-bit pictures become 8-bit RGB; of an
    animated picture the first frame is taken; transparency is laid on white.

    Args:
        path: the picture file.
        bbox: x, y, width, height in pixels of the upright picture; only this part is returned.

    Returns:
        H × W × 3, uint8, RGB, [0, 255].

    Raises:
        ImageError: the file is missing, not a picture, truncated, too small or too large, or the
            box lies outside of the picture.
    """
    path = Path(path)
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise ImageError(
                    f"the picture has {opened.width} × {opened.height} pixels, more than"
                    f" {MAX_PIXELS // 1_000_000} million",
                    where=path,
                    mend="scale it down",
                )
            pixels = _to_rgb(_upright(opened))
    except FileNotFoundError:
        raise ImageError("no such file", where=path, mend="correct the path") from None
    except ImageError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ImageError(
            f"the picture has more than {MAX_PIXELS // 1_000_000} million pixels",
            where=path,
            mend="scale it down",
        ) from None
    except MemoryError:
        raise
    except Exception as error:
        # Decoders raise whatever they stumble over: SyntaxError, struct.error, KeyError …
        raise ImageError(
            f"the picture can't be read: {_reason(error)}",
            where=path,
            mend="copy it again from the camera, or take it out of the table",
        ) from None
    if bbox is not None:
        pixels = crop(pixels, bbox, path)
    if min(pixels.shape[:2]) < MIN_SIDE:
        raise ImageError(
            f"the picture is {pixels.shape[1]} × {pixels.shape[0]} pixels, too small to show an"
            " animal",
            where=path,
            mend=f"use pictures of at least {MIN_SIDE} pixels a side, or take it out of the table",
        )
    return pixels


def picture_size(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Height and width of the upright picture, read off the head of its file; raises ImageError."""
    try:
        with Image.open(path) as opened:
            if opened.format == "TIFF":
                opened.load()  # which turns it
            width, height = opened.size
            with suppress(Exception):  # a broken EXIF block tells no orientation
                if opened.getexif().get(ExifTags.Base.Orientation, 1) in _LYING:
                    return width, height
            return height, width
    except FileNotFoundError:
        raise ImageError("no such file", where=path, mend="correct the path") from None
    except Exception as error:  # decoders raise whatever they stumble over
        raise ImageError(f"the picture can't be read: {_reason(error)}", where=path) from None


def crop(
    pixels: npt.NDArray[Value], bbox: Box, where: str | os.PathLike[str] | None = None
) -> npt.NDArray[Value]:
    """The part of `pixels` inside `bbox` (x, y, width, height), a view; ImageError if empty.

    Rows and columns come first; there may be channels, or none.
    """
    x, y, width, height = bbox
    left, top = max(0, round(x)), max(0, round(y))
    right, bottom = min(pixels.shape[1], round(x + width)), min(pixels.shape[0], round(y + height))
    if right <= left or bottom <= top:
        raise ImageError(
            f"the box {bbox} lies outside of the picture of {pixels.shape[1]} × {pixels.shape[0]}",
            where=None if where is None else Path(where),
            mend="boxes are x, y, width, height in pixels",
        )
    return pixels[top:bottom, left:right]


def resize(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """H × W × 3 → height × width × 3 by antialiased bilinear resampling; the aspect may change."""
    height, width = size
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "it is not a picture, or of an unknown format"
    if "truncated" in str(error).lower():
        return "it is cut short"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _upright(opened: Image.Image) -> Image.Image:
    opened.load()
    try:
        return ImageOps.exif_transpose(opened)
    except Exception:  # a broken EXIF block tells no orientation; the pixels are still good
        return opened


def _to_rgb(image: Image.Image) -> Pixels:
    if image.mode.startswith("I") or image.mode == "F":
        # 16-bit pictures are scaled by the whole of their range, others by what they use of it:
        # Pillow would clip both at 255.
        values = np.nan_to_num(np.asarray(image, dtype=np.float64))
        low, high = values.min(), values.max()
        if image.mode != "F" and low >= 0 and high <= 65535:
            low, high = 0.0, 65535.0
        scaled = (values - low) / max(high - low, 1e-12) * 255
        return np.repeat(np.rint(scaled).astype(np.uint8)[..., None], 3, axis=2)
    if "A" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, rgba)
    return np.asarray(image.convert("RGB"))
