"""The synthetic herd: drawn antelopes whose identity, flank, camera and parts are known exactly.

Data for the demo and the tests: small, free of rights, the same from the same seed, and with no
cue to identity but the one that real animals have, the layout of the marks on each flank. Knows
how to draw; it knows no teacher and no network.
"""

from pawvit.herd.animal import Animal, make_animal
from pawvit.herd.camera import CAMERAS, Camera
from pawvit.herd.conditions import Conditions
from pawvit.herd.draw import VIEWS, Photo, draw
from pawvit.herd.names import names
from pawvit.herd.pose import Pose, random_pose
from pawvit.herd.write import write_herd

__all__ = [
    "CAMERAS",
    "VIEWS",
    "Animal",
    "Camera",
    "Conditions",
    "Photo",
    "Pose",
    "draw",
    "make_animal",
    "names",
    "random_pose",
    "write_herd",
]
