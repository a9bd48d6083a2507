"""`pawvit identify`: photos → ranked individuals of a catalogue, with the pictures to compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console
from pawvit.cli.loading import MODEL, holds_photos, known, say_untrained

if TYPE_CHECKING:
    from pawvit.descriptors import Descriptors
    from pawvit.identify import Answer


SHOWN = 20
"""More answers than this are not printed, only counted."""


def identify(
    catalogue: Annotated[
        str,
        typer.Argument(help="Catalogue (file or URL), or a table or folder of known photos."),
    ],
    photos: Annotated[
        list[Path], typer.Argument(help="Pictures, or one photo table or folder of them.")
    ],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help=f"{MODEL}; default: the catalogue's own."),
    ] = None,
    orientation: Annotated[
        str, typer.Option(help="Which side the pictures show: left, right, front, back, unknown.")
    ] = "unknown",
    split: Annotated[str | None, typer.Option(help="Only the photos of this split.")] = None,
    top: Annotated[int, typer.Option(help="How many candidates.", min=1)] = 5,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write all answers (.csv).")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Draw the photos beside their candidates (.jpg, .png).")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")] = None,
) -> None:
    """Who is this?

    The answer comes without any training, too: without a catalogue, give a folder of known photos
    (one subfolder an individual) in its place. Individuals of whom the catalogue has
    only the other flank are listed apart: nothing speaks for or against them.
    """
    from pawvit.cli.answers import render
    from pawvit.errors import InputError, PhotoTableError
    from pawvit.identify import agreement
    from pawvit.identify import identify as ask
    from pawvit.readers import read_photos, read_pictures

    if sheet is not None and sheet.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise InputError(
            "the sheet is a picture", where=sheet, mend="let its name end in .jpg or .png"
        )
    one = photos[0]
    if len(photos) == 1 and holds_photos(one):
        table = read_photos(one)
        if split is not None:
            table = table.part(split)
    else:
        table = read_pictures(photos, orientation)
        # Before the known photos are looked at: that may take minutes.
        missing = [str(photo) for photo in photos if not photo.exists()]
        if missing:
            raise PhotoTableError("no such picture", problems=missing, mend="correct the path")
    with known(catalogue, model, device) as (opened, embedder):
        opened.require(embedder.stamp)
        with bar("embedding") as progress:
            descriptors, unreadable = embedder.embed_table(table, progress=progress)
        answers = ask(descriptors, opened, top=top)
    for answer in answers[:SHOWN]:
        console.print(render(answer))
        console.print()
    if len(answers) > SHOWN:
        console.print(f"… and {len(answers) - SHOWN} more answers; -o answers.csv writes them all")
    right = agreement(answers, descriptors.identities)
    if right.asked:
        console.print(
            f"of {right.asked} photos whose identity the table knows, {right.first} have it in"
            f" place 1 ({right.first / right.asked:.1%}), {right.listed} in the first {top}"
            f" ({right.listed / right.asked:.1%})"
        )
    say_untrained(embedder)
    if out is not None:
        _write(answers, descriptors, out)
    if sheet is not None:
        draw(answers, descriptors, sheet)
        console.print(f"look at {sheet}", soft_wrap=True, markup=False)
    if unreadable:
        raise PhotoTableError("photos can't be read", problems=unreadable)


def _write(answers: list[Answer], asked: Descriptors, out: Path) -> None:
    import pandas as pd

    from pawvit import files

    rows = [
        {
            "query": answer.queries[0],
            "query_bbox": asked.boxes[number],
            "query_orientation": answer.orientations[0],
            "query_orientation_confidence": _cell(answer.confidences[0]),
            "already": answer.already,
            "rank": rank,
            "individual": candidate.individual if candidate else "",
            "similarity": round(candidate.similarity, 4) if candidate else "",
            "photo": candidate.photo if candidate else "",
            "bbox": candidate.box if candidate else "",
            "orientation": candidate.orientation if candidate else "",
            "orientation_confidence": _cell(candidate.confidence) if candidate else "",
            "compared": candidate.compared if candidate else 0,
            "not_comparable": "; ".join(answer.not_comparable),
            "model": asked.model.name,
        }
        for number, answer in enumerate(answers)
        # A photo that could be compared with nobody has a row too.
        for rank, candidate in enumerate(answer.candidates or [None], start=1)
    ]
    with files.atomic(out) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)


def _cell(confidence: float | None) -> str:
    """Empty where people gave the orientation, or nobody knows it."""
    return "" if confidence is None else f"{confidence:.4f}"


def draw(answers: list[Answer], asked: Descriptors, sheet: Path) -> None:
    """Draws up to twelve photos beside their five best candidates; `asked` in the same order."""
    from pawvit import files
    from pawvit.images import read_image
    from pawvit.photos import parse_box
    from pawvit.report.sheets import Shown, retrieval_sheet

    rows = []
    for number, answer in enumerate(answers[:12]):
        path, identity = asked.paths[number], asked.identities[number]
        photo = read_image(Path(asked.root) / path, bbox=parse_box(asked.boxes[number]))
        side, sign = answer.orientations[0], "" if answer.confidences[0] is None else "?"
        flank = "flank unknown" if side == "unknown" else f"{side}{sign}"
        query = Shown(photo, f"{identity or Path(path).name}, {flank}")
        found = [
            Shown(
                read_image(candidate.photo, bbox=parse_box(candidate.box)),
                f"{candidate.individual}  {candidate.similarity:.3f}",
                candidate.individual == identity if identity else None,
            )
            for candidate in answer.candidates[:5]
        ]
        rows.append((query, found))
    with files.atomic(sheet) as temporary:
        retrieval_sheet(rows, asked.model.name).save(temporary)
