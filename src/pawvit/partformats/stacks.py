"""The authors' pseudo-masks: a NumPy stack a picture, one channel a part.

What the released code of PAW-ViT writes and reads: `<photo without its suffix>.npy`, float64,
channels × height × width (64 × 64, of the whole picture). A pixel is 1 in the channel of its part;
where keypoints of several parts are equally near, they share it. The parts' channels stand in the
alphabetical order of the code's own names (b_leg, body, f_leg, face, tail), and the last channel is
the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from pawvit import files
from pawvit.anatomy import IGNORE
from pawvit.errors import PartMapError
from pawvit.partformats.given import Given, vocabulary_of
from pawvit.partformats.pictures import names_in
from pawvit.partmaps import Labels, PartMaps, Parts

RELEASED = ("hind legs", "body", "front legs", "head", "tail")
"""The parts of the released code's stacks of six channels, in their order."""


def opened(folder: Path, names: Sequence[str] | None = None) -> Given:
    """Opens a folder of stacks.

    A stack has a channel for each part, and may have one more, the background. A pixel belongs to
    its largest channel, of several the first. Without any it is background, or ignored where the
    background has its own channel; what all parts share alike is ignored, for no keypoint was seen.

    Args:
        folder: with the `.npy` files.
        names: the parts, a channel each; needed where a stack does not have six channels.

    Raises:
        PartMapError: there are no stacks.
    """
    entries = names_in(folder, ".npy")
    if not entries:
        raise PartMapError("there are no stacks (.npy) in the folder", where=folder)
    vocabulary = RELEASED if names is None else vocabulary_of(names)

    def read(entry: str) -> Labels:
        try:
            stack = np.load(folder / entry, allow_pickle=False).astype(np.float64)
        except (OSError, ValueError, TypeError, EOFError) as error:
            raise PartMapError(f"the stack can't be read: {error}") from None
        parts = len(vocabulary)
        if stack.ndim != 3 or len(stack) not in (parts, parts + 1):
            shape = " × ".join(map(str, stack.shape))
            raise PartMapError(
                f"a stack of {shape}; channels × height × width are expected, {parts} parts"
                f" ({', '.join(vocabulary)}; --names names others) and perhaps the background"
            )
        if not np.isfinite(stack).all() or stack.min(initial=0) < 0:
            raise PartMapError("it holds numbers that are no shares: negative, or none at all")
        labels: Labels = stack.argmax(axis=0).astype(np.uint8)
        nothing = stack.max(axis=0) == 0
        labels[nothing] = parts if len(stack) == parts else IGNORE
        own = stack[:parts]
        alike = (own == own[0]).all(axis=0) & (own[0] > 0) & (labels == 0)
        if parts > 1:
            labels[alike] = IGNORE
        return labels

    return Given(folder, tuple(vocabulary), entries, read)


def write(vocabulary: Sequence[str], pictures: Iterable[tuple[str, Labels]], folder: Path) -> None:
    """Writes stacks of K + 1 channels; ignored pixels are 0 in all of them.

    Args:
        vocabulary: the K parts, in the order of the channels.
        pictures: path of the photo, and its H × W labels.
        folder: to write to.

    Raises:
        PartMapError: two photos differ in their suffix only.
    """
    places = PartMaps(folder, Parts(tuple(vocabulary)))
    classes = np.arange(len(vocabulary) + 1)[:, None, None]
    for photo, labels in pictures:
        place = places.path_of(photo).with_suffix("").with_suffix(".npy")
        if place.exists():
            raise PartMapError(f"{photo}: another photo has this stack", where=place)
        with files.atomic(place) as temporary:
            np.save(temporary, (labels[None] == classes).astype(np.float64))
