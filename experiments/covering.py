"""Does a part's weight follow what can be seen of the part? Parts are covered, one at a time.

A part is covered by its own map with the mean colour of the photo's background; for comparison as
much of the animal is covered elsewhere. Knows pictures and maps; what looks at them is given to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from intervals import Floats, correlation, means
from pawvit.images import Pixels
from pawvit.partmaps import Labels, Parts
from pawvit.training.backgrounds import Mask, soft
from subject import Seen, Subject, areas

LEAST = 0.01
"""Share of the picture from which on a part is worth covering."""

Look = Callable[[list[Pixels], str], Seen]
"""Pictures in the place of the subject's photos, and what is being done with them → what is seen"""


@dataclass(frozen=True)
class Covered:
    """What one part's cover does; quantities (`intervals`) over the photos where it was covered.

    Attributes:
        photos: how many.
        weight, mask: three numbers each: before, with the part covered, with as much of the animal
            covered elsewhere. Weights are shares of the descriptor, masks of the picture.
        correlation: of the weight with the visible area, over all photos.
    """

    photos: int
    weight: Floats
    mask: Floats
    correlation: Floats

    @staticmethod
    def effect(three: Floats) -> Floats:
        """With the part covered, less with as much covered elsewhere."""
        return three[:, 1] - three[:, 2]


def cover_parts(subject: Subject, look: Look, seed: int = 0) -> dict[str, Covered]:
    """Covers each part of each photo.

    Args:
        subject: N photos with maps.
        look: called with N pictures, once as they are and twice for each part.
        seed: of where else is covered.
    """
    pictures, names, number = subject.pictures, subject.parts.vocabulary, len(subject.photos)
    visible = areas(subject.labels, len(names))
    before = look(pictures, "as they are")
    whole = before.areas(len(names))
    out = {}
    for part, name in enumerate(names):
        own, other = list(pictures), list(pictures)
        asked = np.zeros(number, np.bool_)
        for row, labels in enumerate(subject.labels):
            where = labels == part
            elsewhere = other_area(labels, part, subject.parts, np.random.default_rng([seed, row]))
            if visible[row, part] < LEAST or elsewhere is None:
                continue
            asked[row] = True
            colour = background_colour(pictures[row], labels, subject.parts)
            own[row] = cover(pictures[row], where, colour)
            other[row] = cover(pictures[row], elsewhere, colour)
        with_own, with_other = look(own, f"{name} covered"), look(other, f"not {name}")
        weight = [seen.weights[:, part] for seen in (before, with_own, with_other)]
        mask = [whole[:, part]]
        mask += [seen.areas(len(names))[:, part] for seen in (with_own, with_other)]
        who = subject.photos.identities

        def told(three: list[np.ndarray], asked: Mask = asked, who: list[str] = who) -> Floats:
            return means(np.where(asked[:, None], np.stack(three, axis=1), np.nan), who)

        follows = correlation(before.weights[:, part], visible[:, part], who)
        out[name] = Covered(int(asked.sum()), told(weight), told(mask), follows)
    return out


def other_area(labels: Labels, part: int, parts: Parts, random: np.random.Generator) -> Mask | None:
    """As many cells of the animal as the part has, around a random one; None where it has fewer."""
    rest = np.argwhere((labels < parts.background) & (labels != part))
    wanted = int((labels == part).sum())
    if len(rest) < max(1, wanted):
        return None
    away = ((rest - rest[random.integers(len(rest))]) ** 2).sum(axis=1)
    out = np.zeros(labels.shape, np.bool_)
    out[tuple(rest[np.argsort(away, kind="stable")[:wanted]].T)] = True
    return out


def background_colour(picture: Pixels, labels: Labels, parts: Parts) -> Floats:
    """The mean RGB of the background; grey where there is none."""
    share = soft(labels == parts.background, picture.shape[:2])[..., None]
    if share.sum() < 1:
        return np.full(3, 128.0)
    return (picture * share).sum(axis=(0, 1)) / share.sum()


def cover(picture: Pixels, where: Mask, colour: Floats) -> Pixels:
    """The picture with a colour over the cells of a mask; the edge fades out outside of them."""
    hidden = np.clip(2 * soft(where, picture.shape[:2]), 0, 1)[..., None]
    return (picture * (1 - hidden) + colour * hidden).round().astype(np.uint8)
