"""How many parts? Parts are split for as long as two halves of the photos agree on where.

A split goes along the animal (fore and hind) or down it (upper and lower), and is learned as the
body plan is: by position first, by features in the end. Knows features and positions; it knows no
pictures and no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pawvit.teacher.bodyplan import Linear, Patches, below, body, facing, learn
from pawvit.teacher.quality import adjusted_rand

PLAN = ("head", "trunk", "legs")
"""What every animal is divided into before any split."""

MOST = 8
"""Parts beyond this number are not looked for."""

STABLE = 0.6
"""Adjusted Rand index from which on two halves of the photos agree on a split."""

RESAMPLES = 2
"""How often the photos are halved."""

FOLLOWS = 0.62
"""Share of patches whose features must put them on the side that they lie on: otherwise features
have split the part some other way."""

SIDEWAYS = 0.5
"""Share of photos that show a side from which on fore and hind legs are told apart first."""

MIN_PATCHES = 50
"""A part with fewer patches is not split."""

DOWN, ALONG = "down", "along"

_FORE_AND_HIND_LEGS = (2, ALONG)
_WORDS = {DOWN: ("upper", "lower"), ALONG: ("fore", "hind")}
_SPOKEN = {"fore head": "face", "hind head": "neck"}


@dataclass(frozen=True)
class Split:
    """One part in two.

    Attributes:
        part: index of the part that is split. Its upper or fore half keeps the index, the other
            becomes the last of all parts.
        axis: "down" or "along".
        middle: where the halves meet on that axis, in 0 … 1.
        linear: which half, by features.
        by_place: whether the middle alone decides where the place is known, as it does between fore
            and hind legs: their features hardly differ.
        agreement: adjusted Rand index, in −1 … 1, of what two halves of the photos say by
            features alone; 0 where features don't follow the axis.
    """

    part: int
    axis: str
    middle: float
    linear: Linear
    by_place: bool = False
    agreement: float = 0.0

    def second(self, difference: Tensor, where: Tensor) -> Tensor:
        """What belongs to the lower or hind half.

        Args:
            difference: `linear`'s second logit less its first.
            where: place on the axis, of the same shape; nan where it is unknown, and features
                alone decide.
        """
        placed = torch.nan_to_num(torch.logit(below(where, self.middle), eps=1e-6), nan=0.0)
        known = torch.zeros_like(difference) if self.by_place else difference
        return torch.where(where.isnan(), difference, known + placed) > 0


@dataclass(frozen=True)
class Tree:
    """Head, trunk and legs, and the splits that follow.

    Attributes:
        root: the discriminant of the body plan.
        splits: in the order in which they are made; the first K − 3 make K parts.
    """

    root: Linear
    splits: tuple[Split, ...] = ()

    def label(self, patches: Patches) -> Int[Tensor, "X"]:
        """The part of each patch."""
        own = self.root(patches.features).argmax(dim=1)
        for last, split in enumerate(self.splits, len(PLAN)):
            second = split.second(_difference(split, patches), self.where(patches, split.axis))
            own = torch.where((own == split.part) & second, last, own)
        return own

    def where(self, patches: Patches, axis: str) -> Float[Tensor, "X"]:
        """The place of each patch on an axis; nan along an animal that faces neither side."""
        if axis == DOWN:
            return patches.down
        faces = facing(patches, self.root(patches.features).softmax(dim=1))[patches.photo]
        return along(patches.across, faces)

    def first(self, number: int) -> Tree:
        """The tree of this many parts."""
        return replace(self, splits=self.splits[: number - len(PLAN)])


def along(across: Tensor, faces: Tensor) -> Tensor:
    """0 at the head's end, 1 at the other; nan where the animal faces neither side.

    Args:
        across: 0 at the animal's left end in the picture, 1 at its right one.
        faces: 1 where it faces left, −1 where right, 0 where neither.
    """
    return torch.where(faces == 0, torch.nan, torch.where(faces > 0, across, 1 - across))


def names(splits: Sequence[Split]) -> tuple[str, ...]:
    """Names of all parts, in label order."""
    words: list[tuple[str, ...]] = [(part,) for part in PLAN]
    for split in splits:
        own = words[split.part]
        words[split.part], last = ((*own, word) for word in _WORDS[split.axis])
        words.append(last)
    return tuple(_spoken(*own) for own in words)


def nouns(splits: Sequence[Split]) -> list[int]:
    """Which of head, trunk and legs each part is a piece of."""
    found = list(range(len(PLAN)))
    for split in splits:
        found.append(found[split.part])
    return found


def _spoken(noun: str, *which: str) -> str:
    """ "lower fore legs", whichever split came first; "upper flank", "neck"."""
    order = [word for pair in _WORDS.values() for word in pair]
    words = [*sorted(which, key=order.index), noun]
    last = " ".join(words[-2:])
    if last in _SPOKEN:
        return " ".join([*words[:-2], _SPOKEN[last]])
    return " ".join([*words[:-1], "flank" if noun == "trunk" and which else noun])


def grow(patches: Patches, *, seed: int, most: int = MOST) -> tuple[Tree, tuple[float, ...]]:
    """Finds the body plan and its splits: fore and hind legs, then the surest first.

    Args:
        patches: of all photos.
        seed: of the clustering's starts and of the halving.
        most: stop at this number of parts.

    Returns:
        The tree, and for 3 … `most` parts the adjusted Rand index between the labels that two
        halves of the photos lead to.
    """
    halves = [half for pair in _halvings(patches, seed) for half in pair]
    tree = Tree(body(patches, seed))
    others = [Tree(body(half, seed)) for half in halves]
    curve = [_agreement([other.label(patches) for other in others])]
    tried: dict[tuple[int, str], tuple[Split, list[Split]]] = {}
    while len(PLAN) + len(tree.splits) < most:
        labels = tree.label(patches)
        for part, axis in _candidates(tree.splits):
            if (part, axis) not in tried:
                found = _tried(patches, tree, labels, halves, others, part, axis)
                if found is not None:
                    tried[part, axis] = found
        if not tried:
            break
        best = max(tried, key=lambda key: tried[key][0].agreement)
        if not tree.splits and _FORE_AND_HIND_LEGS in tried and _sideways(patches, tree):
            best = _FORE_AND_HIND_LEGS
        split, theirs = tried[best]
        tree = replace(tree, splits=(*tree.splits, split))
        others = [
            replace(other, splits=(*other.splits, own))
            for other, own in zip(others, theirs, strict=True)
        ]
        curve.append(_agreement([other.label(patches) for other in others]))
        # The other axis of what was split is tried anew, on each of the halves.
        tried = {key: value for key, value in tried.items() if key[0] != best[0]}
    return tree, tuple(curve)


def stable(splits: Sequence[Split]) -> int:
    """The number of parts to take: as many as two halves of the photos agree on.

    Fore and hind legs are told apart by the animal's side and need no agreement of features.
    """
    number = len(PLAN)
    for split in splits:
        legs = number == len(PLAN) and (split.part, split.axis) == _FORE_AND_HIND_LEGS
        if not legs and split.agreement < STABLE:
            break
        number += 1
    return number


def _candidates(splits: Sequence[Split]) -> list[tuple[int, str]]:
    """Parts and axes that they were not split on yet."""
    used: list[set[str]] = [set() for _ in PLAN]
    for split in splits:
        used[split.part].add(split.axis)
        used.append(set(used[split.part]))
    return [
        (part, axis) for part, axes in enumerate(used) for axis in (ALONG, DOWN) if axis not in axes
    ]


def _tried(
    patches: Patches,
    tree: Tree,
    labels: Int[Tensor, "X"],
    halves: Sequence[Patches],
    others: Sequence[Tree],
    part: int,
    axis: str,
) -> tuple[Split, list[Split]] | None:
    """The split by all photos, with its agreement, and by each half; None where it is too small."""
    own = labels == part
    split = _split(patches, tree, own, part, axis)
    theirs = [
        _split(half, other, other.label(half) == part, part, axis)
        for half, other in zip(halves, others, strict=True)
    ]
    made = [one for one in theirs if one is not None]
    if split is None or len(made) < len(theirs):
        return None
    here = patches.of(own)
    second = _difference(split, here) > 0
    where = tree.where(patches, axis)[own]
    follows = (second == (where > split.middle))[~where.isnan()].float().mean()
    agreement = _agreement([_difference(one, here) > 0 for one in made])
    return replace(split, agreement=agreement if follows >= FOLLOWS else 0.0), made


def _split(
    patches: Patches, tree: Tree, own: Bool[Tensor, "X"], part: int, axis: str
) -> Split | None:
    where = tree.where(patches, axis)
    known = own & ~where.isnan()
    if int(known.sum()) < MIN_PATCHES:
        return None
    middle = float(where[known].median())
    far = below(where[known], middle)
    plan = torch.stack([1 - far, far], dim=1)
    linear = learn(patches.features[known], plan, plan)
    return Split(part, axis, middle, linear, by_place=(part, axis) == _FORE_AND_HIND_LEGS)


def _difference(split: Split, patches: Patches) -> Float[Tensor, "X"]:
    logits = split.linear(patches.features)
    return logits[:, 1] - logits[:, 0]


def _sideways(patches: Patches, tree: Tree) -> bool:
    faces = facing(patches, tree.root(patches.features).softmax(dim=1))
    return float((faces != 0).float().mean()) >= SIDEWAYS


def _halvings(patches: Patches, seed: int) -> list[tuple[Patches, Patches]]:
    random = torch.Generator().manual_seed(seed)
    photos = int(patches.photo.max()) + 1
    found = []
    for _ in range(RESAMPLES):
        first = (torch.randperm(photos, generator=random) % 2 == 0)[patches.photo]
        found.append((_renumbered(patches.of(first)), _renumbered(patches.of(~first))))
    return found


def _renumbered(patches: Patches) -> Patches:
    return replace(patches, photo=torch.unique(patches.photo, return_inverse=True)[1])


def _agreement(labels: Sequence[Tensor]) -> float:
    """The mean adjusted Rand index of each halving's two labellings."""
    pairs = zip(labels[::2], labels[1::2], strict=True)
    found = [adjusted_rand(one.numpy(), other.numpy()) for one, other in pairs]
    return sum(found) / len(found)
