"""ViTPose of `transformers` as a giver of keypoints: pictures → the animals in them.

Knows how the network wants pictures and what its keypoints are called; where an animal is, it asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image

from pawvit.errors import CheckpointError, KeypointError
from pawvit.images import Box, Pixels
from pawvit.teacher import hub
from pawvit.teacher.boxes import FindBox, posed
from pawvit.teacher.geometry import Pose
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.pose import OUTSIDE
from pawvit.teacher.vitpose_release import EXPERT, EXPERTS, SUFFIX, read_release
from pawvit.teacher.vocabularies import VOCABULARIES, Vocabulary, recognised

PEOPLE = (
    "the hub's ViTPose++ has the head for people only; the authors' vitpose+_base.pth has the"
    " animals' too"
)


class PoseNetwork:
    """One animal a picture, with a confidence for each keypoint: the height of its heatmap.

    Args:
        source: where the network came from.
        network: a `VitPoseForPoseEstimation`.
        processor: its `VitPoseImageProcessor`.
        find_box: where the animal is.
        device: where the network is to run.

    Raises:
        CheckpointError: its keypoints are of no vocabulary that is known, or none of its experts
            is known to be the animals'.
    """

    def __init__(
        self,
        source: hub.Source,
        network: Any,
        processor: Any,
        find_box: FindBox,
        *,
        device: str | torch.device = "cpu",
    ) -> None:
        self.source = source
        self.vocabulary, self._order = vocabulary_of(network.config, source.name)
        self._expert = _expert(network.config.backbone_config.num_experts, source.name)
        self._network = network.to(device)
        self._processor = processor
        self._find_box = find_box
        self._device = torch.device(device)

    @classmethod
    def load(
        cls, name: str, find_box: FindBox, *, device: str | torch.device = "cpu"
    ) -> PoseNetwork:
        """A network by hub name or folder, or from the authors' own `.pth` file.

        Raises:
            MissingExtraError: `transformers` is not installed.
            CheckpointError: it can't be found or loaded, or fits no vocabulary.
        """
        if name.lower().endswith(SUFFIX):
            source, network, processor = read_release(name)
        else:
            source = hub.find(name)
            from transformers import VitPoseForPoseEstimation, VitPoseImageProcessor

            kind = source.config.get("model_type")
            if kind != "vitpose":
                raise CheckpointError(
                    f"this is no pose network: its model type is {kind}, not vitpose",
                    where=name,
                    mend="networks that give keypoints are ViTPose's, as transformers has them",
                )
            network = hub.load(source, VitPoseForPoseEstimation)
            processor = hub.load_processor(source, VitPoseImageProcessor)
        return cls(source, network, processor, find_box, device=device)

    def __call__(
        self, paths: Sequence[str], pictures: Sequence[Pixels]
    ) -> list[list[Animal] | KeypointError]:
        """One animal for each picture; KeypointError where its place can't be told."""
        return posed(self._find_box, paths, pictures, self._animals)

    @torch.inference_mode()
    def _animals(self, pictures: Sequence[Pixels], boxes: Sequence[Box]) -> list[list[Animal]]:
        each = [[list(box)] for box in boxes]
        images = [Image.fromarray(picture) for picture in pictures]
        inputs = self._processor(images, boxes=each, return_tensors="pt").to(self._device)
        if self._expert is not None:
            inputs["dataset_index"] = torch.full((len(boxes),), self._expert, device=self._device)
        outputs = self._network(**inputs)
        results = self._processor.post_process_pose_estimation(outputs, boxes=each)
        return [
            [Animal(self._pose(one, picture), box=box)]
            for (one,), picture, box in zip(results, pictures, boxes, strict=True)
        ]

    def _pose(self, result: dict[str, torch.Tensor], picture: Pixels) -> Pose:
        points = result["keypoints"].numpy().astype(np.float64)[self._order]
        scores = result["scores"].numpy().astype(np.float64).reshape(-1)[self._order]
        # The network sees some room around the box: what it puts beyond the picture is not there.
        sides = np.array(picture.shape[1::-1])
        there = np.all(np.abs(points / sides - 0.5) <= 0.5 + OUTSIDE, axis=1)
        points = np.where(there[:, None], points, 0)
        return Pose(self.vocabulary, points, scores.clip(0, 1) * there)


def vocabulary_of(config: Any, name: str = "") -> tuple[Vocabulary, list[int]]:
    """The vocabulary of a network, and for each of its keypoints the network's channel.

    The names that the configuration gives decide; where it gives none, their number does.

    Raises:
        CheckpointError: no vocabulary has these.
    """
    labels = [str(config.id2label[i]) for i in range(config.num_labels)]
    if all(re.fullmatch(r"LABEL_\d+", label) for label in labels):
        for words in VOCABULARIES:
            if len(words) == len(labels):
                return words, list(range(len(words)))
        told = f"its {len(labels)} keypoints have no names, and no vocabulary has as many"
    else:
        found = recognised(labels)
        if found is not None:
            return found
        told = f"its {len(labels)} keypoints ({', '.join(labels[:6])} …) are none that are known"
    known = ", ".join(f"{words.name} ({len(words)})" for words in VOCABULARIES)
    raise CheckpointError(
        f"the network is of another vocabulary: {told}",
        where=name or None,
        mend=f"known are {known}; {PEOPLE}",
    )


def _expert(number: int, name: str) -> int | None:
    if number == 1:
        return None
    if number != len(EXPERTS):
        raise CheckpointError(
            f"nobody knows what the network's {number} experts were trained on",
            where=name or None,
            mend=f"ViTPose++ has {len(EXPERTS)}: {', '.join(EXPERTS)}",
        )
    return EXPERT
