"""Foreground of segmentation networks: against transformers' own answer, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tiny_networks as tiny
from pawvit.errors import CheckpointError, ConfigError
from pawvit.images import Pixels
from pawvit.teacher.geometry import Pose
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.segmentation import SegmentationNetwork
from pawvit.teacher.vocabularies import AP10K

NOBODY = Animal(Pose(AP10K, np.zeros((17, 2)), np.zeros(17)))


@pytest.fixture
def picture() -> Pixels:
    coarse = np.random.default_rng(2).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.kron(coarse, np.ones((10, 12, 1), np.uint8))


def test_a_class_for_each_pixel(tmp_path: Path, picture: Pixels) -> None:
    folder = tiny.save_segformer(tmp_path / "net", ["sky", "dog"])
    shown = SegmentationNetwork(folder)("a.jpg", picture, NOBODY)
    assert shown.shape == picture.shape[:2]
    assert shown.dtype == np.float32
    from transformers import AutoImageProcessor, SegformerForSemanticSegmentation

    processor = AutoImageProcessor.from_pretrained(folder)
    network = SegformerForSemanticSegmentation.from_pretrained(folder).eval()
    with torch.no_grad():
        outputs = network(**processor(picture, return_tensors="pt"))
    (labels,) = processor.post_process_semantic_segmentation(outputs, [picture.shape[:2]])
    assert 0.02 < labels.float().mean() < 0.98
    assert ((shown > 0.5) == (labels.numpy() == 1)).mean() > 0.97


def test_margins_are_looked_at(tmp_path: Path) -> None:
    """A processor that cuts them off, as MobileViT's, does not do so here."""
    from transformers import MobileViTConfig, MobileViTForSemanticSegmentation
    from transformers import MobileViTImageProcessor as Processor

    torch.manual_seed(0)
    config = MobileViTConfig(
        hidden_sizes=[16, 16, 16],
        neck_hidden_sizes=[8, 8, 8, 8, 8, 8, 16],
        num_attention_heads=2,
        image_size=64,
        aspp_out_channels=8,
        **tiny.labels_of(["sky", "dog"]),
    )
    folder = tmp_path / "net"
    MobileViTForSemanticSegmentation(config).save_pretrained(folder)
    sides = {"height": 64, "width": 64}
    Processor(size={"shortest_edge": 64}, crop_size=sides).save_pretrained(folder)
    network = SegmentationNetwork(str(folder))
    seen: list[torch.Size] = []
    network._network.register_forward_pre_hook(
        lambda _, args, given: seen.append(given["pixel_values"].shape), with_kwargs=True
    )
    shown = network("a.jpg", np.zeros((60, 120, 3), np.uint8), NOBODY)
    assert shown.shape == (60, 120)
    assert seen == [(1, 3, 64, 128)]


def test_probabilities_of_animals_add_up(tmp_path: Path, picture: Pixels) -> None:
    names, biases = ["sky", "hot dog", "sheep;lamb", "cow", "teddy bear"], [0.0, 0, 30, 30, 0]
    network = SegmentationNetwork(tiny.save_segformer(tmp_path / "net", names, biases))
    assert network("a.jpg", picture, NOBODY).min() > 0.99
    food = SegmentationNetwork(str(tmp_path / "net"), labels=["Hot dog", "teddy bear"])
    assert food("a.jpg", picture, NOBODY).max() < 0.01
    assert SegmentationNetwork(str(tmp_path / "net"), labels=["lamb"])(
        "a.jpg", picture, NOBODY
    ).mean() == pytest.approx(0.5, abs=0.45)


def test_labels_that_are_no_animals(tmp_path: Path) -> None:
    folder = tiny.save_segformer(tmp_path / "net", ["road", "hot dog"])
    with pytest.raises(ConfigError, match="no label is an animal; the network's are road, hot dog"):
        SegmentationNetwork(folder)
    with pytest.raises(ConfigError, match="no label is lion"):
        SegmentationNetwork(folder, labels=["road", "lion"])


@pytest.mark.parametrize("padded_to", [64, 96])
def test_masks_with_classes(tmp_path: Path, picture: Pixels, padded_to: int) -> None:
    folder = tiny.save_mask2former(tmp_path / "net", ["dog", "grass", "zebra"], padded_to)
    shown = SegmentationNetwork(folder)("a.jpg", picture, NOBODY)
    assert shown.shape == picture.shape[:2]
    from transformers import AutoImageProcessor, Mask2FormerForUniversalSegmentation

    processor = AutoImageProcessor.from_pretrained(folder)
    network = Mask2FormerForUniversalSegmentation.from_pretrained(folder).eval()
    inputs = processor(picture, return_tensors="pt")
    with torch.no_grad():
        outputs = network(**inputs)
    chances = outputs.class_queries_logits[0].softmax(-1)
    masks = outputs.masks_queries_logits[0].sigmoid().numpy()
    padded = inputs["pixel_values"].shape[-2:]
    valid = inputs["pixel_mask"][0].numpy()
    assert padded == (padded_to, padded_to)
    assert (valid.min() == 0) == (padded_to > 64)
    height, width = shown.shape

    def naive(rows: float, columns: float) -> np.ndarray[Any, Any]:
        """The surest mask at each pixel, without smoothing, where so much of the input is seen."""
        found = np.zeros((height, width))
        for y in range(height):
            for x in range(width):
                row = int((y + 0.5) / height * rows / padded[0] * masks.shape[1])
                column = int((x + 0.5) / width * columns / padded[1] * masks.shape[2])
                found[y, x] = max(
                    (chances[q, 0] + chances[q, 2]).item() * masks[q, row, column] for q in range(4)
                )
        return found

    def alike(one: np.ndarray[Any, Any]) -> float:
        return float(np.corrcoef(one.ravel(), shown.ravel())[0, 1])

    expected = naive(valid[:, 0].sum(), valid[0].sum())
    assert alike(expected) > 0.85
    assert shown.mean() == pytest.approx(expected.mean(), abs=0.02)
    if padded_to > 64:
        assert alike(naive(*padded)) < 0.5


def test_own_code_runs_where_that_is_asked_for_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "m"))
    folder = tiny.save_own_code(tmp_path / "cutter")
    with pytest.raises(CheckpointError, match="its own Python code") as caught:
        SegmentationNetwork(folder)
    assert "--remote-code" in str(caught.value)
    assert not (tmp_path / "m").exists()
    picture: Pixels = np.zeros((50, 70, 3), np.uint8)
    picture[10:30, 20:60] = 255
    shown = SegmentationNetwork(folder, remote_code=True)("a.jpg", picture, NOBODY)
    assert shown.shape == (50, 70)
    assert ((shown > 0.5) == (picture[..., 0] > 0)).mean() > 0.97
    with pytest.raises(ConfigError, match="no labels"):
        SegmentationNetwork(folder, remote_code=True, labels=["dog"])


def test_own_code_that_gives_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "m"))
    folder = tiny.save_own_code(tmp_path / "cutter", channels=3)
    with pytest.raises(CheckpointError, match="is not understood"):
        SegmentationNetwork(folder, remote_code=True)


def test_networks_that_segment_nothing(tmp_path: Path) -> None:
    folder = tiny.save_vitpose(tmp_path / "pose", tiny.vitpose())
    with pytest.raises(CheckpointError, match="model type is vitpose"):
        SegmentationNetwork(folder)


def test_a_picture_is_looked_at_once(tmp_path: Path, picture: Pixels) -> None:
    network = SegmentationNetwork(tiny.save_segformer(tmp_path / "net", ["sky", "dog"]))
    first = network("a.jpg", picture, NOBODY)
    calls: list[int] = []
    network._network.register_forward_hook(lambda *_: calls.append(1))
    np.testing.assert_array_equal(network("a.jpg", picture, NOBODY), first)
    assert not calls
    for number in range(9):
        network(f"{number}.jpg", picture, NOBODY)
    assert len(calls) == 9
    assert len(network._seen) == 8
