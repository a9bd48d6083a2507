"""What a discovering teacher sees of photos: patch features and foreground, a few at a time.

Knows the two networks and where else a foreground can come from; it knows no parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from jaxtyping import Float16
from PIL import Image
from torch import Tensor

from pawvit.errors import ImageError, InputError
from pawvit.images import Pixels, crop, read_image
from pawvit.photos import PhotoTable
from pawvit.teacher.features import PatchFeatures
from pawvit.teacher.foreground import SIZE, Saliency
from pawvit.teacher.keypoints import nobody
from pawvit.teacher.shapes import Shape

BATCH = 4

Seen = tuple[list[int], Float16[Tensor, "B N C"], npt.NDArray[np.float32]]
"""Positions of B photos, their patches' features, and (B, 224, 224) foreground in [0, 1]."""


class Sight:
    """Looks at the photos of a table.

    Args:
        table: the photos.
        shape: gives the foreground; None for the saliency of the photo.

    Attributes:
        unreadable: position → why a photo could not be read.
        flagged: position → why a photo that was read has no foreground.

    Raises:
        MissingExtraError: the offline weights are not installed.
    """

    def __init__(self, table: PhotoTable, shape: Shape | None = None) -> None:
        self.table = table
        self.unreadable: dict[int, str] = {}
        self.flagged: dict[int, str] = {}
        self._network = PatchFeatures()
        self._foreground = Saliency() if shape is None else shape

    def __call__(self, indices: Sequence[int]) -> Iterator[Seen]:
        """The photos at these positions, a few at a time, without those that can't be used."""

        def note(index: int, error: ImageError) -> None:
            self.unreadable[index] = str(error)

        for own, photos in self.table.batches(indices, BATCH, note):
            if isinstance(self._foreground, Saliency):
                shown = self._foreground(photos)
            else:
                own, photos, shown = self._with_masks(own, photos, self._foreground)
            if own:
                # Half the memory: 1,000 photos' features take 370 MB.
                yield own, self._network(photos).half(), shown

    def _with_masks(
        self, indices: list[int], photos: list[Pixels], shape: Shape
    ) -> tuple[list[int], list[Pixels], npt.NDArray[np.float32]]:
        kept: list[tuple[int, Pixels]] = []
        masks: list[npt.NDArray[np.float32]] = []
        for index, photo in zip(indices, photos, strict=True):
            try:
                masks.append(self._mask(index, shape))
                kept.append((index, photo))
            except InputError as error:
                self.flagged[index] = error.what
        stacked = np.stack(masks) if masks else np.empty((0, *SIZE), np.float32)
        return [index for index, _ in kept], [photo for _, photo in kept], stacked

    def _mask(self, index: int, shape: Shape) -> npt.NDArray[np.float32]:
        box = self.table.box(index)
        picture = read_image(self.table.files[index])
        mask = shape(self.table.paths[index], picture, nobody(box))
        mask = mask if box is None else crop(mask, box)
        resized = Image.fromarray(mask).resize(SIZE[::-1], Image.Resampling.BOX)
        return np.asarray(resized, dtype=np.float32)
