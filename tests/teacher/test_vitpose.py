"""Our batch against transformers' own way for one picture; which vocabulary; the authors' file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tiny_networks as tiny
from pawvit.errors import CheckpointError, KeypointError, PartMapError
from pawvit.images import Box, Pixels
from pawvit.teacher.vitpose import PoseNetwork, vocabulary_of
from pawvit.teacher.vitpose_release import read_release
from pawvit.teacher.vocabularies import ANIMAL_POSE, AP10K

SIZES = ((60, 80), (90, 70), (50, 50))
BOXES: list[Box] = [(10, 5, 50, 50), (0, 0, 70, 90), (12.5, 20, 20, 25.5)]
PATHS = ["a.jpg", "b.jpg", "c.jpg"]


def pictures() -> list[Pixels]:
    random = np.random.default_rng(1)
    return [random.integers(0, 256, (*size, 3), dtype=np.uint8) for size in SIZES]


def boxed(path: str, picture: Pixels) -> Box:
    return BOXES[PATHS.index(path)]


def as_the_library_does(folder: str, picture: Pixels, box: Box, **more: Any) -> Any:
    """One picture, written as transformers' documentation has it."""
    from transformers import AutoImageProcessor, VitPoseForPoseEstimation

    processor = AutoImageProcessor.from_pretrained(folder)
    network = VitPoseForPoseEstimation.from_pretrained(folder).eval()
    inputs = processor(picture, boxes=[[list(box)]], return_tensors="pt")
    with torch.no_grad():
        outputs = network(**inputs, **more)
    ((found,),) = processor.post_process_pose_estimation(outputs, boxes=[[list(box)]])
    return found["keypoints"].numpy(), found["scores"].numpy()


@pytest.mark.parametrize("experts", [1, 6])
def test_a_batch_is_what_the_library_gives_one_by_one(tmp_path: Path, experts: int) -> None:
    folder = tiny.save_vitpose(tmp_path / "net", tiny.vitpose(experts))
    network = PoseNetwork.load(folder, boxed)
    assert network.vocabulary is AP10K
    together = network(PATHS, pictures())
    more = {"dataset_index": torch.tensor([3])} if experts > 1 else {}
    compared = 0
    for animals, path, picture, box in zip(together, PATHS, pictures(), BOXES, strict=True):
        (alone,) = network([path], [picture])
        assert isinstance(animals, list)
        assert isinstance(alone, list)
        (animal,) = animals
        assert animal.box == box
        points, scores = as_the_library_does(folder, picture, box, **more)
        there = animal.pose.confidence > 0
        compared += there.sum()
        np.testing.assert_allclose(animal.pose.points[there], points[there], atol=0.01)
        np.testing.assert_allclose(animal.pose.confidence[there], scores[there], atol=1e-4)
        np.testing.assert_allclose(alone[0].pose.points, animal.pose.points, atol=0.01)
        sides = np.array(picture.shape[1::-1])
        beyond = ((points < -0.05 * sides) | (points > 1.05 * sides)).any(axis=1)
        assert not animal.pose.confidence[beyond].any()
    assert compared > 25


def test_the_animals_expert_is_asked(tmp_path: Path) -> None:
    folder = tiny.save_vitpose(tmp_path / "net", tiny.vitpose(6))
    ((animal,),) = PoseNetwork.load(folder, boxed)(["c.jpg"], pictures()[2:])  # type: ignore[misc]
    people, _ = as_the_library_does(
        folder, pictures()[2], BOXES[2], dataset_index=torch.tensor([0])
    )
    there = animal.pose.confidence > 0
    assert np.abs(animal.pose.points - people)[there].max() > 1


def test_keypoints_come_in_the_vocabulary_s_order(tmp_path: Path) -> None:
    plain = tiny.save_vitpose(tmp_path / "plain", tiny.vitpose())
    turned = tiny.save_vitpose(tmp_path / "turned", tiny.vitpose(names=AP10K.keypoints[::-1]))
    ((one,),) = PoseNetwork.load(plain, boxed)(["a.jpg"], pictures()[:1])  # type: ignore[misc]
    ((other,),) = PoseNetwork.load(turned, boxed)(["a.jpg"], pictures()[:1])  # type: ignore[misc]
    np.testing.assert_allclose(one.pose.points[::-1], other.pose.points, atol=1e-4)


def test_the_vocabulary_follows_names_and_else_the_number() -> None:
    assert vocabulary_of(tiny.vitpose(names=AP10K.keypoints).config)[0] is AP10K
    unnamed = [f"LABEL_{i}" for i in range(20)]
    assert vocabulary_of(tiny.vitpose(names=unnamed).config) == (ANIMAL_POSE, list(range(20)))
    with pytest.raises(CheckpointError, match="its 18 keypoints have no names"):
        vocabulary_of(tiny.vitpose(names=[f"LABEL_{i}" for i in range(18)]).config)
    # The hub's ViTPose++ has as many keypoints as AP-10K, of people.
    people = ["Nose", "L_Eye", "R_Eye", "L_Ear", "R_Ear", "L_Shoulder", "R_Shoulder", "L_Elbow"]
    people += ["R_Elbow", "L_Wrist", "R_Wrist", "L_Hip", "R_Hip", "L_Knee", "R_Knee"]
    people += ["L_Ankle", "R_Ankle"]
    with pytest.raises(CheckpointError, match=r"Nose, L_Eye.* none that are known") as caught:
        vocabulary_of(tiny.vitpose(names=people).config, "net")
    assert "AP-10K (17)" in str(caught.value)
    assert "SuperAnimal-quadruped (39)" in str(caught.value)


def test_other_experts_are_refused(tmp_path: Path) -> None:
    folder = tiny.save_vitpose(tmp_path / "net", tiny.vitpose(2))
    with pytest.raises(CheckpointError, match="2 experts"):
        PoseNetwork.load(folder, boxed)


def test_a_photo_without_a_foreground_does_not_stop_the_others(tmp_path: Path) -> None:
    def find(path: str, picture: Pixels) -> Box:
        if path == "b.jpg":
            raise PartMapError("there is no mask b.png")
        return boxed(path, picture)

    folder = tiny.save_vitpose(tmp_path / "net", tiny.vitpose())
    first, second, third = PoseNetwork.load(folder, find)(PATHS, pictures())
    assert isinstance(second, KeypointError)
    assert second.what == "there is no mask b.png"
    assert isinstance(first, list)
    assert isinstance(third, list)
    assert PoseNetwork.load(folder, find)(["b.jpg"], pictures()[1:2])[0] is not None


# The authors' own file

LARGE = {"image_size": (256, 192), "hidden_size": 384, "num_attention_heads": 12, "mlp_ratio": 4}


def as_released(network: Any, *, animals: bool = True) -> dict[str, torch.Tensor]:
    """The weights under the authors' names, as transformers' conversion reads them; the network's
    head is that of the animals, the one for people is empty."""
    state: dict[str, torch.Tensor] = {"backbone.cls_token": torch.zeros(1, 1, 384)}
    heads = {
        "deconv1": "deconv_layers.0",
        "batchnorm1": "deconv_layers.1",
        "deconv2": "deconv_layers.3",
        "batchnorm2": "deconv_layers.4",
        "conv": "final_layer",
    }
    own = network.state_dict()
    for name, value in own.items():
        if name.startswith("head."):
            _, layer, kind = name.split(".")
            if layer == "conv":  # padded to the widest
                value = torch.cat([value, torch.ones(133 - len(value), *value.shape[1:])])
            if animals:
                state[f"associate_keypoint_heads.2.{heads[layer]}.{kind}"] = value
                value = torch.zeros_like(value)
            state[f"keypoint_head.{heads[layer]}.{kind}"] = value
            continue
        for new, old in (
            ("embeddings.patch_embeddings.projection", "patch_embed.proj"),
            ("embeddings.position_embeddings", "pos_embed"),
            ("encoder.layer", "blocks"),
            ("attention.output.dense", "attn.proj"),
            ("layernorm_before", "norm1"),
            ("layernorm_after", "norm2"),
            ("backbone.layernorm", "backbone.last_norm"),
        ):
            name = name.replace(new, old)
        if "attention.attention" in name:
            continue
        state[name] = value
    for number in range(2):
        for kind in ("weight", "bias"):
            layer = f"backbone.encoder.layer.{number}.attention.attention"
            three = [own[f"{layer}.{piece}.{kind}"] for piece in ("query", "key", "value")]
            state[f"backbone.blocks.{number}.attn.qkv.{kind}"] = torch.cat(three)
    return state


def test_the_authors_file_gives_the_animals_expert_and_head(tmp_path: Path) -> None:
    network = tiny.vitpose(6, **LARGE)
    file = tmp_path / "vitpose+_small.pth"
    torch.save({"meta": {"epoch": 210}, "state_dict": as_released(network)}, file)
    _, read, processor = read_release(str(file))
    assert vocabulary_of(read.config)[0] is AP10K
    assert processor.size["height"] == 256
    batch = torch.randn(2, 3, 256, 192)
    with torch.no_grad():
        expected = network(batch, dataset_index=torch.tensor([3, 3])).heatmaps
        others = network(batch, dataset_index=torch.tensor([0, 0])).heatmaps
        found = read(batch).heatmaps
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert (found - others).abs().max() > 20 * (found - expected).abs().max()


def test_a_split_file_has_to_say_whose_it_is(tmp_path: Path) -> None:
    network = tiny.vitpose(1, **LARGE)
    state = as_released(network, animals=False)
    for name in ("vitpose-b.pth", "ap10k.pth"):
        torch.save({"state_dict": state}, tmp_path / name)
    with pytest.raises(CheckpointError, match="a head for animals is not there"):
        read_release(str(tmp_path / "vitpose-b.pth"))
    found = PoseNetwork.load(str(tmp_path / "ap10k.pth"), boxed)
    assert found.vocabulary is AP10K
    assert len(found(PATHS, pictures())) == 3


class Payload:
    def __reduce__(self) -> Any:
        return (print, ("run",))


def test_code_in_a_file_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"state_dict": Payload()}, tmp_path / "ap10k.pth")
    with pytest.raises(CheckpointError, match="can't be read"):
        read_release(str(tmp_path / "ap10k.pth"))
    assert capsys.readouterr().out == ""
    torch.save({"state_dict": {"weight": torch.zeros(1)}}, tmp_path / "ap10k.pth")
    with pytest.raises(CheckpointError, match=r"backbone\.pos_embed is not there"):
        read_release(str(tmp_path / "ap10k.pth"))
    with pytest.raises(CheckpointError, match="no such file"):
        read_release(str(tmp_path / "gone.pth"))
