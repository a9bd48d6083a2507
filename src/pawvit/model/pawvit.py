"""PAW-ViT: photos → one descriptor each, from K part tokens. What is trained, exported and served.

Knows tensors; it knows no files, no entities and no losses. The heads that only training needs are
in `heads`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from timm.layers import Mlp, resample_abs_pos_embed
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from pawvit.errors import ConfigError
from pawvit.model.config import ModelConfig
from pawvit.model.discriminant import Discriminant
from pawvit.model.masks import MaskDecoder, regions
from pawvit.model.network import TOKEN_STD, Described, Network, init_linear

_EMBEDDING = ("patch_embed.", "patch_position", "class_token", "norm_pre.", "registers")

BACKBONES = "choose a timm model such as vit_base_patch16_224 or vit_small_patch14_dinov2"


@dataclass(frozen=True)
class Features:
    """What the network says of a batch of B photos.

    Attributes:
        descriptor: (B, C), not normalised; compare by cosine.
        part_tokens: (B, K, C), in the vocabulary's order.
        background_token: (B, C).
        patch_tokens: (B, N, C), row by row.
        part_weights: (B, K), in [0, 1] and summing to 1: how much each part gave to what is
            compared: its weight in the aggregation (mean over heads) or, where regions are
            compared, its share of the animal.
        mask_logits: (B, K+1, h, w), background last, and
        regions: (B, K, C), where each part's patches are pooled: of a network that compares
            regions, else None.
    """

    descriptor: Float[Tensor, "B C"]
    part_tokens: Float[Tensor, "B K C"]
    background_token: Float[Tensor, "B C"]
    patch_tokens: Float[Tensor, "B N C"]
    part_weights: Float[Tensor, "B K"]
    mask_logits: Float[Tensor, "B L h w"] | None = None
    regions: Float[Tensor, "B K C"] | None = None

    @property
    def all_tokens(self) -> Float[Tensor, "B L C"]:
        """The L = K + 1 tokens that have masks, background last."""
        return torch.cat([self.part_tokens, self.background_token[:, None]], dim=1)


class PawViT(Network):
    """A Vision Transformer whose class token gives way to K part tokens and a background token.

    Args:
        config: shapes and names.
        vit: the timm backbone, already at the image size of `config`; its weights are taken over.
    """

    def __init__(self, config: ModelConfig, vit: VisionTransformer) -> None:
        super().__init__(config)
        width: int = vit.embed_dim
        self.width, self.depth = width, len(vit.blocks)
        self.heads: int = vit.blocks[0].attn.num_heads
        self.grid: tuple[int, int] = tuple(vit.patch_embed.grid_size)
        self.patch_embed = vit.patch_embed
        self.norm_pre = vit.norm_pre
        self.blocks = vit.blocks
        self.norm = vit.norm

        # Registers (DINOv2) stay what they were; they take part in attention and are then dropped.
        prefix: int = 0 if vit.no_embed_class else vit.num_prefix_tokens
        position = vit.pos_embed.detach()
        class_position = position[:, :1] if prefix else torch.zeros(1, 1, width)
        registers = vit.num_reg_tokens
        self.registers: nn.Parameter | None = None
        if registers:
            own = position[:, prefix - registers : prefix] if prefix else 0.0
            self.registers = nn.Parameter(vit.reg_token.detach() + own)
        self.patch_position = nn.Parameter(position[:, prefix:].clone())
        extra = config.K + 1
        self.class_token: nn.Parameter | None = None
        if config.join_block:
            if vit.cls_token is None or config.join_block >= len(vit.blocks):
                raise ConfigError(
                    f"part tokens can't join after block {config.join_block}: that takes a class"
                    f" token and more blocks than the {len(vit.blocks)} of {config.backbone}",
                    where="model.join_block",
                )
            self.class_token = nn.Parameter(vit.cls_token.detach() + class_position)
            class_position = torch.zeros_like(class_position)
        self.token_position = nn.Parameter(class_position.repeat(1, extra, 1))
        self.tokens = nn.Parameter(torch.empty(1, extra, width))
        nn.init.trunc_normal_(self.tokens, std=TOKEN_STD)
        self.aggregation = Aggregation(width, self.heads)
        self.gain: nn.Parameter | None = None
        if config.fusion == "residual":
            self.gain = nn.Parameter(torch.zeros(width))

        by_regions = config.retrieval == "regions"
        self.masks: MaskDecoder | None = None
        if by_regions:
            self.masks = MaskDecoder(width, self.heads, self.grid, config)
        if config.discriminant:
            pieces = (config.K + 1,) if by_regions else ()
            self.discriminant = Discriminant(width, config.discriminant, pieces)

    def forward(self, images: Float[Tensor, "B 3 H W"]) -> Features:
        """Describes photos.

        Args:
            images: RGB, [0, 1], at `config.image_size`; normalisation happens here.
        """
        if self.class_token is not None:
            depth = self.config.join_block
            return self.rest(self.stem(images, depth), depth)
        x = self._embedded(images)
        tokens = (self.tokens + self.token_position).expand(len(x), -1, -1)
        return self._described(self.blocks(self.norm_pre(torch.cat([tokens, x], dim=1))))

    def stem(self, images: Float[Tensor, "B 3 H W"], depth: int) -> Float[Tensor, "B L C"]:
        """What class token and patches are after the first `depth` blocks.

        Raises:
            ConfigError: the part tokens join before or after that.
        """
        if self.class_token is None or depth != self.config.join_block:
            raise ConfigError(
                f"part tokens join after block {self.config.join_block}: what is before block"
                f" {depth} can't stand for a photo",
                where="model.join_block",
                mend=f"model.join_block={depth}",
            )
        x = self._embedded(images)
        x = self.norm_pre(torch.cat([self.class_token.expand(len(x), -1, -1), x], dim=1))
        stem: Tensor = self.blocks[:depth](x)
        return stem

    def rest(self, states: Float[Tensor, "B L C"], depth: int) -> Features:
        """The part tokens join, and go through the other blocks."""
        tokens = (self.tokens + self.token_position).expand(len(states), -1, -1)
        joined = torch.cat([states[:, :1] + tokens, states[:, 1:]], dim=1)
        features = self._described(self.blocks[depth:](joined))
        if self.masks is None:
            return features
        logits = self.masks.similarities(features.all_tokens, features.patch_tokens)
        pooled, shares = regions(logits, states[:, states.shape[1] - logits.shape[2] :])
        weights = shares / shares.sum(dim=1, keepdim=True).clamp_min(1e-6)
        return replace(
            features,
            part_weights=weights,
            mask_logits=self.masks.enlarged(logits),
            regions=pooled,
        )

    def _embedded(self, images: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B L C"]:
        x: Tensor = self.patch_embed(self.normalise(images)) + self.patch_position
        if self.registers is not None:
            x = torch.cat([self.registers.expand(len(x), -1, -1), x], dim=1)
        return x

    def _described(self, states: Float[Tensor, "B L C"]) -> Features:
        x = self.norm(states)
        K = self.config.K
        parts = x[:, :K]
        patches = x[:, x.shape[1] - self.grid[0] * self.grid[1] :]
        descriptor, weights = self.aggregation(parts)
        if self.gain is not None:
            descriptor = parts.mean(dim=1) + self.gain * descriptor
        return Features(descriptor, parts, x[:, K], patches, weights)

    def chosen(self, features: Described) -> Float[Tensor, "B *R C"]:
        """`config.retrieval`: the descriptor, the mean of the part tokens, or R = K + 1 pieces.

        These are the regions and, last, the descriptor.
        """
        assert isinstance(features, Features)
        if features.regions is not None:
            return torch.cat([features.regions, features.descriptor[:, None]], dim=1)
        by_parts = self.config.retrieval == "parts"
        return features.part_tokens.mean(dim=1) if by_parts else features.descriptor

    def piece_weights(self, features: Described) -> Float[Tensor, "B R"]:
        """Regions count by their share of the animal, all of them as much as the descriptor."""
        assert isinstance(features, Features)
        if features.regions is None:
            return super().piece_weights(features)
        whole = torch.ones_like(features.part_weights[:, :1])
        return torch.cat([features.part_weights, whole], dim=1) / 2

    def layer_of(self, name: str) -> int | None:
        """As for every network; part tokens and the aggregation start from noise."""
        if name.startswith("blocks."):
            return int(name.split(".")[1]) + 1
        if name.startswith("norm."):
            return self.depth
        return 0 if name.startswith(_EMBEDDING) else None


class Aggregation(nn.Module):
    """Fuses the K part tokens into one descriptor by cross-attention (paper §3.3).

    The background token has no say, and there is no residual connection. Where the paper draws one
    LayerNorm, the released code has four; this follows the code.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Parameter(torch.empty(1, 1, width))
        self.norm_query = nn.LayerNorm(width, eps=1e-6)
        self.norm_parts = nn.LayerNorm(width, eps=1e-6)
        self.q = nn.Linear(width, width)
        self.kv = nn.Linear(width, 2 * width)
        self.proj = nn.Linear(width, width)
        self.norm_fused = nn.LayerNorm(width, eps=1e-6)
        self.ffn = Mlp(width, 4 * width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        nn.init.trunc_normal_(self.query, std=TOKEN_STD)
        init_linear(self)

    def forward(
        self, parts: Float[Tensor, "B K C"]
    ) -> tuple[Float[Tensor, "B C"], Float[Tensor, "B K"]]:
        """The descriptor, and how much each part gave to it (mean over heads)."""
        batch, K, width = parts.shape
        q = self.q(self.norm_query(self.query)).view(1, self.heads, 1, -1)
        kv = self.kv(self.norm_parts(parts)).view(batch, K, 2, self.heads, -1)
        k, v = kv.permute(2, 0, 3, 1, 4)
        attention = ((q @ k.transpose(-2, -1)) * (width // self.heads) ** -0.5).softmax(dim=-1)
        fused = (attention @ v).reshape(batch, width)
        descriptor = self.norm(self.ffn(self.norm_fused(self.proj(fused))))
        return descriptor, attention.mean(dim=1)[:, 0]


def resample_position(
    position: Float[Tensor, "1 L C"],
    old: tuple[int, int],
    new: tuple[int, int],
    prefix: int,
    how: str,
) -> Float[Tensor, "1 M C"]:
    """Brings position embeddings of patches from one grid (rows, columns) to another.

    Args:
        position: `prefix` embeddings of class and register tokens, then the patches row by row.
        old, new: the grids.
        prefix: how many leading embeddings stay as they are.
        how: `ModelConfig.position_resampling`.
    """
    if old == new:
        return position
    if how == "antialias":
        resampled: Tensor = resample_abs_pos_embed(
            position, new_size=list(new), old_size=list(old), num_prefix_tokens=prefix
        )
        return resampled
    leading, patches = position[:, :prefix], position[:, prefix:]
    square = patches.view(1, *old, -1).permute(0, 3, 1, 2)
    square = F.interpolate(square, size=new, mode="bicubic", align_corners=True)
    return torch.cat([leading, square.permute(0, 2, 3, 1).flatten(1, 2)], dim=1)


def check_backbone(vit: nn.Module, name: str) -> VisionTransformer:
    """Raises ConfigError where `vit` is not a plain ViT with learned position embeddings."""
    if type(vit) is not VisionTransformer or vit.pos_embed is None:
        raise ConfigError(
            f"the backbone {name} is a {type(vit).__name__}, not a VisionTransformer with learned"
            " position embeddings",
            where="model.backbone",
            mend=BACKBONES,
        )
    return vit
