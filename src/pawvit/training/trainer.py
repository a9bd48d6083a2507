"""The training loop. Knows the network, the losses and the run folder; it knows no evaluation.

Validation comes in as a callable, progress goes out through one: both are wired by the caller.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from pawvit import files
from pawvit.errors import ConfigError, PawvitError
from pawvit.losses.criterion import Criterion, Targets
from pawvit.model.network import Described, Heads, Network
from pawvit.training.config import OptimiserConfig, TrainConfig
from pawvit.training.dataset import Batch, TrainingPhotos, collate
from pawvit.training.run import Run
from pawvit.training.sampler import Draw, PKSampler
from pawvit.training.schedule import learning_rate
from pawvit.training.views import TrainingViews

Validate = Callable[[Network], dict[str, float]]
"""The network → metrics in [0, 1] by name; "mAP" chooses the checkpoint."""

WARMUP_SHARE = 0.25
"""Of the budget at most."""

SAVE_SECONDS = 300
"""A killed run loses no more than this."""


@dataclass(frozen=True)
class Progress:
    """Where a training is.

    Attributes:
        images, total: seen, and of the whole budget.
        losses: by name, before their weights.
        learning_rate: of the last block.
        metrics: of the latest evaluation.
    """

    images: int
    total: int
    losses: dict[str, float]
    learning_rate: float
    metrics: dict[str, float]


class Trainer:
    """Trains one network in one run folder.

    Args:
        config: the settings.
        photos: the training set.
        model, heads: as built, or as a resumed run left them.
        run: the folder that receives log and checkpoints.
        device: where to compute.
        validate: see `Validate`.
        report: called after each step.
        complete: called when the budget is used up, before the run counts as done.
    """

    def __init__(
        self,
        config: TrainConfig,
        photos: TrainingPhotos | TrainingViews,
        model: Network,
        heads: Heads,
        run: Run,
        *,
        device: torch.device,
        validate: Validate,
        report: Callable[[Progress], None],
        complete: Callable[[], None] = lambda: None,
    ) -> None:
        self.config, self.photos, self.run = config, photos, run
        self.device = device
        self.model, self.heads = model.to(device), heads.to(device)
        self.validate, self.report, self.complete = validate, report, complete
        self.criterion = Criterion(
            **config.loss.model_dump(exclude={"triplet_on", "rejected_mask_weight"})
        )
        self.sampler = PKSampler(
            photos.shows,
            entities_per_batch=config.sampler.entities,
            photos_per_entity=config.sampler.photos,
            seed=config.seed,
        )
        self.batch_size = self.sampler.P * self.sampler.K
        per_epoch = self.sampler.images_per_epoch
        self.total = config.images or (config.epochs or 0) * per_epoch
        self.epochs = self.total / per_epoch
        self.groups = parameter_groups(self.model, self.heads, config.optimiser)
        self.optimiser = torch.optim.AdamW(self.groups)
        self.metrics: dict[str, float] = {}
        self.best = float("-inf")
        self.since_best = 0
        self._asked_to_stop = False

    def stop(self) -> None:
        """Asks the loop to save its state after the step at hand and to end; safe in a signal."""
        self._asked_to_stop = True

    def fit(self) -> None:
        """Trains until the budget is used up or patience ends; an interrupted run can be resumed.

        Raises:
            PawvitError: a loss is no longer a number, the disk is full, or another process trains
                in the same folder.
            KeyboardInterrupt: it was asked to stop, and has saved its state.
        """
        with files.alone_in(self.run.folder, "a training"):
            self._fit()

    def _fit(self) -> None:
        step = self._resume()
        if step == 0:
            self._evaluate(0)
            # The untrained network is what to compare with, not a candidate.
            self.best = float("-inf")
        batches = self._batches(step)
        saved = time.monotonic()
        every = self.config.evaluate_every
        while step * self.batch_size < self.total:
            batch = next(batches)
            if isinstance(batch, PawvitError):
                raise batch
            losses, rate = self._step(step, batch)
            step += 1
            images = step * self.batch_size
            self.run.log("train", images, {**losses, "learning_rate": rate})
            self.report(Progress(images, self.total, losses, rate, self.metrics))
            due = images // every > (images - self.batch_size) // every or images >= self.total
            if due:
                self._evaluate(images)
            # An interruption never falls into a step: what is saved is what a step left behind.
            if due or self._asked_to_stop or time.monotonic() - saved > SAVE_SECONDS:
                self._save(step)
                saved = time.monotonic()
            if self._asked_to_stop:
                raise KeyboardInterrupt
            if self.config.patience and self.since_best >= self.config.patience:
                break
        self.complete()
        self.run.finish()

    def _step(self, step: int, batch: Batch) -> tuple[dict[str, float], float]:
        # Drop path draws from here: the same in a resumed run as in one that was never stopped.
        torch.manual_seed(self.config.seed * 1_000_003 + step)
        images, labels, entities, right, map_weights = (part.to(self.device) for part in batch)
        rate = self._set_learning_rate(step)
        self.model.train()
        self.heads.train()
        with self.autocast():
            features = self._described(images)
            outputs = self.heads(features)
        necked = self.config.loss.triplet_on == "neck"
        total, losses = self.criterion(
            outputs.necked if necked else features.descriptor,
            outputs.entity_logits,
            outputs.orientation_logits,
            outputs.mask_logits,
            Targets(entities, right, labels, map_weights),
        )
        named = {name: loss.item() for name, loss in losses.items()} | {"total": total.item()}
        if not torch.isfinite(total):
            raise PawvitError(
                f"the loss is no longer a number after {step * self.batch_size} images: {named}",
                where=self.run.folder,
                mend="lower optimiser.lr, or set optimiser.clip=1.0",
            )
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        if self.config.optimiser.clip is not None:
            trained = [p for group in self.optimiser.param_groups for p in group["params"]]
            nn.utils.clip_grad_norm_(trained, self.config.optimiser.clip)
        self.optimiser.step()
        return named, rate

    def _described(self, pictures: Tensor) -> Described:
        if isinstance(self.photos, TrainingViews):
            return self.model.rest(pictures.float(), self.config.optimiser.frozen_blocks)
        found: Described = self.model(pictures.float() / 255)
        return found

    def _set_learning_rate(self, step: int) -> float:
        setting = self.config.optimiser
        epoch = step / self.sampler.batches_per_epoch
        factor = learning_rate(
            float(int(epoch)) if setting.update == "epoch" else epoch,
            epochs=self.epochs,
            # A budget of few epochs is not to be used up by the warm-up.
            warmup=min(setting.warmup, WARMUP_SHARE * self.epochs),
            whole_epochs=setting.update == "epoch",
            start=setting.start,
            floor=setting.floor,
        )
        for group, given in zip(self.optimiser.param_groups, self.groups, strict=True):
            group["lr"] = given["peak"] * factor
        return setting.lr * factor

    def _evaluate(self, images: int) -> None:
        self.model.eval()
        self.metrics = self.validate(self.model)
        self.run.log("validation", images, self.metrics)
        if self.metrics["mAP"] > self.best:
            self.best, self.since_best = self.metrics["mAP"], 0
            self.run.save_best(self.model, self.heads, images, self.metrics)
        else:
            self.since_best += 1

    def _save(self, step: int) -> None:
        state = {
            "step": step,
            "best": self.best,
            "since_best": self.since_best,
            "metrics": self.metrics,
        }
        moments: dict[str, Tensor] = {}
        for number, own in self.optimiser.state_dict()["state"].items():
            moments |= {f"{number}.{name}": value for name, value in own.items()}
        images = step * self.batch_size
        self.run.save_last(self.model, self.heads, images, self.metrics, moments, state)

    def _resume(self) -> int:
        found = self.run.load_last(self.model, self.heads)
        if found is None:
            return 0
        moments, state = found
        restored = self.optimiser.state_dict()
        restored["state"] = {}
        for name, value in moments.items():
            number, key = name.split(".", 1)
            restored["state"].setdefault(int(number), {})[key] = value
        self.optimiser.load_state_dict(restored)
        self.best, self.since_best = state["best"], state["since_best"]
        self.metrics = state["metrics"]
        return int(state["step"])

    def _batches(self, start: int) -> Iterator[Batch | PawvitError]:
        loader: DataLoader[object] = DataLoader(
            self.photos,
            batch_sampler=_From(self.sampler, start),
            num_workers=self.config.workers,
            collate_fn=collate,
            prefetch_factor=2 if self.config.workers else None,
            worker_init_fn=_ignore_interrupts,
        )
        return iter(loader)

    def autocast(self) -> AbstractContextManager[object]:
        """bf16 where the run was set to it, else nothing."""
        bf16 = self.run.precision == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=bf16)


def _ignore_interrupts(worker: int) -> None:
    """Ctrl-C reaches all processes; the one that trains saves its state and ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _From:
    """The sampler's batches from one on, as a DataLoader wants them."""

    def __init__(self, sampler: PKSampler, start: int) -> None:
        self.sampler, self.start = sampler, start

    def __iter__(self) -> Iterator[list[Draw]]:
        return self.sampler.batches(self.start)


def parameter_groups(model: Network, heads: Heads, config: OptimiserConfig) -> list[dict[str, Any]]:
    """AdamW's groups: a peak learning rate a layer, weight decay on matrices and kernels.

    The embedding counts as the layer below the first block. New layers (part tokens, aggregation,
    heads) learn at `new_lr`. Frozen parameters are left out and need no gradient.
    """
    depth = model.depth
    new_lr = config.new_lr or config.lr
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in [*model.named_parameters(), *heads.named_parameters(prefix="heads")]:
        layer = model.layer_of(name)
        if layer is not None and config.frozen_blocks and layer <= config.frozen_blocks:
            parameter.requires_grad_(False)
        if not parameter.requires_grad:
            continue
        peak = new_lr if layer is None else config.lr * config.layer_decay ** (depth - layer)
        matrix = parameter.ndim == 2 or (parameter.ndim == 4 and layer)
        decay = config.weight_decay if matrix else 0.0
        groups.setdefault((peak, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": peak, "peak": peak, "weight_decay": decay}
        for (peak, decay), parameters in groups.items()
    ]


def choose_precision(asked: str, device: torch.device) -> str:
    """ "float32" or "bf16": what was asked for, or under "auto" the faster one on this machine.

    A CPU without bf16 instructions emulates them, several times slower than float32.
    """
    if asked != "auto":
        return asked
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    if device.type != "cpu":
        return "float32"
    fastest = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.ones(512, 512, dtype=dtype), torch.ones(512, 512, dtype=dtype)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            left @ right
            times.append(time.perf_counter() - start)
        fastest[dtype] = min(times)
    return "bf16" if fastest[torch.bfloat16] < 0.8 * fastest[torch.float32] else "float32"


def choose_device(asked: str | None = None) -> torch.device:
    """The device asked for, else CUDA, else Apple's, else the CPU; raises ConfigError."""
    if asked:
        try:
            torch.empty(1, device=asked)
        except (RuntimeError, AssertionError) as error:
            raise ConfigError(
                f"the device {asked!r} can't be used: {str(error).splitlines()[0]}",
                mend="cpu, cuda or mps; without --device the best one is taken",
            ) from None
        return torch.device(asked)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
