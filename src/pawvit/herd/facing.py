"""The figure of an animal from the front and from behind. Knows no pixels.

Of the flanks only the edges are seen, drawn together: the marks of the chest from the front, those
of the rump from behind, each on its own side. From the front the animal's left is the viewer's
right.
"""

from __future__ import annotations

import numpy as np

from pawvit.herd.animal import Animal
from pawvit.herd.coat import Outline
from pawvit.herd.face import head_from_behind, head_from_front
from pawvit.herd.figure import BODY, FRONT, HEAD, HIND, Figure, Layer
from pawvit.herd.limbs import Leg, leg, tail_layer
from pawvit.herd.look import SCAR, Look
from pawvit.herd.pose import Pose
from pawvit.herd.shapes import Curve, ellipse, mirrored, smooth, tube

_SEEN = 0.42
"""How much of a flank is seen from its end, in u."""

_FRONT = (0.115, 0.062, 0.05, 0.052)
_HIND = (0.15, 0.082, 0.052, 0.054)
"""Half widths of the legs."""


def front_view(animal: Animal, pose: Pose, look: Look) -> Figure:
    """The figure that comes towards the camera."""
    species = animal.species
    barrel = _Barrel(look.girth, pose.lying)
    gaze = float(np.sin(pose.phase))
    body = _trunk_layer(animal, look, barrel, right="left", rear=False)
    neck, tip = _neck_layer(animal, look, barrel, pose, gaze)
    head = head_from_front(tip, species, look, gaze)
    if pose.lying:
        near = _folded(look, barrel, FRONT)
        return _standing([body, near, neck, head])
    length = species.legs * animal.legs
    near = _legs(look, barrel, pose, length, FRONT)
    return _standing([_legs(look, barrel, pose, length, HIND, far=True), body, near, neck, head])


def rear_view(animal: Animal, pose: Pose, look: Look) -> Figure:
    """The figure that walks away from the camera."""
    species = animal.species
    barrel = _Barrel(look.girth, pose.lying)
    gaze = float(np.sin(pose.phase))
    neck, tip = _neck_layer(animal, look, barrel, pose, gaze)
    neck.light, neck.joined = 0.9, False
    head = head_from_behind(tip, species, look)
    head.light, head.joined = 0.95, False
    body = _trunk_layer(animal, look, barrel, right="right", rear=True)
    mirror = ellipse(0, barrel.top + 0.34, 0.12, 0.19)
    body.paint.append((mirror, look.pale))
    root = np.array([0.0, barrel.top + 0.13])
    swing = 0.16 * pose.tail * np.sign(gaze)
    hang = np.array([[0, 0], [0.2 * swing, 0.14], [0.7 * swing, 0.3], [swing, 0.42]])
    tail = tail_layer(root + hang, look.base, look.dark)
    if pose.lying:
        return _standing([neck, head, body, _folded(look, barrel, HIND), tail])
    length = species.legs * animal.legs
    near = _legs(look, barrel, pose, length, HIND)
    # The thighs carry on the pattern and the mirror of the rump.
    near.paint = body.paint + near.paint
    far = _legs(look, barrel, pose, length, FRONT, far=True)
    return _standing([far, neck, head, body, near, tail])


class _Barrel:
    """The trunk from its end: x across it, [−1, 1], and v from back to belly → units."""

    def __init__(self, girth: float, lying: bool) -> None:
        self.lying = lying
        self.wide = 0.29 * girth * (1.14 if lying else 1.0)
        self.high = 0.33 * girth * (0.95 if lying else 1.0)
        self.middle = -self.high if lying else -0.8
        self.top = self.middle - self.high

    def at(self, xv: Outline) -> Outline:
        x, v = xv[:, 0], np.clip(xv[:, 1], -1, 1)
        # A pear: narrow withers, a wide belly.
        half = self.wide * (1 + 0.12 * v) * (1 - np.abs(v) ** 2.6) ** 0.5
        return np.column_stack([x * half, self.middle + self.high * xv[:, 1]])

    def outline(self) -> Outline:
        v = -np.cos(np.linspace(0, np.pi, 26))
        right = np.column_stack([np.ones_like(v), v])
        return self.at(np.concatenate([right, right[::-1] * (-1, 1)]))


def _trunk_layer(animal: Animal, look: Look, barrel: _Barrel, *, right: str, rear: bool) -> Layer:
    """The trunk, with the edge of the flank `right` on the viewer's right."""
    layer = Layer([(barrel.outline(), BODY)], look.base)
    if not rear:
        x = np.linspace(-1.2, 1.2, 9)
        edge = np.concatenate([np.column_stack([x, 0.62 + 0.1 * x**2]), [(1.2, 1.2), (-1.2, 1.2)]])
        layer.paint.append((barrel.at(edge), look.pale))
    left = "left" if right == "right" else "right"
    for flank, turn in ((right, np.asarray), (left, mirrored)):
        marks = [(outline, look.mark) for outline in animal.coats[flank].body]
        marks += [(outline, SCAR) for outline in look.scars.get(flank, ())]
        for outline, colour in marks:
            u = 1 - outline[:, 0] if rear else outline[:, 0]
            if u.min() < _SEEN:
                # What lies round the corner is foreshortened.
                across = 0.42 + 0.58 * np.sin(np.pi / 2 * np.clip(u / _SEEN, -0.3, 1))
                seen = barrel.at(np.column_stack([across, outline[:, 1]]))
                layer.paint.append((turn(seen), colour))
    return layer


def _neck_layer(
    animal: Animal, look: Look, barrel: _Barrel, pose: Pose, gaze: float
) -> tuple[Layer, Curve]:
    """The neck, and the middle of the skull at its end."""
    reach = 0.56 * animal.species.neck * animal.neck
    root = np.array([0.0, barrel.top + 0.24])
    if pose.neck < 0:
        tip = np.array([0.07 * gaze, -0.36])
    else:
        tip = root + np.array([0.05 * gaze, -0.12 - reach * np.sin(pose.neck)])
    centre = smooth(np.array([root, 0.5 * (root + tip) - np.array([0.01 * gaze, 0]), tip]), 20)
    radii = np.interp(np.linspace(0, 1, 20), (0, 0.4, 1), (0.185, 0.15, 0.105))
    layer = Layer([(tube(centre, radii), HEAD)], look.base)
    t = np.linspace(0, 1, 20)
    for flank, turn in (("left", 1.0), ("right", -1.0)):
        for outline in animal.coats[flank].neck:
            along, v = outline[:, 0], np.clip(outline[:, 1], -1, 1)
            x, y, r = (np.interp(along, t, w) for w in (*centre.T, radii))
            # The throat is in the middle, the nape behind the edges.
            layer.paint.append(
                (np.column_stack([x + turn * r * ((1 - v) / 2) ** 0.6, y]), look.mark)
            )
    return layer, tip


def _legs(
    look: Look, barrel: _Barrel, pose: Pose, length: float, part: int, *, far: bool = False
) -> Layer:
    """Two legs side by side, one of them lifted; the far ones stand higher, in the shade."""
    rear = 0.55 * np.pi if part == HIND else 0.0
    found = []
    for side, phase in ((1, pose.phase + rear), (-1, pose.phase + rear + np.pi)):
        lift = 0.32 * pose.stride * max(0.0, float(np.cos(phase)))
        near = 0.05 * pose.stride * np.sin(phase)
        apart = (0.1 if far else 0.145) if part == FRONT else (0.175 if far else 0.15)
        ground = -0.055 if far else 0.0
        hip = barrel.middle + (0.16 if part == FRONT else 0.02)
        foot = hip + (ground - hip) * length - lift + near
        knee = hip + 0.52 * (foot - hip)
        out = 0.025 if part == HIND else -0.006
        joints = np.array(
            [(apart * 0.92, hip), (apart + out, knee), (apart, 0.85 * foot + 0.15 * knee),
             (apart, foot)]
        )  # fmt: skip
        found.append(leg(joints * (side, 1), _FRONT if part == FRONT else _HIND, part))
    return _leg_layer(look, found, light=0.68 if far else 1.0, joined=not far)


def _folded(look: Look, barrel: _Barrel, part: int) -> Layer:
    """Knees, or tucked hind feet, before a lying trunk."""
    found = []
    for side in (1, -1):
        out = 0.1 if part == FRONT else 0.19
        joints = np.array(
            [(out, -0.2), (out + 0.06, -0.1), (out + 0.05, -0.05), (out - 0.05, -0.035)]
        )
        found.append(leg(joints * (side, 1), (0.1, 0.075, 0.05, 0.045), part))
    return _leg_layer(look, found, light=1.0, joined=True)


def _leg_layer(look: Look, legs: list[Leg], *, light: float, joined: bool) -> Layer:
    pieces = [(piece, one.part) for one in legs for piece in one.pieces]
    layer = Layer(pieces, look.base, light=light, joined=joined)
    for one in legs:
        layer.paint += [(one.sock, look.pale), (one.hoof, look.dark)]
    return layer


def _standing(layers: list[Layer]) -> Figure:
    lowest = max(outline[:, 1].max() for layer in layers for outline, _ in layer.silhouette)
    return Figure(layers, 0.36).moved(-lowest)
