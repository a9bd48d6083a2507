"""The ViTPose authors' own weights (`vitpose+_base.pth` and its like) → a network for animals.

ViTPose++ has an expert and a head for each data set. What the hub has was made from the same files,
but with the head for people alone. Knows the names of parameters there and here, and no pictures.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pawvit.errors import CheckpointError
from pawvit.teacher import hub
from pawvit.teacher.vocabularies import AP10K

SUFFIX = ".pth"

EXPERTS = ("COCO", "AIC", "MPII", "AP-10K", "APT-36K", "COCO-WholeBody")
"""The data sets of ViTPose++'s experts, in its order."""

EXPERT = EXPERTS.index("AP-10K")

SIZE = (256, 192)
"""Height and width of the network's input, pixels."""

PATCH = 16

ATTENTION_HEADS = {384: 12, 768: 12, 1024: 16, 1280: 16}
"""By width: small, base, large, huge. Nothing in the file tells it."""

State = dict[str, Tensor]

_OWN_HEAD = "keypoint_head."
_ANIMALS_HEAD = f"associate_keypoint_heads.{EXPERT - 1}."  # counted from the second on
_ANIMALS_NAMES = ("ap10k", "apt36k")

_RENAMED = (
    (r"^backbone\.patch_embed\.proj\.", "backbone.embeddings.patch_embeddings.projection."),
    (r"^backbone\.pos_embed$", "backbone.embeddings.position_embeddings"),
    (r"^backbone\.last_norm\.", "backbone.layernorm."),
    (r"^backbone\.blocks\.", "backbone.encoder.layer."),
    (r"\.norm1\.", ".layernorm_before."),
    (r"\.norm2\.", ".layernorm_after."),
    (r"\.attn\.proj\.", ".attention.output.dense."),
    (r"^head\.deconv_layers\.0\.", "head.deconv1."),
    (r"^head\.deconv_layers\.1\.", "head.batchnorm1."),
    (r"^head\.deconv_layers\.3\.", "head.deconv2."),
    (r"^head\.deconv_layers\.4\.", "head.batchnorm2."),
    (r"^head\.final_layer\.", "head.conv."),
)


def read_release(path: str) -> tuple[hub.Source, Any, Any]:
    """Where it came from, the network with the expert and the head of AP-10K, and its processor.

    A file that was split off with one data set's expert and head will do as well; as it does not
    tell which, its name has to say `ap10k` or `apt36k`.

    Raises:
        MissingExtraError: `transformers` is not installed.
        CheckpointError: the file can't be read without running code in it, or is none of these.
    """
    hub.need_transformers()
    from tempfile import TemporaryDirectory

    from safetensors.torch import save_file
    from transformers import (
        VitPoseBackboneConfig,
        VitPoseConfig,
        VitPoseForPoseEstimation,
        VitPoseImageProcessor,
    )

    state = _read(Path(path))
    try:
        width = state["backbone.pos_embed"].shape[-1]
        depth = 1 + max(int(n.split(".")[2]) for n in state if n.startswith("backbone.blocks."))
        hidden = state["backbone.blocks.0.mlp.fc1.weight"].shape[0]
        config = VitPoseConfig(
            backbone_config=VitPoseBackboneConfig(
                image_size=SIZE,
                patch_size=(PATCH, PATCH),
                hidden_size=width,
                num_hidden_layers=depth,
                num_attention_heads=ATTENTION_HEADS[width],
                mlp_ratio=hidden // width,
                out_indices=[depth],
            ),
            id2label=dict(enumerate(AP10K.keypoints)),
            label2id={name: number for number, name in enumerate(AP10K.keypoints)},
            use_simple_decoder=False,
        )
        state = _for_transformers(state, Path(path).name)
    except (KeyError, ValueError, IndexError) as error:
        raise _other(path, f"{error.args[0]} is not there") from None
    with TemporaryDirectory() as folder:
        # Through a folder, as the hub's: the library then minds renamed parameters itself.
        config.architectures = ["VitPoseForPoseEstimation"]
        config.save_pretrained(folder)
        save_file(state, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        source = hub.Source(path, Path(folder), config.to_dict(), "")
        network = hub.load(source, VitPoseForPoseEstimation)
    height, across = SIZE
    return source, network, VitPoseImageProcessor(size={"height": height, "width": across})


def _read(path: Path) -> State:
    try:
        raw = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise CheckpointError("no such file of weights", where=path) from None
    except Exception as error:  # damage comes as any error, code in it as UnpicklingError
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(f"the weights can't be read: {reason}", where=path) from None
    state = raw.get("state_dict", raw) if isinstance(raw, dict) else None
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise _other(str(path), "it holds no table of weights")
    return state


def _for_transformers(state: State, file: str) -> State:
    """The authors' names → those of `transformers`, with one expert and one head."""
    chosen = _ANIMALS_HEAD
    if not any(name.startswith(_ANIMALS_HEAD) for name in state):
        chosen = _OWN_HEAD
        if not any(name in file.lower().replace("-", "") for name in _ANIMALS_NAMES):
            raise KeyError("a head for animals")
    made: State = {}
    for name, value in state.items():
        if name == "backbone.cls_token" or ".mlp.experts." in name:
            continue
        if name.startswith(("keypoint_head.", "associate_keypoint_heads.")):
            if not name.startswith(chosen):
                continue
            name = "head." + name.removeprefix(chosen)
            if name.startswith("head.final_layer."):
                value = value[: len(AP10K)]  # heads are padded to the widest
        elif ".mlp.fc2." in name:
            # An expert makes the last features of the block, for its own data set.
            special = state.get(name.replace("fc2", f"experts.{EXPERT}"))
            width = state["backbone.pos_embed"].shape[-1]
            if special is not None and len(value) < width:
                value = torch.cat([value, special])
        for pattern, new in _RENAMED:
            name = re.sub(pattern, new, name)
        if ".attn.qkv." in name:
            for piece, part in zip(("query", "key", "value"), value.chunk(3), strict=True):
                made[name.replace("attn.qkv", f"attention.attention.{piece}")] = part.clone()
        else:
            made[name] = value.clone()
    if len(made["head.conv.bias"]) != len(AP10K):
        raise KeyError(f"a head for {len(AP10K)} keypoints")
    return made


def _other(path: str, why: str) -> CheckpointError:
    return CheckpointError(
        f"these are no weights of ViTPose for animals: {why}",
        where=path,
        mend="give the authors' vitpose+_base.pth, or a network of transformers by name or folder",
    )
