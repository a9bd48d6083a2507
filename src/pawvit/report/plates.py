"""The pictures of a report, each with its words: part maps, masks, answers, confusions.

Knows findings and pixels; it knows no HTML and no numbers beside the pictures' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pawvit.anatomy import colours
from pawvit.evaluation import Evaluation
from pawvit.images import Pixels
from pawvit.photos import PhotoTable
from pawvit.report.findings import Confusion, Findings, spread
from pawvit.report.pictures import data_uri, shrink, spotlight
from pawvit.report.sheets import overlay

_MAPS, _QUERIES, _ANSWERS = 8, 8, 5  # examples on the page
_BACKGROUND = (190, 190, 190)
_SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Picture:
    """A picture with its words; `source` is "" where pictures are left out."""

    source: str
    alt: str
    caption: str
    note: str = ""
    right: bool | None = None


class Album:
    """Photos of tables, each read once, as they go into the page.

    Args:
        shown: False leaves every picture out.
    """

    def __init__(self, shown: bool) -> None:
        self.shown = shown
        self._read: dict[tuple[str, str], Pixels] = {}

    def pixels(self, table: PhotoTable, index: int) -> Pixels:
        """H × W × 3 uint8 RGB, at the size of the page; raises ImageError."""
        key = table.paths[index], str(table.box(index))
        if key not in self._read:
            self._read[key] = shrink(table.read(index))
        return self._read[key]

    def source(self, table: PhotoTable, index: int) -> str:
        """What an `<img>` shows; "" where pictures are left out."""
        return data_uri(self.pixels(table, index)) if self.shown else ""


def map_plates(found: Findings, album: Album) -> list[tuple[Picture, Picture]]:
    """Training photos, each beside its part map; none where there are no pictures or no maps."""
    pairs: list[tuple[Picture, Picture]] = []
    if not album.shown or found.maps is None:
        return pairs
    for index in spread(found.learn, _MAPS):
        path, who = found.learn.paths[index], who_is_on(found.learn, index)
        if path not in found.maps:
            continue
        photo = album.pixels(found.learn, index)
        drawn = overlay(photo, found.maps.read(path), len(found.maps.parts.vocabulary))
        pairs.append(
            (
                Picture(data_uri(photo), f"Photo of {who}", who),
                Picture(data_uri(drawn), f"Part map of the same photo of {who}", ""),
            )
        )
    return pairs


def mask_plates(found: Findings, album: Album) -> list[list[Picture]]:
    """Rows of a photo, all its parts as the model sees them, and each token's mask (Fig. 2)."""
    if not album.shown:
        return []
    names = (*found.card.config.parts, "background")
    shades = [*colours(len(names) - 1), _BACKGROUND]
    rows = []
    for index, shares in sorted(found.masks.items()):
        photo, who = album.pixels(found.asked, index), who_is_on(found.asked, index)
        together = overlay(photo, shares.argmax(axis=0).astype(np.uint8), len(names) - 1)
        alone = [
            Picture(data_uri(spotlight(photo, share, shade)), f"Mask of the token {name}", name)
            for name, share, shade in zip(names, shares, shades, strict=True)
        ]
        rows.append(
            [
                Picture(data_uri(photo), f"Photo of {who}", who),
                Picture(data_uri(together), f"All parts on the photo of {who}", "all parts"),
                *alone,
            ]
        )
    return rows


def answer_plates(found: Findings, album: Album) -> list[tuple[Picture, list[Picture]]]:
    """Queries with their best answers, right and wrong ones marked (Fig. 7 and 9)."""
    result, asked = found.results[0], found.asked
    entities, identities = asked.entities, asked.identities
    rows = []
    for row in _from_best_to_worst(result):
        query = int(result.position[row])
        who = who_is_on(asked, query)
        note = f"average precision {100 * result.scores.average_precision[row]:.1f}{_SPACE}%"
        answers = []
        for rank, place in enumerate(result.scores.top[row, :_ANSWERS].tolist(), start=1):
            if place < 0:
                continue
            right = entities[place] == entities[query]
            other_side = not right and identities[place] == identities[query]
            answers.append(
                Picture(
                    album.source(asked, place),
                    f"Answer {rank}, {'right' if right else 'wrong'}:"
                    f" photo of {who_is_on(asked, place)}",
                    who_is_on(asked, place),
                    f"{result.scores.similarity[row, rank - 1]:.3f}"
                    + (" · same animal, other side" if other_side else ""),
                    right,
                )
            )
        first = Picture(album.source(asked, query), f"Query: photo of {who}", who, note)
        rows.append((first, answers))
    return rows


def confusion_plates(
    found: Findings, album: Album, pairs: Sequence[Confusion]
) -> list[tuple[Confusion, Picture, Picture]]:
    """For each pair of individuals the most similar two photos that were confused."""
    asked = found.asked

    def picture(index: int, role: str, note: str) -> Picture:
        who = who_is_on(asked, index)
        return Picture(album.source(asked, index), f"{role}: photo of {who}", who, note)

    return [
        (
            pair,
            picture(pair.query, "Query", "query"),
            picture(pair.answer, "Best answer", f"best answer, {pair.similarity:.3f}"),
        )
        for pair in pairs
    ]


def _from_best_to_worst(result: Evaluation) -> list[int]:
    """Rows of queries at even steps of their average precision, of many individuals."""
    order = np.argsort(-result.scores.average_precision, kind="stable")
    chosen: list[int] = []
    for place in np.linspace(0, len(order) - 1, min(_QUERIES, len(order))):
        shown = {int(result.identity[row]) for row in chosen}
        # The nearest query of an individual that is not there yet; where all are, the nearest.
        *_, step = min(
            (int(result.identity[row]) in shown, abs(step - place), step)
            for step, row in enumerate(order)
            if row not in chosen
        )
        chosen.append(int(order[step]))
    return sorted(chosen, key=lambda row: -result.scores.average_precision[row])


def who_is_on(table: PhotoTable, index: int) -> str:
    """The individual and its side, as captions name them."""
    side = table.orientations[index]
    name = table.identities[index] or "unknown"
    return name if side == "unknown" else f"{name}, {side}"
