"""What PAW-ViT is measured against: any backbone, plain or in stripes, trained by the same loop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from commands import output_of
from pawvit.cli.main import app
from pawvit.losses.criterion import Criterion, Targets
from pawvit.model import checkpoint
from pawvit.model.baselines import untrained
from pawvit.model.build import build_heads, build_network
from pawvit.model.config import ModelConfig
from pawvit.model.plain import REDUCED, STRIPES, PlainNetwork
from pawvit.training.config import OptimiserConfig
from pawvit.training.trainer import parameter_groups

VIT = {
    "backbone": "vit_tiny_patch16_224",
    "architecture": {"embed_dim": 48, "depth": 2, "num_heads": 4},
    "image_size": (96, 64),
}
CNN = {"backbone": "resnet10t", "image_size": (96, 64)}


def config(network: str, **backbone: object) -> ModelConfig:
    return ModelConfig(network=network, parts=(), **backbone)


def test_a_plain_vit_is_described_by_its_class_token() -> None:
    torch.manual_seed(0)
    model = build_network(config("plain", **VIT), "none").eval()
    before = untrained(config("plain", **VIT), "none")
    before.vit.load_state_dict(model.backbone.state_dict())
    images = torch.rand(2, 3, 96, 64)
    torch.testing.assert_close(model(images).descriptor, before(images))


def test_stripes_are_means_of_rows() -> None:
    """A naive PCB: cut the map of features into six, mean each, reduce, one behind the other."""
    torch.manual_seed(0)
    model = build_network(config("stripes", **VIT), "none").eval()
    assert isinstance(model, PlainNetwork)
    assert model.reduce is not None
    images = torch.rand(2, 3, 96, 64)
    tokens = model.backbone.forward_features(model.normalise(images))[:, 1:]
    rows = tokens.view(2, 6, 4, 48).mean(dim=2)
    expected = [model.reduce(rows[:, row]) for row in range(6)]
    found = model(images).descriptor
    assert found.shape == (2, STRIPES * REDUCED)
    torch.testing.assert_close(found, torch.cat(expected, dim=1))


@pytest.mark.parametrize("network", ["plain", "stripes"])
@pytest.mark.parametrize("backbone", [VIT, CNN], ids=["vit", "cnn"])
def test_the_losses_of_a_network_without_parts(network: str, backbone: dict[str, object]) -> None:
    torch.manual_seed(0)
    model = build_network(config(network, **backbone), "none").train()
    heads = build_heads(model, 3).train()
    outputs = heads(model(torch.rand(4, 3, 96, 64)))
    entities = torch.tensor([0, 0, 1, 2])
    targets = Targets(
        entities,
        torch.tensor([1.0, 0.0, 1.0, float("nan")]),
        torch.full((4, 8, 8), 255, dtype=torch.uint8),
    )
    given = (outputs.necked, outputs.entity_logits, outputs.orientation_logits, outputs.mask_logits)
    total, losses = Criterion()(*given, targets)
    assert losses.keys() == {"identity", "triplet", "orientation"}
    asked = outputs.entity_logits.unbind(dim=1)
    assert len(asked) == (STRIPES if network == "stripes" else 1)
    each = [F.cross_entropy(one, entities, label_smoothing=0.2) for one in asked]
    torch.testing.assert_close(losses["identity"], sum(each) / len(each))
    flank = F.binary_cross_entropy_with_logits(
        outputs.orientation_logits[:3, 0], torch.tensor([1.0, 0.0, 1.0])
    )
    torch.testing.assert_close(losses["orientation"], flank)
    total.backward()
    assert all(p.grad is not None for p in model.parameters())
    _, without = Criterion(orientation=0.0)(*given, targets)
    assert without.keys() == {"identity", "triplet"}


@pytest.mark.parametrize("backbone", [VIT, CNN], ids=["vit", "cnn"])
def test_layers_of_any_backbone_learn_at_their_own_rates(backbone: dict[str, object]) -> None:
    model = build_network(config("plain", **backbone), "none")
    heads = build_heads(model, 3)
    setting = OptimiserConfig(lr=1e-4, new_lr=1e-3, layer_decay=0.5, frozen_blocks=1)
    groups = parameter_groups(model, heads, setting)
    rates = {id(p): group["peak"] for group in groups for p in group["params"]}
    decays = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    for name, parameter in model.named_parameters():
        layer = model.layer_of(name)
        assert layer is not None, name
        assert parameter.requires_grad is (layer > 1), name
        if layer > 1:
            assert rates[id(parameter)] == pytest.approx(1e-4 * 0.5 ** (model.depth - layer))
            assert (decays[id(parameter)] > 0) is (parameter.ndim > 1), name
    assert {rates[id(p)] for p in heads.parameters() if p.requires_grad} == {1e-3}


@pytest.mark.parametrize("network", ["plain", "stripes"])
def test_a_checkpoint_brings_it_back(network: str, tmp_path: Path) -> None:
    model = build_network(config(network, **CNN), "none").eval()
    heads = build_heads(model, 2)
    card = checkpoint.Card(config=model.config, entities=("a", "b"), images_seen=1)
    checkpoint.save(tmp_path / "m.safetensors", model, heads, card)
    again, _, _ = checkpoint.load(tmp_path / "m.safetensors")
    images = torch.rand(2, 3, 96, 64)
    torch.testing.assert_close(again(images).descriptor, model(images).descriptor)


def test_it_trains_without_part_maps_and_answers_like_any_other(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    """`train` without -m, with a report and a discriminant; then `evaluate` and `identify`."""
    settings = [*tiny, "images=16", "model.network=plain", "discriminant=4"]
    words = [word for setting in settings for word in ("-s", setting)]
    table, run = herd / "photos.csv", tmp_path / "run"
    said = output_of(app, "train", table, "-o", run, "-p", "herd", "--device", "cpu", *words)
    assert "no parts" in said
    assert "could not be drawn" not in said
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    steps = [line for line in lines if line["kind"] == "train"]
    assert all("mask" not in line and "orientation" in line for line in steps)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "What each part sees" not in page
    numbers = tmp_path / "numbers.json"
    output_of(app, "evaluate", table, "-m", run, "--split", "val", "-o", numbers, "--device", "cpu")
    assert json.loads(numbers.read_text())
    photo = next((herd / "images").rglob("*.*"))
    assert "Most like" in output_of(app, "identify", table, photo, "-m", run, "--device", "cpu")
