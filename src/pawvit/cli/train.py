"""`pawvit train`: photos + part maps → a run folder. Wires trainer and validation together."""

from __future__ import annotations

import shlex
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pawvit.cli.console import console

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import torch
    from jaxtyping import Float32

    from pawvit.embedder import Embedder
    from pawvit.images import Pixels
    from pawvit.model.pawvit import PawViT
    from pawvit.photos import PhotoTable
    from pawvit.training.dataset import TrainingPhotos
    from pawvit.training.run import Run
    from pawvit.training.trainer import Validate


def train(
    photos: Annotated[
        Path | None,
        typer.Argument(
            help="Photo table (CSV, Parquet) or folder by identity; needed for a new training."
        ),
    ] = None,
    maps: Annotated[
        Path | None,
        typer.Option("--maps", "-m", help="Folder of part maps; needed for a new training."),
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
    """
    from pawvit.cli.report import attempt
    from pawvit.errors import ConfigError
    from pawvit.model import pretrained
    from pawvit.model.heads import TrainingHeads
    from pawvit.partmaps import PartMaps
    from pawvit.readers import read_photos
    from pawvit.training.config import load_config
    from pawvit.training.dataset import TrainingPhotos
    from pawvit.training.run import LAST, Run, open_run
    from pawvit.training.trainer import Trainer, choose_device, choose_precision

    chosen = choose_device(device)
    if resume is not None:
        config, facts = open_run(resume)
        folder = resume
    else:
        if photos is None or maps is None or out is None:
            raise ConfigError(
                "photos, --maps and --out are needed",
                mend="pawvit train photos.csv --maps maps/ --out run/",
            )
        config, folder = load_config(preset, setting or []), out
        facts = {
            "photos": str(photos.absolute()),
            "maps": str(maps.absolute()),
            "train_split": train_split,
            "select_split": select_split,
            "precision": choose_precision(config.precision, chosen),
            "device": chosen.type,
            "command": shlex.join(["pawvit", *sys.argv[1:]]),
        }
    table, part_maps = read_photos(Path(facts["photos"])), PartMaps.open(facts["maps"])
    if resume is None and not allow_leaks:
        _refuse_leaks(table, (train_split, select_split))
    learn, select = splits(table, facts, config.seed)
    model_config = config.model.model_copy(
        update={"parts": part_maps.parts.vocabulary, "map_size": part_maps.parts.size}
    )
    config = config.model_copy(update={"model": model_config})
    data = TrainingPhotos(
        learn,
        part_maps,
        image_size=config.model.image_size,
        map_size=config.model.map_size,
        augment=config.augment,
        rejected_mask_weight=config.loss.rejected_mask_weight,
    )
    import torch

    torch.manual_seed(config.seed)
    # A run that has saved its state brings its own weights: the hub need not be asked again.
    saved = (folder / LAST).exists()
    model = pretrained.build(config.model, "none" if saved else config.weights)
    heads = TrainingHeads(model, len(data.entities))
    run = Run(folder, config, facts, data.entities)
    if resume is None:
        run.begin()
    console.print(
        f"training on {len(data)} photos of {len(set(learn.identities) - {''})} individuals"
        f" ({len(data.entities)} entities with mirrored ones), choosing on"
        f" {len(select)} photos of {len(set(select.identities) - {''})} others;"
        f" {', '.join(config.model.parts)}; {facts['precision']} on {chosen.type}"
    )
    validate = _validator(select, chosen)
    live = _live()

    def complete() -> None:
        if config.discriminant:
            live.bar.stop()  # there can be only one
            _discriminant(run, data, config.discriminant, chosen, validate)

    with live as report:
        trainer = Trainer(
            config,
            data,
            model,
            heads,
            run,
            device=chosen,
            validate=validate,
            report=report,
            complete=complete,
        )
        # Being asked to end (by a scheduler, say) is the same as Ctrl-C: save, then go.
        before = {
            asked: signal.signal(asked, lambda number, frame: trainer.stop())
            for asked in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            trainer.fit()
        except KeyboardInterrupt:
            console.print(f"stopped. Go on with: pawvit train --resume {folder}")
            raise
        finally:
            for asked, handler in before.items():
                signal.signal(asked, handler)
    console.print(
        f"done: {trainer.total} images; best mAP {trainer.best:.1%} on the selection individuals"
        f" → {folder / 'best.safetensors'}"
    )
    attempt(folder, device)


def splits(table: PhotoTable, facts: dict[str, Any], seed: int) -> tuple[PhotoTable, PhotoTable]:
    """The photos to train on, and those that choose the checkpoint."""
    if "split" not in table.frame.columns:
        from pawvit.splits import hold_out

        kept = hold_out(table, 0.15, seed=seed)
        return table.take(~kept), table.take(kept)
    return table.part(facts["train_split"]), table.part(facts["select_split"])


def _refuse_leaks(table: PhotoTable, splits: tuple[str, str]) -> None:
    """Raises where the choice of the checkpoint is made on what was trained on; opens no picture.

    A closed set is none of that: only its encounters, bursts and files are held to one side.
    """
    from pawvit.audit import leaks, refuse_leaks

    cells = table.column("split")
    sides = table.take([index for index, cell in enumerate(cells) if cell in splits])
    refuse_leaks(
        leaks(sides),
        sides,
        "deal anew: pawvit data split … --force (--by encounter for a closed set);"
        " or train all the same: --allow-leaks",
    )


def _in_training(model: PawViT, device: torch.device) -> Embedder:
    from pawvit.descriptors import ModelStamp
    from pawvit.embedder import Embedder

    stamp = ModelStamp("in training", "in training", model.config.parts)
    return Embedder(model, model.config, stamp, device=device)


def _validator(select: PhotoTable, device: torch.device) -> Validate:
    from pawvit import evaluation, protocols
    from pawvit.errors import PhotoTableError

    protocol = protocols.leave_one_out(select)

    def validate(model: PawViT) -> dict[str, float]:
        descriptors, unreadable = _in_training(model, device).embed_table(select)
        if unreadable:
            raise PhotoTableError("photos can't be read", problems=unreadable, where=select.source)
        found = evaluation.evaluate(descriptors.vectors, protocol, bootstrap=0)
        return {
            "mAP": found.map_queries,
            "mAP_entities": found.map_entities,
            "rank1": found.rank1,
            "rank5": found.rank5,
        }

    return validate


def _discriminant(
    run: Run, photos: TrainingPhotos, size: int, device: torch.device, validate: Validate
) -> None:
    from pawvit.cli.console import bar
    from pawvit.training.discriminant import add_discriminant

    def describe(model: PawViT, pictures: Sequence[Pixels]) -> Float32[np.ndarray, "N C"]:
        return _in_training(model, device).embed(pictures).vectors

    with bar("discriminant") as progress:
        gain = add_discriminant(
            run, photos, size, describe=describe, validate=validate, progress=progress
        )
    if gain is not None:
        before, after = gain
        verdict = "kept" if after > before else "left out"
        console.print(f"linear discriminant: mAP {before:.1%} → {after:.1%}, {verdict}")


class _live:  # noqa: N801 (a context manager used like a function)
    """Progress while training: a live bar on a terminal, a line a minute in a file."""

    LINE_SECONDS = 60

    def __enter__(self) -> Callable[[Any], None]:
        import time

        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        from pawvit.cli.console import errors

        self.bar = Progress(
            BarColumn(),
            TextColumn("{task.completed}/{task.total} images"),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            console=errors,
            disable=not errors.is_terminal,
        )
        self.bar.start()
        self.task = self.bar.add_task("training", total=None, text="")
        self.begin = self.spoken = time.monotonic()
        self.first: int | None = None
        self.metrics: dict[str, float] = {}
        return self._report

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def _report(self, progress: Any) -> None:
        import time

        now = time.monotonic()
        if self.first is None:
            self.first, self.begin = progress.images, now
        seen = progress.images - self.first
        rate = seen / max(now - self.begin, 1e-9)
        losses = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
        left = (progress.total - progress.images) / rate if seen else None
        remaining = "" if left is None else f"  {rate:.1f} images/s  {_clock(left)} left"
        text = f"{losses}  mAP {progress.metrics.get('mAP', 0):.1%}{remaining}"
        self.bar.update(self.task, completed=progress.images, total=progress.total, text=text)
        if progress.metrics != self.metrics or now - self.spoken > self.LINE_SECONDS:
            self.spoken, self.metrics = now, progress.metrics
            if self.bar.disable:
                console.print(f"{progress.images}/{progress.total}  {text}", soft_wrap=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
