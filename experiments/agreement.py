"""Do the network's own masks lie where the part maps say? Intersection over union, part by part.

Counted over all photos together. Beside it stands what one map for all photos would score, the most
frequent label of each place: what can be had without looking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intervals import Floats, ratios
from pawvit.anatomy import IGNORE
from pawvit.partmaps import Labels


@dataclass(frozen=True)
class Agreement:
    """Quantities (`intervals`), each in 0 … 1.

    Attributes:
        parts: (1 + draws) × K.
        mean: over the parts.
        foreground: the animal as a whole.
    """

    parts: Floats
    mean: Floats
    foreground: Floats


def agreement(
    found: Sequence[Labels], truth: Sequence[Labels], parts: int, identities: Sequence[str]
) -> Agreement:
    """Compares maps of N photos with the right ones.

    Args:
        found, truth: of the same size; places that are 255 in the truth count for nothing.
        parts: K; the label K is background.
        identities: whom each photo shows.
    """
    both = np.zeros((len(truth), parts + 1))
    either = np.zeros_like(both)
    for row, (own, right) in enumerate(zip(found, truth, strict=True)):
        counts = right != IGNORE
        for part in range(parts + 1):
            # The last is the animal as a whole.
            one, other = (
                (own == part, right == part) if part < parts else (own < parts, right < parts)
            )
            both[row, part] = (one & other & counts).sum()
            either[row, part] = ((one | other) & counts).sum()
    quantities = ratios(both, either, identities)
    shown = ~np.isnan(quantities[0, :parts])
    each = quantities[:, :parts]
    # A rare part may be in none of the drawn individuals.
    known = np.isfinite(each) & shown
    mean = np.where(known, each, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    mean[~known.any(axis=1)] = np.nan
    return Agreement(each, mean, quantities[:, parts])


def one_for_all(truth: Sequence[Labels], parts: int) -> Labels:
    """The most frequent label of each place, background included."""
    stacked = np.stack(truth)
    counts = np.stack([(stacked == label).sum(axis=0) for label in range(parts + 1)])
    return counts.argmax(axis=0).astype(np.uint8)
