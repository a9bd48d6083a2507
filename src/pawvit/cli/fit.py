"""One training, from photos to its best checkpoint: what `train` and `reproduce` have in common.

Wires trainer, validation and discriminant together; it decides nothing.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    import torch

    from pawvit.embedder import Embedder
    from pawvit.images import Pixels
    from pawvit.model.network import Network
    from pawvit.partmaps import PartMaps
    from pawvit.photos import PhotoTable
    from pawvit.protocols import Protocol
    from pawvit.training.config import TrainConfig
    from pawvit.training.dataset import TrainingPhotos
    from pawvit.training.discriminant import Pieces
    from pawvit.training.run import Run
    from pawvit.training.trainer import Trainer, Validate
    from pawvit.training.views import TrainingViews


@dataclass(frozen=True)
class Training:
    """All that one training needs.

    Attributes:
        folder: the run's.
        resume: whether it was begun before.
        config: its settings.
        facts: what `run.json` is to say.
        learn: the photos to train on.
        maps: their part maps; None for a network that learns no parts.
        validate: chooses the checkpoint.
        device: where to compute.
        views: folder of views that several trainings share; without it the training has its own,
            and removes them at its end.
    """

    folder: Path
    resume: bool
    config: TrainConfig
    facts: dict[str, Any]
    learn: PhotoTable
    maps: PartMaps | None
    validate: Validate
    device: torch.device
    views: Path | None = None


def fit(training: Training, *, ahead: int = 0, say: Callable[[TrainingPhotos], None]) -> Trainer:
    """Trains until the budget is used up.

    Args:
        training: what and where.
        ahead: further trainings of the same length, for the time that is left.
        say: called with the training set before the first step.

    Raises:
        KeyboardInterrupt: it was asked to stop, and has saved its state.
        PawvitError: as `Trainer.fit` has them.
    """
    import torch

    from pawvit.model.build import build_heads, build_network
    from pawvit.training.dataset import TrainingPhotos
    from pawvit.training.run import LAST, Run
    from pawvit.training.trainer import Trainer

    folder, maps = training.folder, training.maps
    named: dict[str, object] = {"parts": ()}
    if maps is not None:
        named = {"parts": maps.parts.vocabulary, "map_size": maps.parts.size}
    model_config = training.config.model.model_copy(update=named)
    config = training.config.model_copy(update={"model": model_config})
    data = TrainingPhotos(
        training.learn,
        maps,
        image_size=config.model.image_size,
        map_size=config.model.map_size,
        augment=config.augment,
        rejected_mask_weight=config.loss.rejected_mask_weight,
        swapped=config.seed if config.swapped else None,
    )
    torch.manual_seed(config.seed)
    # A run that has saved its state brings its own weights: the hub need not be asked again.
    saved = (folder / LAST).exists()
    model = build_network(config.model, "none" if saved else config.weights)
    heads = build_heads(model, len(data.entities))
    run = Run(folder, config, training.facts, data.entities)
    if not training.resume:
        run.begin()
    say(data)
    shown: TrainingPhotos | TrainingViews = data
    if config.views:
        shown = _views(training, config, data)
    live = Live(ahead)

    def complete() -> None:
        if config.discriminant:
            live.bar.stop()  # there can be only one
            _discriminant(run, data, config.discriminant, training)

    with live as report:
        trainer = Trainer(
            config,
            shown,
            model,
            heads,
            run,
            device=training.device,
            validate=training.validate,
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
        finally:
            for asked, handler in before.items():
                signal.signal(asked, handler)
    if config.views and training.views is None:
        shutil.rmtree(folder / VIEWS, ignore_errors=True)
    return trainer


VIEWS = "views"


def _views(training: Training, config: TrainConfig, data: TrainingPhotos) -> TrainingViews:
    """The views of the training photos, made or found."""
    from pawvit.model.build import build_network
    from pawvit.training.views import make_views

    assert config.views is not None
    with bar("views through the frozen blocks") as progress:
        return make_views(
            data,
            build_network(config.model, config.weights),
            training.views or training.folder / VIEWS,
            depth=config.optimiser.frozen_blocks,
            number=config.views,
            weights=config.weights,
            device=training.device,
            progress=progress,
        )


def validator(
    asked: Sequence[tuple[PhotoTable, Sequence[Protocol]]], device: torch.device, flip: bool = False
) -> Validate:
    """What chooses a checkpoint: the means over protocols, of photos that can all be read.

    Args:
        asked: photos, and the protocols over them.
        device: where to compute.
        flip: join each photo's descriptor with that of its mirror image.
    """
    from statistics import fmean

    from pawvit import evaluation
    from pawvit.errors import PhotoTableError

    names = {"mAP": "map_queries", "mAP_entities": "map_entities"}
    names |= {"rank1": "rank1", "rank5": "rank5"}

    def validate(model: Network) -> dict[str, float]:
        found = []
        for table, rules in asked:
            descriptors, unreadable = _in_training(model, device, flip).embed_table(table)
            if unreadable:
                raise PhotoTableError(
                    "photos can't be read", problems=unreadable, where=table.source
                )
            found += [evaluation.evaluate(descriptors.vectors, rule, bootstrap=0) for rule in rules]
        return {ours: fmean(getattr(one, name) for one in found) for ours, name in names.items()}

    return validate


def _in_training(model: Network, device: torch.device, flip: bool = False) -> Embedder:
    from pawvit.descriptors import ModelStamp
    from pawvit.embedder import Embedder

    stamp = ModelStamp("in training", "in training", model.config.parts)
    return Embedder(model, model.config, stamp, device=device, flip=flip)


def _discriminant(run: Run, photos: TrainingPhotos, size: int, training: Training) -> None:
    from pawvit.training.discriminant import add_discriminant

    def describe(model: Network, pictures: Sequence[Pixels]) -> Pieces:
        return _in_training(model, training.device).pieces(pictures)

    with bar("discriminant") as progress:
        gain = add_discriminant(
            run, photos, size, describe=describe, validate=training.validate, progress=progress
        )
    if gain is not None:
        before, after = gain
        verdict = "kept" if after > before else "left out"
        console.print(f"linear discriminant: mAP {before:.1%} → {after:.1%}, {verdict}")


class Live:
    """Progress while training: a live bar on a terminal, a line a minute in a file.

    Args:
        ahead: trainings of the same length that are still to come.
    """

    def __init__(self, ahead: int = 0) -> None:
        self.ahead = ahead

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
        remaining = "" if left is None else f"  {rate:.1f} images/s  {clock(left)} left"
        if left is not None and self.ahead:
            remaining += f", about {clock(left + self.ahead * progress.total / rate)} in all"
        text = f"{losses}  mAP {progress.metrics.get('mAP', 0):.1%}{remaining}"
        self.bar.update(self.task, completed=progress.images, total=progress.total, text=text)
        if progress.metrics != self.metrics or now - self.spoken > self.LINE_SECONDS:
            self.spoken, self.metrics = now, progress.metrics
            if self.bar.disable:
                console.print(f"{progress.images}/{progress.total}  {text}", soft_wrap=True)


def clock(seconds: float) -> str:
    """Hours, minutes and seconds, as people read them."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
