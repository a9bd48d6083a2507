"""`pawvit herd`: draws a synthetic herd."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import bar, console


def herd(
    out: Annotated[
        Path, typer.Argument(help="The folder to write photos.csv, images/ and maps/ to.")
    ],
    animals: Annotated[int, typer.Option(help="Number of individuals; at least 8.")] = 60,
    photos: Annotated[int, typer.Option(help="Photos of each flank of each; at least 2.")] = 8,
    cameras: Annotated[int, typer.Option(help="Number of cameras, 2 to 6.")] = 4,
    seed: Annotated[int, typer.Option(help="Another seed draws another herd.")] = 0,
    width: Annotated[int, typer.Option(help="Width of a photo in pixels; at least 48.")] = 160,
    height: Annotated[int, typer.Option(help="Height of a photo in pixels; at least 48.")] = 128,
) -> None:
    """Draw a herd of antelopes with known identities, flanks, cameras and parts.

    The same options give the same files; a run that was interrupted goes on where it ended.
    """
    from pawvit.herd import write_herd

    with bar("drawing") as progress:
        table = write_herd(
            out,
            animals=animals,
            photos_per_flank=photos,
            cameras=cameras,
            seed=seed,
            size=(height, width),
            progress=progress,
        )
    console.print(f"{2 * animals * photos} photos of {animals} animals: {table}")
    console.print(f"part maps: {out / 'maps'}")
