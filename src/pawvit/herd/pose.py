"""Poses: how an animal walks, grazes or lies. Knows angles, not what is drawn from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

POSES = ("walking", "grazing", "lying")

_HIGH, _LEVEL, _LOW = (0.95, 0.35), (0.5, 0.5), (-0.72, 1.15)
"""Neck and face: the head up, level, at the grass."""


@dataclass(frozen=True)
class Pose:
    """How an animal stands or lies. Angles are in radians.

    Args:
        phase: where in the step it is, [0, 2π).
        stride: the swing of the legs to either side.
        neck: how far the neck rises above the horizontal; negative while grazing.
        face: how far the muzzle points below the horizontal.
        tail: the swing of the tail away from the legs.
        pitch: the rump's rise over the chest.
        arch: the bend of the back, in units.
        lying: on its folded legs.
    """

    phase: float
    stride: float
    neck: float
    face: float
    tail: float
    pitch: float
    arch: float
    lying: bool = False

    @property
    def name(self) -> str:
        """One of `POSES`; an animal that stands walks slowly."""
        if self.lying:
            return "lying"
        return "grazing" if self.neck < 0 else "walking"


def random_pose(rng: np.random.Generator, name: str | None = None) -> Pose:
    """Some pose of that name; walking, or now and then grazing, where none is given."""
    if name is None:
        neck, face = (_HIGH, _LEVEL, _LOW)[rng.choice(3, p=(0.45, 0.35, 0.2))]
    elif name == "grazing":
        neck, face = _LOW
    else:
        neck, face = (_HIGH, _LEVEL)[int(rng.random() < 0.4)]
    lying = name == "lying"
    return Pose(
        phase=float(rng.uniform(0, 2 * np.pi)),
        stride=float(rng.uniform(0.06, 0.42)),
        neck=float(neck + rng.uniform(-0.12, 0.12)),
        face=float(face + rng.uniform(-0.12, 0.12)),
        # On the ground it lies stretched out behind.
        tail=float(rng.uniform(1.1, 1.4) if lying else rng.uniform(0.15, 0.95)),
        pitch=float(rng.uniform(-0.03, 0.03)),
        arch=float(rng.uniform(-0.02, 0.02)),
        lying=lying,
    )
