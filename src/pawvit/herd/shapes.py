"""Outlines of simple shapes: tubes, ellipses, leaves. Knows points, not what they are part of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pawvit.herd.coat import Outline

Curve = npt.NDArray[np.float64]
"""Points along an open line, N × 2."""


def turned(points: Outline, angle: float) -> Outline:
    """Turned about the origin by `angle` radians, from x towards y (clockwise to the eye)."""
    c, s = np.cos(angle), np.sin(angle)
    return np.asarray(points @ np.array([[c, s], [-s, c]]))


def ellipse(x: float, y: float, across: float, down: float) -> Outline:
    """An ellipse about x, y with the half axes `across` and `down`."""
    t = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    return np.column_stack([x + across * np.cos(t), y + down * np.sin(t)])


def leaf(root: Curve, angle: float, length: float, width: float) -> Outline:
    """A pointed leaf that grows from `root` at `angle` (radians from x towards y)."""
    t = np.linspace(0, 1, 12)
    half = width * np.sin(np.pi * t**0.8)
    upper, lower = np.column_stack([length * t, half]), np.column_stack([length * t, -half])
    return turned(np.concatenate([upper, lower[::-1]]), angle) + root


def smooth(points: Curve, number: int) -> Curve:
    """`number` points of the Catmull-Rom spline through `points`."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, len(points) - 1, number)
    i = np.minimum(t.astype(np.intp), len(points) - 2)
    f = (t - i)[:, None]
    a, b, c, d = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    bent = (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - a - 3 * c + d) * f**3
    curve: Curve = b + 0.5 * ((c - a) * f + bent)
    return curve


def mirrored(points: Outline) -> Outline:
    """The other side of what is symmetrical about x = 0."""
    return np.asarray(points * (-1, 1))


def normals(centre: Curve) -> Curve:
    """Unit vectors across a curve; along a neck that runs to the left they point down."""
    tangent = np.gradient(centre, axis=0)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1])[:, None], 1e-9)
    return np.column_stack([tangent[:, 1], -tangent[:, 0]])


def tube(centre: Curve, radii: Curve, *, round_end: bool = True) -> Outline:
    """The outline of a bent, tapering tube with a round start and, if wanted, a round end."""
    normal = normals(centre)
    upper, lower = centre + normal * radii[:, None], centre - normal * radii[:, None]
    start, end = (_cap(centre[i], normal[i], radii[i], sign) for i, sign in ((0, -1), (-1, 1)))
    pieces = [upper, end if round_end else end[:0], lower[::-1], start[::-1]]
    return np.concatenate(pieces)


def _cap(centre: Curve, normal: Curve, radius: float, sign: int) -> Outline:
    """Half a circle from the upper to the lower side of a tube's end."""
    tangent = np.array([-normal[1], normal[0]]) * sign
    return np.asarray(centre + radius * (_COSINES * normal + _SINES * tangent))


_HALF_TURN = np.linspace(0, np.pi, 9)[1:-1, None]
_COSINES, _SINES = np.cos(_HALF_TURN), np.sin(_HALF_TURN)
