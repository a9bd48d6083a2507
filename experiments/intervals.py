"""Means and ratios with 95 % intervals from resampling individuals. Knows numbers only.

A quantity is an array whose first number is its value and whose others are what it is in resampled
sets of individuals, the same ones in the same places for every quantity: differences and ratios of
quantities are plain arithmetic, and stay paired.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pawvit.metrics import interval, resampled_means

Floats = npt.NDArray[np.float64]

DRAWS = 1000


def ratios(above: npt.ArrayLike, below: npt.ArrayLike, identities: Sequence[str]) -> Floats:
    """Σ above / Σ below over rows, as quantities.

    Args:
        above, below: rows × M.
        identities: whom each row shows.

    Returns:
        (1 + DRAWS) × M; NaN where a sum below is 0. With one individual all draws are NaN.
    """
    _, owner = np.unique(np.asarray(identities), return_inverse=True)
    tops, bottoms = (_added(np.asarray(one, np.float64), owner) for one in (above, below))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = tops.sum(axis=0) / bottoms.sum(axis=0)
        draws = np.full((DRAWS, len(value)), np.nan)
        if len(tops) > 1:
            draws = resampled_means(tops, bottoms, draws=DRAWS, seed=0)
    return np.vstack([value, draws])


def means(values: npt.ArrayLike, identities: Sequence[str]) -> Floats:
    """Means over rows of rows × M values, as quantities; NaN values count for nothing."""
    given = np.asarray(values, np.float64)
    known = np.isfinite(given)
    return ratios(np.where(known, given, 0), known, identities)


def correlation(one: npt.ArrayLike, other: npt.ArrayLike, identities: Sequence[str]) -> Floats:
    """Spearman's correlation of two numbers a row, a quantity; NaN where either never changes."""
    a, b = _ranks(one), _ranks(other)
    moments = means(np.stack([a, b, a * a, b * b, a * b], axis=1), identities)
    mean_a, mean_b, square_a, square_b, both = moments.T
    spread = (square_a - mean_a**2) * (square_b - mean_b**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(spread > 1e-12, (both - mean_a * mean_b) / np.sqrt(spread), np.nan)


def estimate(quantity: Floats) -> dict[str, float | None]:
    """Value and bounds of the 95 % interval, as JSON takes them; None where there is none."""
    draws = quantity[1:][np.isfinite(quantity[1:])]
    low, high = interval(draws[:, None])[0] if len(draws) else (None, None)
    numbers = {"value": quantity[0], "low": low, "high": high}
    return {
        name: None if number is None or not np.isfinite(number) else float(number)
        for name, number in numbers.items()
    }


def text(quantity: Floats, *, percent: bool = True, sign: bool = False) -> str:
    """A cell of a table: "12.3 (10.1–14.0)"; "–" where there is nothing to tell."""
    found = estimate(quantity)
    if found["value"] is None:
        return "–"
    form = f"{'+' if sign else ''}.{1 if percent else 2}f"
    cells = [
        format((100 if percent else 1) * number, form)
        for number in found.values()
        if number is not None
    ]
    between = " … " if sign or not percent else "–"
    return cells[0] if len(cells) < 3 else f"{cells[0]} ({between.join(cells[1:])})"


def _added(rows: Floats, owner: npt.NDArray[np.intp]) -> Floats:
    sums = np.zeros((owner.max() + 1, rows.shape[1]))
    np.add.at(sums, owner, rows)
    return sums


def _ranks(values: npt.ArrayLike) -> Floats:
    """0 … 1, equal values share the middle of their places."""
    given = np.asarray(values, np.float64)
    _, place, counts = np.unique(given, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[place] / max(1, len(given) - 1)
