"""The learning rate over a training, as a factor of its peak. Knows numbers only."""

from __future__ import annotations

import math


def learning_rate(
    epoch: float,
    *,
    epochs: float,
    warmup: float,
    peak: float = 1.0,
    start: float = 0.002,
    floor: float = 0.8,
    whole_epochs: bool = True,
) -> float:
    """Linear warm-up, then a cosine that ends at a floor (paper §4.2).

    In the released code the cosine's length is the whole number of epochs that remain after the
    warm-up, counted from its end (50 epochs, 2.5 of warm-up: 47).

    Args:
        epoch: epochs done, from 0; fractions are allowed.
        epochs: of the whole training.
        warmup: epochs of linear growth.
        peak: the highest rate.
        start, floor: the first and the last rate, as shares of the peak.
        whole_epochs: as in the released code; otherwise the cosine ends with the training, which
            matters where there are few epochs.

    Returns:
        The rate, in (0, peak].
    """
    if epoch < warmup:
        return peak * (start + (1 - start) * epoch / warmup)
    length = max(math.floor(epochs - warmup), 1) if whole_epochs else epochs - warmup
    along = min((epoch - warmup) / length, 1.0)
    return peak * (floor + (1 - floor) * (1 + math.cos(math.pi * along)) / 2)
