"""The formats by name: how each is opened and written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Literal

from pawvit.partformats import coco, labels, panoptic, stacks
from pawvit.partformats.given import Given
from pawvit.partmaps import Labels

Format = Literal["labels", "coco", "panoptic", "npy"]

OPEN: dict[Format, Callable[[Path, Sequence[str] | None], Given]] = {
    "labels": labels.opened,
    "coco": coco.opened,
    "panoptic": panoptic.opened,
    "npy": stacks.opened,
}

WRITE: dict[Format, Callable[[Sequence[str], Iterable[tuple[str, Labels]], Path], None]] = {
    "labels": labels.write,
    "coco": coco.write,
    "panoptic": panoptic.write,
    "npy": stacks.write,
}

FOLDERS: tuple[Format, ...] = ("labels", "npy")
"""Formats that are a folder; the others are a JSON file."""
