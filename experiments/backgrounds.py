"""Do descriptors hang on the background? Each photo's animal before another photo's background.

The animal is cut out by its part map; the other photo's own animal is filled in with mirrored
pixels from around it. Knows pictures and maps; it knows no networks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, distance_transform_edt

from pawvit.errors import PhotoTableError
from pawvit.images import Pixels
from pawvit.photos import PhotoTable
from subject import Alpha, Mask, Subject, soft

ROOM = 0.2
"""Share of a photo that has to be background for it to lend it."""

MARGIN = 0.015
"""Share of the picture's height by which a hole is wider than its animal: maps are coarse."""

SHRUNK = (0.1, 0.2, 0.35, 0.6, 1.0)
"""How large mirror images are tried; the last that fits is taken."""

EDGE = 0.5
"""Cells of a map over which the cut animal fades into the background."""


def donors(table: PhotoTable, animals: Sequence[Mask], seed: int) -> npt.NDArray[np.intp]:
    """Whose background each photo gets: another individual's, of another encounter.

    Those who lend are drawn in random order and each lends as often as the others, to one more.

    Args:
        table: N photos.
        animals: where each photo's map shows the animal.
        seed: the same seed draws the same ones.

    Returns:
        N positions.

    Raises:
        PhotoTableError: no photo with room around its animal is of another individual.
    """
    random, number = np.random.default_rng(seed), len(table)
    able = np.flatnonzero([1 - animal.mean() >= ROOM for animal in animals])
    who, when = np.array(table.identities), np.array(table.column("encounter"))
    free = who[:, None] != who[able]
    free &= (when[:, None] != when[able]) | (when == "")[:, None]
    if not free.any(axis=1).all():
        raise PhotoTableError(
            "there is no other individual's photo to take a background from",
            where=table.source,
            mend="judge on a split of more individuals",
        )
    order = np.resize(random.permutation(len(able)), number)
    for row in random.permutation(number):
        if not free[row, order[row]]:
            # Changes with one for whom both fit; failing that it borrows one that is lent already.
            fits = np.flatnonzero(free[row, order] & free[np.arange(number), order[row]])
            if len(fits):
                other = random.choice(fits)
                order[[row, other]] = order[[other, row]]
            else:
                order[row] = random.choice(np.flatnonzero(free[row]))
    return able[order]


def filled(picture: Pixels, animal: Mask) -> Pixels:
    """The background alone: where the animal was stand pixels from around it, mirrored."""
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


class Backgrounds:
    """The photos of a subject before other backgrounds.

    A photo whose map shows no animal stays as it is.
    """

    def __init__(self, subject: Subject) -> None:
        self.table, self.animals = subject.photos, subject.animals
        self.pictures = subject.pictures
        size = self.pictures[0].shape[:2]
        self.alphas = [cut_out(animal, size) for animal in self.animals]
        self.empty = [
            filled(picture, animal)
            for picture, animal in zip(self.pictures, self.animals, strict=True)
        ]

    def own(self) -> list[Pixels]:
        """Each animal pasted before its own photo's background: what pasting alone costs."""
        return self._before(list(range(len(self.pictures))))

    def swapped(self, seed: int) -> list[Pixels]:
        """Each animal before another photo's background."""
        return self._before(donors(self.table, self.animals, seed).tolist())

    def _before(self, lenders: list[int]) -> list[Pixels]:
        return [
            composed(self.pictures[row], self.alphas[row], self.empty[lender])
            if self.animals[row].any()
            else self.pictures[row]
            for row, lender in enumerate(lenders)
        ]

    def sheet(self, seeds: int = 3, rows: int = 12) -> Pixels:
        """For people to look at: photo, its empty background, and its animal before others'."""
        chosen = np.linspace(0, len(self.pictures) - 1, min(rows, len(self.pictures))).astype(int)
        columns = [self.pictures, self.empty, *(self.swapped(seed) for seed in range(seeds))]
        return np.vstack([np.hstack([column[row] for column in columns]) for row in chosen])
