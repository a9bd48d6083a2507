"""Part maps to look over: a page with checkboxes, its pictures, and a sheet of the doubtful ones.

Knows doubts, pixels and files; how the page looks is in `templates/`.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from pawvit import files
from pawvit.anatomy import colours
from pawvit.errors import ImageError
from pawvit.images import Pixels
from pawvit.partmaps import Labels, PartMaps
from pawvit.photos import PhotoTable
from pawvit.report.choice import who_is_on
from pawvit.report.pictures import shrink
from pawvit.report.sheets import contact_sheet, overlay
from pawvit.teacher.review import Doubt

PAGE, ANSWERS, SHEET, PICTURES = "index.html", "mask_ok.csv", "doubtful.jpg", "pictures"
_ON_SHEET = 48


@dataclass(frozen=True)
class _Card:
    """A photo on the page; `picture` is "" where it can't be read."""

    doubt: Doubt
    who: str
    picture: str
    alt: str


def write_review(
    table: PhotoTable,
    maps: PartMaps,
    found: Sequence[Doubt],
    folder: Path,
    *,
    worst: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Path:
    """Writes the page, most doubtful photos first, with what it needs; returns its path.

    In the folder: `index.html`, its pictures, `doubtful.jpg` (photos beside their maps), and
    `mask_ok.csv`: of each of them the proposal, the doubt and the reasons.

    Args:
        table: the photos.
        maps: their maps.
        found: the doubt of every photo that is to be looked over.
        folder: to write to; what was there of another review is replaced.
        worst: so many are shown; all unless given.
        progress: called with photos drawn and photos in all.
    """
    row_of = {path: row for row, path in reversed(list(enumerate(table.paths)))}
    order = sorted(found, key=lambda one: -one.score)
    cards: list[_Card] = []
    pairs: list[tuple[Pixels, Labels]] = []
    names = maps.parts.vocabulary
    shown = order[:worst]
    for number, doubt in enumerate(shown, start=1):
        row = row_of[doubt.path]
        try:
            photo: Pixels | None = shrink(table.read(row))
        except ImageError:
            photo = None
        picture = ""
        if photo is not None:
            both = photo
            if doubt.has_map:
                labels = maps.read(doubt.path)
                both = np.concatenate([photo, overlay(photo, labels, len(names))], axis=1)
                if len(pairs) < _ON_SHEET:
                    pairs.append((photo, labels))
            picture = f"{PICTURES}/{number:05}.webp"
            with files.atomic(folder / picture) as temporary:
                Image.fromarray(both).save(temporary, quality=75)
        what = "Photo and part map" if doubt.has_map else "Photo"
        who = who_is_on(table, row)
        cards.append(_Card(doubt, who, picture, f"{what} of {who}, {doubt.path}"))
        progress(number, len(shown))
    for old in (folder / PICTURES).glob("*.webp"):
        if int(old.stem) > len(shown):
            old.unlink()
    if pairs:
        sheet = contact_sheet([photo for photo, _ in pairs], [own for _, own in pairs], names)
        with files.atomic(folder / SHEET) as temporary:
            sheet.save(temporary, quality=90)
    files.write_text(folder / ANSWERS, _answers(order))
    environment = Environment(
        loader=PackageLoader("pawvit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # What was ticked before stays, for the same photos with the same doubts only.
    key = hashlib.sha256(_answers(shown).encode()).hexdigest()[:12]
    shades = ["#{:02x}{:02x}{:02x}".format(*shade) for shade in colours(len(names))]
    page = environment.get_template("review.html").render(
        name=maps.root.resolve().name,
        source=table.source.name,
        key=key,
        cards=cards,
        total=len(found),
        parts=list(zip(names, shades, strict=True)),
        answers=ANSWERS,
    )
    files.write_text(folder / PAGE, page)
    return folder / PAGE


def _answers(found: Sequence[Doubt]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("path", "mask_ok", "doubt", "reasons"))
    for one in found:
        row = (one.path, "yes" if one.ok else "no", f"{one.score:.2f}", "; ".join(one.reasons))
        writer.writerow(row)
    return text.getvalue()
