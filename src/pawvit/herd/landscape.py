"""Landscapes: sky, hills, water, trees and grass before a camera. Knows no animals and no light."""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from pawvit.herd.animal import Colour
from pawvit.herd.camera import Camera
from pawvit.herd.grass import shaded, tuft
from pawvit.herd.paint import FINE, Planes

PAN = 0.12
"""How far, in widths of a photo, a camera may be turned between two photos."""

SPOTS = 3
"""Where a camera may hang in its landscape: other hills, trees and grass of the same kind."""


def landscape(
    camera: Camera, size: tuple[int, int], rng: np.random.Generator, spot: int = 0
) -> Planes:
    """What the camera sees without an animal, turned a little: height × width × 3, [0, 255]."""
    width = size[1]
    wide = _panorama(camera, size, spot)
    start = int(rng.integers(wide.shape[1] - width + 1))
    return wide[:, start : start + width].astype(np.float32)


@lru_cache(maxsize=24)
def _panorama(camera: Camera, size: tuple[int, int], spot: int) -> npt.NDArray[np.uint8]:
    """The whole landscape of a camera at a spot, painted once."""
    height, width = size[0] * FINE, round(size[1] * (1 + PAN)) * FINE
    rng = np.random.default_rng(zlib.crc32((camera.name + "'" * spot).encode()))
    horizon = round(camera.horizon * height)
    pixels = np.empty((height, width, 3), np.float32)
    pixels[:horizon] = _gradient(*camera.sky, horizon)[:, None]
    pixels[horizon:] = _gradient(*camera.ground, height - horizon)[:, None]
    _glow(pixels[:horizon], camera, height)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    _clouds(image, camera, rng, horizon)
    pen = ImageDraw.Draw(image)
    _hills(pen, camera, rng, horizon, image.size)
    if camera.water:
        _pond(pen, camera.water, horizon, image.size)
    _wood(pen, camera, rng, horizon, image.size)
    _meadow(pen, camera, rng, horizon, image.size)
    return np.asarray(image.reduce(FINE))


def _gradient(first: Colour, last: Colour, steps: int) -> Planes:
    t = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    start, end = np.asarray(first, np.float32), np.asarray(last, np.float32)
    return np.asarray(start + t * (end - start))


def _glow(sky: Planes, camera: Camera, height: int) -> None:
    colour, x, y = camera.sun
    rows, columns = np.mgrid[: sky.shape[0], : sky.shape[1]]
    distance = np.hypot(rows - y * height, columns - x * sky.shape[1]) / height
    disc = np.clip((0.055 - distance) * height / 2, 0, 1)
    halo = 0.55 * np.exp(-((distance / 0.16) ** 2))
    share = np.maximum(disc, halo)[..., None].astype(np.float32)
    sky += share * (np.asarray(colour, np.float32) - sky)


def _clouds(image: Image.Image, camera: Camera, rng: np.random.Generator, horizon: int) -> None:
    width, height = image.size
    mask = Image.new("L", image.size, 0)
    pen = ImageDraw.Draw(mask)
    for _ in range(4):
        x, y = rng.uniform(0, width), rng.uniform(0.12, 0.6) * horizon
        for _ in range(6):
            dx, dy = rng.normal(0, 0.05 * width), rng.normal(0, 0.008 * height)
            a, b = rng.uniform(0.03, 0.08) * width, rng.uniform(0.012, 0.026) * height
            pen.ellipse((x + dx - a, y + dy - b, x + dx + a, y + dy + b), fill=120)
    mask = mask.filter(ImageFilter.GaussianBlur(0.012 * height))
    pale = tuple(round((channel + 510) / 3) for channel in camera.sky[1])
    image.paste(pale, (0, 0), mask)


def _hills(
    pen: ImageDraw.ImageDraw,
    camera: Camera,
    rng: np.random.Generator,
    horizon: int,
    size: tuple[int, int],
) -> None:
    width, height = size
    x = np.linspace(0, width, 60)
    for index, colour in enumerate(camera.hills):
        rise = (0.09 - 0.055 * index) * height
        ridge = (
            horizon
            - rise
            - rise
            * 0.7
            * sum(
                np.sin(x / width * 2 * np.pi * waves + rng.uniform(0, 6.3)) / waves
                for waves in (1, 2, 3)
            )
            / 1.5
        )
        ridge = np.minimum(ridge, horizon)
        edge = list(zip(x.tolist(), ridge.tolist(), strict=True))
        pen.polygon([*edge, (width, horizon + 1), (0, horizon + 1)], fill=colour)


def _pond(pen: ImageDraw.ImageDraw, colour: Colour, horizon: int, size: tuple[int, int]) -> None:
    width, height = size
    shore = shaded(colour, 0.72)
    middle, depth = horizon + 0.15 * height, 0.085 * height
    pen.ellipse((0.08 * width, middle - depth - 3, 0.86 * width, middle + depth + 5), fill=shore)
    pen.ellipse((0.08 * width, middle - depth, 0.86 * width, middle + depth), fill=colour)
    bright = shaded(colour, 1.22)
    for row, (start, end) in enumerate(((0.3, 0.5), (0.2, 0.34), (0.55, 0.74), (0.4, 0.6))):
        y = middle - depth * 0.55 + row * depth * 0.36
        pen.line((start * width, y, end * width, y), fill=bright, width=FINE)


def _wood(
    pen: ImageDraw.ImageDraw,
    camera: Camera,
    rng: np.random.Generator,
    horizon: int,
    size: tuple[int, int],
) -> None:
    width, height = size
    number = {"acacia": 4, "round": 9, "pine": 9}[camera.trees]
    places = (np.arange(number) + rng.uniform(0.1, 0.9, number)) * width / number
    for x in rng.permutation(places):
        far = rng.uniform(0.55, 1.0)
        y = horizon + (0.02 + 0.05 * (far - 0.55)) * height
        _tree(pen, camera, rng, float(x), float(y), 0.3 * far * height)


def _tree(
    pen: ImageDraw.ImageDraw,
    camera: Camera,
    rng: np.random.Generator,
    x: float,
    y: float,
    tall: float,
) -> None:
    leaf, light = camera.leaf, shaded(camera.leaf, 1.14)
    trunk = shaded(camera.leaf, 0.62)
    if camera.trees == "pine":
        pen.rectangle((x - 0.03 * tall, y - 0.2 * tall, x + 0.03 * tall, y), fill=trunk)
        for step in range(3):
            top, wide = y - tall * (1.05 - 0.25 * step), tall * (0.17 + 0.07 * step)
            foot = top + 0.42 * tall
            pen.polygon([(x, top), (x + wide, foot), (x - wide, foot)], fill=leaf)
            pen.polygon([(x, top), (x, foot), (x - wide, foot)], fill=light)
        return
    pen.polygon(
        [
            (x - 0.05 * tall, y),
            (x - 0.02 * tall, y - 0.7 * tall),
            (x + 0.02 * tall, y - 0.7 * tall),
            (x + 0.05 * tall, y),
        ],
        fill=trunk,
    )
    flat = camera.trees == "acacia"
    if flat:
        for side in (-1, 1):
            pen.line(
                (x, y - 0.45 * tall, x + side * 0.28 * tall, y - 0.76 * tall),
                fill=trunk,
                width=max(1, round(0.035 * tall)),
            )
    for colour, shift in ((leaf, 0.0), (light, -0.05)):
        for _ in range(7):
            if flat:
                dx, dy = rng.uniform(-0.36, 0.36) * tall, rng.normal(-0.8, 0.02) * tall
                a, b = rng.uniform(0.14, 0.24) * tall, rng.uniform(0.05, 0.08) * tall
            else:
                dx, dy = rng.uniform(-0.2, 0.2) * tall, rng.uniform(-0.95, -0.5) * tall
                a = b = rng.uniform(0.13, 0.22) * tall
            a, b = (a, b) if shift == 0 else (0.6 * a, 0.6 * b)
            cx, cy = x + dx + shift * tall, y + dy + shift * tall
            pen.ellipse((cx - a, cy - b, cx + a, cy + b), fill=colour)


def _meadow(
    pen: ImageDraw.ImageDraw,
    camera: Camera,
    rng: np.random.Generator,
    horizon: int,
    size: tuple[int, int],
) -> None:
    width, height = size
    number = 130
    depth = np.sort(rng.uniform(0.02, 1.0, number))
    for near in depth:
        x, y = rng.uniform(0, width), horizon + near * (height - horizon)
        if camera.water and near < 0.55:
            continue
        colour = shaded(camera.grass, rng.uniform(0.88, 1.2))
        for blade in tuft(rng, float(x), float(y), (0.016 + 0.045 * near) * height):
            pen.polygon(blade, fill=colour)
