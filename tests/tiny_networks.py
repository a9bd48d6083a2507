"""Tiny networks of transformers' own classes, with random weights, saved as the hub has them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from pawvit.teacher.vocabularies import AP10K

pytest.importorskip("scipy", reason="needs the extra `teacher`")
pytest.importorskip("transformers", reason="needs the extra `teacher`")

POSE_SIZE = (64, 48)


def labels_of(names: Sequence[str]) -> dict[str, Any]:
    """What a configuration says of its labels."""
    return {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}


def vitpose(experts: int = 1, names: Sequence[str] = AP10K.keypoints, **changed: Any) -> Any:
    """A pose network with clear peaks, most of them confident."""
    from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation

    torch.manual_seed(0)
    backbone = {
        "image_size": POSE_SIZE,
        "patch_size": (16, 16),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "mlp_ratio": 2,
        "num_experts": experts,
        "part_features": 8,
        "out_indices": [2],
        "initializer_range": 0.5,
    }
    config = VitPoseConfig(
        backbone_config=VitPoseBackboneConfig(**{**backbone, **changed}),
        use_simple_decoder=False,
        initializer_range=0.2,
        **labels_of(names),
    )
    network = VitPoseForPoseEstimation(config).eval()
    for name, parameter in network.named_parameters():
        if "experts" in name:
            torch.nn.init.normal_(parameter, std=0.5)
    torch.nn.init.normal_(network.head.conv.weight, std=0.001)
    torch.nn.init.constant_(network.head.conv.bias, 0.6)
    return network


def save_vitpose(folder: Path, network: Any) -> str:
    """As the hub has it; gives the folder's name."""
    from transformers import VitPoseImageProcessor

    network.save_pretrained(folder)
    height, width = POSE_SIZE
    VitPoseImageProcessor(size={"height": height, "width": width}).save_pretrained(folder)
    return str(folder)


def save_segformer(folder: Path, names: Sequence[str], biases: Sequence[float] = ()) -> str:
    """A class for each pixel."""
    from transformers import (
        SegformerConfig,
        SegformerForSemanticSegmentation,
        SegformerImageProcessor,
    )

    torch.manual_seed(0)
    network = SegformerForSemanticSegmentation(
        SegformerConfig(
            hidden_sizes=[8, 8, 16, 16],
            depths=[1, 1, 1, 1],
            num_attention_heads=[1, 1, 2, 2],
            decoder_hidden_size=16,
            initializer_range=0.3,
            **labels_of(names),
        )
    )
    if biases:
        network.decode_head.classifier.bias.data = torch.tensor(biases)
    network.save_pretrained(folder)
    SegformerImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return str(folder)


def save_mask2former(folder: Path, names: Sequence[str], padded_to: int) -> str:
    """Masks with classes; pictures become 64 × 64 and get a margin at the right and below."""
    from transformers import (
        Mask2FormerConfig,
        Mask2FormerForUniversalSegmentation,
        Mask2FormerImageProcessor,
        SwinConfig,
    )

    torch.manual_seed(0)
    backbone = SwinConfig(
        image_size=64,
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=4,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )
    network = Mask2FormerForUniversalSegmentation(
        Mask2FormerConfig(
            backbone_config=backbone,
            feature_size=32,
            mask_feature_size=32,
            hidden_dim=32,
            encoder_feedforward_dim=16,
            encoder_layers=1,
            decoder_layers=2,
            num_attention_heads=2,
            dim_feedforward=16,
            num_queries=4,
            init_std=0.5,
            **labels_of(names),
        )
    )
    network.save_pretrained(folder)
    sides = {"height": padded_to, "width": padded_to}
    Mask2FormerImageProcessor(size={"height": 64, "width": 64}, pad_size=sides).save_pretrained(
        folder
    )
    return str(folder)


OWN_CODE = """
import torch
from transformers import PretrainedConfig, PreTrainedModel

class OwnConfig(PretrainedConfig):
    model_type = "cutter"

class Cutter(PreTrainedModel):
    config_class = OwnConfig

    def __init__(self, config):
        super().__init__(config)
        self.conv = torch.nn.Conv2d(3, {channels}, 1)
        self.post_init()

    def _init_weights(self, module):
        pass

    def forward(self, pixels):
        return [pixels[:, :1], self.conv(pixels)]
"""


def save_own_code(folder: Path, channels: int = 1) -> str:
    """A network with its own code: what is bright is the animal."""
    from safetensors.torch import save_file

    folder.mkdir()
    (folder / "own.py").write_text(OWN_CODE.replace("{channels}", str(channels)), "utf-8")
    auto = {"AutoConfig": "own.OwnConfig", "AutoModelForImageSegmentation": "own.Cutter"}
    raw = {"model_type": "cutter", "architectures": ["Cutter"], "auto_map": auto}
    (folder / "config.json").write_text(json.dumps(raw), "utf-8")
    weights = torch.full((channels, 3, 1, 1), 5.0)
    state = {"conv.weight": weights, "conv.bias": torch.zeros(channels)}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    return str(folder)
