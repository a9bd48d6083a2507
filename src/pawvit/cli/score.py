"""`pawvit masks score`: how right part maps are, beside maps that are known to be right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import console


def score(
    maps: Annotated[Path, typer.Argument(help="Folder of part maps.")],
    truth: Annotated[Path, typer.Option(help="Folder of maps that are right.")],
) -> None:
    """How right are the maps? Photos that have a map in both folders are compared.

    Parts of any vocabulary are merged to head, trunk and legs by their names.
    """
    from rich.table import Table

    from pawvit.partmaps import PartMaps
    from pawvit.teacher.quality import GROUPS
    from pawvit.teacher.quality import score as compared

    ours, right = PartMaps.open(maps), PartMaps.open(truth)
    shared = [path for path in ours.photos() if path in right]
    pairs = ((ours.read(path), right.read(path)) for path in shared)
    found = compared(pairs, ours.parts.vocabulary, right.parts.vocabulary)
    table = Table(box=None, header_style="")
    for name in ("", "IoU, %", "photos that agree on it, %"):
        table.add_column(name, justify="right" if name else "left")
    for part, iou, share in zip(GROUPS, found.iou, found.found, strict=True):
        table.add_row(part, f"{iou:.1%}"[:-1], f"{share:.1%}"[:-1])
    console.print(table)
    console.print(f"{found.photos} photos; mean IoU {found.mean:.1%}", soft_wrap=True)
    console.print(
        f"boundaries between the three: F {found.boundary:.1%}; parts as they are, adjusted Rand"
        f" index {found.rand:.2f}; animal and background: IoU {found.foreground:.1%}",
        soft_wrap=True,
    )
