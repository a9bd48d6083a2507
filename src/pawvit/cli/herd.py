"""`pawvit herd`: draws a synthetic herd."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import bar, console


def herd(
    out: Annotated[
        Path, typer.Argument(help="The folder to write photos.csv, the pictures and maps/ to.")
    ],
    animals: Annotated[int, typer.Option(help="Number of individuals; at least 8.")] = 60,
    photos: Annotated[int, typer.Option(help="Photos of each flank of each; at least 2.")] = 8,
    cameras: Annotated[int, typer.Option(help="Number of cameras, 2 to 6.")] = 4,
    seed: Annotated[int, typer.Option(help="Another seed draws another herd.")] = 0,
    width: Annotated[int, typer.Option(help="Width of a photo in pixels; at least 48.")] = 160,
    height: Annotated[int, typer.Option(help="Height of a photo in pixels; at least 48.")] = 128,
    difficulty: Annotated[
        float, typer.Option(help="0 (plain) to 1 (all that is listed above, at full strength).")
    ] = 0.0,
    layout: Annotated[
        str,
        typer.Option(
            help="How the pictures lie: table (images/, read photos.csv), folders (photos/ by"
            " identity and orientation), atrw or yakreid (as these data sets are laid out)."
        ),
    ] = "table",
) -> None:
    """Draw a herd of antelopes with known identities, flanks, cameras and parts.

    The same options give the same files; a run that was interrupted goes on where it ended.

    --difficulty brings in, growing to their full strength at 1:

    above 0: other light, distances and landscapes (light);

    above 0: winter coats and scars (season);

    above 0.2: lying and more grazing animals, fronts and backs (pose);

    above 0.4: tall grass before the animal (grass);

    above 0.6: a second animal, blur and motion (neighbour).

    photos.csv tells the truth of each photo: pose, season, scarred (1 or 0),
    background (photos with the same one share a landscape), animals (how many),
    neighbour (who the second one is), occluded (the share of the animal that is
    hidden), animal_box (x, y, width, height of what is seen), and how much of
    each part nothing hides: visible_head, visible_body, visible_tail,
    visible_hind_legs, visible_front_legs. Part maps show what is really seen:
    in them grass and the second animal are background.
    """
    from pawvit.herd import write_herd
    from pawvit.readers import read_table

    with bar("drawing") as progress:
        table = write_herd(
            out,
            animals=animals,
            photos_per_flank=photos,
            cameras=cameras,
            seed=seed,
            size=(height, width),
            difficulty=difficulty,
            layout=layout,
            progress=progress,
        )
    console.print(f"{len(read_table(table))} photos of {animals} animals: {table}")
    console.print(f"part maps: {out / 'maps'}")
