"""Which animals are found, and which are not: by flank, by colour of the coat, by photos at hand.

The coat's colour is read off the photos: how red and how bright the animal is beside its own
background, with the threshold where a histogram of other photos parts best. It knows no sexes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from intervals import Floats, means
from pawvit.errors import PhotoTableError
from pawvit.evaluation import Evaluation
from pawvit.metrics import chance_average_precision
from pawvit.protocols import Protocol
from pawvit.training.backgrounds import Mask, soft
from subject import Subject

BRIGHTNESS = 0.5
"""How much brightness counts beside redness: it changes with the light, redness hardly does."""

AT_HAND = {"1": (1, 1), "2": (2, 2), "3–4": (3, 4), "5 or more": (5, 10**9)}
"""Right candidates in the gallery."""


@dataclass(frozen=True)
class Coats:
    """What parts dark, greyish coats from bright, reddish ones.

    Attributes:
        mean, spread: of redness and brightness, (2,) each.
        threshold: of their sum; coats below are dark.
    """

    mean: Floats
    spread: Floats
    threshold: float

    @classmethod
    def learn(cls, subject: Subject) -> Coats:
        """Reads off photos what is common among them, and where their histogram parts in two.

        Raises:
            PhotoTableError: fewer than two photos show both an animal and a background.
        """
        seen = colours(subject)
        seen = seen[np.isfinite(seen).all(axis=1)]
        if len(seen) < 2:
            raise PhotoTableError(
                "too few photos show an animal and its background to tell coats apart",
                where=subject.photos.source,
                mend="--coats names a split of more photos",
            )
        mean, spread = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-9)
        return cls(mean, spread, otsu(((seen - mean) / spread) @ (1, BRIGHTNESS)))

    def of(self, subject: Subject) -> list[str]:
        """ "dark" or "red" of each photo, "" where the map shows no animal or no background."""
        scores = ((colours(subject) - self.mean) / self.spread) @ (1, BRIGHTNESS)
        return [
            "" if not np.isfinite(one) else "dark" if one < self.threshold else "red"
            for one in scores
        ]


def colours(subject: Subject) -> Floats:
    """N × 2: the share of red of the animal less the background's; the log of their brightness.

    NaN where a map shows no animal or no background.
    """
    out = np.full((len(subject.photos), 2), np.nan)
    for row, (picture, animal) in enumerate(zip(subject.pictures, subject.animals, strict=True)):
        labels = subject.labels[row]
        back = labels == subject.parts.background
        if not animal.any() or not back.any():
            continue
        # Never black: a share of nothing is no number.
        own, other = (_mean(picture, mask) + 1 for mask in (animal, back))
        red = own[0] / own.sum() - other[0] / other.sum()
        out[row] = red, np.log(own.sum() / other.sum())
    return out


def otsu(values: Floats, bins: int = 64) -> float:
    """The threshold that leaves the least variance on its two sides (Otsu 1979); extremes aside."""
    low, high = np.percentile(values, [1, 99])
    counts, edges = np.histogram(np.clip(values, low, high), bins)
    centres = (edges[1:] + edges[:-1]) / 2
    below, sums = counts.cumsum()[:-1], (counts * centres).cumsum()[:-1]
    number, total = counts.sum(), (counts * centres).sum()
    between = (total * below / number - sums) ** 2 / (below * (number - below))
    # Where the histogram is empty between two heaps, all thresholds there are as good.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1:-1][best].mean())


@dataclass(frozen=True)
class Group:
    """What the queries of one group score; quantities (`intervals`).

    Attributes:
        kind, name: which group.
        queries, individuals: how many.
        chance: mAP of a random order.
        map, rank1: of each network.
    """

    kind: str
    name: str
    queries: int
    individuals: int
    chance: float
    map: dict[str, Floats]
    rank1: dict[str, Floats]


def groups(
    found: Mapping[str, Evaluation],
    protocol: Protocol,
    kinds: Mapping[str, Sequence[str]],
) -> list[Group]:
    """The same evaluations, group by group.

    Args:
        found: of each network, all under this protocol.
        protocol: over N photos.
        kinds: kind of group → the group of each of the N photos; "" is in none.

    Returns:
        All queries; the groups of each kind; then by right candidates in the gallery (`AT_HAND`).
    """
    first = next(iter(found.values()))
    asked = first.position
    number = first.scores.positives
    masks: list[tuple[str, str, Mask]] = [("all", "all", np.ones(len(asked), np.bool_))]
    for kind, names in kinds.items():
        own = np.array(names)[asked]
        masks += [(kind, str(name), own == name) for name in np.unique(own[own != ""])]
    for name, (least, most) in AT_HAND.items():
        masks.append(("photos at hand", name, (number >= least) & (number <= most)))
    identities = [str(code) for code in protocol.identity[asked]]
    expected = chance_average_precision(number, first.scores.candidates)

    def of(values: npt.ArrayLike, mask: Mask) -> Floats:
        return means(np.asarray(values, float)[mask, None], np.array(identities)[mask].tolist())[
            :, 0
        ]

    return [
        Group(
            kind,
            name,
            int(mask.sum()),
            len(set(np.array(identities)[mask])),
            float(expected[mask].mean()),
            {label: of(one.scores.average_precision, mask) for label, one in found.items()},
            {label: of(one.scores.within(1), mask) for label, one in found.items()},
        )
        for kind, name, mask in masks
        if mask.any()
    ]


def _mean(picture: npt.NDArray[np.uint8], mask: Mask) -> Floats:
    share = soft(mask, picture.shape[:2])[..., None]
    return (picture * share).sum(axis=(0, 1)) / share.sum()
