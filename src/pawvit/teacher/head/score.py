"""How near predicted keypoints lie. Knows numbers only."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pawvit.teacher.head.views import Points

WITHIN = 0.1
"""A keypoint is right within this share of the animal's diagonal: PCK@0.1."""


def hits(
    found: Points, true: Points, diagonal: npt.NDArray[np.float64], within: float = WITHIN
) -> npt.NDArray[np.bool_]:
    """(A, K): whether keypoints lie within a share of the diagonal of their animal's box.

    Args:
        found, true: (A, K, 2) pixels.
        diagonal: (A,) pixels.
        within: the share.
    """
    away = np.linalg.norm(found - true, axis=2)
    return np.asarray(away <= within * diagonal[:, None])
