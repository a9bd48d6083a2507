"""The dial: how difficult a photo is. Knows what stands in a photo's way, not how it is drawn.

Difficulty runs from 0 to 1. Each condition comes in above a level of its own (`LEVELS`) and grows
from there to its full strength at 1, so that a herd of a middling difficulty has the first ones
well grown and none of the last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pawvit.herd.animal import Animal
from pawvit.herd.exposure import CLEAR, Light
from pawvit.herd.landscape import SPOTS
from pawvit.herd.pose import POSES

LEVELS = {
    "light": (0.0, "uneven and changing light, animals further off, cameras that were moved"),
    "season": (0.0, "a duller and thicker winter coat; scars from the day of a wound on"),
    "pose": (
        0.2,
        "animals lying down and more of them grazing; photos from the front and the back",
    ),
    "grass": (0.4, "tall grass before the legs and the belly"),
    "neighbour": (0.6, "a second animal behind or before the first, blur and motion"),
}
"""Condition → the level above which it comes in, and what it is. At 0 there is none of them."""


def strength(difficulty: float, condition: str) -> float:
    """How strong a condition of `LEVELS` is at that difficulty, [0, 1]."""
    start = LEVELS[condition][0]
    return max(0.0, (difficulty - start) / (1 - start))


@dataclass(frozen=True)
class Conditions:
    """What a photo is taken in; the defaults are the plain herd's.

    Args:
        pose: one of `pose.POSES`; walking, or now and then grazing, where None.
        winter: how far the winter coat has grown, [0, 1].
        scarred: whether the animal's scars are there.
        grass: tall grass before the animal, [0, 1].
        neighbour: a second animal, partly in the picture.
        in_front: it stands before the first, not behind.
        far: how much smaller than the photo allows, [0, 1).
        spot: where the camera hangs, below `landscape.SPOTS`.
        light: of the hour.
    """

    pose: str | None = None
    winter: float = 0.0
    scarred: bool = False
    grass: float = 0.0
    neighbour: Animal | None = None
    in_front: bool = False
    far: float = 0.0
    spot: int = 0
    light: Light = CLEAR


PLAIN = Conditions()


def conditions(
    difficulty: float,
    rng: np.random.Generator,
    *,
    winter: bool,
    scarred: bool,
    spot: int,
    neighbour: Animal,
) -> Conditions:
    """The conditions of a photo.

    Args:
        difficulty: 0 (the plain herd, whatever else is given) to 1.
        rng: draws them.
        winter: the season.
        scarred: whether the animal is wounded by that day.
        spot: where the camera hangs.
        neighbour: who would come into the picture.
    """
    if difficulty == 0:
        return PLAIN
    light, season, pose, grass, crowd = (strength(difficulty, condition) for condition in LEVELS)
    grazing, lying = 0.2 + 0.12 * pose, 0.28 * pose
    overgrown, crowded = rng.random() < 0.9 * grass, rng.random() < 0.5 * crowd
    return Conditions(
        pose=POSES[rng.choice(3, p=(1 - grazing - lying, grazing, lying))],
        winter=season if winter else 0.0,
        scarred=scarred,
        grass=grass * float(rng.uniform(0.15, 1.0)) if overgrown else 0.0,
        neighbour=neighbour if crowded else None,
        in_front=bool(rng.random() < 0.5),
        far=light * float(rng.uniform(0.0, 0.3)),
        spot=spot % SPOTS,
        light=Light(
            gain=1 + light * float(rng.uniform(-0.42, 0.25)),
            slope=light * float(rng.uniform(-0.6, 0.6)),
            blur=crowd * float(rng.uniform(0.0, 1.0)) ** 2,
            drift=crowd * 0.035 * float(rng.uniform(0.0, 1.0)) ** 3,
        ),
    )
