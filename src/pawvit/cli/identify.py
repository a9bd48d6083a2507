"""`pawvit identify`: photos → ranked individuals of a catalogue, with the pictures to compare."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    from pawvit.identify import Answer
    from pawvit.photos import PhotoTable


SHOWN = 20
"""More answers than this are not printed, only counted."""


def identify(
    catalogue: Annotated[str, typer.Argument(help="Catalogue file or database URL.")],
    photos: Annotated[
        list[Path], typer.Argument(help="Pictures, or one photo table or folder of them.")
    ],
    model: Annotated[Path, typer.Option("--model", "-m", help="Run folder or checkpoint.")],
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

    Individuals of whom the catalogue has only the other flank are listed apart: nothing speaks for
    or against them.
    """
    from pawvit.catalogue import Catalogue
    from pawvit.cli.answers import render
    from pawvit.embedder import Embedder
    from pawvit.errors import InputError, PhotoTableError
    from pawvit.identify import agreement
    from pawvit.identify import identify as ask
    from pawvit.readers import read_photos, read_pictures
    from pawvit.training.trainer import choose_device

    if sheet is not None and sheet.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise InputError(
            "the sheet is a picture", where=sheet, mend="let its name end in .jpg or .png"
        )
    one = photos[0]
    if len(photos) == 1 and (one.is_dir() or one.suffix.lower() in (".csv", ".tsv", ".parquet")):
        table = read_photos(one)
        if split is not None:
            table = table.part(split)
    else:
        table = read_pictures(photos, orientation)
    with Catalogue.open(catalogue) as opened:
        embedder = Embedder.load(model, device=choose_device(device))
        opened.require(embedder.stamp)
        with bar("embedding") as progress:
            descriptors, unreadable = embedder.embed_table(table, progress=progress)
        answers = ask(descriptors, opened, top=top)
    for answer in answers[:SHOWN]:
        console.print(render(answer))
        console.print()
    if len(answers) > SHOWN:
        console.print(f"… and {len(answers) - SHOWN} more answers; -o answers.csv writes them all")
    truth = dict(zip(table.paths, table.identities, strict=True))
    right = agreement(answers, [truth[path] for path in descriptors.paths])
    if right.asked:
        console.print(
            f"of {right.asked} photos whose identity the table knows, {right.first} have it in"
            f" place 1 ({right.first / right.asked:.1%}), {right.listed} in the first {top}"
            f" ({right.listed / right.asked:.1%})"
        )
    if out is not None:
        _write(answers, out)
    if sheet is not None:
        draw(table, descriptors.paths, answers, sheet)
        console.print(f"look at {sheet}", soft_wrap=True)
    if unreadable:
        raise PhotoTableError("photos can't be read", problems=unreadable)


def _write(answers: list[Answer], out: Path) -> None:
    import pandas as pd

    from pawvit import files

    rows = [
        {
            "query": answer.queries[0],
            "already": answer.already,
            "rank": rank,
            "individual": candidate.individual if candidate else "",
            "similarity": round(candidate.similarity, 4) if candidate else "",
            "photo": candidate.photo if candidate else "",
            "orientation": candidate.orientation if candidate else "",
            "compared": candidate.compared if candidate else 0,
            "not_comparable": "; ".join(answer.not_comparable),
        }
        for answer in answers
        # A photo that could be compared with nobody has a row too.
        for rank, candidate in enumerate(answer.candidates or [None], start=1)
    ]
    with files.atomic(out) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False)


def draw(table: PhotoTable, paths: list[str], answers: list[Answer], sheet: Path) -> None:
    """Draws up to twelve photos beside their five best candidates."""
    from pawvit import files
    from pawvit.images import read_image
    from pawvit.report.sheets import Shown, retrieval_sheet

    rows = []
    position = {path: index for index, path in enumerate(table.paths)}
    for path, answer in list(zip(paths, answers, strict=True))[:12]:
        identity = table.identities[position[path]]
        query = Shown(
            table.read(position[path]), f"{identity or Path(path).name}, {answer.orientations[0]}"
        )
        found = [
            Shown(
                read_image(candidate.photo),
                f"{candidate.individual}  {candidate.similarity:.2f}",
                candidate.individual == identity if identity else None,
            )
            for candidate in answer.candidates[:5]
        ]
        rows.append((query, found))
    with files.atomic(sheet) as temporary:
        retrieval_sheet(rows).save(temporary)
