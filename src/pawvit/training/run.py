"""The run folder: configuration, log, checkpoints. Knows files; it knows no loop and no photos.

RUN/config.yaml           the settings, whole
RUN/run.json              photos, maps, splits, precision: what a resumed run needs
RUN/log.jsonl             a line a step and an evaluation
RUN/events.out.tfevents…  the same for TensorBoard
RUN/best.safetensors      the best checkpoint on the validation individuals
RUN/last.safetensors      the latest state, with the optimiser's, to resume from
RUN/done                  the training came to its end
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import yaml
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from pawvit import files
from pawvit.errors import ConfigError
from pawvit.model import checkpoint
from pawvit.model.network import Heads, Network
from pawvit.training.config import TrainConfig, parse

CONFIG, RUN, LOG = "config.yaml", "run.json", "log.jsonl"
BEST, LAST, DONE = "best.safetensors", "last.safetensors", "done"


class Run:
    """One training's folder.

    Args:
        folder: where it lies.
        config: the settings, with the parts filled in.
        facts: photos, maps, splits and precision, as JSON keeps them.
        entities: their names in the classifier's order.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        config: TrainConfig,
        facts: dict[str, Any],
        entities: list[str],
    ) -> None:
        self.folder = Path(folder)
        self.config, self.facts, self.entities = config, facts, tuple(entities)
        self._writer: SummaryWriter | None = None

    @property
    def precision(self) -> str:
        """ "float32" or "bf16"."""
        return str(self.facts["precision"])

    def begin(self) -> None:
        """Writes what a resumed run needs.

        Raises:
            ConfigError: the folder already holds a run.
        """
        if (self.folder / CONFIG).exists():
            raise ConfigError(
                "the folder already holds a training",
                where=self.folder,
                mend=f"pawvit train --resume {self.folder} goes on; or choose another folder",
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        files.write_json(self.folder / RUN, self.facts)
        settings = self.config.model_dump(mode="json")
        files.write_text(self.folder / CONFIG, yaml.safe_dump(settings, sort_keys=False))

    def log(self, kind: str, images: int, values: dict[str, float]) -> None:
        """Adds a line to the JSONL log and points to TensorBoard's."""
        line = json.dumps({"kind": kind, "images": images, **values})
        try:
            with open(self.folder / LOG, "a", encoding="utf-8") as handle:
                handle.write(line + "\n")
        except OSError as error:
            raise files.unwritten(self.folder / LOG, error) from error
        if self._writer is None:
            # What an earlier process drew beyond this point is not shown twice.
            self._writer = SummaryWriter(str(self.folder), purge_step=images)
        for name, value in values.items():
            self._writer.add_scalar(f"{kind}/{name}", value, images)

    def card(self, images: int, metrics: dict[str, float]) -> checkpoint.Card:
        """What a checkpoint of this run says of itself."""
        return checkpoint.Card(
            config=self.config.model,
            entities=self.entities,
            images_seen=images,
            metrics=metrics,
            weights=self.config.weights,
        )

    def save_best(
        self, model: Network, heads: Heads, images: int, metrics: dict[str, float]
    ) -> None:
        """The network that did best on the selection individuals."""
        checkpoint.save(self.folder / BEST, model, heads, self.card(images, metrics))

    def save_last(
        self,
        model: Network,
        heads: Heads,
        images: int,
        metrics: dict[str, float],
        moments: dict[str, Tensor],
        state: dict[str, Any],
    ) -> None:
        """The latest state, with the optimiser's tensors, to resume from."""
        card = self.card(images, metrics)
        checkpoint.save(self.folder / LAST, model, heads, card, extra=moments, state=state)

    def load_last(
        self, model: Network, heads: Heads
    ) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Fills the network from the latest state; the optimiser's tensors and the JSON state.

        None where nothing has been saved yet. Lines that the log has beyond that state are dropped.

        Raises:
            CheckpointError: the state can't be read.
            ConfigError: photos, maps or model are not those that the run was begun with.
        """
        path = self.folder / LAST
        if not path.exists():
            (self.folder / LOG).unlink(missing_ok=True)
            return None
        tensors, header = checkpoint.read(path)
        card = checkpoint.card_of(header, path)
        if card.entities != self.entities or card.config != self.config.model:
            raise ConfigError(
                "the photos, their part maps or the model's settings were changed since the run"
                " was begun",
                where=self.folder,
                mend="put them back as they were, or begin a new run",
            )
        checkpoint.fill(model, tensors, "model.", path)
        checkpoint.fill(heads, tensors, "heads.", path)
        extra = {k.removeprefix("extra."): v for k, v in tensors.items() if k.startswith("extra.")}
        log = self.folder / LOG
        lines = log.read_text(encoding="utf-8").splitlines(keepends=True) if log.exists() else []
        kept = [line for line in lines if _images_of(line) <= card.images_seen]
        files.write_text(self.folder / LOG, "".join(kept))
        return extra, json.loads(header["state"])

    def finish(self) -> None:
        """Marks the run as done."""
        if self._writer is not None:
            self._writer.close()
        files.write_text(self.folder / DONE, "")


def _images_of(line: str) -> float:
    """How many images a line of the log stands for; a line cut short stands for too many."""
    try:
        return float(json.loads(line)["images"]) if line.endswith("\n") else float("inf")
    except (ValueError, KeyError, TypeError):
        return float("inf")


def open_run(folder: str | os.PathLike[str]) -> tuple[TrainConfig, dict[str, Any]]:
    """The settings and facts of a run that was begun before.

    Raises:
        ConfigError: the folder holds no run.
    """
    path = Path(folder)
    try:
        settings = yaml.safe_load((path / CONFIG).read_text(encoding="utf-8"))
        facts = json.loads((path / RUN).read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError("the folder holds no training", where=folder) from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"the run can't be read: {error}", where=folder) from None
    return parse(settings, str(path / CONFIG)), facts
