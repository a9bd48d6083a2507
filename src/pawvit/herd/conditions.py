"""The dial: how difficult a photo is. Knows what stands in a photo's way, not how it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pawvit.herd.animal import Animal
from pawvit.herd.camera import CLEAR, Light
from pawvit.herd.landscape import SPOTS
from pawvit.herd.pose import POSES


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
    d = difficulty
    lying, grazing = 0.28 * d, 0.2 + 0.12 * d
    crowded = rng.random() < 0.5 * d
    overgrown = rng.random() < 0.9 * d
    return Conditions(
        pose=POSES[rng.choice(3, p=(1 - lying - grazing, grazing, lying))],
        winter=d if winter else 0.0,
        scarred=scarred,
        grass=d * float(rng.uniform(0.15, 1.0)) if overgrown else 0.0,
        neighbour=neighbour if crowded else None,
        in_front=bool(rng.random() < 0.5),
        far=d * float(rng.uniform(0.0, 0.3)),
        spot=spot % SPOTS,
        light=Light(
            gain=1 + d * float(rng.uniform(-0.42, 0.25)),
            slope=d * float(rng.uniform(-0.6, 0.6)),
            blur=d * float(rng.uniform(0.0, 1.0)) ** 2,
            drift=d * 0.035 * float(rng.uniform(0.0, 1.0)) ** 3,
        ),
    )
