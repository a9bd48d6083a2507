"""`pawvit data`: look a table of photos over, and deal its individuals to splits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawvit.audit import Summary

app = typer.Typer(no_args_is_help=True, help="Check a table of photos, and split it.")

Photos = Annotated[
    Path,
    typer.Argument(help="A table (CSV or Parquet), or a folder with one folder an individual."),
]


@app.command()
def check(photos: Photos) -> None:
    """Name everything that is wrong with the photos; ends with 2 if anything is an error."""
    from itertools import groupby

    from pawvit import audit
    from pawvit.cli.console import bar, console
    from pawvit.readers import read_photos

    table = read_photos(photos)
    _show(audit.summary(table))
    with bar("checking") as progress:
        problems = audit.check(table, progress=progress)
    for (severity, code), group in groupby(problems, lambda p: (p.severity, p.code)):
        found = list(group)
        colour = "red" if severity == "error" else "yellow"
        console.print(f"\n[bold {colour}]{severity}[/] [bold]{code}[/] ({len(found)})")
        for problem in found:
            where = f"row {problem.rows[0]}, {problem.path}: " if len(problem.rows) == 1 else ""
            rows = "" if len(problem.rows) in (0, 1) else f" (rows {_rows(problem.rows)})"
            console.print(f"  {where}{problem.message}{rows}", markup=False, soft_wrap=True)
        console.print(f"  mend: {found[0].mend}", markup=False, soft_wrap=True)
    errors = sum(problem.severity == "error" for problem in problems)
    console.print(f"\nerrors: {errors}, warnings: {len(problems) - errors}")
    if errors:
        raise typer.Exit(2)


@app.command()
def split(
    photos: Photos,
    output: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            help="The table to write (.csv, .tsv or .parquet), best in the folder of the photos.",
        ),
    ],
    train: Annotated[float, typer.Option(help="Share of the individuals to train on.")] = 0.7,
    select: Annotated[float, typer.Option(help="Share to choose epochs and settings on.")] = 0.1,
    val: Annotated[float, typer.Option(help="Share to report on, never to choose on.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Another seed deals the individuals anew.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace the table's own splits.")] = False,
) -> None:
    """Deal the individuals to splits, so that none is in two of them."""
    from pawvit import audit
    from pawvit.photos import with_splits
    from pawvit.readers import read_photos, write_table

    table = with_splits(
        read_photos(photos), {"train": train, "select": select, "val": val}, seed=seed, force=force
    )
    write_table(table, output)
    _show(audit.summary(table))


def _show(summary: Summary) -> None:
    from rich.markup import escape
    from rich.table import Table

    from pawvit.cli.console import console

    lines = Table(box=None, show_header=False)
    lines.add_row("photos", str(summary.photos))
    lines.add_row("individuals", str(summary.identities))
    lines.add_row("entities", str(summary.entities))
    if summary.unknown:
        lines.add_row("of unknown identity", str(summary.unknown))
    if summary.photos_per_entity:
        low, middle, high = summary.photos_per_entity
        lines.add_row("photos an entity", f"{low} … {high}, median {middle:g}")
    for name in ("orientations", "splits", "cameras"):
        counts: Mapping[str, int] = getattr(summary, name)
        if counts:
            listed = ", ".join(f"{key} {count}" for key, count in counts.items())
            lines.add_row(name, escape(listed))
    console.print(lines)


def _rows(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:10]))
    return f"{shown} and {len(rows) - 10} more" if len(rows) > 10 else shown
