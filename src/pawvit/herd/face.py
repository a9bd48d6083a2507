"""The head of an antelope from the front and from behind. Knows no neck and no pose.

x points to the viewer's right, y down; the middle of the skull is the origin.
"""

from __future__ import annotations

import numpy as np

from pawvit.herd.animal import Colour, Species
from pawvit.herd.coat import Outline
from pawvit.herd.figure import HEAD, Layer
from pawvit.herd.look import Look, mixed
from pawvit.herd.shapes import Curve, ellipse, leaf, mirrored, tube

Painted = list[tuple[Outline, Colour]]


def head_from_front(skull: Curve, species: Species, look: Look, gaze: float) -> Layer:
    """A head that looks at the camera.

    Args:
        skull: the middle of the skull, in units.
        species: gives the horns.
        look: the colours.
        gaze: how far it looks to the viewer's right, [−1, 1].
    """
    base, pale, dark = look.base, look.pale, look.dark
    aside = 0.035 * gaze
    long = np.array([[0, -0.035], [0.3 * aside, 0.06], [0.8 * aside, 0.17], [aside, 0.24]])
    bone = tube(long, np.array([0.118, 0.112, 0.082, 0.066]))
    paint: Painted = [
        (bone, base),
        (ellipse(aside, 0.25, 0.078, 0.062), pale),
        (tube(long[1:3] + np.array([0.2 * aside, -0.05]), np.array([0.02, 0.014])), pale),
        (ellipse(1.15 * aside, 0.238, 0.034, 0.024), dark),
        (ellipse(1.15 * aside, 0.282, 0.028, 0.006), mixed(dark, base, 0.35)),
    ]
    for side in (-1, 1):
        x, y = 0.083 * side + 0.6 * aside, 0.045
        paint += [
            (ellipse(x, y + 0.002, 0.04, 0.042), pale),
            (ellipse(x, y, 0.025, 0.029), (34, 24, 22)),
            (ellipse(x - 0.008, y - 0.01, 0.009, 0.009), (255, 255, 255)),
        ]
    return _layer(skull, bone, paint, species, look, inner=mixed(pale, base, 0.25))


def head_from_behind(skull: Curve, species: Species, look: Look) -> Layer:
    """A head that looks away."""
    long = np.array([[0, -0.035], [0, 0.06], [0, 0.16]])
    bone = tube(long, np.array([0.118, 0.115, 0.1]))
    return _layer(skull, bone, [(bone, look.base)], species, look, inner=None)


def _layer(
    skull: Curve, bone: Outline, paint: Painted, species: Species, look: Look, inner: Colour | None
) -> Layer:
    """A head with ears and horns; from behind the ears show no `inner` side."""
    horn = mixed(look.dark, look.pale, 0.18)
    horns, ears, insides = [], [], []
    for turn in (np.asarray, mirrored):
        horns.append(turn(_horn(species.horns, species.horn)))
        ears.append(turn(leaf(np.array([0.075, -0.07]), -0.42, 0.22, 0.055)))
        insides.append(turn(leaf(np.array([0.1, -0.08]), -0.42, 0.155, 0.03)))
    back: Painted = [(ear, mixed(look.base, look.dark, 0.12)) for ear in ears]
    back += [(inside, inner) for inside in insides if inner is not None]
    pieces = [*ears, bone, *horns]
    coloured = back + paint + [(points, horn) for points in horns]
    return Layer(
        [(points + skull, HEAD) for points in pieces],
        look.base,
        [(points + skull, colour) for points, colour in coloured],
    )


def _horn(kind: str, length: float) -> Outline:
    """The horn on the viewer's right."""
    t = np.linspace(0, 1, 12)
    if kind == "straight":
        x, y = 0.14 * t, -0.95 * t
    elif kind == "curved":
        x, y = 0.6 * np.sin(0.5 * np.pi * t), -0.85 * t
    else:
        x, y = 0.5 * np.sin(np.pi * 0.85 * t), -0.95 * t
    centre = np.array([0.045, -0.115]) + length * np.column_stack([x, y])
    return tube(centre, 0.032 * (1 - 0.85 * t))
