"""The figure of an animal from the side, standing, walking or lying. Knows no pixels.

The animal faces left, so that its own left flank is seen; a right flank is the mirrored figure
with the coat of the right flank. The neck belongs to the head: they move together.
"""

from __future__ import annotations

import numpy as np

from pawvit.herd.animal import Animal
from pawvit.herd.figure import BODY, FRONT, HEAD, HIND, TAIL, Figure, Layer
from pawvit.herd.head import head_from_side
from pawvit.herd.limbs import Leg, folded_leg, tail_layer, walking_leg
from pawvit.herd.look import SCAR, Look
from pawvit.herd.pose import Pose
from pawvit.herd.shapes import Curve
from pawvit.herd.trunk import Neck, Trunk

# The far legs stand a little off the near ones.
_AWAY = np.array([0.035, -0.03])
_AWAY_LYING = np.array([-0.09, -0.01])


def side_view(animal: Animal, flank: str, pose: Pose, look: Look) -> Figure:
    """The figure with `flank` ("left" or "right") towards the camera."""
    species, coat = animal.species, animal.coats[flank]
    base, mark, pale, dark = look.base, look.mark, look.pale, look.dark
    trunk = Trunk(pose, look.girth)
    near, far = _legs(trunk, pose, species.legs * animal.legs)
    far_layer = Layer([], base, light=0.7, joined=False)
    near_layer = Layer([], base)
    for layer, group in ((far_layer, far), (near_layer, near)):
        for leg in group:
            layer.silhouette += [(piece, leg.part) for piece in leg.pieces]
            layer.paint += [(leg.sock, pale), (leg.hoof, dark)]

    neck = Neck(trunk, pose.neck, species.neck * animal.neck)
    body_layer = Layer([(neck.outline, HEAD), (trunk.outline(), BODY)], base)
    body_layer.paint += [(neck.at(outline), mark) for outline in coat.neck]
    body_layer.paint.append((trunk.belly(), pale))
    body_layer.paint += [(trunk.at(outline), mark) for outline in coat.body]
    body_layer.paint += [(trunk.at(outline), SCAR) for outline in look.scars.get(flank, ())]
    # The thigh lies over the flank and carries on its pattern.
    near_layer.paint = body_layer.paint + near_layer.paint

    head, face = head_from_side(neck.tip, pose.face, species, look)
    lowest = max(leg.hoof[:, 1].max() for leg in near + far)
    if pose.lying:
        lowest = max(lowest, trunk.outline()[:, 1].max())
    tail = _tail(trunk, pose, lowest)
    layers = [far_layer, tail_layer(tail, base, dark), body_layer, near_layer, head]
    here, there = (flank, "left" if flank == "right" else "right")
    keypoints: dict[str, tuple[Curve, int | None]] = {
        f"{here}_ear": (face["near ear"], HEAD),
        f"{there}_ear": (face["far ear"], HEAD),
        "nose": (face["nose"], HEAD),
        "tail": (tail[1], TAIL),
        "center": (trunk.at(np.array([[0.5, 0.0]]))[0], BODY),
        **_joints(here, near, hidden=False),
        **_joints(there, far, hidden=True),
    }
    return Figure(layers, 0.62, keypoints).moved(-lowest)


def _legs(trunk: Trunk, pose: Pose, length: float) -> tuple[list[Leg], list[Leg]]:
    near, far = [], []
    for start, part, offset in ((0.19, FRONT, 0.0), (0.84, HIND, 0.55 * np.pi)):
        hip = trunk.at(np.array([[start, 0.3]]))[0]
        if pose.lying:
            near.append(folded_leg(hip, part, length))
            far.append(folded_leg(hip + _AWAY_LYING, part, length))
        else:
            near.append(walking_leg(hip, part, pose.phase + offset, pose.stride, length))
            far.append(
                walking_leg(hip + _AWAY, part, pose.phase + offset + np.pi, pose.stride, length)
            )
    return near, far


def _tail(trunk: Trunk, pose: Pose, ground: float) -> Curve:
    root = trunk.at(np.array([[0.965, -0.5]]))[0]
    out, down = np.sin(pose.tail), np.cos(pose.tail)
    if pose.lying:
        # The brush is longer than what it grows on, and ends on the ground.
        rest = ground - root[1] - 0.14
        steps = np.array([[0, 0], [0.06, 0.06], [0.08, 0.5 * rest], [0.09 + 0.06 * out, rest]])
    else:
        steps = np.array(
            [[0, 0], [0.09, 0.03], [0.1 + 0.1 * out, 0.14], [0.1 + 0.32 * out, 0.4 * down]]
        )
    return np.asarray(root + steps)


def _joints(flank: str, legs: list[Leg], *, hidden: bool) -> dict[str, tuple[Curve, int | None]]:
    """The joints of the legs of one flank; the upper ones of the far legs are hidden."""
    front, hind = legs
    return {
        f"{flank}_shoulder": (front.joints[0], None if hidden else FRONT),
        f"{flank}_front_paw": (front.joints[-1], FRONT),
        f"{flank}_hip": (hind.joints[0], None if hidden else HIND),
        f"{flank}_knee": (hind.joints[1], HIND),
        f"{flank}_back_paw": (hind.joints[-1], HIND),
    }
