"""What descriptors lose when backgrounds change. Knows vectors and protocols, no pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intervals import Floats, means
from pawvit.evaluation import evaluate
from pawvit.protocols import Protocol
from pawvit.ranking import Vectors


@dataclass(frozen=True)
class Losses:
    """Quantities (`intervals`).

    Attributes:
        clean, own, swapped: mAP of the photos as they are, pasted before their own backgrounds, and
            before others' (mean over draws).
        cosine: of a photo's clean descriptor and its swapped one, mean over photos and draws.
        seeds: mAP of each draw.
        strangers: mean cosine of two individuals' clean photos.
    """

    clean: Floats
    own: Floats
    swapped: Floats
    cosine: Floats
    seeds: list[float]
    strangers: float

    @property
    def lost(self) -> Floats:
        """Swapped less clean: below 0 where backgrounds helped."""
        return self.swapped - self.clean

    @property
    def relative(self) -> Floats:
        """The same as a share of the clean mAP."""
        return self.lost / self.clean


def losses(vectors: Sequence[Vectors], protocol: Protocol) -> Losses:
    """Compares descriptors of the same photos.

    Args:
        vectors: N × C unit vectors each: clean, before their own backgrounds, and of every draw.
        protocol: over the N photos.
    """
    found = [evaluate(one, protocol, bootstrap=0) for one in vectors]
    who = [str(code) for code in found[0].identity]
    precision = np.stack([one.scores.average_precision for one in found], axis=1)
    clean, own, *swapped = means(precision, who).T
    alike = np.mean([(one * vectors[0]).sum(axis=1) for one in vectors[2:]], axis=0)
    cosine = means(alike[:, None], [str(code) for code in protocol.identity])[:, 0]
    others = protocol.identity[:, None] != protocol.identity
    return Losses(
        clean,
        own,
        np.mean(swapped, axis=0),
        cosine,
        [float(one[0]) for one in swapped],
        float((vectors[0] @ vectors[0].T)[others].mean()) if others.any() else float("nan"),
    )
