"""One file that rebuilds a network: safetensors with a card in its header. Nothing is unpickled.

Knows weights and their card; it knows no photos and no training.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, TypeVar

import timm
import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor, nn

from pawvit import tensorfile
from pawvit.errors import CheckpointError
from pawvit.model.build import build_heads, build_network
from pawvit.model.config import ModelConfig
from pawvit.model.network import Heads, Network

KEY = "pawvit"
FORMAT = 1

_T = TypeVar("_T")


class Card(BaseModel):
    """What a checkpoint says of itself.

    Attributes:
        config: the network's shape, parts and preprocessing.
        entities: names, in the classifier's order.
        images_seen: in training, repeats counted.
        metrics: of the validation individuals when it was chosen.
        weights: where the backbone's weights came from.
        versions: package → version.
        id: hash of weights and preprocessing; descriptors of different ids can't be compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    config: ModelConfig
    entities: tuple[str, ...]
    images_seen: int
    metrics: dict[str, float] = Field(default_factory=dict)
    weights: str = "none"
    versions: dict[str, str] = Field(default_factory=dict)
    id: str = ""


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    return {
        "pawvit": metadata.version("pawvit"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "timm": timm.__version__,
    }


def fingerprint(model: Network) -> str:
    """A hash of all that decides a descriptor: weights, preprocessing, retrieval; 16 hex digits."""
    config = model.config
    return digest(model, [config.image_size, config.mean, config.std, config.retrieval])


def digest(model: nn.Module, facts: Sequence[object]) -> str:
    """A hash of a network's weights and of what else decides its output; 16 hex digits."""
    found = hashlib.sha256()
    found.update(json.dumps(facts).encode())
    for name, value in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(value.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:16]


def save(
    path: str | os.PathLike[str],
    model: Network,
    heads: Heads,
    card: Card,
    extra: dict[str, Tensor] | None = None,
    state: dict[str, Any] | None = None,
) -> Card:
    """Writes a checkpoint atomically.

    Args:
        path: a `.safetensors` file.
        model, heads: what is saved.
        card: its `id` and `versions` are filled in here.
        extra: further tensors, such as the optimiser's.
        state: further JSON, such as the step.

    Returns:
        The card as it was written.
    """
    card = card.model_copy(update={"id": fingerprint(model), "versions": versions()})
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"heads.{k}": v for k, v in heads.state_dict().items()}
    tensors |= {f"extra.{k}": v for k, v in (extra or {}).items()}
    header = {KEY: card.model_dump_json(), "state": json.dumps(state or {})}
    tensorfile.write(path, tensors, header)
    return card


def load(path: str | os.PathLike[str]) -> tuple[Network, Heads, Card]:
    """Rebuilds a network from its checkpoint, in evaluation mode, on the CPU.

    Raises:
        CheckpointError: the file is missing, cut short, of another kind, or its weights do not fit
            or do not have the hash that the card names.
    """
    tensors, header = read(path)
    card = card_of(header, path)
    model, heads = rebuild(card)
    fill(model, tensors, "model.", path)
    fill(heads, tensors, "heads.", path)
    if fingerprint(model) != card.id:
        raise CheckpointError(
            "the weights are not the ones that the card names",
            where=path,
            mend="copy the file again",
        )
    return model.eval(), heads.eval(), card


def load_card(path: str | os.PathLike[str]) -> Card:
    """What a checkpoint says of itself, without its weights; raises CheckpointError as `load`."""
    return card_of(_read(path, tensorfile.read_header), path)


def rebuild(card: Card) -> tuple[Network, Heads]:
    """A network of the card's shape with random weights."""
    model = build_network(card.config, "none")
    return model, build_heads(model, len(card.entities))


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors and the header; raises CheckpointError where the file can't be read whole."""
    return _read(path, tensorfile.read)


def _read(path: str | os.PathLike[str], how: Callable[[Path], _T]) -> _T:
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(
            "no such checkpoint", where=path, mend="give a run folder or a .safetensors file"
        )
    try:
        return how(path)
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"the checkpoint can't be read, it may be cut short: {error}",
            where=path,
            mend="copy it again, or take another checkpoint of the run",
        ) from None


def card_of(header: dict[str, str], path: str | os.PathLike[str]) -> Card:
    """The card in a header; raises CheckpointError where there is none or a newer one."""
    try:
        card = Card.model_validate_json(header[KEY])
    except (KeyError, ValidationError) as error:
        raise CheckpointError(
            "the file is no checkpoint of pawvit"
            if isinstance(error, KeyError)
            else f"its card can't be read: {error}",
            where=path,
        ) from None
    if card.format > FORMAT:
        raise CheckpointError(
            "the checkpoint was written by a newer pawvit", where=path, mend="pip install -U pawvit"
        )
    return card


def fill(
    module: nn.Module, tensors: dict[str, Tensor], prefix: str, path: str | os.PathLike[str]
) -> None:
    """Loads the tensors named `prefix`…; raises CheckpointError where they do not fit exactly."""
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    try:
        module.load_state_dict(own, strict=True)
    except RuntimeError as error:
        raise CheckpointError(f"the weights do not fit the card: {error}", where=path) from None
