"""Painting: a figure into a scene, lit as something round, and its part map. Knows no animals."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from pawvit.anatomy import TIGER_PARTS
from pawvit.herd.coat import Outline
from pawvit.herd.figure import Figure
from pawvit.herd.place import Place
from pawvit.partmaps import Labels

Planes = npt.NDArray[np.float32]
"""H × W × 3 or H × W × 1, [0, 255]."""

BACKGROUND = len(TIGER_PARTS)

FINE = 3
"""Everything is drawn this much larger and reduced, for smooth edges."""

_Box = tuple[int, int, int, int]


def paint(figure: Figure, place: Place, scene: Planes) -> Labels:
    """Paints a figure into a scene (H × W × 3, [0, 255], changed in place).

    Returns:
        The part map, H × W.
    """
    height, width = scene.shape[:2]
    parts = Image.new("L", (width * FINE, height * FINE), BACKGROUND)
    part_pen = ImageDraw.Draw(parts)
    solid = Image.new("L", (width, height), 0)
    _ground_shadow(scene, place, figure.spread)
    for layer in figure.layers:
        pieces = [(place.points(outline), part) for outline, part in layer.silhouette]
        box = _around([points for points, _ in pieces], 0.45 * place.scale, (width, height))
        if box is None:
            continue
        left, top, right, bottom = box
        size = ((right - left) * FINE, (bottom - top) * FINE)
        mask = Image.new("L", size, 0)
        pen = ImageDraw.Draw(mask)
        for points, part in pieces:
            pen.polygon(_fine(points - (left, top)), fill=255)
            part_pen.polygon(_fine(points), fill=part)
        canvas = Image.new("RGB", size, layer.base)
        pen = ImageDraw.Draw(canvas)
        for outline, colour in layer.paint:
            pen.polygon(_fine(place.points(outline) - (left, top)), fill=colour)
        cover = mask.reduce(FINE)
        if layer.joined:
            solid.paste(ImageChops.lighter(solid.crop(box), cover), box)
        light = _light(cover, solid.crop(box) if layer.joined else cover, place.scale) * layer.light
        share = plane(cover) / 255
        view = scene[top:bottom, left:right]
        if layer.joined:
            shadow = plane(cover.filter(ImageFilter.GaussianBlur(0.022 * place.scale))) / 255
            view *= 1 - 0.2 * shadow
        view += share * (np.asarray(canvas.reduce(FINE), np.float32) * light - view)
    middle = FINE // 2
    return np.ascontiguousarray(np.asarray(parts)[middle::FINE, middle::FINE])


def plane(mask: Image.Image) -> Planes:
    """A grey image as H × W × 1, [0, 255]."""
    return np.asarray(mask, np.float32)[..., None]


def _around(outlines: list[Outline], margin: float, size: tuple[int, int]) -> _Box | None:
    """Left, top, right, bottom of what the outlines cover, and as far as light reaches about it."""
    points = np.concatenate(outlines)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    width, height = size
    if right < 0 or bottom < 0 or left > width or top > height:
        return None
    reach = math.ceil(margin)
    return (
        max(0, math.floor(left) - reach),
        max(0, math.floor(top) - reach),
        min(width, math.ceil(right) + reach),
        min(height, math.ceil(bottom) + reach),
    )


def _light(cover: Image.Image, solid: Image.Image, scale: float) -> Planes:
    """Factors H × W × 1: light from above on what is round."""
    reach = 0.1 * scale
    soft = plane(solid.filter(ImageFilter.GaussianBlur(reach))) / 255
    up, down = np.roll(soft, round(reach), axis=0), np.roll(soft, -round(reach), axis=0)
    rim = ImageFilter.GaussianBlur(0.035 * scale)
    edge = 0.14 * plane(cover.filter(rim)) + 0.2 * plane(solid.filter(rim))
    return np.asarray(0.66 + 0.38 * (up - down) + edge / 255, np.float32)


def _ground_shadow(scene: Planes, place: Place, spread: float) -> None:
    height, width = scene.shape[:2]
    mask = Image.new("L", (width, height), 0)
    a, b = spread * place.scale, 0.06 * place.scale
    y = place.y + 0.01 * place.scale
    ImageDraw.Draw(mask).ellipse((place.x - a, y - b, place.x + a, y + b), fill=120)
    scene *= 1 - plane(mask.filter(ImageFilter.GaussianBlur(0.035 * place.scale))) / 255


def _fine(points: Outline) -> list[float]:
    flat: list[float] = (points * FINE).ravel().tolist()
    return flat
