"""The figure of an animal in a pose: coloured outlines, each with its part. Knows no pixels.

One unit is about the height of the shoulder; x points to the right, y down, the ground is y = 0.
The animal faces left, so that its own left flank is seen; a right flank is the mirrored figure
with the coat of the right flank. The neck belongs to the head: they move together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pawvit.herd.animal import Animal, Colour
from pawvit.herd.coat import Outline
from pawvit.herd.head import head_layer
from pawvit.herd.layer import BODY, FRONT, HEAD, HIND, TAIL, Layer
from pawvit.herd.shapes import Curve, normals, smooth, tube, turned

_LENGTH = 1.12
_CENTRE = np.array([0.0, -0.8])
# The far legs stand a little off the near ones.
_AWAY = np.array([0.035, -0.03])


@dataclass(frozen=True)
class Pose:
    """How an animal stands. Angles are in radians.

    Args:
        phase: where in the step it is, [0, 2π).
        stride: the swing of the legs to either side.
        neck: how far the neck rises above the horizontal; negative while grazing.
        face: how far the muzzle points below the horizontal.
        tail: the swing of the tail away from the legs.
        pitch: the rump's rise over the chest.
        arch: the bend of the back, in units.
    """

    phase: float
    stride: float
    neck: float
    face: float
    tail: float
    pitch: float
    arch: float


def random_pose(rng: np.random.Generator) -> Pose:
    """Walking or standing, with the head up, level or at the grass."""
    neck, face = ((0.95, 0.35), (0.5, 0.5), (-0.72, 1.15))[rng.choice(3, p=(0.45, 0.35, 0.2))]
    return Pose(
        phase=float(rng.uniform(0, 2 * np.pi)),
        stride=float(rng.uniform(0.06, 0.42)),
        neck=float(neck + rng.uniform(-0.12, 0.12)),
        face=float(face + rng.uniform(-0.12, 0.12)),
        tail=float(rng.uniform(0.15, 0.95)),
        pitch=float(rng.uniform(-0.03, 0.03)),
        arch=float(rng.uniform(-0.02, 0.02)),
    )


def side_view(animal: Animal, flank: str, pose: Pose) -> list[Layer]:
    """The figure with `flank` towards the camera, layers from the far ones to the near ones."""
    species, coat = animal.species, animal.coats[flank]
    base, mark, pale, dark = (
        _tinted(c, animal) for c in (species.base, species.mark, species.pale, species.dark)
    )
    trunk = _Trunk(pose, species.girth * animal.girth)

    legs = species.legs * animal.legs
    near, far = [], []
    for start, part, offset in ((0.19, FRONT, 0.0), (0.84, HIND, 0.55 * np.pi)):
        hip = trunk.at(np.array([[start, 0.3]]))[0]
        near.append(_leg(hip, part, pose.phase + offset, pose.stride, legs))
        far.append(_leg(hip + _AWAY, part, pose.phase + offset + np.pi, pose.stride, legs))

    far_layer = Layer([], base, light=0.7, joined=False)
    near_layer = Layer([], base)
    for layer, group in ((far_layer, far), (near_layer, near)):
        for leg in group:
            layer.silhouette.append((leg.outline, leg.part))
            layer.paint += [(leg.sock, pale), (leg.hoof, dark)]

    neck = _Neck(trunk, pose.neck, species.neck * animal.neck)
    body_layer = Layer([(neck.outline, HEAD), (trunk.outline(), BODY)], base)
    body_layer.paint += [(neck.at(outline), mark) for outline in coat.neck]
    body_layer.paint.append((trunk.belly(), pale))
    body_layer.paint += [(trunk.at(outline), mark) for outline in coat.body]
    # The thigh lies over the flank and carries on its pattern.
    near_layer.paint = body_layer.paint + near_layer.paint

    layers = [
        far_layer,
        _tail(trunk, pose.tail, base, dark),
        body_layer,
        near_layer,
        head_layer(neck.tip, pose.face, species, base, pale, dark),
    ]
    lowest = max(leg.hoof[:, 1].max() for leg in near + far)
    return [_moved(layer, lowest) for layer in layers]


class _Trunk:
    """The trunk: body coordinates (u, v) → units."""

    def __init__(self, pose: Pose, girth: float) -> None:
        self.pose, self.girth = pose, girth

    def at(self, uv: Outline) -> Outline:
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
        u = (1 - np.cos(np.linspace(0, np.pi, 30))) / 2
        back = np.column_stack([u, -np.ones_like(u)])
        belly = np.column_stack([u[::-1], np.ones_like(u)])
        return self.at(np.concatenate([back, belly]))

    def belly(self) -> Outline:
        u = np.linspace(0.02, 0.98, 24)
        edge = 0.66 + 0.22 * (2 * u - 1) ** 2
        return self.at(
            np.concatenate([np.column_stack([u, edge]), np.column_stack([u[::-1], 0 * u + 1.1])])
        )


class _Neck:
    """The neck: (u, v) along and across it → units."""

    def __init__(self, trunk: _Trunk, rise: float, length: float) -> None:
        root = trunk.at(np.array([[0.17, -0.2]]))[0]
        reach = 0.56 * length
        direction = np.array([-np.cos(rise), -np.sin(rise)])
        # A raised neck leaves the chest forwards before it turns up, a lowered one as well.
        bend = root + 0.5 * reach * direction + (-0.05, 0.04 * np.sign(rise))
        self.tip = root + reach * direction
        self.centre = smooth(np.array([root, bend, self.tip]), 24)
        self.radii = np.interp(np.linspace(0, 1, 24), (0, 0.35, 0.7, 1), (0.2, 0.165, 0.115, 0.1))
        self.outline = tube(self.centre, self.radii)

    def at(self, uv: Outline) -> Outline:
        t = np.linspace(0, 1, len(self.centre))
        x, y, r = (np.interp(uv[:, 0], t, w) for w in (*self.centre.T, self.radii))
        normal = normals(self.centre)
        nx, ny = (np.interp(uv[:, 0], t, w) for w in normal.T)
        return np.column_stack([x + uv[:, 1] * r * nx, y + uv[:, 1] * r * ny])


@dataclass(frozen=True)
class _Leg:
    outline: Outline
    sock: Outline
    hoof: Outline
    part: int


def _leg(hip: Curve, part: int, phase: float, stride: float, length: float) -> _Leg:
    swing = stride * np.sin(phase)
    lift = stride * max(0.0, float(np.cos(phase)))
    if part == FRONT:
        angles = (swing, swing - 1.3 * lift, swing - 1.7 * lift)
        lengths = (0.25, 0.23, 0.08)
        widths = (0.125, 0.066, 0.043, 0.045)
    else:
        angles = (0.22 + swing, swing - 0.4 - 0.9 * lift, swing + 0.08 - 0.9 * lift)
        lengths = (0.215, 0.19, 0.205)
        widths = (0.165, 0.09, 0.048, 0.045)
    joints = [hip]
    for angle, size in zip(angles, lengths, strict=True):
        joints.append(joints[-1] + length * size * np.array([-np.sin(angle), np.cos(angle)]))
    corners = np.array(joints)
    centre = smooth(corners, 28)
    radii = np.interp(np.linspace(0, 1, 28), np.linspace(0, 1, 4), widths)
    outline = tube(centre, radii, round_end=False)
    along = np.arange(28)
    sock, hoof = along >= 18, along >= 25
    return _Leg(
        outline,
        tube(centre[sock], radii[sock] + 0.01, round_end=False),
        tube(centre[hoof], radii[hoof] + 0.012, round_end=False),
        part,
    )


def _tail(trunk: _Trunk, swing: float, base: Colour, dark: Colour) -> Layer:
    root = trunk.at(np.array([[0.965, -0.5]]))[0]
    out, down = np.sin(swing), np.cos(swing)
    steps = np.array(
        [[0, 0], [0.09, 0.03], [0.1 + 0.1 * out, 0.14], [0.1 + 0.32 * out, 0.4 * down]]
    )
    centre = smooth(root + steps, 20)
    stem = tube(centre, np.interp(np.linspace(0, 1, 20), (0, 1), (0.042, 0.026)))
    end = centre[-6:]
    along = (end[-1] - end[0]) / np.hypot(*(end[-1] - end[0]))
    brush = tube(
        np.array([end[0], end[2], end[-1], end[-1] + 0.07 * along, end[-1] + 0.13 * along]),
        np.array([0.03, 0.047, 0.056, 0.043, 0.008]),
    )
    return Layer([(stem, TAIL), (brush, TAIL)], base, [(brush, dark)], joined=False)


def _moved(layer: Layer, ground: float) -> Layer:
    down = np.array([0, -ground])
    layer.silhouette = [(outline + down, part) for outline, part in layer.silhouette]
    layer.paint = [(outline + down, colour) for outline, colour in layer.paint]
    return layer


def _tinted(colour: Colour, animal: Animal) -> Colour:
    red, green, blue = (
        min(255, round(channel * factor))
        for channel, factor in zip(colour, animal.tint, strict=True)
    )
    return red, green, blue
