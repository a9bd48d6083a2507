"""Where the animal is, from what people have already: masks in a folder, COCO segmentations.

Each gives, for a picture and an animal in it, the probability of every pixel of the picture. Knows
masks; it does not know what they are used for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from pawvit.errors import KeypointError, PartMapError
from pawvit.images import Pixels, crop
from pawvit.teacher.foreground import Probability
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.outlines import outline_mask

Shape = Callable[[str, Pixels, Animal], Probability]
"""Path as in the photo table, picture H × W × 3, animal → H × W probabilities."""

SALIENT = 0.5
"""Saliency from which on a pixel is animal: beside it, grass has 0.2 to 0.4 and more."""


def from_outline(path: str, picture: Pixels, animal: Animal) -> Probability:
    """The segmentation that the keypoint file holds; KeypointError where it has none."""
    if animal.outline is None:
        raise KeypointError("the keypoint file has no segmentation of this animal")
    height, width = picture.shape[:2]
    size = (height, width)
    if animal.size is not None:
        size = (round(animal.size[1]), round(animal.size[0]))
    mask = Image.fromarray(outline_mask(animal.outline, size))
    return np.asarray(mask.resize((width, height)), dtype=np.float32)


class MaskFolder:
    """Masks as PNGs: `root / <path of the photo>.png`, with or without the photo's own suffix.

    White or 1 is animal. A folder without the table's folders in it will do as well.
    """

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise PartMapError("there is no such folder of masks", where=root)
        self.root = root

    def __call__(self, path: str, picture: Pixels, animal: Animal) -> Probability:
        """The mask of a picture; PartMapError where there is none of its size."""
        own = Path(path)
        names = (own.with_suffix(".png"), Path(f"{own}.png"), Path(own.stem + ".png"))
        file = next((self.root / name for name in names if (self.root / name).is_file()), None)
        if file is None:
            raise PartMapError(f"there is no mask {names[0].as_posix()} in {self.root}")
        try:
            with Image.open(file) as image:
                values = np.asarray(image.convert("L") if image.mode != "P" else image)
        except Exception as error:  # decoders raise whatever they stumble over
            raise PartMapError(f"the mask {file} can't be read: {error}") from None
        if values.shape != picture.shape[:2]:
            raise PartMapError(
                f"the mask {file} is {values.shape[1]} × {values.shape[0]}, the picture"
                f" {picture.shape[1]} × {picture.shape[0]}"
            )
        white = np.float32(255 if values.max(initial=0) > 1 else 1)
        return values.astype(np.float32) / white


class SalientAnimal:
    """What the picture is about, inside the animal's box where one is given."""

    def __init__(self) -> None:
        from pawvit.teacher.foreground import Saliency

        self._network = Saliency()

    def __call__(self, path: str, picture: Pixels, animal: Animal) -> Probability:
        """The saliency of each pixel, 0 outside of the animal's box."""
        height, width = picture.shape[:2]
        x, y, w, h = animal.box or (0, 0, width, height)
        # Some room: boxes are drawn tightly, and keypoint files draw them round the keypoints.
        x, y, w, h = x - 0.1 * w, y - 0.1 * h, 1.2 * w, 1.2 * h
        part = crop(picture, (x, y, w, h))
        (shown,) = self._network([part])
        found = np.zeros((height, width), np.float32)
        view = crop(found, (x, y, w, h))
        large = Image.fromarray(shown).resize(part.shape[1::-1], Image.Resampling.BILINEAR)
        view[:] = np.asarray(large)
        return found
