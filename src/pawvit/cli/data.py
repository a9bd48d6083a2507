"""`pawvit data`: fetch public photos, describe a table, look it over, deal it to splits."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Fetch, describe, check and split photos.")

Photos = Annotated[
    Path,
    typer.Argument(help="A table (CSV or Parquet), or a folder with one folder an individual."),
]


class By(StrEnum):
    """What a split goes by."""

    identity = "identity"
    time = "time"
    encounter = "encounter"


@app.command()
def fetch(
    name: Annotated[
        str | None, typer.Argument(help="Which set; without one, all of them are listed.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--out", "-o", "--output", help="The folder; named as the set unless given."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Agree to the licence without being asked.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the archives, in the folder's `downloads/`.")
    ] = False,
) -> None:
    """Download a public set of photos, once its licence is agreed to, and write its photo table.

    What breaks off is gone on with by the same command. `fetched.json` says what came from where,
    with its SHA-256.
    """
    from pawvit import sets
    from pawvit.cli import licences
    from pawvit.cli.console import bar, console

    if name is None:
        licences.show_sets(sets.SETS.values())
        return
    chosen = licences.chosen(name)
    licences.agree(chosen, yes=yes)
    folder = Path(name) if output is None else output
    table = sets.fetch(chosen, folder, bar=bar, keep=keep)
    console.print(f"{folder / 'photos.csv'}: {len(table)} photos", markup=False)
    if not all(archive.sha256 for archive in chosen.archives):
        console.print(
            f"no checksum is published to check it by; what came is in {folder / 'fetched.json'}",
            markup=False,
        )
    console.print(f"look at it: pawvit data describe {folder / 'photos.csv'}", markup=False)


@app.command()
def describe(
    photos: Photos,
    json: Annotated[Path | None, typer.Option(help="Write the counts as JSON.")] = None,
) -> None:
    """Count what a table or a known set holds; for ATRW and YakReID-103, beside the paper's counts.

    Photos, individuals, entities and their mirror images, photos of each, orientations, cameras,
    encounters, splits, and the queries that have an answer under each protocol. Opens no picture.
    """
    from pawvit.cli import description
    from pawvit.readers import known_set, read_photos

    table = read_photos(photos)
    description.describe(table, known_set(photos), as_json=json)


@app.command()
def check(
    photos: Photos,
    by: Annotated[
        By | None,
        typer.Option(
            help="What the splits are meant to be: no individual in two of them (identity), or"
            " individuals shared, but no encounter (encounter), the earlier photos first (time)."
            " Guessed unless given."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Print every problem, not some of each kind.")
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write every problem as JSON.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write every problem as CSV.")] = None,
) -> None:
    """Name everything that is wrong with the photos; ends with 2 if anything is an error."""
    from pawvit import audit
    from pawvit.cli import findings
    from pawvit.cli.console import bar, console
    from pawvit.readers import read_photos

    table = read_photos(photos)
    findings.show_summary(audit.summary(table))
    sizes = audit.split_sizes(table)
    if len(sizes) > 1:
        findings.show_splits(sizes)
        if by is None and audit.is_closed(table):
            console.print("taken for a closed set: most individuals are shared on purpose")
    with bar("checking") as progress:
        problems = audit.check(table, by=by.value if by else None, progress=progress)
    findings.write_problems(problems, table, as_json=json, as_csv=csv)
    if findings.show_problems(problems, everything=everything):
        raise typer.Exit(2)


@app.command()
def split(
    photos: Photos,
    output: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            "--output",
            help="The table to write (.csv, .tsv or .parquet), best in the folder of the photos.",
        ),
    ],
    by: Annotated[
        By,
        typer.Option(
            help="identity: no individual is in two splits. encounter: every individual is trained"
            " on, whole encounters are kept back. time: the same, by date, the later ones."
        ),
    ] = By.identity,
    train: Annotated[float, typer.Option(help="Share to train on.")] = 0.7,
    select: Annotated[float, typer.Option(help="Share to choose epochs and settings on.")] = 0.1,
    val: Annotated[float, typer.Option(help="Share to report on, never to choose on.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Another seed deals anew.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace the table's own splits.")] = False,
    pictures: Annotated[
        bool,
        typer.Option(help="Open the photos, to keep near-duplicates and bursts on one side."),
    ] = True,
) -> None:
    """Deal the photos to splits that don't leak.

    Shares are of the individuals (by identity) or of the photos (by encounter, by time).
    """
    from pawvit import audit
    from pawvit.cli import findings
    from pawvit.cli.console import bar, errors
    from pawvit.readers import read_photos, write_table
    from pawvit.splits import check_request, with_splits

    table = read_photos(photos)
    shares = {"train": train, "select": select, "val": val}
    check_request(table, shares, by=by.value, force=force)
    looks = None
    if pictures:
        with bar("looking") as progress:
            looks = audit.look_at_all(table, progress=progress)
        unread = sum(look.thumbnail is None for look in looks)
        if unread:
            errors.print(f"{unread} photos can't be compared: pawvit data check says why")
    taken = audit.moments(table, looks)
    near = audit.near_pictures(table, looks) if looks else []
    joint = audit.together(table, looks, taken, near)
    dealt = with_splits(
        table, shares, by=by.value, seed=seed, force=force, together=joint, taken=taken
    )
    audit.refuse_leaks(
        audit.leaks(dealt, looks, by=by.value, near=near),
        dealt,
        f"put this right in the table first: pawvit data check {photos}",
    )
    write_table(dealt, output)
    sizes = audit.split_sizes(dealt)
    findings.show_splits(sizes)
    findings.show_poor_deal(sizes, train)
