"""Do descriptors hang on the background? Each photo's animal before another photo's background.

Pictures are cut and filled as in training (`pawvit.training.backgrounds`). It knows no networks.
"""

from __future__ import annotations

import numpy as np

from pawvit.images import Pixels
from pawvit.training.backgrounds import composed, cut_out, donors, filled
from subject import Subject


class Backgrounds:
    """The photos of a subject before other backgrounds.

    A photo whose map shows no animal stays as it is.
    """

    def __init__(self, subject: Subject) -> None:
        self.table, self.animals = subject.photos, subject.animals
        self.pictures = subject.pictures
        self.areas = [float(animal.mean()) for animal in self.animals]
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
        return self._before(donors(self.table, self.areas, seed).tolist())

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
