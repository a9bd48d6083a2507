"""What a training ends with: kept where the selection individuals gain by it, and only there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from pawvit.descriptors import ModelStamp
from pawvit.embedder import Embedder
from pawvit.images import Pixels
from pawvit.model import checkpoint
from pawvit.model.pawvit import PawViT
from pawvit.partmaps import PartMaps
from pawvit.readers import read_table
from pawvit.training.augment import AugmentConfig
from pawvit.training.dataset import TrainingPhotos
from pawvit.training.discriminant import Pieces, add_discriminant
from pawvit.training.run import BEST, Run, open_run


def describe(model: PawViT, pictures: Sequence[Pixels]) -> Pieces:
    return Embedder(model, model.config, ModelStamp("x", "x")).pieces(pictures)


@pytest.fixture
def copied(run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "run"))


@pytest.fixture(scope="module")
def photos(herd: Path) -> TrainingPhotos:
    return TrainingPhotos(
        read_table(herd / "photos.csv").part("train"),
        PartMaps.open(herd / "maps"),
        image_size=(48, 64),
        map_size=(64, 64),
        augment=AugmentConfig(mirror=True),
    )


@pytest.fixture
def add(
    copied: Path, photos: TrainingPhotos
) -> Callable[[Callable[[PawViT], dict[str, float]]], tuple[float, float] | None]:
    config, facts = open_run(copied)
    run = Run(copied, config, facts, photos.entities)
    return lambda validate: add_discriminant(
        run, photos, 8, describe=describe, validate=validate, progress=lambda done, total: None
    )


def test_what_helps_is_kept_and_belongs_to_the_network(add, copied: Path, herd: Path) -> None:
    before = Embedder.load(copied)
    gain = add(lambda model: {"mAP": 1.0})
    assert gain is not None
    assert gain[1] == 1
    after = Embedder.load(copied)
    photo = read_table(herd / "photos.csv").read(0)
    assert after.embed([photo]).vectors.shape == (1, 8)
    assert after.stamp.id != before.stamp.id  # descriptors of the two can't be mixed up
    model, _, card = checkpoint.load(copied / BEST)
    assert (card.config.discriminant, card.metrics) == (8, {"mAP": 1.0})
    # It is fitted to mirrored photos as well: their mean and those of the photos is its own.
    train = read_table(herd / "photos.csv").part("train")
    pictures = [train.read(index) for index in range(len(train))]
    both = before.embed(pictures + [picture[:, ::-1] for picture in pictures]).vectors
    assert model.discriminant is not None
    np.testing.assert_allclose(model.discriminant.mean.numpy(), both.mean(axis=0), atol=1e-5)

    assert add(lambda model: {"mAP": 1.0}) is None  # there already


def test_what_does_not_help_is_left_out(add, copied: Path) -> None:
    file = (copied / BEST).read_bytes()
    gain = add(lambda model: {"mAP": 0.0})
    assert gain is not None
    assert gain[1] == 0
    assert (copied / BEST).read_bytes() == file
    assert '"kind": "discriminant"' in (copied / "log.jsonl").read_text("utf-8")
