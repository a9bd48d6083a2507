"""The head of an antelope from the side: skull, muzzle, eye, ears and horns. Knows no neck.

It is laid out in a frame of its own, x from the nape to the muzzle and y to the throat, and then
turned into its place.
"""

from __future__ import annotations

import numpy as np

from pawvit.herd.animal import Species
from pawvit.herd.coat import Outline
from pawvit.herd.figure import HEAD, Layer
from pawvit.herd.look import Look, mixed
from pawvit.herd.shapes import Curve, ellipse, leaf, tube, turned


def head_from_side(
    nape: Curve, face: float, species: Species, look: Look
) -> tuple[Layer, dict[str, Curve]]:
    """A head at the end of a neck, facing left.

    Args:
        nape: where the neck ends, in units.
        face: how far the muzzle points below the horizontal, in radians.
        species: gives the horns.
        look: the colours.

    Returns:
        The layer, and where "near ear", "far ear" and "nose" are.
    """

    def place(points: Outline) -> Outline:
        # +x comes to look left and down by `face`.
        return np.asarray(turned(points, face) * (-1, 1) + nape)

    base, pale, dark = look.base, look.pale, look.dark
    skull = tube(
        np.array([[-0.02, 0.0], [0.07, 0.005], [0.17, 0.03], [0.26, 0.045]]),
        np.array([0.115, 0.118, 0.088, 0.064]),
    )
    muzzle = tube(np.array([[0.215, 0.05], [0.3, 0.055]]), np.array([0.085, 0.085]))
    nose = ellipse(0.315, 0.03, 0.022, 0.03)
    blaze = tube(np.array([[0.1, -0.07], [0.2, -0.028]]), np.array([0.016, 0.012]))
    mouth = tube(np.array([[0.25, 0.077], [0.315, 0.07]]), np.array([0.006, 0.006]))
    ear = leaf(np.array([-0.05, -0.065]), -2.45, 0.21, 0.05)
    inner = leaf(np.array([-0.065, -0.08]), -2.45, 0.155, 0.026)
    far_ear = leaf(np.array([0.0, -0.09]), -2.0, 0.17, 0.04)
    eye, glint = ellipse(0.085, -0.03, 0.027, 0.029), ellipse(0.094, -0.04, 0.009, 0.009)
    ring = ellipse(0.085, -0.028, 0.043, 0.04)
    near_horn = _horn(species.horns, species.horn, np.array([0.045, -0.09]))
    far_horn = _horn(species.horns, species.horn * 0.97, np.array([0.085, -0.085]))
    horn, shade = mixed(dark, pale, 0.18), mixed(dark, base, 0.35)
    pieces = [far_horn, far_ear, skull, near_horn, ear]
    paint = [
        (far_horn, mixed(horn, dark, 0.5)),
        (far_ear, shade),
        (skull, base),
        (muzzle, pale),
        (nose, dark),
        (mouth, shade),
        (blaze, pale),
        (ring, pale),
        (eye, (34, 24, 22)),
        (glint, (255, 255, 255)),
        (near_horn, horn),
        (ear, base),
        (inner, mixed(pale, base, 0.25)),
    ]
    layer = Layer(
        [(place(outline), HEAD) for outline in pieces],
        base,
        [(place(outline), colour) for outline, colour in paint],
    )
    places = {"near ear": ear, "far ear": far_ear, "nose": nose - (0.02, 0)}
    return layer, {name: place(outline).mean(axis=0) for name, outline in places.items()}


def _horn(kind: str, length: float, root: Curve) -> Outline:
    t = np.linspace(0, 1, 12)
    if kind == "straight":
        x, y = -0.45 * t - 0.08 * t**2, -0.9 * t
    elif kind == "curved":
        x, y = -0.15 * t - 0.75 * t**2, -1.0 * t + 0.2 * t**3
    else:
        x, y = -0.55 * np.sin(np.pi * t * 0.9), -1.0 * t
    centre = root + length * np.column_stack([x, y])
    return tube(centre, 0.032 * (1 - 0.85 * t))
