"""`pawvit masks import` and `export`: part maps from other tools, and for them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    from pawvit.partformats.formats import Format


class FormatName(StrEnum):
    """How part maps are exchanged."""

    labels = "labels"
    coco = "coco"
    panoptic = "panoptic"
    npy = "npy"


As = Annotated[
    FormatName,
    typer.Option(
        "--as",
        help="labels: a folder of grey label pictures (PNG) with names.txt; coco: a COCO file, a"
        " category a part; panoptic: a COCO panoptic file with its folder of PNGs; npy: a folder of"
        " stacks as the paper's code has them.",
    ),
]


def import_(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="Folder (labels, npy) or JSON file.")
    ],
    photos: Annotated[
        Path, typer.Argument(metavar="PHOTOS", help="Photo table or folder by identity.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the part maps.")],
    kind: As,
    names: Annotated[
        str | None,
        typer.Option(
            help="The names in label order, with commas between; default: what the source says."
        ),
    ] = None,
    size: Annotated[int, typer.Option(help="Height and width of the maps.", min=8, max=1024)] = 64,
) -> None:
    """Make part maps of what another tool wrote.

    Everything is checked before anything is written, and maps that are there are kept. Pictures of
    another size than the maps are cut to the photo's box; each place takes its most frequent label.
    """
    from pawvit.partformats.importing import import_maps
    from pawvit.readers import read_photos

    given = None if names is None else [name.strip() for name in names.split(",")]
    table = read_photos(photos)
    with bar("part maps") as progress:
        made = import_maps(
            source,
            table,
            out,
            kind=_format(kind),
            names=given,
            size=(size, size),
            progress=progress,
        )
    console.print(
        f"{made.written} part maps made, {made.kept} kept;"
        f" parts: {', '.join(made.maps.parts.vocabulary)}",
        markup=False,
    )
    if made.flagged:
        console.print(
            f"{len(made.flagged)} photos of the table are not in it and have no map,"
            f" {made.flagged[0][0]} among them",
            markup=False,
            soft_wrap=True,
        )


def export(
    maps: Annotated[Path, typer.Argument(metavar="MAPS", help="Folder of part maps.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder or JSON file to write.")],
    kind: As,
    photos: Annotated[
        Path | None,
        typer.Option(
            help="Photo table: only its photos' maps, each at the size of its picture, to correct"
            " them there; default: all maps as they are."
        ),
    ] = None,
) -> None:
    """Write part maps as other tools read them; nothing is overwritten."""
    from pawvit.partformats.exporting import export_maps
    from pawvit.partmaps import PartMaps
    from pawvit.readers import read_photos

    opened = PartMaps.open(maps)
    table = None if photos is None else read_photos(photos)
    with bar("part maps") as progress:
        number = export_maps(opened, out, kind=_format(kind), table=table, progress=progress)
    console.print(f"{number} part maps → {out}", soft_wrap=True, markup=False)


def _format(kind: FormatName) -> Format:
    return kind.value
