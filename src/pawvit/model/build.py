"""A configuration → its network with weights, and the heads that teach it."""

from __future__ import annotations

from pawvit.model import pretrained
from pawvit.model.config import ModelConfig
from pawvit.model.heads import TrainingHeads
from pawvit.model.network import Heads, Network
from pawvit.model.pawvit import PawViT
from pawvit.model.plain import PlainHeads, PlainNetwork


def build_network(config: ModelConfig, weights: str) -> Network:
    """The network of a configuration; weights and errors as for `pretrained.build`."""
    if config.has_parts:
        return pretrained.build(config, weights)
    return PlainNetwork(config, pretrained.any_backbone(config, weights))


def build_heads(model: Network, entities: int) -> Heads:
    """The heads of a network, for so many entities, with random weights."""
    if isinstance(model, PawViT):
        return TrainingHeads(model, entities)
    assert isinstance(model, PlainNetwork)
    return PlainHeads(model, entities)
