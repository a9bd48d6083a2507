"""Pixels → small pictures inside the page. Knows arrays and colours; it knows no run."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from pawvit.anatomy import colours
from pawvit.images import Pixels
from pawvit.report.sheets import overlay

SIDE = 288
"""Longest side of a picture on the page, in pixels."""

PRINT_SIDE = 1200
"""Longest side of a picture that goes into a figure, in pixels: 10 cm at 300 dots an inch."""

BACKGROUND = (190, 190, 190)
"""RGB of the background token's mask."""

_GREY = np.array([0.299, 0.587, 0.114], np.float32)


def data_uri(pixels: Pixels, side: int = SIDE) -> str:
    """H × W × 3 uint8 RGB → a WebP picture of at most `side` pixels a side, as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(shrink(pixels, side)).save(buffer, format="WEBP", quality=72, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def shrink(pixels: Pixels, side: int = SIDE) -> Pixels:
    """The picture at the size that a page shows it in; a smaller one stays as it is."""
    image = Image.fromarray(pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(image)


def spotlight(
    photo: Pixels, share: npt.NDArray[np.float32], colour: tuple[int, int, int]
) -> Pixels:
    """Where one token looks: the photo in dark grey, lit in the token's colour.

    Args:
        photo: H × W × 3 uint8 RGB.
        share: h × w, the token's share of each place, in [0, 1].
        colour: RGB of full share.
    """
    height, width = photo.shape[:2]
    large = np.asarray(
        Image.fromarray(share.astype(np.float32)).resize((width, height), Image.Resampling.BILINEAR)
    )[..., None]
    grey = (photo @ _GREY)[..., None]
    lit = 0.45 * grey + 0.55 * np.array(colour, np.float32)
    mixed = (1 - large) * 0.4 * grey + large * lit
    pixels: Pixels = np.rint(mixed.clip(0, 255)).astype(np.uint8)
    return pixels


def seen_by_tokens(photo: Pixels, masks: npt.NDArray[np.float32]) -> tuple[Pixels, list[Pixels]]:
    """All parts over a photo, each place in its surest token's colour; and each token alone.

    Args:
        photo: H × W × 3 uint8 RGB.
        masks: (K + 1) × h × w in [0, 1], background last.
    """
    parts = len(masks) - 1
    together = overlay(photo, masks.argmax(axis=0).astype(np.uint8), parts)
    shades = (*colours(parts), BACKGROUND)
    return together, [
        spotlight(photo, own, shade) for own, shade in zip(masks, shades, strict=True)
    ]
