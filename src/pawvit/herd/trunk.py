"""Trunk and neck from the side: body coordinates of the coat → units. Knows no colours."""

from __future__ import annotations

import numpy as np

from pawvit.herd.coat import Outline
from pawvit.herd.pose import Pose
from pawvit.herd.shapes import normals, smooth, tube, turned

_LENGTH = 1.12
_CENTRE = np.array([0.0, -0.8])


class Trunk:
    """The trunk: body coordinates (u, v) → units."""

    def __init__(self, pose: Pose, girth: float) -> None:
        self.pose, self.girth = pose, girth

    def at(self, uv: Outline) -> Outline:
        """Body coordinates → units."""
        u, v = uv[:, 0], uv[:, 1]
        inside = np.clip(u, 0, 1)
        round_ends = np.sqrt(np.clip(1 - np.abs(2 * inside - 1) ** 3.4, 0, 1))
        withers = 0.035 * np.exp(-(((u - 0.17) / 0.13) ** 2))
        croup = 0.02 * np.exp(-(((u - 0.83) / 0.15) ** 2))
        waist = 0.075 / (1 + np.exp(-(u - 0.5) / 0.07)) - 0.045 * np.exp(-(((u - 0.9) / 0.12) ** 2))
        above, below = 0.28 + withers + croup, 0.32 - waist
        half = np.where(v < 0, above, below) * self.girth * round_ends
        x = _LENGTH * (u - 0.5)
        y = v * half + self.pose.arch * (2 * inside - 1) ** 2
        return np.asarray(turned(np.column_stack([x, y]), -self.pose.pitch) + _CENTRE)

    def outline(self) -> Outline:
        """Its edge."""
        u = (1 - np.cos(np.linspace(0, np.pi, 30))) / 2
        back = np.column_stack([u, -np.ones_like(u)])
        belly = np.column_stack([u[::-1], np.ones_like(u)])
        return self.at(np.concatenate([back, belly]))

    def belly(self) -> Outline:
        """Its pale underside."""
        u = np.linspace(0.02, 0.98, 24)
        edge = 0.66 + 0.22 * (2 * u - 1) ** 2
        return self.at(
            np.concatenate([np.column_stack([u, edge]), np.column_stack([u[::-1], 0 * u + 1.1])])
        )


class Neck:
    """The neck: (u, v) along and across it → units."""

    def __init__(self, trunk: Trunk, rise: float, length: float) -> None:
        root = trunk.at(np.array([[0.17, -0.2]]))[0]
        reach = 0.56 * length
        direction = np.array([-np.cos(rise), -np.sin(rise)])
        # A raised neck leaves the chest forwards before it turns up, a lowered one as well.
        bend = root + 0.5 * reach * direction + (-0.05, 0.04 * np.sign(rise))
        self.tip = root + reach * direction
        self.centre = smooth(np.array([root, bend, self.tip]), 24)
        self.radii = np.interp(np.linspace(0, 1, 24), (0, 0.35, 0.7, 1), (0.2, 0.165, 0.115, 0.1))
        self.normals = normals(self.centre)
        self.outline = tube(self.centre, self.radii)

    def at(self, uv: Outline) -> Outline:
        """Coordinates of the neck → units."""
        t = np.linspace(0, 1, len(self.centre))
        x, y, r = (np.interp(uv[:, 0], t, w) for w in (*self.centre.T, self.radii))
        nx, ny = (np.interp(uv[:, 0], t, w) for w in self.normals.T)
        return np.column_stack([x + uv[:, 1] * r * nx, y + uv[:, 1] * r * ny])
