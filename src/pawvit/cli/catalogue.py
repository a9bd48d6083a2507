"""`pawvit catalogue …`: known individuals, and who said so. No logic: it calls and prints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import console

app = typer.Typer(no_args_is_help=True, help="Keep known individuals in a catalogue.")

Place = Annotated[
    str,
    typer.Argument(
        metavar="CATALOGUE", help="The catalogue: a file (catalogue.db) or a database URL."
    ),
]
PhotoNumber = Annotated[
    int, typer.Argument(metavar="PHOTO", help="The number of the photo, as `show` prints it.")
]
By = Annotated[
    str,
    typer.Option(
        "--by", envvar=["PAWVIT_BY", "USER", "USERNAME"], help="Who decides; noted in the history."
    ),
]
Note = Annotated[str, typer.Option("--note", help="Why; noted in the history.")]


@app.command()
def add(
    place: Place,
    descriptors: Annotated[
        Path, typer.Argument(metavar="DESCRIPTORS", help="What `pawvit embed` wrote (.parquet).")
    ],
    root: Annotated[
        Path | None,
        typer.Option("--root", help="The folder of the photos, if they were moved since."),
    ] = None,
    by: By = "",
) -> None:
    """Add photos with the identities of their table; the catalogue is made if there is none."""
    from pawvit.catalogue import Catalogue
    from pawvit.descriptors import Descriptors

    read = Descriptors.read(descriptors)
    files = read.files(root)
    with Catalogue.open(place, create=True) as catalogue:
        added = catalogue.add(read, files, by=by)
    console.print(
        f"{added.photos} photos added, {added.skipped} were there already;"
        f" {added.individuals} new individuals"
    )
    if added.identified or added.updated:
        console.print(
            f"of those there: {added.identified} named, {added.updated} brought up to date"
        )


@app.command(name="list")
def list_(place: Place) -> None:
    """List the individuals: how many photos, of which flank, in how many encounters."""
    from rich.table import Table
    from rich.text import Text

    from pawvit.anatomy import ORIENTATIONS
    from pawvit.catalogue import Catalogue

    with Catalogue.open(place) as catalogue:
        individuals, summary = catalogue.individuals(), catalogue.summary()
    shown = [side for side in ORIENTATIONS if side in summary.orientations]
    table = Table("individual", *("photos", *shown, "encounters"), box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for one in individuals:
        sides = [str(one.orientations.get(side, 0)) for side in shown]
        table.add_row(Text(one.name), str(one.photos), *sides, str(one.encounters))
    console.print(table)
    console.print(
        f"{summary.individuals} individuals, {summary.photos} photos"
        f" ({summary.unidentified} unidentified), {summary.encounters} encounters"
    )
    if summary.model is not None:
        console.print(Text(f"model: {summary.model}"))


@app.command()
def show(
    place: Place,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help='The individual; "" for unidentified photos.')
    ],
) -> None:
    """Show the photos of one individual, and what was decided on each of them."""
    from rich.table import Table
    from rich.text import Text

    from pawvit.catalogue import Catalogue

    table = Table("photo", "flank", "camera", "encounter", "file", "decisions", box=None)
    with Catalogue.open(place) as catalogue:
        for photo in catalogue.photos(name):
            history = "\n".join(str(decision) for decision in catalogue.history(photo.id))
            labels = (photo.camera or "–", photo.encounter or "–", photo.path, history)
            table.add_row(str(photo.id), photo.orientation, *map(Text, labels))
    console.print(table)


@app.command()
def decide(
    place: Place,
    photo: PhotoNumber,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who the photo shows.")],
    by: By = "",
    note: Note = "",
) -> None:
    """Say who a photo shows. What was said before stays in its history."""
    from rich.text import Text

    from pawvit.catalogue import Catalogue

    with Catalogue.open(place) as catalogue:
        catalogue.decide(photo, name, by=by, note=note)
    console.print(Text(f"photo {photo} shows {name}"))


@app.command()
def undo(place: Place, photo: PhotoNumber, by: By = "", note: Note = "") -> None:
    """Take the latest decision on a photo back; the one before it holds again."""
    from rich.text import Text

    from pawvit.catalogue import Catalogue

    with Catalogue.open(place) as catalogue:
        name = catalogue.undo(photo, by=by, note=note)
    console.print(Text(f"photo {photo} shows {name}" if name else f"photo {photo} is unidentified"))
