"""`pawvit train`: photos + part maps → a run folder. Wires trainer and validation together."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pawvit.cli.console import console

if TYPE_CHECKING:
    from pawvit.photos import PhotoTable
    from pawvit.training.dataset import TrainingPhotos


def train(
    photos: Annotated[
        Path | None,
        typer.Argument(
            help="Photo table (CSV, Parquet) or folder by identity; needed for a new training."
        ),
    ] = None,
    maps: Annotated[
        Path | None,
        typer.Option(
            "--maps",
            "-m",
            help="Folder of part maps; needed for a new training of a network with parts.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="New run folder; needed for a new training."),
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", "-p", help="Preset by name, or a .yaml file.")
    ] = "vits14-cpu",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="Override, as in optimiser.lr=1e-4. Repeatable."),
    ] = None,
    train_split: Annotated[str, typer.Option(help="Split to train on.")] = "train",
    select_split: Annotated[
        str, typer.Option(help="Split whose individuals choose the checkpoint.")
    ] = "select",
    resume: Annotated[
        Path | None, typer.Option(help="Go on with this run; nothing else is needed.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")] = None,
    allow_leaks: Annotated[
        bool,
        typer.Option(
            "--allow-leaks",
            help="Train though individuals, encounters or photos are on both sides of the split.",
        ),
    ] = False,
) -> None:
    """Train a model on your animals.

    Photos come from the table's splits; where it has none, individuals are dealt 85 % to
    training and 15 % to the choice of the checkpoint. --resume goes on with an interrupted run.
    What PAW-ViT is measured against (`-s model.network=plain`) needs no part maps.
    """
    from pawvit import protocols
    from pawvit.cli.fit import Training, fit, validator
    from pawvit.cli.report import attempt
    from pawvit.errors import ConfigError
    from pawvit.model import checkpoint
    from pawvit.partmaps import PartMaps
    from pawvit.readers import read_photos
    from pawvit.training.config import load_config
    from pawvit.training.run import BEST, open_run
    from pawvit.training.trainer import choose_device, choose_precision

    chosen = choose_device(device)
    if resume is not None:
        config, facts = open_run(resume)
        folder = resume
    else:
        config = load_config(preset, setting or [])
        if photos is None or out is None or (maps is None and config.model.has_parts):
            raise ConfigError(
                "photos, --maps and --out are needed"
                if config.model.has_parts
                else "photos and --out are needed",
                mend="pawvit train photos.csv --maps maps/ --out run/",
            )
        folder = out
        facts = {
            "photos": str(photos.absolute()),
            "maps": str(maps.absolute()) if maps and config.model.has_parts else "",
            "train_split": train_split,
            "select_split": select_split,
            "precision": choose_precision(config.precision, chosen),
            "device": chosen.type,
            "command": shlex.join(["pawvit", *sys.argv[1:]]),
        }
    table = read_photos(Path(facts["photos"]))
    part_maps = PartMaps.open(facts["maps"]) if config.model.has_parts else None
    if resume is None and not allow_leaks:
        refuse_leaks_between(
            table, (train_split, select_split), "; or train all the same: --allow-leaks"
        )
    learn, select = splits(table, facts, config.seed)

    def say(data: TrainingPhotos) -> None:
        learnt = ", ".join(part_maps.parts.vocabulary) if part_maps else "no parts"
        console.print(
            f"training on {len(data)} photos of {len(set(learn.identities) - {''})} individuals"
            f"{', half of them before other backgrounds' if config.swapped else ''}"
            f" ({len(data.entities)} entities with mirrored ones), choosing on"
            f" {len(select)} photos of {len(set(select.identities) - {''})} others;"
            f" {learnt}; {facts['precision']} on {chosen.type}"
        )

    validate = validator([(select, [protocols.leave_one_out(select)])], chosen)
    training = Training(
        folder, resume is not None, config, facts, learn, part_maps, validate, chosen
    )
    try:
        trainer = fit(training, say=say)
    except KeyboardInterrupt:
        console.print(f"stopped. Go on with: pawvit train --resume {folder}")
        raise
    best = checkpoint.load_card(folder / BEST)
    console.print(
        f"done: {trainer.total} images; best mAP {best.metrics['mAP']:.1%} on the selection"
        f" individuals → {folder / BEST}"
    )
    attempt(folder, device)


def splits(table: PhotoTable, facts: dict[str, Any], seed: int) -> tuple[PhotoTable, PhotoTable]:
    """The photos to train on, and those that choose the checkpoint."""
    if "split" not in table.frame.columns:
        from pawvit.splits import hold_out

        kept = hold_out(table, 0.15, seed=seed)
        return table.take(~kept), table.take(kept)
    return table.part(facts["train_split"]), table.part(facts["select_split"])


def refuse_leaks_between(table: PhotoTable, splits: tuple[str, ...], way_out: str = "") -> None:
    """Raises where the choice of the checkpoint is made on what was trained on; opens no picture.

    A closed set is none of that: only its encounters, bursts and files are held to one side.
    """
    from pawvit.audit import leaks, refuse_leaks

    cells = table.column("split")
    sides = table.take([index for index, cell in enumerate(cells) if cell in splits])
    refuse_leaks(
        leaks(sides),
        sides,
        f"deal anew: pawvit data split … --force (--by encounter for a closed set){way_out}",
    )
