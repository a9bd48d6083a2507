"""What rebuilds a network: a small frozen record, stored in every checkpoint."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pawvit.anatomy import MAX_PARTS, TIGER_PARTS

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class ModelConfig(BaseModel):
    """A network's shape: a timm backbone, and what becomes of what it sees.

    Attributes:
        network: "paw-vit" is any `VisionTransformer` with K part tokens (paper §3.1). What it is
            measured against: "plain", any backbone of timm whose own pooling is the descriptor (a
            ViT's class token, a CNN's mean), and "stripes", its features in six uniform stripes
            (PCB, Sun et al. 2018). Neither knows parts, needs part maps or has a mask loss.
        backbone: a timm model name; for "paw-vit" its class must be `VisionTransformer`.
        architecture: changes to that model's shape (`patch_size`, `depth`, `embed_dim` …).
        parts: the K part names; filled in from the part maps when a training starts. None but for
            "paw-vit".
        image_size: height and width in pixels, multiples of the patch size.
        map_size: height and width of the predicted part masks (paper: image / 4).
        mean, std: RGB, of pixels in [0, 1].
        drop_path: rate of a Vision Transformer's last block; it grows linearly from 0 in the first.
        mask_activation: what the mask decoder does to each head's similarity before the mean over
            heads. "sigmoid" is the paper's; its softmax over sigmoids can't pass 0.352 with K = 5.
            "none" leaves logits, of which the loss takes a true softmax.
        join_block: how many blocks only patches and the pretrained class token pass, before each
            part token joins as the class token's state plus what it has learned. 0 is the paper's:
            learned tokens from the first block on. With these blocks frozen, training need not go
            back through them.
        retrieval: what of a PAW-ViT stands for a photo when photos are compared. "descriptor" is
            the paper's aggregated one. "parts" is the mean of the part tokens: after a short
            training the aggregation, which starts from noise, is a worse guide to unseen animals.
            "regions" are the descriptor and K vectors: the patches as they are where the part
            tokens join (`join_block`), pooled under the mask of each part. Heads are compared
            with heads, flanks with flanks, by what the first blocks know of coats.
        fusion: "paper" is the aggregation alone. "residual" is the mean of the part tokens plus
            what the aggregation adds, which begins at nothing: a short training starts from what
            the backbone knows, not from noise.
        discriminant: how many numbers are left of it, or of each region, by a linear discriminant
            that was fitted after the training; 0 where none was.
        position_resampling: how pretrained position embeddings reach another grid; "aligned" is
            the released code's (bicubic, corners aligned), "antialias" is timm's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    network: Literal["paw-vit", "plain", "stripes"] = "paw-vit"
    backbone: str = "vit_base_patch16_224.orig_in21k_ft_in1k"
    architecture: dict[str, int] = Field(default_factory=dict)
    parts: tuple[str, ...] = TIGER_PARTS
    image_size: tuple[int, int] = (256, 256)
    map_size: tuple[int, int] = (64, 64)
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    drop_path: float = Field(default=0.1, ge=0, lt=1)
    mask_activation: Literal["sigmoid", "none"] = "sigmoid"
    join_block: int = Field(default=0, ge=0)
    retrieval: Literal["descriptor", "parts", "regions"] = "descriptor"
    fusion: Literal["paper", "residual"] = "paper"
    discriminant: int = Field(default=0, ge=0)
    position_resampling: Literal["antialias", "aligned"] = "antialias"

    @field_validator("parts", "image_size", "map_size", "mean", "std", mode="before")
    @classmethod
    def _lists_are_tuples(cls, value: object) -> object:
        # YAML and JSON know no tuples; strict validation would refuse their lists.
        return tuple(value) if isinstance(value, list) else value

    @field_validator("parts")
    @classmethod
    def _parts_are_usable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > MAX_PARTS or len(set(value)) != len(value):
            raise ValueError(f"at most {MAX_PARTS} parts, each named once")
        return value

    @model_validator(mode="after")
    def _part_tokens_have_names(self) -> ModelConfig:
        if self.has_parts and not self.parts:
            raise ValueError(f"a network with part tokens has between 1 and {MAX_PARTS} parts")
        return self

    @model_validator(mode="after")
    def _regions_are_somewhere(self) -> ModelConfig:
        if self.retrieval == "regions" and self.has_parts and not self.join_block:
            raise ValueError(
                "regions are compared as they are where part tokens join: that takes a `join_block`"
                " of at least 1"
            )
        return self

    @property
    def has_parts(self) -> bool:
        """Whether the network has part tokens, and learns them from part maps."""
        return self.network == "paw-vit"

    @property
    def K(self) -> int:  # noqa: N802 (the paper's letter)
        """The number of parts, background not counted."""
        return len(self.parts)
