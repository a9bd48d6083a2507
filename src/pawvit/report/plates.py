"""The pictures of a report, each with its words: part maps, masks, answers, confusions.

Knows findings and pixels; it knows no HTML and no numbers beside the pictures' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pawvit.images import Pixels
from pawvit.photos import PhotoTable
from pawvit.report.answers import ranked
from pawvit.report.choice import even_steps, spread, who_is_on
from pawvit.report.findings import Confusion, Findings
from pawvit.report.pictures import data_uri, seen_by_tokens, shrink
from pawvit.report.sheets import overlay

_MAPS, _QUERIES, _ANSWERS = 8, 8, 5  # examples on the page
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
    weights = found.descriptors.part_weights
    rows = []
    for index, masks in sorted(found.masks.items()):
        photo, who = album.pixels(found.asked, index), who_is_on(found.asked, index)
        together, alone = seen_by_tokens(photo, masks)
        # The background token has no weight.
        notes = [""] * len(names)
        if weights is not None:
            notes[:-1] = [f"weight {100 * own:.0f}{_SPACE}%" for own in weights[index]]
        rows.append(
            [
                Picture(data_uri(photo), f"Photo of {who}", who),
                Picture(data_uri(together), f"All parts on the photo of {who}", "all parts"),
                *(
                    Picture(data_uri(pixels), f"Mask of the token {name}", name, note)
                    for pixels, name, note in zip(alone, names, notes, strict=True)
                ),
            ]
        )
    return rows


def answer_plates(found: Findings, album: Album) -> list[tuple[Picture, list[Picture]]]:
    """Queries with their best answers, right and wrong ones marked (Fig. 7 and 9)."""
    result, asked = found.results[0], found.asked
    entities, identities = asked.entities, asked.identities
    rows = []
    for row in even_steps(result, _QUERIES):
        query = int(result.position[row])
        who = who_is_on(asked, query)
        note = f"average precision {100 * result.scores.average_precision[row]:.1f}{_SPACE}%"
        answers = []
        for rank, one in enumerate(ranked(result, row, _ANSWERS, entities, identities), start=1):
            shown, right = who_is_on(asked, one.place), one.verdict == "right"
            answers.append(
                Picture(
                    album.source(asked, one.place),
                    f"Answer {rank}, {'right' if right else 'wrong'}: photo of {shown}",
                    shown,
                    f"{one.similarity:.3f}"
                    + (" · same animal, other side" if one.verdict == "other side" else ""),
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
