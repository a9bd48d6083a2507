"""`pawvit catalogue …`: known individuals, and who said so. No logic: it calls and prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console
from pawvit.cli.loading import MODEL, load_embedder, model_of

if TYPE_CHECKING:
    from pawvit.catalogue import Catalogue

app = typer.Typer(no_args_is_help=True, help="Keep known individuals in a catalogue.")

Place = Annotated[
    str,
    typer.Argument(
        metavar="CATALOGUE", help="The catalogue: a file (catalogue.db) or a database URL."
    ),
]
PhotoPlace = Annotated[
    str, typer.Argument(metavar="PHOTO", help="The picture file, or the number that `show` prints.")
]
Model = Annotated[
    str | None,
    typer.Option("--model", "-m", help=f"{MODEL}; default: the catalogue's own, or dinov2-small."),
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")]
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
    photos: Annotated[
        Path,
        typer.Argument(
            metavar="PHOTOS",
            help="Photo table, folder by identity, or what `pawvit embed` wrote (.parquet).",
        ),
    ],
    model: Model = None,
    split: Annotated[str | None, typer.Option(help="Only the photos of this split.")] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", help="The folder of embedded photos, if they were moved since."),
    ] = None,
    by: By = "",
    device: Device = None,
) -> None:
    """Add photos with the identities that they come with; the catalogue is made if there is none.

    Pictures that it has already are not looked at again. Without --model the first photos are
    described by a network that needs no training, later ones by the catalogue's own.
    """
    from pawvit.catalogue import Catalogue
    from pawvit.catalogue.gather import gather
    from pawvit.descriptors import Descriptors, is_descriptors
    from pawvit.errors import PhotoTableError
    from pawvit.readers import read_photos

    unreadable: list[str] = []
    if is_descriptors(photos):
        read = Descriptors.read(photos)
        files = read.files(root)
        with Catalogue.open(place, create=True) as catalogue:
            added = catalogue.add(read, files, by=by)
    else:
        table = read_photos(photos)
        if split is not None:
            table = table.part(split)
        with Catalogue.open(place, create=True) as catalogue:
            embedder = load_embedder(model_of(catalogue, model), device)
            with bar("embedding") as progress:
                added, unreadable = gather(catalogue, embedder, table, by=by, progress=progress)
    console.print(
        f"{added.photos} photos added, {added.skipped} were there already;"
        f" {added.individuals} new individuals"
    )
    if added.identified or added.updated:
        console.print(
            f"of those there: {added.identified} named, {added.updated} brought up to date"
        )
    if unreadable:
        raise PhotoTableError(
            f"{len(unreadable)} photos could not be read; all others are in the catalogue",
            problems=unreadable,
            where=photos,
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

    from pawvit.anatomy import side_label
    from pawvit.catalogue import Catalogue

    table = Table("photo", "flank", "camera", "encounter", "file", "decisions", box=None)
    table.columns[4].overflow = "fold"  # a path cut short leads nowhere
    with Catalogue.open(place) as catalogue:
        for photo in catalogue.photos(name):
            history = "\n".join(str(decision) for decision in catalogue.history(photo.id))
            labels = (photo.camera or "–", photo.encounter or "–", photo.path, history)
            sure = photo.confidence if photo.was_predicted else None
            table.add_row(str(photo.id), side_label(photo.side, sure), *map(Text, labels))
    console.print(table)


@app.command()
def confirm(
    place: Place,
    photo: PhotoPlace,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who the photo shows.")],
    orientation: Annotated[
        str, typer.Option(help="Which side it shows: left, right, front, back, unknown.")
    ] = "unknown",
    model: Model = None,
    by: By = "",
    note: Note = "",
    device: Device = None,
) -> None:
    """Say who a photo shows; a picture that is new to the catalogue is added.

    What was said before stays in its history; `undo` takes it back.
    """
    from rich.text import Text

    from pawvit.catalogue import Catalogue
    from pawvit.catalogue.gather import gather
    from pawvit.errors import CatalogueError
    from pawvit.readers import read_pictures

    seen = read_pictures([photo], orientation)
    if not name.strip():
        raise CatalogueError("an individual needs a name", mend="to take one back: undo")
    with Catalogue.open(place) as catalogue:
        number = _number(catalogue, photo)
        if number is None:
            embedder = load_embedder(model_of(catalogue, model), device)
            _, unreadable = gather(catalogue, embedder, seen)
            number = _number(catalogue, photo)
            if number is None:
                raise CatalogueError("\n".join(unreadable))
            console.print(Text(f"{photo} added as photo {number}"), soft_wrap=True)
        known = {one.name for one in catalogue.individuals()}
        catalogue.decide(number, name, by=by, note=note, orientation=seen.orientations[0])
    new = "" if name.strip() in known else ", who is new to the catalogue (a slip? undo)"
    console.print(Text(f"photo {number} shows {name}{new}"))


@app.command()
def undo(place: Place, photo: PhotoPlace, by: By = "", note: Note = "") -> None:
    """Take the latest decision on a photo back; the one before it holds again."""
    from rich.text import Text

    from pawvit.catalogue import Catalogue
    from pawvit.errors import CatalogueError

    with Catalogue.open(place) as catalogue:
        number = _number(catalogue, photo)
        if number is None:
            raise CatalogueError("the picture is not in the catalogue", where=photo)
        name = catalogue.undo(number, by=by, note=note)
    console.print(
        Text(f"photo {number} shows {name}" if name else f"photo {number} is unidentified")
    )


@app.command()
def export(
    place: Place,
    out: Annotated[Path, typer.Option("--out", "-o", help="The table (.csv, .parquet).")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write the identified photos as a photo table, to train from."""
    from pawvit.catalogue import Catalogue
    from pawvit.catalogue.gather import labels
    from pawvit.errors import InputError
    from pawvit.readers import write_table

    if out.exists() and not force:
        raise InputError(
            "the file is there already, and may hold more than the catalogue knows",
            where=out,
            mend="write to another file, or replace it: --force",
        )
    with Catalogue.open(place) as catalogue:
        table = labels(catalogue, out.absolute().parent)
    write_table(table, out)
    console.print(
        f"{len(table)} photos of {len(set(table.identities))} individuals → {out}",
        soft_wrap=True,
        markup=False,
    )


def _number(catalogue: Catalogue, photo: str) -> int | None:
    """The number that a word on the command line means; None: a file that is not there yet."""
    if photo.isdigit() and not Path(photo).exists():
        return int(photo)
    found = catalogue.find(photo)
    return None if found is None else found.id
