"""The settings of a training: strict, from a YAML preset or file, with overrides by dotted name.

Knows names and values; each stage receives only its own section.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pawvit.errors import ConfigError
from pawvit.model.config import ModelConfig
from pawvit.training.augment import AugmentConfig


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SamplerConfig(_Section):
    """P × K: what a batch holds.

    Attributes:
        entities: how many a batch holds: animals, or flanks of animals where flanks differ.
        photos: how many of each.
    """

    entities: int = Field(default=8, ge=2)
    photos: int = Field(default=16, ge=1)


class LossConfig(_Section):
    """Weights and settings of the losses; see `losses.criterion.Criterion`.

    Attributes:
        identity: weight of telling the training individuals apart.
        triplet: weight of bringing photos of one entity closer than those of others.
        triplet_on: "descriptor" is the paper's. "neck" takes the descriptor behind the BNNeck,
            which is centred: where training starts from noise at a high learning rate, the triplet
            loss can otherwise be had cheaply by moving all descriptors together.
        mask: weight of finding the parts that the part maps show; a network without parts has no
            such loss.
        orientation: weight of telling left flanks from right ones, by each visible part, or by the
            photo as a whole where the network has no parts.
        smoothing: share of the identity label that is spread over all entities.
        margin: by how much another entity's photo must be farther away, in (1 − cosine) / 2.
        gamma: the exponent on both logarithms of the mask loss.
        orientation_mean: "parts" takes the mean over photos for each part, then over parts;
            "images" over the visible parts of each photo first (eq. 3).
        count_ignored: whether pixels that a rotation brings in are wrong for every part in the
            mask loss, or are left out.
        count_absent: whether parts that a photo does not show count in its Dice term.
        rejected_mask_weight: how much photos whose column `mask_ok` says no count in the mask
            loss. With 0 their maps are not looked at, and need not be there: they teach identities,
            and no flanks. Identities count in full in any case.
    """

    identity: float = Field(default=1.0, ge=0)
    triplet: float = Field(default=0.5, ge=0)
    triplet_on: Literal["descriptor", "neck"] = "descriptor"
    mask: float = Field(default=1.0, ge=0)
    orientation: float = Field(default=1.0, ge=0)
    smoothing: float = Field(default=0.2, ge=0, lt=1)
    margin: float = Field(default=0.4, ge=0, le=1)
    gamma: float = Field(default=1.2, gt=0)
    orientation_mean: Literal["parts", "images"] = "parts"
    count_ignored: bool = False
    count_absent: bool = True
    rejected_mask_weight: float = Field(default=0.0, ge=0, le=1)


class OptimiserConfig(_Section):
    """AdamW with a learning rate for each layer.

    Attributes:
        lr: the peak of the last transformer block.
        new_lr: the peak of layers that start from noise; the same as `lr` where it is null.
        layer_decay: each block has this much of the rate of the block after it; 1 = all the same.
        frozen_blocks: so many first blocks, and the patch embedding, are not trained at all.
        weight_decay: of matrices and kernels; biases, norms and embeddings have none.
        clip: the largest norm of the gradient; null = no limit.
        warmup: epochs of linear growth; may be a fraction.
        start, floor: first and last learning rate, as shares of the peak.
        update: whether the rate changes with each epoch (released code) or each step.
    """

    lr: float = Field(default=8.5e-5, gt=0)
    new_lr: float | None = Field(default=None, gt=0)
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    frozen_blocks: int = Field(default=0, ge=0)
    weight_decay: float = Field(default=5e-4, ge=0)
    clip: float | None = Field(default=None, gt=0)
    warmup: float = Field(default=2.5, gt=0)
    start: float = Field(default=0.002, gt=0, le=1)
    floor: float = Field(default=0.8, ge=0, le=1)
    update: Literal["epoch", "step"] = "epoch"


class TrainConfig(_Section):
    """Everything that decides what a training does, apart from its photos.

    Attributes:
        weights: where the backbone's weights come from; see `model.pretrained.build`.
        images: the budget: how many images are seen, repeats counted. Or
        epochs: the budget in passes of the sampler. Exactly one of the two.
        evaluate_every: images between two evaluations on the validation individuals.
        patience: evaluations without a better mAP before the training ends early; null = never.
        discriminant: so many directions of a linear discriminant are fitted to the training photos
            at the end, and kept where the selection individuals gain by it; null = none.
        views: so many changed views of each photo, plain and mirrored, are made once and kept as
            the frozen blocks leave them; the training draws from these, and need not go through
            the frozen blocks again. null = every image is changed anew. Part tokens must join
            where the frozen blocks end (`model.join_block`). It saves time where more images are
            seen than there are views, or several trainings share them. On disk a view of a
            ViT-S/14 at 168 px takes 0.11 MB until the training ends.
        swapped: each photo is learned from twice, once with its animal before another photo's
            background, by their part maps; so the discriminant takes twice as long.
        seed: another seed starts, samples and augments otherwise.
        precision: "auto" measures whether bf16 pays on this machine.
        workers: processes that load and change photos; 0 does it in between.
    """

    model: ModelConfig = ModelConfig()
    weights: str = "hub"
    sampler: SamplerConfig = SamplerConfig()
    augment: AugmentConfig = AugmentConfig()
    loss: LossConfig = LossConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    images: int | None = Field(default=None, gt=0)
    epochs: int | None = Field(default=None, gt=0)
    evaluate_every: int = Field(default=10_000, gt=0)
    patience: int | None = Field(default=None, gt=0)
    discriminant: int | None = Field(default=None, gt=0)
    views: int | None = Field(default=None, gt=0)
    swapped: bool = False
    seed: int = 0
    precision: Literal["auto", "float32", "bf16"] = "auto"
    workers: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _one_budget(self) -> TrainConfig:
        if (self.images is None) == (self.epochs is None):
            raise ValueError("give exactly one of `images` and `epochs`")
        if self.views and not self.optimiser.frozen_blocks:
            raise ValueError("`views` are kept behind frozen blocks: set `optimiser.frozen_blocks`")
        if self.swapped and not self.model.has_parts:
            raise ValueError("`swapped` cuts animals out by the part maps of a network with parts")
        if self.model.discriminant:
            raise ValueError("`model.discriminant` comes of a training: set `discriminant`")
        return self


def presets() -> list[str]:
    """The names of the presets that come with pawvit."""
    folder = resources.files("pawvit.training") / "presets"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def load_config(source: str, overrides: Sequence[str] = ()) -> TrainConfig:
    """A preset by name or a YAML file by path, with overrides such as `optimiser.lr=1e-4`.

    Raises:
        ConfigError: no such preset or file, an unknown key (the nearest known one is named), or a
            value of the wrong kind or range.
    """
    if source.endswith((".yaml", ".yml")):
        where = source
        try:
            text = Path(source).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"the configuration can't be read: {error.strerror}", where=source
            ) from None
    else:
        where = f"preset {source}"
        if source not in presets():
            raise ConfigError(
                f"no preset is called {source!r}",
                mend=f"{_nearest(source, presets())}presets: {', '.join(presets())};"
                " or give a .yaml file",
            )
        text = (resources.files("pawvit.training") / "presets" / f"{source}.yaml").read_text(
            "utf-8"
        )
    try:
        raw = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"this is not YAML: {error}", where=where) from None
    if not isinstance(raw, dict):
        raise ConfigError("a configuration is a mapping of names to values", where=where)
    for override in overrides:
        key, sign, value = override.partition("=")
        if not sign or not key:
            raise ConfigError(
                f"the override {override!r} has no value", mend="write it as optimiser.lr=1e-4"
            )
        try:
            parsed = yaml.safe_load(value)
        except yaml.YAMLError:
            raise ConfigError(f"the value of the override {override!r} is not YAML") from None
        _set(raw, key.split("."), parsed, override)
    return parse(raw, where)


def parse(raw: Mapping[str, Any], where: str) -> TrainConfig:
    """A mapping → a checked configuration; raises ConfigError with every problem at once."""
    try:
        return TrainConfig.model_validate(_numbers(raw))
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            key = ".".join(str(piece) for piece in problem["loc"])
            if problem["type"] == "extra_forbidden":
                known = _keys(TrainConfig, problem["loc"][:-1])
                lines.append(
                    f"unknown key `{key}`. {_nearest(str(problem['loc'][-1]), known)}"
                    f"known here: {', '.join(known)}"
                )
            else:
                lines.append(f"`{key or 'configuration'}`: {problem['msg']}")
        raise ConfigError(
            "\n  - ".join(["the configuration is wrong", *lines]), where=where
        ) from None


def _set(raw: dict[str, Any], keys: list[str], value: object, override: str) -> None:
    for key in keys[:-1]:
        raw = raw.setdefault(key, {})
        if not isinstance(raw, dict):
            raise ConfigError(f"the override {override!r} goes below a plain value")
    raw[keys[-1]] = value
    # A budget given by hand replaces the preset's.
    if keys in (["images"], ["epochs"]):
        raw.pop("epochs" if keys == ["images"] else "images", None)


def _keys(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    for piece in loc:
        annotation = model.model_fields[str(piece)].annotation
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def _nearest(word: str, known: Sequence[str]) -> str:
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean `{found[0]}`? " if found else ""


def _numbers(value: Any) -> Any:
    """YAML 1.1 reads `1e-4` as a word: such words become the numbers that were meant."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    if isinstance(value, str) and value[:1].isdigit() and "e" in value.lower():
        try:
            return float(value)
        except ValueError:
            return value
    return value
