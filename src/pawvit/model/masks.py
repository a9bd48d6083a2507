"""Where each token looks, and what the photo is there."""

from __future__ import annotations

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from pawvit.model.config import ModelConfig
from pawvit.model.network import init_linear


class MaskDecoder(nn.Module):
    """Attention to mask: how similar each token is to each patch (paper §3.2, Fig. 4).

    Args:
        width: C of tokens and patches.
        heads: of the attention.
        grid: rows and columns of patches.
        config: what the masks' size and the activation are.
    """

    def __init__(self, width: int, heads: int, grid: tuple[int, int], config: ModelConfig) -> None:
        super().__init__()
        self.heads, self.grid, self.size = heads, grid, config.map_size
        self.activation = config.mask_activation
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        init_linear(self)

    def forward(
        self, tokens: Float[Tensor, "B L C"], patches: Float[Tensor, "B N C"]
    ) -> Float[Tensor, "B L h w"]:
        """Mask logits at `size`, of L = K + 1 tokens against N patches."""
        return self.enlarged(self.similarities(tokens, patches))

    def similarities(
        self, tokens: Float[Tensor, "B L C"], patches: Float[Tensor, "B N C"]
    ) -> Float[Tensor, "B L N"]:
        """Mask logits, one a patch."""
        batch, number, width = tokens.shape
        q = self.q(tokens).view(batch, number, self.heads, -1).transpose(1, 2)
        k = self.k(patches).view(batch, patches.shape[1], self.heads, -1).transpose(1, 2)
        similarity = (q @ k.transpose(-2, -1)) * (width // self.heads) ** -0.5
        if self.activation == "sigmoid":
            similarity = similarity.sigmoid()
        logits: Tensor = similarity.mean(dim=1)
        return logits

    def enlarged(self, logits: Float[Tensor, "B L N"]) -> Float[Tensor, "B L h w"]:
        """Mask logits, from one a patch to `size`."""
        masks = logits.reshape(*logits.shape[:2], *self.grid)
        return F.interpolate(masks.float(), size=self.size, mode="bilinear", align_corners=False)


def regions(
    logits: Float[Tensor, "B L N"], patches: Float[Tensor, "B N C"]
) -> tuple[Float[Tensor, "B K C"], Float[Tensor, "B K"]]:
    """The mean of the patches under each part's soft mask, and how much of the photo it covers.

    Args:
        logits: of K parts and, last, the background; the masks are their softmax.
        patches: what is pooled; each is brought to mean 0 and deviation 1 first, since a few of a
            block's channels would otherwise drown the others.

    Returns:
        The regions, and their shares of the photo in [0, 1].
    """
    masks = logits.float().softmax(dim=1)[:, :-1]
    even = F.layer_norm(patches.float(), patches.shape[-1:])
    covered = masks.sum(dim=2)
    return masks @ even / covered[..., None].clamp_min(1e-6), covered / patches.shape[1]
