"""The authors' released models → ours. Knows their files, and how they call their parameters.

Nothing of a file is run: it is unpickled with `weights_only`, which refuses all but tensors and
plain values.
"""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from pawvit.errors import CheckpointError
from pawvit.model.config import ModelConfig
from pawvit.model.heads import TrainingHeads
from pawvit.model.pawvit import PawViT

# Names that only change their beginning; `blocks.*`, `norm.*` and `patch_embed.*` are timm's.
_MODEL = {
    "agg_token": "aggregation.query",
    "agg_block.norm_q.": "aggregation.norm_query.",
    "agg_block.norm_k.": "aggregation.norm_parts.",
    "agg_block.norm_v.": "aggregation.norm_fused.",
    "agg_block.attn.": "aggregation.",
    "agg_block.mlp.": "aggregation.ffn.",
    "agg_norm.": "aggregation.norm.",
    "parts_token": "tokens",
}
_HEADS = {"atm.": "masks.", "bnneck.": "neck.", "fc.": "entity."}

_STATES = ("model_state_dict", "state_dict", "model")
"""Where a file of a training keeps the parameters, beside its epoch and its optimiser's state."""

_TIGER = ("hind legs", "body", "front legs", "head", "tail")
"""The order of the authors' classes (the comment in their configurations); yaks have no tail."""

_HEADS_OF = {(768, 12): 12, (768, 8): 8, (1024, 24): 16}
"""Width and depth of their networks → attention heads, which no parameter tells."""


def read_released(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The parameters in one of the authors' `.pth` files: name → value, without `module.`.

    Raises:
        CheckpointError: there is no such file; it holds more than tensors and plain values, and is
            not opened; or it holds no parameters of a PAW-ViT.
    """
    try:
        with open(path, "rb") as handle:
            begins = handle.read(2)
        # A zip archive, or a pickle, as older versions of torch write.
        if begins not in (b"PK", b"\x80\x02"):
            raise ValueError("it begins otherwise")
        found = torch.load(Path(path), map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(
            f"the file can't be read: {error.strerror or error}", where=path
        ) from None
    except pickle.UnpicklingError as error:
        asked = re.search(r"GLOBAL (\S+)", str(error))
        raise CheckpointError(
            "the file holds more than weights, and was not opened, since that could run somebody's"
            f" code{f': it asks for {asked[1]}' if asked else ''}",
            where=path,
            mend="ask whoever gave it for the weights alone: torch.save(model.state_dict(), …)",
        ) from None
    except (RuntimeError, EOFError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"this is no file of torch, or it is cut short: {str(error).splitlines()[0]}",
            where=path,
            mend="copy it again",
        ) from None
    for name in _STATES:
        if isinstance(found, dict) and isinstance(found.get(name), dict):
            found = found[name]
            break
    if not isinstance(found, dict) or not all(isinstance(v, Tensor) for v in found.values()):
        raise CheckpointError("the file holds no parameters by name", where=path)
    state = {str(name).removeprefix("module."): value for name, value in found.items()}
    missing = [name for name in ("parts_token", "pos_embed", "fc.weight") if name not in state]
    if missing:
        raise CheckpointError(
            f"the file holds no PAW-ViT: it has no {' and no '.join(missing)}",
            where=path,
            mend="only models of the paper's authors can be imported, and no baselines of theirs",
        )
    return state


def config_of(
    state: dict[str, Tensor], *, parts: Sequence[str] = (), heads: int | None = None
) -> ModelConfig:
    """The shape of a released model, read off its parameters; preprocessing is the authors'.

    Args:
        state: as `read_released` gives it.
        parts: their names in the order of its tokens; for four and five parts the authors' own.
        heads: attention heads; the authors' own where the width and depth are theirs.

    Raises:
        CheckpointError: the names are too many or too few, the heads can't be told, or the picture
            is not square.
    """
    extra, width = state["parts_token"].shape[-2:]
    K = int(extra) - 1
    depth = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("blocks."))
    patch = int(state["patch_embed.proj.weight"].shape[-1])
    patches = state["pos_embed"].shape[1] - int(extra)
    side = round(patches**0.5)
    if side * side != patches:
        raise CheckpointError(f"{patches} patches make no square: no model of the paper has that")
    names = tuple(parts) or (
        _TIGER[:K] if K in (4, 5) else tuple(f"part {n + 1}" for n in range(K))
    )
    if len(names) != K:
        raise CheckpointError(f"the model has {K} parts, but {len(names)} names were given")
    number = heads or _HEADS_OF.get((int(width), depth))
    if number is None or width % number:
        raise CheckpointError(
            f"how many attention heads a network of width {width} and depth {depth} has, its"
            " parameters don't tell",
            mend="say it: --heads",
        )
    ratio = state["blocks.0.mlp.fc1.weight"].shape[0] // int(width)
    return ModelConfig(
        backbone="vit_base_patch16_224",
        architecture={
            "patch_size": patch,
            "embed_dim": int(width),
            "depth": depth,
            "num_heads": number,
            "mlp_ratio": int(ratio),
        },
        parts=names,
        image_size=(side * patch, side * patch),
        # Maps have a pixel for four of the photo.
        map_size=(side * patch // 4, side * patch // 4),
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
        position_resampling="aligned",
    )


def load_released(state: dict[str, Tensor], model: PawViT, heads: TrainingHeads) -> None:
    """Fills `model` and `heads` from a state dict of the paper's released code.

    Args:
        state: parameter name → value, as `PAWViT.state_dict()` of the released code gives it.
        model, heads: of the same shape, part order and number of entities.

    Raises:
        CheckpointError: a parameter is missing, unexpected or of another shape.
    """
    extra = model.config.K + 1
    ours: dict[str, Tensor] = {}
    theirs: dict[str, Tensor] = {}
    for name, value in state.items():
        if name == "pos_embed":
            ours["token_position"], ours["patch_position"] = value[:, :extra], value[:, extra:]
        elif name.startswith("fc_direction."):
            theirs[re.sub(r"^fc_direction\.", "orientation.", name)] = value
        elif head := next((old for old in _HEADS if name.startswith(old)), None):
            theirs[_HEADS[head] + name.removeprefix(head)] = value
        else:
            old = next((old for old in _MODEL if name.startswith(old)), "")
            ours[_MODEL.get(old, "") + name.removeprefix(old)] = value
    for module, values, what in ((model, ours, "network"), (heads, theirs, "heads")):
        try:
            module.load_state_dict(values, strict=True)
        except RuntimeError as error:
            raise CheckpointError(
                f"the released parameters do not fit the {what}: {error}",
                mend="give the parts, entities and image size that they were made with",
            ) from None
