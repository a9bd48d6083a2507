"""Segmentation networks of `transformers` as foreground: a picture → where its animals are.

Knows three kinds: those that give a class to each pixel, those that give masks with classes, and
those that bring their own code and cut out what a picture is about. It does not know what the
foreground is used for.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from pawvit.errors import CheckpointError, ConfigError
from pawvit.images import Pixels, resize
from pawvit.model.config import IMAGENET_MEAN, IMAGENET_STD
from pawvit.teacher import hub
from pawvit.teacher.foreground import Probability
from pawvit.teacher.keypoints import Animal

_QUADRUPEDS = ("cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe")

ANIMALS = frozenset({*_QUADRUPEDS, "bird", "animal", "foreground"})
"""Labels of COCO, ADE20K and Pascal VOC that are animals, and what says so of any."""

MASKS = ("maskformer", "mask2former")
"""Model types that give masks with classes; others of that kind want other input or output."""

OWN_DOORS = ("AutoModelForImageSegmentation", "AutoModelForSemanticSegmentation", "AutoModel")
"""Under which names networks offer their own code."""

OWN_SIZE = (1024, 1024)
"""Pixels; what BiRefNet and RMBG-2.0 want, as their code can't be asked."""

REMEMBERED = 8
"""Pictures whose foreground is kept: it is asked for again once the keypoints are known."""

_See = Callable[[Pixels], Tensor]


class SegmentationNetwork:
    """The probability of each pixel to be an animal, whichever animal of the picture is meant.

    Args:
        name: a hub name, or a folder that `save_pretrained` wrote.
        labels: the labels that are foreground; the animals of COCO, ADE20K and VOC unless given.
        remote_code: whether Python code that comes with the network may run on this machine.
        device: where the network is to run.

    Raises:
        MissingExtraError: `transformers` is not installed.
        CheckpointError: it can't be found or loaded, segments nothing, needs `remote_code`, or
            gives what is not understood.
        ConfigError: none of its labels is an animal, or `labels` are not its.
    """

    def __init__(
        self,
        name: str,
        *,
        labels: Sequence[str] = (),
        remote_code: bool = False,
        device: str | torch.device = "cpu",
    ) -> None:
        self.source = hub.find(name, remote_code=remote_code)
        self._device = torch.device(device)
        self._labels = labels
        self._see = self._chosen(remote_code)
        self._seen: OrderedDict[tuple[str, int], Tensor] = OrderedDict()

    def __call__(self, path: str, picture: Pixels, animal: Animal) -> Probability:
        """H × W in [0, 1], of the whole picture."""
        key = (path, id(picture))
        if key not in self._seen:
            with torch.inference_mode():
                self._seen[key] = self._see(picture).cpu()
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        shown = _resized(self._seen[key], picture.shape[:2])
        return np.asarray(shown.clamp(0, 1).numpy(), dtype=np.float32)

    def _chosen(self, remote_code: bool) -> _See:
        from transformers import (
            AutoImageProcessor,
            AutoModelForSemanticSegmentation,
            AutoModelForUniversalSegmentation,
        )
        from transformers.models.auto.modeling_auto import (
            MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES as SEMANTIC,
        )

        source = self.source
        kind = source.config.get("model_type")
        if kind in SEMANTIC or kind in MASKS:
            semantic = kind in SEMANTIC
            door = (
                AutoModelForSemanticSegmentation if semantic else AutoModelForUniversalSegmentation
            )
            self._network = hub.load(source, door).to(self._device)
            self._processor = hub.load_processor(source, AutoImageProcessor)
            if getattr(self._processor, "do_center_crop", False):
                self._processor.do_center_crop = False  # animals stand at the margin too
            self._foreground = self._channels(self._network.config.id2label)
            return self._semantic if semantic else self._masks
        if not source.own_code:
            raise CheckpointError(
                f"this network segments nothing that could be used: its model type is {kind}",
                where=source.name,
                mend=f"take one of these: {', '.join([*SEMANTIC, *MASKS])}",
            )
        if not remote_code:
            raise CheckpointError(
                "this network brings its own Python code, which would run on this machine with all"
                " your rights",
                where=source.name,
                mend="read that code and the licence of the weights, then add --remote-code",
            )
        if self._labels:
            raise ConfigError("a network with its own code has no labels to choose of")
        import transformers

        offered = next((door for door in OWN_DOORS if door in source.own_code), None)
        if offered is None:
            raise CheckpointError(
                f"its own code offers {', '.join(source.own_code)}, none of which segments",
                where=source.name,
            )
        door = getattr(transformers, offered)
        self._network = hub.load(source, door, remote_code=True).to(self._device)
        with torch.inference_mode():
            self._cut_out(np.zeros((32, 32, 3), np.uint8))  # raises before any photo is begun
        return self._cut_out

    def _channels(self, names: dict[int, str]) -> list[int]:
        """Which of the network's labels are foreground."""
        wanted = {label.strip().lower() for label in self._labels} or ANIMALS
        # Labels may list synonyms; a hot dog and a teddy bear are no animals.
        spelled = {i: set(re.split(r"\s*[,;/]\s*", name.lower())) for i, name in names.items()}
        found = [int(i) for i, own in spelled.items() if own & wanted]
        unknown = sorted(wanted - set().union(*spelled.values())) if self._labels else []
        if unknown or not found:
            told = f"no label is {', '.join(unknown)}" if unknown else "no label is an animal"
            raise ConfigError(
                f"{told}; the network's are {', '.join(list(names.values())[:60])}",
                where=self.source.name,
                mend="name those that are foreground: --foreground-labels",
            )
        return found

    def _input(self, picture: Pixels) -> Any:
        image = Image.fromarray(picture)
        return self._processor(images=[image], return_tensors="pt").to(self._device)

    def _semantic(self, picture: Pixels) -> Tensor:
        logits = self._network(**self._input(picture)).logits
        shown: Tensor = logits.softmax(dim=1)[0, self._foreground].sum(dim=0)
        return shown

    def _masks(self, picture: Pixels) -> Tensor:
        """Of all masks the surest: (chance that it is of an animal) × (chance of the pixel)."""
        inputs = self._input(picture)
        outputs = self._network(**inputs)
        animal = outputs.class_queries_logits.softmax(dim=-1)[0][:, self._foreground].sum(dim=1)
        masks = outputs.masks_queries_logits.sigmoid()[0]
        shown = (animal[:, None, None] * masks).amax(dim=0)
        # What was padded at the right and below is no part of the picture.
        shown = _resized(shown, inputs["pixel_values"].shape[-2:])
        valid = inputs["pixel_mask"][0].bool()
        return shown[: int(valid.any(dim=1).sum()), : int(valid.any(dim=0).sum())]

    def _cut_out(self, picture: Pixels) -> Tensor:
        scaled = resize(picture, OWN_SIZE).astype(np.float32) / 255
        scaled = (scaled - np.array(IMAGENET_MEAN)) / np.array(IMAGENET_STD)
        batch = torch.from_numpy(scaled.transpose(2, 0, 1)[None].astype(np.float32))
        found = self._network(batch.to(self._device))
        found = getattr(found, "logits", found)
        while isinstance(found, list | tuple) and found:
            found = found[-1]  # coarse to fine
        if not isinstance(found, Tensor) or found.ndim != 4 or found.shape[:2] != (1, 1):
            raise CheckpointError(
                "what this network gives is not understood: one channel of logits is, as BiRefNet"
                " and RMBG-2.0 have it",
                where=self.source.name,
            )
        return found[0, 0].sigmoid()


def _resized(shown: Tensor, size: Sequence[int]) -> Tensor:
    large = interpolate(shown[None, None].float(), size=tuple(size), mode="bilinear")
    return large[0, 0]
