"""Legs and tails: joints in their place → outlines. Knows no coat and no view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pawvit.herd.animal import Colour
from pawvit.herd.coat import Outline
from pawvit.herd.figure import FRONT, TAIL, Layer
from pawvit.herd.shapes import Curve, smooth, tube

_STEPS = 28


@dataclass(frozen=True, eq=False)
class Leg:
    """A leg.

    Args:
        joints: from the hip or the shoulder to the hoof, 4 × 2, in units.
        pieces: its outlines, together all of it.
        sock, hoof: what is painted on it.
        part: front or hind.
    """

    joints: Curve
    pieces: tuple[Outline, ...]
    sock: Outline
    hoof: Outline
    part: int


def leg(joints: Curve, widths: tuple[float, ...], part: int) -> Leg:
    """A leg along its joints (4 × 2), with the half width at each of them."""
    centre = smooth(joints, _STEPS)
    radii = np.interp(np.linspace(0, 1, _STEPS), np.linspace(0, 1, 4), widths)
    along = np.arange(_STEPS)
    sock, hoof = along >= 18, along >= 25
    return Leg(
        joints,
        (tube(centre, radii, round_end=False),),
        tube(centre[sock], radii[sock] + 0.01, round_end=False),
        tube(centre[hoof], radii[hoof] + 0.012, round_end=False),
        part,
    )


def walking_leg(hip: Curve, part: int, phase: float, stride: float, length: float) -> Leg:
    """A leg in mid-step, from the side, of an animal that faces left."""
    swing = stride * np.sin(phase)
    lift = stride * max(0.0, float(np.cos(phase)))
    widths: tuple[float, ...]
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
    return leg(np.array(joints), widths, part)


def folded_leg(hip: Curve, part: int, length: float) -> Leg:
    """A leg on which the animal lies, from the side: the knee before, the hoof below it."""
    if part == FRONT:
        steps, widths = ((0.03, 0.15), (-0.2, 0.185), (0.05, 0.21)), (0.125, 0.075, 0.046, 0.042)
    else:
        steps, widths = ((-0.19, 0.09), (0.12, 0.18), (-0.2, 0.21)), (0.18, 0.13, 0.05, 0.042)
    joints = hip + np.array([(0.0, 0.0), *steps]) * (length, 1.0)
    # Bone by bone: one tube along a folded leg would cross itself, and be hollow there.
    bones = [tube(joints[i : i + 2], np.array(widths[i : i + 2])) for i in range(len(joints) - 1)]
    foot = np.linspace(joints[2], joints[3], 9)
    radii = np.linspace(widths[2], widths[3], 9) + 0.012
    return Leg(joints, tuple(bones), tube(foot[4:], radii[4:]), tube(foot[7:], radii[7:]), part)


def tail_layer(joints: Curve, base: Colour, dark: Colour) -> Layer:
    """A tail along its joints (N × 2), root first, with a brush at its end."""
    centre = smooth(joints, 20)
    stem = tube(centre, np.interp(np.linspace(0, 1, 20), (0, 1), (0.042, 0.026)))
    end = centre[-6:]
    along = (end[-1] - end[0]) / np.hypot(*(end[-1] - end[0]))
    brush = tube(
        np.array([end[0], end[2], end[-1], end[-1] + 0.07 * along, end[-1] + 0.13 * along]),
        np.array([0.03, 0.047, 0.056, 0.043, 0.008]),
    )
    return Layer([(stem, TAIL), (brush, TAIL)], base, [(brush, dark)], joined=False)
