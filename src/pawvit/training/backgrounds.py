"""Each animal before another photo's background, so that a network learns the animal alone.

The animal is cut out by its part map; the other photo's own animal is filled in with mirrored
pixels from around it. Knows pictures and maps; it knows no networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from pawvit.errors import MissingExtraError, PhotoTableError
from pawvit.images import Pixels, resize
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable

Mask = npt.NDArray[np.bool_]
Alpha = npt.NDArray[np.float64]

ROOM = 0.2
"""Share of a photo that has to be background for it to lend it."""

MARGIN = 0.015
"""Share of the picture's height by which a hole is wider than its animal: maps are coarse."""

SHRUNK = (0.1, 0.2, 0.35, 0.6, 1.0)
"""How large mirror images are tried; the last that fits is taken."""

EDGE = 0.5
"""Cells of a map over which the cut animal fades into the background."""


@dataclass(frozen=True)
class WithSwapped(PhotoTable):
    """Photos, and behind them each once more with its animal before another photo's background.

    A photo without a part map, or whose map shows no animal or was rejected (`mask_ok`), comes a
    second time as it is.

    Args:
        number: how many photos there are; the frame has twice as many rows.
        lenders: whose background each gets, by position; −1 for a photo that stays as it is.
        maps: their part maps.
        size: height and width of the copies.
    """

    number: int
    lenders: npt.NDArray[np.intp]
    maps: PartMaps
    size: tuple[int, int]

    def read(self, index: int) -> Pixels:
        """The photo at `index`, or the copy of the one at `index − number`; raises ImageError."""
        if index < self.number:
            return super().read(index)
        own = index - self.number
        picture, lender = resize(super().read(own), self.size), int(self.lenders[own])
        if lender < 0:
            return picture
        background = filled(resize(super().read(lender), self.size), self._animal(lender))
        return composed(picture, cut_out(self._animal(own), self.size), background)

    def _animal(self, index: int) -> Mask:
        labels = self.maps.read(self.frame["path"].iloc[index])
        return np.asarray(labels < self.maps.parts.background)


def with_swapped(
    photos: PhotoTable, maps: PartMaps, size: tuple[int, int], seed: int
) -> WithSwapped:
    """The photos and their copies.

    Args:
        photos: N photos.
        maps: part maps of them, or of some.
        size: height and width of the copies.
        seed: the same seed draws the same backgrounds.

    Raises:
        MissingExtraError: scipy is not installed.
        PhotoTableError: no photo with room around its animal is of another individual.
        PartMapError: a map can't be read.
    """
    if find_spec("scipy") is None:
        raise MissingExtraError("swapping backgrounds", "teacher")
    known = zip(photos.paths, photos.mask_ok, strict=True)
    shown = np.array([ok and path in maps for path, ok in known])
    background = maps.parts.background
    areas = np.zeros(len(photos))
    for row in np.flatnonzero(shown):
        areas[row] = (maps.read(photos.paths[row]) < background).mean()
    pasted = np.flatnonzero(areas > 0)
    lenders = np.full(len(photos), -1)
    if len(pasted):
        lenders[pasted] = pasted[donors(photos.take(pasted), areas[pasted], seed)]
    frame = pd.concat([photos.frame, photos.frame], ignore_index=True)
    return WithSwapped(frame, photos.root, photos.source, len(photos), lenders, maps, size)


def donors(table: PhotoTable, areas: npt.ArrayLike, seed: int) -> npt.NDArray[np.intp]:
    """Whose background each photo gets: another individual's, of another encounter.

    Those who lend are drawn in random order and each lends as often as the others, to one more.

    Args:
        table: N photos.
        areas: the share of each photo that its animal takes.
        seed: the same seed draws the same ones.

    Returns:
        N positions.

    Raises:
        PhotoTableError: no photo with room around its animal is of another individual.
    """
    random, number = np.random.default_rng(seed), len(table)
    able = np.flatnonzero(1 - np.asarray(areas) >= ROOM)
    _, who = np.unique(table.identities, return_inverse=True)
    named, when = np.unique(table.column("encounter"), return_inverse=True)
    when = np.where(named[when] == "", -1, when)

    def fits(rows: int | npt.NDArray[np.intp], lenders: npt.NDArray[np.intp]) -> Mask:
        fit = (who[rows] != who[lenders]) & ((when[rows] != when[lenders]) | (when[rows] < 0))
        return np.asarray(fit)

    def refused() -> PhotoTableError:
        return PhotoTableError(
            "there is no other individual's photo to take a background from",
            where=table.source,
            mend="give photos of more individuals, with room around them",
        )

    if not len(able):
        raise refused()
    order = able[np.resize(random.permutation(len(able)), number)]
    for row in random.permutation(number):
        if not fits(row, order[row : row + 1]).all():
            # Changes with one for whom both fit; failing that it borrows one that is lent already.
            others = np.arange(number)
            both = np.flatnonzero(fits(row, order) & fits(others, order[[row]].repeat(number)))
            if len(both):
                other = random.choice(both)
                order[[row, other]] = order[[other, row]]
            else:
                free = able[fits(row, able)]
                if not len(free):
                    raise refused()
                order[row] = random.choice(free)
    return order


def filled(picture: Pixels, animal: Mask) -> Pixels:
    """The background alone: where the animal was stand pixels from around it, mirrored."""
    from scipy.ndimage import binary_dilation, distance_transform_edt

    size = picture.shape[:2]
    hole = soft(animal, size) > 0
    hole = binary_dilation(hole, iterations=max(1, round(MARGIN * size[0])))
    if hole.all() or not hole.any():
        return picture
    rows = np.argwhere(hole)
    indices = distance_transform_edt(hole, return_distances=False, return_indices=True)
    nearest = indices[:, hole].T
    source = nearest.copy()
    # Deep inside, mirrored pixels lie in the animal's other side: there the mirror image is shrunk.
    for reach in SHRUNK:
        there = np.rint(nearest + reach * (nearest - rows)).astype(int)
        inside = ((there >= 0) & (there < size)).all(axis=1)
        inside[inside] = ~hole[tuple(there[inside].T)]
        source[inside] = there[inside]
    out = picture.copy()
    out[hole] = picture[tuple(source.T)]
    return out


def cut_out(animal: Mask, size: tuple[int, int]) -> Alpha:
    """How much of each pixel is animal, H × W in [0, 1], by its map."""
    return np.clip((soft(animal, size) - 0.5) / EDGE + 0.5, 0, 1)


def composed(picture: Pixels, alpha: Alpha, background: Pixels) -> Pixels:
    """The animal of one picture before another one."""
    share = alpha[..., None]
    return (picture * share + background * (1 - share)).round().astype(np.uint8)


def soft(mask: Mask, size: tuple[int, int]) -> Alpha:
    """A mask of a map's size at a photo's, H × W in [0, 1]; edges run over a cell of the map."""
    height, width = size
    image = Image.fromarray(mask.astype(np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float64)
