"""Networks of others in the layouts that their files have; their real weights are not here."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torch.nn.functional as F
from huggingface_hub import constants
from safetensors.torch import save_file
from torch import Tensor, nn

from commands import output_of
from pawvit.cli.main import app
from pawvit.embedder import Embedder
from pawvit.errors import CheckpointError, ConfigError
from pawvit.model import wildlife
from pawvit.model.wildlife import MEGADESCRIPTOR, MIEWID, find
from pawvit.readers import read_table

SWIN = {
    "architecture": "swin_tiny_patch4_window7_224",
    "num_classes": 0,
    "num_features": 96,
    "pretrained_cfg": {
        "input_size": [3, 224, 224],
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
        "num_classes": 0,
        "classifier": "head",
    },
    "model_args": {"embed_dim": 12, "depths": [1, 1, 2, 1], "num_heads": [1, 1, 2, 2]},
}


def swin() -> Any:
    torch.manual_seed(0)
    return timm.create_model(SWIN["architecture"], num_classes=0, **SWIN["model_args"]).eval()


def as_released(network: nn.Module) -> dict[str, Tensor]:
    """As MegaDescriptor's files have it: a stage's reduction is counted with the stage before."""
    state = {}
    for name, value in network.state_dict().items():
        found = re.match(r"layers\.(\d)\.downsample(.*)", name)
        name = f"layers.{int(found[1]) - 1}.downsample{found[2]}" if found else name
        state[name] = value.contiguous()
    return state


def write_mega(folder: Path, file: str = "model.safetensors") -> Any:
    network = swin()
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(SWIN))
    if file.endswith(".bin"):
        torch.save(as_released(network), folder / file)
    else:
        save_file(as_released(network), folder / file)
    return network


@pytest.fixture
def small_miewid(monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """MiewID's layout around a small network of the same kind; its own has 50 million weights."""
    monkeypatch.setattr(wildlife, "MIEWID_BACKBONE", "test_efficientnet")
    torch.manual_seed(1)
    network = wildlife.MiewIDNetwork("test_efficientnet")
    network.pooling.p.data.fill_(2.5)
    network.bn.running_mean.normal_()
    network.bn.running_var.uniform_(0.5, 2)
    return network.eval()


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("hf-hub:BVRA/MegaDescriptor-T-224", MEGADESCRIPTOR),
        ("hf-hub:BVRA/MegaDescriptor-L-384@main", MEGADESCRIPTOR),
        ("hf-hub:BVRA/MegaDescriptor-CNN-288", None),
        ("hf-hub:conservationxlabs/miewid-msv3", MIEWID),
        ("hf-hub:timm/resnet50.a1_in1k", None),
        ("dinov2-small", None),
    ],
)
def test_hub_names(text: str, family: wildlife.Family | None) -> None:
    found = find(text)
    assert (None if found is None else found.family) is family
    if found is not None:
        assert family is not None
        assert family.licence in found.name
        assert found.name.startswith(text.split("/")[1].split("@")[0])


@pytest.mark.parametrize("file", ["model.safetensors", "pytorch_model.bin"])
def test_a_megadescriptor_in_a_folder(tmp_path: Path, file: str) -> None:
    network = write_mega(tmp_path / "MegaDescriptor-T-224", file)
    embedder = Embedder.load(tmp_path / "MegaDescriptor-T-224")
    assert embedder.untrained
    assert embedder.stamp.name == "MegaDescriptor-T-224 (CC BY-NC 4.0: not for commercial use)"
    assert embedder.size == (224, 224)
    photo = np.random.default_rng(0).integers(0, 256, (224, 224, 3)).astype(np.uint8)
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        expected = F.normalize(network((image - 0.5) / 0.5), dim=1)
    np.testing.assert_allclose(embedder.embed([photo]).vectors, expected.numpy(), atol=1e-5)


def test_another_network_of_timm_in_a_folder_keeps_its_own_preprocessing(tmp_path: Path) -> None:
    write_mega(tmp_path / "mine")
    embedder = Embedder.load(tmp_path / "mine")
    assert embedder.stamp.name == "mine untrained"
    assert "mean (0.485, 0.456, 0.406)" in embedder.stamp.preprocessing


def test_a_megadescriptor_by_its_hub_name(
    herd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the hub's client leaves it on a machine; nothing is asked of the network."""
    place = tmp_path / "models--BVRA--MegaDescriptor-T-224"
    write_mega(place / "snapshots" / "abc")
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    model = "hf-hub:BVRA/MegaDescriptor-T-224"
    embedder = Embedder.load(model)
    assert "mean (0.5, 0.5, 0.5)" in embedder.stamp.preprocessing
    table = read_table(herd / "photos.csv").take([0, 1])
    in_folder = Embedder.load(place / "snapshots" / "abc")
    assert in_folder.stamp.name == embedder.stamp.name
    np.testing.assert_array_equal(
        embedder.embed_table(table)[0].vectors, in_folder.embed_table(table)[0].vectors
    )
    said = output_of(app, "evaluate", herd / "photos.csv", "-m", model, "--split", "val")
    assert "not for commercial use" in said
    assert "flank known" in said


def test_miewid_from_a_file_and_a_folder(small_miewid: nn.Module, tmp_path: Path) -> None:
    state = dict(small_miewid.state_dict())
    file = tmp_path / "miewid-msv3" / "model.safetensors"
    file.parent.mkdir()
    save_file(state | {"final.weight": torch.zeros(3, 7)}, file)
    (file.parent / "config.json").write_text(json.dumps({"architectures": ["MiewIdNet"]}))
    photo = np.random.default_rng(0).integers(0, 256, (440, 440, 3)).astype(np.uint8)
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(one).view(1, 3, 1, 1) for one in (MIEWID.mean, MIEWID.std))
    with torch.inference_mode():
        maps = small_miewid.backbone.forward_features((image - mean) / std)
        pooled = F.avg_pool2d(maps.clamp(min=1e-6) ** 2.5, maps.shape[2:])[..., 0, 0] ** (1 / 2.5)
        norm = small_miewid.bn
        pooled = (pooled - norm.running_mean) / (norm.running_var + 1e-5).sqrt()
        expected = F.normalize(pooled * norm.weight + norm.bias, dim=1)
    for source in (file, file.parent):
        embedder = Embedder.load(source)
        assert embedder.stamp.name == "miewid-msv3 (no licence is stated)"
        assert embedder.size == (440, 440)
        np.testing.assert_allclose(embedder.embed([photo]).vectors, expected.numpy(), atol=1e-5)


def test_weights_that_do_not_fit_exactly_are_refused(
    small_miewid: nn.Module, tmp_path: Path
) -> None:
    state = dict(small_miewid.state_dict())
    file = tmp_path / "miewid.safetensors"
    for wrong in (
        {name: value for name, value in state.items() if name != "bn.bias"},
        state | {"backbone.more": torch.zeros(1)},
        state | {"bn.weight": torch.zeros(5)},
    ):
        save_file(wrong, file)
        with pytest.raises(CheckpointError, match="another network"):
            Embedder.load(file)
    folder = tmp_path / "MegaDescriptor-T-224"
    write_mega(folder)
    for wrong in (
        {n: v for n, v in as_released(swin()).items() if n != "norm.bias"},
        as_released(swin()) | {"more": torch.zeros(1)},
    ):
        save_file(wrong, folder / "model.safetensors")
        with pytest.raises(CheckpointError, match="or are no swin_tiny"):
            Embedder.load(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"no model\.safetensors"):
        Embedder.load(folder)
    (folder / "config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="no network of timm"):
        Embedder.load(folder)


def test_a_training_stays_a_training_and_no_hub_is_said(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(run, tmp_path / "MegaDescriptor-T-224")
    (folder / "config.json").write_text(json.dumps(SWIN))
    assert not Embedder.load(folder).untrained

    def nowhere(*_: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(wildlife.pretrained.socket, "getaddrinfo", nowhere)
    monkeypatch.setattr(wildlife.pretrained, "getproxies", dict)
    with pytest.raises(ConfigError, match="could not be downloaded"):
        Embedder.load("hf-hub:conservationxlabs/miewid-msv3")
