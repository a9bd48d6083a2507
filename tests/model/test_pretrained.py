"""The offline weights are the real ones: they do what the package's own graph does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pawvit.errors import CheckpointError, ConfigError
from pawvit.model import packaged, pretrained
from pawvit.model.available import PACKAGE
from pawvit.model.config import ModelConfig

FOCUS = ModelConfig(backbone=packaged.PACKAGE_BACKBONE, image_size=(224, 224))


def test_the_offline_backbone_computes_what_its_own_graph_computes() -> None:
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    graph = onnx.load(packaged.focus_path())
    (output,) = (n.output[0] for n in graph.graph.node if "backbone.layernorm.bias" in n.input)
    graph.graph.output.append(onnx.ValueInfoProto(name=output))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    image = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    (theirs,) = session.run([output], {"input_image": image.numpy()})

    vit = pretrained.backbone(FOCUS, PACKAGE).eval()
    # Their graph resamples positions without antialiasing; everything else is the same network.
    state = packaged.focus_state()["pos_embed"]
    square = state[:, 1:].view(1, 37, 37, 384).permute(0, 3, 1, 2)
    square = torch.nn.functional.interpolate(square, size=(16, 16), mode="bicubic")
    vit.pos_embed.data = torch.cat([state[:, :1], square.permute(0, 2, 3, 1).flatten(1, 2)], dim=1)
    with torch.inference_mode():
        ours = vit.forward_features(image).numpy()
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_reading_the_weights_twice_gives_the_same_ones() -> None:
    first = pretrained.backbone(FOCUS, PACKAGE).state_dict()
    small = FOCUS.model_copy(update={"image_size": (70, 84)})
    pretrained.backbone(small, PACKAGE)
    for name, value in pretrained.backbone(FOCUS, PACKAGE).state_dict().items():
        assert torch.equal(value, first[name]), name


def test_the_package_fits_its_own_backbone_only() -> None:
    with pytest.raises(ConfigError, match="carries vit_small_patch14_dinov2"):
        pretrained.backbone(ModelConfig(backbone="vit_tiny_patch16_224"), PACKAGE)


def test_weights_from_a_file(tmp_path: Path) -> None:
    config = ModelConfig(
        backbone="vit_tiny_patch16_224",
        architecture={"embed_dim": 48, "depth": 2, "num_heads": 4},
        image_size=(224, 224),
    )
    vit = pretrained.backbone(config, "none")
    path = tmp_path / "w.safetensors"
    save_file(dict(vit.state_dict()), path)
    loaded = pretrained.backbone(config, str(path))
    assert torch.equal(loaded.blocks[0].attn.qkv.weight, vit.blocks[0].attn.qkv.weight)
    deeper = config.model_copy(update={"architecture": config.architecture | {"depth": 3}})
    with pytest.raises(CheckpointError, match="another network"):
        pretrained.backbone(deeper, str(path))
    wider = config.model_copy(update={"architecture": config.architecture | {"embed_dim": 96}})
    with pytest.raises(CheckpointError, match="another network"):
        pretrained.backbone(wider, str(path))
    with pytest.raises(CheckpointError, match="no such file"):
        pretrained.backbone(config, str(tmp_path / "none.safetensors"))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CheckpointError, match="can't be read"):
        pretrained.backbone(config, str(path))


def test_without_a_network_the_offline_choice_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(pretrained.socket, "getaddrinfo", nowhere)
    monkeypatch.setattr(pretrained, "getproxies", dict)
    config = pretrained.natural_config("vit_tiny_patch16_224.augreg_in21k", None)
    for load in (
        lambda: pretrained.backbone(config, "hub"),
        lambda: pretrained.any_network("hf-hub:nobody/nothing-at-all"),
    ):
        with pytest.raises(ConfigError, match="could not be downloaded") as caught:
            load()
        assert "dinov2-small" in str(caught.value.mend)
        assert "pawvit[offline]" in str(caught.value.mend)


def test_which_networks_have_patches_to_choose_from() -> None:
    assert pretrained.is_plain_vit("vit_base_patch14_dinov2.lvd142m")
    assert not pretrained.is_plain_vit("convnext_tiny.fb_in22k")
    assert not pretrained.is_plain_vit("vit_base_patch16_siglip_224.webli")  # no class token
    assert not pretrained.is_plain_vit("hf-hub:nobody/nothing-at-all")
