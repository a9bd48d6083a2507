"""A run's log → what happened at how many images, and how fast. Knows files and numbers."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pawvit.training.run import LOG

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Series:
    """One number over a training: `images` seen, and its `values` there; two arrays (N,)."""

    images: Floats
    values: Floats


@dataclass(frozen=True)
class History:
    """A training as its log tells it.

    Attributes:
        train: losses before their weights, their `total`, and the `learning_rate`, by name.
        validation: metrics in [0, 1] by name.
        images: how many were seen so far; 0 where there is no log.
        rate: images a second, the median over steps; None where no step was timed.
    """

    train: Mapping[str, Series]
    validation: Mapping[str, Series]
    images: int
    rate: float | None


def read_history(folder: Path) -> History:
    """Reads the log of a run, also of one that is being written; a line cut short is left out."""
    points: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    log = folder / LOG
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    last = 0.0
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            kind, images = str(entry.pop("kind")), float(entry.pop("images"))
            values = {name: float(value) for name, value in entry.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        last = max(last, images)
        for name, value in values.items():
            points[kind][name].append((images, value))

    def series(kind: str) -> dict[str, Series]:
        return {
            name: Series(*np.array(sorted(pairs), dtype=np.float64).T)
            for name, pairs in points[kind].items()
        }

    return History(series("train"), series("validation"), int(last), _rate(folder))


def _rate(folder: Path) -> float | None:
    """Images a second, from the wall times that TensorBoard's files keep of every step."""
    from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

    rates: list[float] = []
    for file in sorted(folder.glob("events.out.tfevents.*")):
        steps = [
            (event.step, event.wall_time)
            for event in EventFileLoader(str(file)).Load()
            for value in event.summary.value
            if value.tag == "train/total"
        ]
        rates += [
            (after - before) / (later - sooner)
            for (before, sooner), (after, later) in pairwise(steps)
            if later > sooner and after > before
        ]
    return statistics.median(rates) if rates else None
