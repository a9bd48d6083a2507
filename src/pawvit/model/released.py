"""The authors' released parameter names → ours. Knows names of parameters, nothing else."""

from __future__ import annotations

import re

from torch import Tensor

from pawvit.errors import CheckpointError
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
