"""Checkpoints rebuild their network, and what is damaged is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from pawvit.errors import CheckpointError
from pawvit.model import checkpoint
from pawvit.model.config import ModelConfig
from pawvit.model.heads import TrainingHeads
from pawvit.model.pretrained import build


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    config = ModelConfig(
        backbone="vit_tiny_patch16_224",
        architecture={"embed_dim": 48, "depth": 2, "num_heads": 4},
        parts=("a", "b"),
        image_size=(32, 48),
        map_size=(8, 12),
    )
    model = build(config, "none")
    heads = TrainingHeads(model, 3)
    card = checkpoint.Card(config=config, entities=("x", "y", "z"), images_seen=7)
    checkpoint.save(tmp_path / "m.safetensors", model, heads, card)
    return tmp_path / "m.safetensors"


def test_it_comes_back_as_it_was(saved: Path) -> None:
    model, heads, card = checkpoint.load(saved)
    again, _, _ = checkpoint.load(saved)
    image = torch.rand(2, 3, 32, 48)
    assert torch.equal(model(image).descriptor, again(image).descriptor)
    assert not model.training
    assert not heads.training
    assert card.entities == ("x", "y", "z")
    assert card.id == checkpoint.fingerprint(model)
    assert {"pawvit", "torch", "timm"} <= card.versions.keys()


def test_the_id_tells_weights_and_preprocessing_apart(saved: Path) -> None:
    model, _, card = checkpoint.load(saved)
    with torch.no_grad():
        model.tokens[0, 0, 0] += 1e-3
    assert checkpoint.fingerprint(model) != card.id


@pytest.mark.parametrize("keep", [0, 5, 1000, -1])
def test_a_file_cut_short_is_refused(saved: Path, keep: int) -> None:
    whole = saved.read_bytes()
    saved.write_bytes(whole[:keep])
    with pytest.raises(CheckpointError, match="cut short"):
        checkpoint.load(saved)


def test_what_is_no_checkpoint_is_refused(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        checkpoint.load(tmp_path / "nothing.safetensors")
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="no checkpoint of pawvit"):
        checkpoint.load(tmp_path / "other.safetensors")


def test_changed_or_missing_weights_are_refused(saved: Path) -> None:
    tensors, header = checkpoint.read(saved)
    changed = load_file(saved)
    changed["model.tokens"] += 1
    save_file(changed, saved, header)
    with pytest.raises(CheckpointError, match="not the ones"):
        checkpoint.load(saved)
    del tensors["model.tokens"]
    save_file(tensors, saved, header)
    with pytest.raises(CheckpointError, match="do not fit"):
        checkpoint.load(saved)


def test_a_newer_format_is_refused(saved: Path) -> None:
    tensors, header = checkpoint.read(saved)
    header[checkpoint.KEY] = header[checkpoint.KEY].replace('"format":1', '"format":99')
    save_file(tensors, saved, header)
    with pytest.raises(CheckpointError, match="newer pawvit"):
        checkpoint.load(saved)
