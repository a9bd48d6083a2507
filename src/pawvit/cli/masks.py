"""`pawvit masks`: photos → part maps, with a contact sheet to look at."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    from pawvit.partmaps import PartMaps
    from pawvit.photos import PhotoTable

SHEET = "contact-sheet.jpg"


def masks(
    photos: Annotated[Path, typer.Argument(help="Photo table or folder by identity.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the part maps.")],
    split: Annotated[str | None, typer.Option(help="Only the photos of this split.")] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(help="Apply the teacher of another folder of maps, without a fit."),
    ] = None,
    sample: Annotated[int, typer.Option(help="Photos that the fit looks at.", min=10)] = 300,
    clusters: Annotated[int, typer.Option(help="Clusters to begin with.", min=2, max=32)] = 7,
    seed: Annotated[int, typer.Option(help="Of the sample and the clustering.")] = 0,
) -> None:
    """Find the parts of the animal in every photo.

    The parts are discovered: no keypoints are needed. A folder that was begun before is gone on
    with, and its teacher is applied to new photos as it is. Look at the contact sheet.
    """
    from contextlib import ExitStack

    from pawvit.readers import read_photos
    from pawvit.teacher.masks import make_maps

    table = read_photos(photos)
    if split is not None:
        table = table.part(split)
    with ExitStack() as bars:
        made = make_maps(
            table,
            out,
            teacher=teacher,
            sample=sample,
            clusters=clusters,
            seed=seed,
            progress=lambda label: bars.enter_context(bar(label)),
        )
    sheet = out / SHEET
    _draw(table, made.maps, sheet)
    console.print(
        f"{made.written} part maps made, {made.kept} kept;"
        f" parts: {', '.join(made.maps.parts.vocabulary)}"
    )
    console.print(f"look at {sheet}", soft_wrap=True)
    if made.unreadable:
        from pawvit.errors import PhotoTableError

        raise PhotoTableError(
            f"{len(made.unreadable)} photos could not be read and have no map; all others do",
            problems=made.unreadable,
            where=photos,
        )


def _draw(table: PhotoTable, maps: PartMaps, path: Path, number: int = 60) -> None:
    from pawvit import files
    from pawvit.report.sheets import contact_sheet

    mapped = [i for i, photo in enumerate(table.paths) if photo in maps]
    step = max(1, len(mapped) // number)
    chosen = mapped[::step][:number]
    sheet = contact_sheet(
        [table.read(i) for i in chosen],
        [maps.read(table.paths[i]) for i in chosen],
        maps.parts.vocabulary,
    )
    with files.atomic(path) as temporary:
        sheet.save(temporary, quality=90)
