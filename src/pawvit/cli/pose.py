"""`pawvit pose train`: labelled keypoints → a keypoint head for `pawvit masks --pose`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import bar, console

app = typer.Typer(no_args_is_help=True, help="A keypoint head of your own.")


@app.command()
def train(
    keypoints: Annotated[
        Path, typer.Argument(help="COCO keypoints (.json) or DeepLabCut labels (.csv).")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The head's file, .safetensors.")],
    photos: Annotated[
        Path | None,
        typer.Option(help="The folder that the pictures' names begin in; the file's own if none."),
    ] = None,
    hold_out: Annotated[
        float,
        typer.Option(
            help="Share of the pictures that nothing is learned from: they tell how good it is.",
            min=0.05,
            max=0.5,
        ),
    ] = 0.2,
    seed: Annotated[int, typer.Option(help="The same gives the same head.")] = 0,
) -> None:
    """Train a keypoint head on your labels, in minutes without a GPU.

    Some hundred labelled animals are of use, 20 the least. Names of keypoints may be any; part maps
    need those of AP-10K, Animal-Pose, SuperAnimal-quadruped or ATRW. An interrupted training leaves
    nothing behind and is begun anew.
    """
    from contextlib import ExitStack

    from rich.table import Table

    from pawvit.errors import InputError, first_of
    from pawvit.teacher.head.job import train_head

    if out.suffix != ".safetensors":
        raise InputError(f"the head's file ends in .safetensors, not {out.suffix or out.name}")
    with ExitStack() as bars:

        def progress(label: str) -> Callable[[int, int], None]:
            return bars.enter_context(bar(label))

        made = train_head(
            keypoints, out, photos=photos, hold_out=hold_out, seed=seed, progress=progress
        )
    table = Table("keypoint", "PCK@0.1", box=None, pad_edge=False)
    for name, share in made.by_keypoint.items():
        table.add_row(name, "–" if share != share else f"{share:.0%}")
    console.print(table)
    metrics, learned = made.head.metrics, made.head.learned
    console.print(
        f"{metrics['pck@0.1']:.1%} of the keypoints of {metrics['animals']:.0f} animals held out"
        f" lie within a tenth of the diagonal; learned from {learned['animals']} animals"
    )
    if made.left_out:
        console.print(f"{len(made.left_out)} animals could not be used and were left out:")
        for line in first_of(made.left_out):
            console.print(f"  {line}", markup=False, soft_wrap=True)
    console.print(f"next: pawvit masks PHOTOS -o maps/ --pose {out}", soft_wrap=True)
