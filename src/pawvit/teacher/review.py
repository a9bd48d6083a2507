"""Part maps looked over: which of them are in doubt, why, and what people say of them.

Knows labels and words; it looks at no photo and knows no teacher. Doubt is a rule of thumb to sort
by, not a probability.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pawvit.errors import PartMapError, PhotoTableError, first_of
from pawvit.partmaps import Labels, PartMaps
from pawvit.photos import PhotoTable
from pawvit.teacher.job import FLAGGED
from pawvit.teacher.paths import pieces

LIMIT = 0.5
"""From this doubt on a map is proposed to be left out."""

_TINY, _BORDER, _OUTSIDE = 0.05, 0.10, 0.08  # shares of picture, of its edge, of the animal
_FAR, _ENOUGH = 3.5, 8  # robust standard deviations, and maps that these are taken from
_SPREAD = 0.03  # shares differ by so much for nothing: maps are small
_SIDES = ("upper", "lower", "left", "right")


@dataclass(frozen=True)
class Doubt:
    """What speaks against the map of a photo.

    Attributes:
        path: as in the table.
        score: 0 nothing … 1 no use.
        reasons: in words, the gravest first.
        has_map: whether there is a map that can be read.
    """

    path: str
    score: float
    reasons: tuple[str, ...]
    has_map: bool = True

    @property
    def ok(self) -> bool:
        """What is proposed."""
        return self.score < LIMIT


@dataclass(frozen=True)
class _Measured:
    """Of one map: shares of its parts in the animal, of the animal in the picture and on its edges,
    the number of its pieces, and the share outside of the largest."""

    parts: npt.NDArray[np.float64]
    animal: float
    edges: npt.NDArray[np.float64]
    pieces: int
    outside: float


def doubts(
    maps: PartMaps,
    photos: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Doubt]:
    """The doubt of each photo that has a map, or was refused one by a teacher, in their order.

    A map is in doubt without an animal or with a tiny one, where a part is missing that nine of ten
    others have, where the animal falls into pieces or meets the edge of the picture, and where a
    part's share of the animal is far from what it is in the other maps (robust z-score: median and
    median deviation). Reasons add up: 1 − Π (1 − strength).
    """
    vocabulary = maps.parts.vocabulary
    flagged = _flagged(maps)
    lost: dict[str, str] = {}
    measured: dict[str, _Measured] = {}
    for number, photo in enumerate(photos, start=1):
        if photo in maps:
            try:
                measured[photo] = _measure(maps.read(photo), len(vocabulary))
            except PartMapError as error:
                lost[photo] = error.what
        elif photo in flagged:
            lost[photo] = f"there is no map: {flagged[photo]}"
        progress(number, len(photos))
    seen = np.array([one.parts for one in measured.values() if one.animal])
    # Of few maps nothing is usual.
    enough = len(seen) >= _ENOUGH
    usual = [_usual(seen[:, part]) for part in range(len(vocabulary))] if enough else []
    found = []
    for photo in photos:
        if photo in lost:
            found.append(Doubt(photo, 1.0, (lost[photo],), has_map=False))
        elif photo in measured:
            reasons = sorted(_reasons(measured[photo], vocabulary, usual), key=lambda one: -one[0])
            score = 1 - float(np.prod([1 - strength for strength, _ in reasons]))
            found.append(Doubt(photo, score, tuple(words for _, words in reasons)))
    return found


def reviewed(table: PhotoTable, answers: Mapping[str, str]) -> PhotoTable:
    """The table with what was said of its maps in the column `mask_ok`; the rest stays.

    Args:
        table: the photos.
        answers: path as in the table → "yes", "no", or "" to say nothing.

    Raises:
        PhotoTableError: an answer is of a photo that is not in the table.
    """
    strange = sorted(set(answers) - set(table.paths))
    if strange:
        raise PhotoTableError(
            f"{len(strange)} photos are not in the table",
            problems=first_of(strange),
            where=table.source,
            mend="write the paths as the table has them",
        )
    cells = zip(table.paths, table.column("mask_ok"), strict=True)
    said = [answers.get(path) or before for path, before in cells]
    return PhotoTable(table.frame.assign(mask_ok=said), table.root, table.source)


def _flagged(maps: PartMaps) -> dict[str, str]:
    """Why photos have no map, where a teacher wrote it down."""
    try:
        with open(maps.root / FLAGGED, newline="", encoding="utf-8") as handle:
            return {row[0]: row[1] for row in csv.reader(handle) if len(row) > 1}
    except OSError:
        return {}


def _measure(labels: Labels, parts: int) -> _Measured:
    animal = labels < parts
    counts = np.bincount(labels[animal], minlength=parts)[:parts]
    total = int(counts.sum())
    edges = [animal[0].mean(), animal[-1].mean(), animal[:, 0].mean(), animal[:, -1].mean()]
    sizes = np.unique(pieces(animal)[animal], return_counts=True)[1]
    return _Measured(
        counts / max(total, 1),
        total / labels.size,
        np.array(edges),
        len(sizes),
        1 - int(sizes.max(initial=0)) / max(total, 1),
    )


def _usual(shares: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Median, robust standard deviation, and how many of the maps have the part."""
    middle = float(np.median(shares))
    spread = 1.4826 * float(np.median(np.abs(shares - middle)))
    return middle, max(spread, _SPREAD), float((shares > 0).mean())


def _reasons(
    one: _Measured, vocabulary: Sequence[str], usual: Sequence[tuple[float, float, float]]
) -> list[tuple[float, str]]:
    """(strength, words) of all that speaks against a map."""
    if not one.animal:
        return [(1.0, "no animal was found")]
    found: list[tuple[float, str]] = []
    if one.animal < _TINY:
        strength = 0.7 * (1 - one.animal / _TINY)
        found.append((strength, f"the animal fills {_percent(one.animal)} of the picture"))
    if one.edges.max() > _BORDER:
        met = [side for side, share in zip(_SIDES, one.edges, strict=True) if share > _BORDER]
        found.append(
            (
                min(0.4, 0.5 * float(one.edges.sum())),
                f"it meets the {' and the '.join(met)} edge of the picture",
            )
        )
    if one.outside > _OUTSIDE:
        words = f"it falls into {one.pieces} pieces, {_percent(one.outside)} beside the largest"
        found.append((min(0.8, 2 * one.outside), words))
    if not usual and "head" in vocabulary and not one.parts[vocabulary.index("head")]:
        found.append((0.5, "head: missing"))
    for name, share, (middle, spread, having) in zip(vocabulary, one.parts, usual, strict=False):
        if share == 0 and having > 0.9:
            found.append((0.5 if name == "head" else 0.3, f"{name}: missing"))
        elif len(vocabulary) > 1 and abs(share - middle) > _FAR * spread:
            strength = min(0.7, 0.08 * abs(share - middle) / spread)
            words = f"{name}: {_percent(share)} of the animal, usually {_percent(middle)}"
            found.append((strength, words))
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "under 1 %"
