"""What keypoints of animals are called, how they are linked, and which part each belongs to.

Knows names only; it knows no coordinates, files or networks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pawvit.anatomy import TIGER_PARTS, YAK_PARTS

Link = tuple[str, str]

_HEAD, _BODY, _TAIL, _HIND, _FRONT = TIGER_PARTS


@dataclass(frozen=True)
class Vocabulary:
    """The keypoints that one data set or network knows.

    Attributes:
        name: what people call it.
        keypoints: names in file order.
        parts: the part of each keypoint in the tiger's vocabulary.
        links: pairs of keypoints whose midpoint is a keypoint too, with the midpoint's part.
        tail_base: name of the keypoint where the tail begins.
        tail_tip: name of the one where it ends, "" where the vocabulary has none.
        ignored: keypoints that never count: antlers say little about where a head is.
    """

    name: str
    keypoints: tuple[str, ...]
    parts: tuple[str, ...]
    links: tuple[tuple[str, str, str], ...]
    tail_base: str
    tail_tip: str = ""
    ignored: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.keypoints)

    def index(self, name: str) -> int:
        """The place of a keypoint in the file order."""
        return self.keypoints.index(name)


def part_in(part: str, parts: Sequence[str]) -> str:
    """A part of the tiger in a vocabulary with fewer: the yak's tail is body (paper §4.3.2)."""
    return part if part in parts else _BODY


PARTS = {"tiger": TIGER_PARTS, "yak": YAK_PARTS}
"""The part vocabularies that keypoints can be told in, by name."""


def _vocabulary(
    name: str,
    by_part: dict[str, str],
    order: str,
    trunk: str,
    limbs: str,
    tail_base: str,
    tail_tip: str = "",
    ignored: str = "",
) -> Vocabulary:
    """Keypoints by part, their order, and links as words `one-other`."""
    part_of = {keypoint: part for part, words in by_part.items() for keypoint in words.split()}
    keypoints = tuple(order.split())
    links = []
    for word in (trunk + " " + limbs).split():
        first, second = word.split("-")
        links.append((first, second, _BODY if word in trunk.split() else part_of[second]))
    parts = tuple(part_of[keypoint] for keypoint in keypoints)
    ignores = tuple(ignored.split())
    return Vocabulary(name, keypoints, parts, tuple(links), tail_base, tail_tip, ignores)


def _fan(*groups: str) -> str:
    """ "a: b c" → "a-b a-c"."""
    words = []
    for group in groups:
        first, _, others = group.partition(":")
        words += [f"{first}-{other}" for other in others.split()]
    return " ".join(words)


AP10K = _vocabulary(
    "AP-10K",
    {
        _HEAD: "left_eye right_eye nose",
        _BODY: "neck root_of_tail",
        _FRONT: "left_shoulder left_elbow left_front_paw"
        " right_shoulder right_elbow right_front_paw",
        _HIND: "left_hip left_knee left_back_paw right_hip right_knee right_back_paw",
    },
    "left_eye right_eye nose neck root_of_tail left_shoulder left_elbow left_front_paw"
    " right_shoulder right_elbow right_front_paw left_hip left_knee left_back_paw"
    " right_hip right_knee right_back_paw",
    _fan(
        "neck: root_of_tail left_shoulder right_shoulder left_hip right_hip",
        "root_of_tail: left_shoulder right_shoulder left_hip right_hip",
        "left_shoulder: left_hip right_hip",
        "right_shoulder: left_hip right_hip",
    ),
    _fan(
        "left_shoulder: left_elbow",
        "left_elbow: left_front_paw",
        "right_shoulder: right_elbow",
        "right_elbow: right_front_paw",
        "left_hip: left_knee",
        "left_knee: left_back_paw",
        "right_hip: right_knee",
        "right_knee: right_back_paw",
    ),
    "root_of_tail",
)
"""The 17 keypoints of AP-10K, which ViTPose++ and others were trained on."""

ANIMAL_POSE = _vocabulary(
    "Animal-Pose",
    {
        _HEAD: "left_eye right_eye left_ear_base right_ear_base nose",
        _BODY: "throat tail_base withers",
        _FRONT: "left_front_elbow right_front_elbow left_front_knee right_front_knee"
        " left_front_paw right_front_paw",
        _HIND: "left_back_elbow right_back_elbow left_back_knee right_back_knee"
        " left_back_paw right_back_paw",
    },
    "left_eye right_eye left_ear_base right_ear_base nose throat tail_base withers"
    " left_front_elbow right_front_elbow left_back_elbow right_back_elbow"
    " left_front_knee right_front_knee left_back_knee right_back_knee"
    " left_front_paw right_front_paw left_back_paw right_back_paw",
    _fan(
        "throat: withers tail_base left_front_elbow right_front_elbow",
        "withers: tail_base left_front_elbow right_front_elbow left_back_elbow right_back_elbow",
        "tail_base: left_front_elbow right_front_elbow left_back_elbow right_back_elbow",
        "left_front_elbow: left_back_elbow right_back_elbow",
        "right_front_elbow: left_back_elbow right_back_elbow",
    ),
    _fan(
        *(
            f"{side}_{end}_{upper}: {side}_{end}_{lower}"
            for side in ("left", "right")
            for end in ("front", "back")
            for upper, lower in (("elbow", "knee"), ("knee", "paw"))
        )
    ),
    "tail_base",
)
"""The 20 keypoints of Animal-Pose."""

ATRW = _vocabulary(
    "ATRW",
    {
        _HEAD: "left_ear right_ear nose",
        _BODY: "tail center",
        _FRONT: "right_shoulder right_front_paw left_shoulder left_front_paw",
        _HIND: "right_hip right_knee right_back_paw left_hip left_knee left_back_paw",
    },
    "left_ear right_ear nose right_shoulder right_front_paw left_shoulder left_front_paw"
    " right_hip right_knee right_back_paw left_hip left_knee left_back_paw tail center",
    _fan(
        "center: tail left_shoulder right_shoulder left_hip right_hip",
        "tail: left_hip right_hip",
        "left_shoulder: left_hip right_hip",
        "right_shoulder: left_hip right_hip",
    ),
    _fan(
        "left_shoulder: left_front_paw",
        "right_shoulder: right_front_paw",
        "left_hip: left_knee",
        "left_knee: left_back_paw",
        "right_hip: right_knee",
        "right_knee: right_back_paw",
    ),
    "tail",
)
"""The 15 joints of ATRW's tigers; its `tail` is the root, `center` lies on the trunk."""

_FRONT_THIGHS = "front_left_thigh front_right_thigh"
_BACK_THIGHS = "back_left_thigh back_right_thigh"
_MIDDLE = "body_middle_right body_middle_left"
_ANTLERS = "right_antler_base right_antler_end left_antler_base left_antler_end"

SUPERANIMAL = _vocabulary(
    "SuperAnimal-quadruped",
    {
        _HEAD: "nose upper_jaw lower_jaw mouth_end_right mouth_end_left right_eye right_earbase"
        f" right_earend left_eye left_earbase left_earend {_ANTLERS}",
        _BODY: "neck_base neck_end throat_base throat_end back_base back_end back_middle tail_base"
        f" belly_bottom {_MIDDLE}",
        _TAIL: "tail_end",
        _FRONT: f"{_FRONT_THIGHS} front_left_knee front_left_paw front_right_knee front_right_paw",
        _HIND: f"{_BACK_THIGHS} back_left_paw back_left_knee back_right_knee back_right_paw",
    },
    "nose upper_jaw lower_jaw mouth_end_right mouth_end_left right_eye right_earbase right_earend"
    " right_antler_base right_antler_end left_eye left_earbase left_earend left_antler_base"
    " left_antler_end neck_base neck_end throat_base throat_end back_base back_end back_middle"
    " tail_base tail_end front_left_thigh front_left_knee front_left_paw front_right_thigh"
    " front_right_knee front_right_paw back_left_paw back_left_thigh back_right_thigh"
    " back_left_knee back_right_knee back_right_paw belly_bottom body_middle_right"
    " body_middle_left",
    _fan(
        f"neck_base: neck_end throat_base throat_end back_base back_middle {_MIDDLE}",
        f"neck_end: throat_base throat_end back_base back_middle {_FRONT_THIGHS} {_MIDDLE}",
        f"throat_base: throat_end back_base back_middle {_FRONT_THIGHS} {_MIDDLE}",
        f"throat_end: back_base back_middle {_FRONT_THIGHS} {_MIDDLE}",
        f"back_base: back_middle {_FRONT_THIGHS} {_MIDDLE}",
        f"back_end: back_middle tail_base {_MIDDLE}",
        f"back_middle: tail_base {_MIDDLE}",
        f"tail_base: {_MIDDLE} {_BACK_THIGHS}",
        f"belly_bottom: {_FRONT_THIGHS} {_BACK_THIGHS} {_MIDDLE}",
        f"body_middle_right: body_middle_left {_FRONT_THIGHS} {_BACK_THIGHS}",
        f"body_middle_left: {_FRONT_THIGHS} {_BACK_THIGHS}",
    ),
    _fan(
        "front_left_thigh: front_left_knee",
        "front_left_knee: front_left_paw",
        "front_right_thigh: front_right_knee",
        "front_right_knee: front_right_paw",
        "back_left_thigh: back_left_knee",
        "back_left_knee: back_left_paw",
        "back_right_thigh: back_right_knee",
        "back_right_knee: back_right_paw",
    ),
    "tail_base",
    "tail_end",
    _ANTLERS,
)
"""The 39 keypoints of SuperAnimal-quadruped; the released code's table."""

VOCABULARIES = (AP10K, ANIMAL_POSE, SUPERANIMAL, ATRW)

FROM_AP10K = {
    "neck_base": "neck",
    "tail_base": "root_of_tail",
    "front_left_thigh": "left_shoulder",
    "front_left_knee": "left_elbow",
    "front_left_paw": "left_front_paw",
    "front_right_thigh": "right_shoulder",
    "front_right_knee": "right_elbow",
    "front_right_paw": "right_front_paw",
    "back_left_paw": "left_back_paw",
    "back_left_thigh": "left_hip",
    "back_right_thigh": "right_hip",
    "back_left_knee": "left_knee",
    "back_right_knee": "right_knee",
    "back_right_paw": "right_back_paw",
}
"""Keypoints of SuperAnimal-quadruped that the paper takes from an AP-10K network instead."""

# Other spellings: Animal-Pose's own file writes L_F_Elbow, DeepLabCut front_left_thai.
_SHORT = {"left": "l", "right": "r", "front": "f", "back": "b"}
_RESPELLED = {"thai": "thigh", "earbase": "ear"}


def plain(name: str) -> str:
    """A keypoint's name without what spellings differ in."""
    words = re.split("[^a-z0-9]+", name.strip().lower())
    joined = "".join(_SHORT.get(word, word) for word in words)
    for other, own in _RESPELLED.items():
        joined = joined.replace(other, own)
    return f"{joined}base" if joined in ("leftear", "rightear") else joined


def recognised(names: Sequence[str]) -> tuple[Vocabulary, list[int]] | None:
    """The vocabulary that has just these names, in any order and spelling.

    Returns:
        It, and for each of its keypoints the position among `names`; None where there is none.
    """
    given = [plain(name) for name in names]
    for words in VOCABULARIES:
        own = [plain(name) for name in words.keypoints]
        if sorted(own) == sorted(given):
            return words, [given.index(name) for name in own]
    return None


def likest(names: Sequence[str]) -> tuple[Vocabulary, list[str], list[str]]:
    """The vocabulary that shares most names, those that it lacks, and those that it has more."""
    given = {plain(name): name for name in names}

    def shared(words: Vocabulary) -> float:
        own = {plain(name) for name in words.keypoints}
        return len(own & given.keys()) / len(own | given.keys())

    best = max(VOCABULARIES, key=shared)
    own = {plain(name): name for name in best.keypoints}
    strange = [name for key, name in given.items() if key not in own]
    missing = [name for key, name in own.items() if key not in given]
    return best, strange, missing
