"""The training photos in a few fixed views, kept as the frozen blocks of the network left them.

A training that leaves a network's first blocks as they are need not go through them again with
every image. Each photo, plain and mirrored, is changed in a few ways, once, and what the frozen
blocks make of it lies in a file. Knows files and the network's door; it knows no losses.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from torch import Tensor
from torch.utils.data import Dataset

from pawvit import files
from pawvit.errors import PawvitError
from pawvit.model.network import Network
from pawvit.training.dataset import Item, TrainingPhotos
from pawvit.training.sampler import Draw

BATCH = 32

SAVE_EVERY = 32
"""Batches; what a killed process has to do again at most."""


class TrainingViews(Dataset["Item | PawvitError"]):
    """As `TrainingPhotos`, but a draw's picture is one of its kept views: (L, C), float16.

    Args:
        photos: the training set.
        states: rows × L × C, the views of all photos, plain and mirrored.
        number: views each.
    """

    def __init__(self, photos: TrainingPhotos, states: np.ndarray, number: int) -> None:
        self.photos, self.states, self.number = photos, states, number
        self.shows = photos.shows
        self._row = {one: row for row, one in enumerate(_shown(photos))}

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, draw: Draw) -> Item | PawvitError:
        """One view; the draw's seed chooses it."""
        view = draw.seed % self.number
        row = self._row[draw.photo, draw.mirror]
        state = torch.from_numpy(self.states[row * self.number + view].copy())
        fixed = Draw(draw.photo, draw.entity, draw.mirror, _seed(row, view))
        try:
            return (state, *self.photos.beside(fixed))
        except PawvitError as error:
            return error


def make_views(
    photos: TrainingPhotos,
    model: Network,
    folder: str | os.PathLike[str],
    *,
    depth: int,
    number: int,
    weights: str,
    device: torch.device,
    progress: Callable[[int, int], None],
) -> TrainingViews:
    """Keeps the views of a training set in a folder; what is there already is not made again.

    Args:
        photos: the training set.
        model: as it comes, before any training.
        folder: of the views of any number of trainings.
        depth: how many blocks are frozen.
        number: views of each photo, plain and mirrored.
        weights: where the network's weights come from, as in `TrainConfig`.
        device: where to compute.
        progress: called with (pictures looked at, all).

    Raises:
        ConfigError: the network can't be cut there.
        ImageError: a photo can't be read.
        PawvitError: the disk is full.
    """
    shown = _shown(photos)
    draws = [
        Draw(photo, 0, mirrored, _seed(row, view))
        for row, (photo, mirrored) in enumerate(shown)
        for view in range(number)
    ]
    config = model.config
    facts = [
        (photos.table.paths, str(photos.table.root.absolute()), photos.image_size, shown, number),
        photos.swapped,
        (config.backbone, config.architecture, config.mean, config.std, depth, weights),
        (photos.augment.config.model_dump(), config.position_resampling),
    ]
    name = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    path, note = Path(folder) / f"{name}.npy", Path(folder) / f"{name}.json"
    with files.alone_in(Path(folder) / name, "keeping views of the photos", wait=True):
        done = json.loads(note.read_text("utf-8"))["done"] if note.exists() else 0
        if done < len(draws):
            _make(photos, model.to(device).eval(), depth, draws, path, note, done, device, progress)
    return TrainingViews(photos, np.load(path, mmap_mode="r"), number)


def _make(
    photos: TrainingPhotos,
    model: Network,
    depth: int,
    draws: list[Draw],
    path: Path,
    note: Path,
    done: int,
    device: torch.device,
    progress: Callable[[int, int], None],
) -> None:
    states = open_memmap(path, mode="r+") if done else None
    for number, start in enumerate(range(done, len(draws), BATCH), start=1):
        chosen = draws[start : start + BATCH]
        pictures = torch.stack([_picture(photos, draw) for draw in chosen])
        with torch.inference_mode():
            stem = model.stem(pictures.to(device).float() / 255, depth)
        found = stem.half().cpu().numpy()
        if states is None:
            shape = (len(draws), *found.shape[1:])
            states = open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
        end = start + len(chosen)
        states[start:end] = found
        progress(end, len(draws))
        if number % SAVE_EVERY == 0 or end == len(draws):
            states.flush()
            files.write_json(note, {"done": end})


def _picture(photos: TrainingPhotos, draw: Draw) -> Tensor:
    labels = torch.zeros(photos.augment.map_size, dtype=torch.uint8)
    return photos.augment(photos.picture(draw), labels, draw.seed)[0]


def _shown(photos: TrainingPhotos) -> list[tuple[int, bool]]:
    return sorted({one for own in photos.shows for one in own})


def _seed(row: int, view: int) -> int:
    return row * 1009 + view
