"""`pawvit masks review`: which part maps are in doubt, and what people say of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import bar, console


def review(
    photos: Annotated[
        Path, typer.Argument(metavar="PHOTOS", help="Photo table or folder by identity.")
    ],
    maps: Annotated[Path, typer.Argument(metavar="MAPS", help="Folder of part maps.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="Folder for the page; with --flag, --reject or --auto the table to write"
            " (.csv, .tsv or .parquet), best in the folder of the photos.",
        ),
    ],
    flag: Annotated[
        Path | None,
        typer.Option(help="What you ticked: a CSV with the columns path and mask_ok (yes, no)."),
    ] = None,
    reject: Annotated[
        list[str] | None,
        typer.Option(help="A photo whose map is to be left out, as the table names it."),
    ] = None,
    auto: Annotated[
        bool, typer.Option("--auto", help="Take the proposals, where nothing else is said.")
    ] = False,
    split: Annotated[str | None, typer.Option(help="Only the photos of this split.")] = None,
    worst: Annotated[
        int | None, typer.Option(help="Show so many, the most doubtful; default: all.", min=1)
    ] = None,
) -> None:
    """Look the part maps over, the most doubtful first, and say which are not to be learnt from.

    First a page to tick them on, from which mask_ok.csv comes; then, with --flag mask_ok.csv, the
    photo table with the column mask_ok, which training reads.
    """
    from pawvit.partmaps import PartMaps
    from pawvit.readers import read_photos, write_table
    from pawvit.teacher.review import doubts, reviewed

    opened, table = PartMaps.open(maps), read_photos(photos)
    chosen = table if split is None else table.part(split)
    paths = list(dict.fromkeys(chosen.paths))
    answers: dict[str, str] = {}
    if flag is None and not reject and not auto:
        from pawvit.report.review import write_review

        _refuse_table(out)
        with bar("part maps") as progress:
            found = doubts(opened, paths, progress)
        with bar("drawing the page") as progress:
            page = write_review(chosen, opened, found, out, worst=worst, progress=progress)
        left_out = sum(not one.ok for one in found)
        console.print(f"{len(found)} photos, {left_out} proposed to be left out")
        if len(found) < len(paths):
            console.print(f"{len(paths) - len(found)} photos have no map and are passed over")
        console.print(f"look at {page}", soft_wrap=True, markup=False)
        return
    if auto:
        with bar("part maps") as progress:
            found = doubts(opened, paths, progress)
        answers |= {one.path: "yes" if one.ok else "no" for one in found}
    if flag is not None:
        answers |= _said(flag)
    answers |= dict.fromkeys(reject or (), "no")
    result = reviewed(table, answers)
    write_table(result, out)
    console.print(
        f"{result.mask_ok.count(False)} of {len(result)} photos have mask_ok = no → {out}",
        soft_wrap=True,
        markup=False,
    )


def _said(flag: Path) -> dict[str, str]:
    """The answers of a file; raises PhotoTableError for words that are none."""
    from pawvit.errors import PhotoTableError, first_of
    from pawvit.photos import yes_or_no
    from pawvit.readers import read_cells

    found = {path: (cell, yes_or_no(cell)) for path, cell in read_cells(flag, "mask_ok").items()}
    strange = [f"{path}: {cell!r}" for path, (cell, word) in found.items() if word is None]
    if strange:
        raise PhotoTableError(
            "mask_ok is yes or no",
            problems=first_of(strange),
            where=flag,
            mend="write yes or no, or leave it empty",
        )
    return {path: word or "" for path, (_, word) in found.items()}


def _refuse_table(out: Path) -> None:
    """The page is a folder; a table's name means that what was ticked is missing."""
    from pawvit.errors import InputError
    from pawvit.readers import TABLES

    if out.suffix.lower() in TABLES or out.is_file():
        raise InputError(
            "a table is written of what you ticked, and that is not given",
            where=out,
            mend="add --flag mask_ok.csv (or --auto), or name a folder for the page",
        )
