"""The truth of a drawn photo: what its pixels show, as numbers and words. Knows no files.

`COLUMNS` documents the columns that the table of a herd has beyond those of any photo table.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pawvit.anatomy import TIGER_PARTS
from pawvit.herd.draw import Photo
from pawvit.photos import box_text

KEYPOINTS = (
    *("left_ear", "right_ear", "nose", "right_shoulder", "right_front_paw"),
    *("left_shoulder", "left_front_paw", "right_hip", "right_knee", "right_back_paw"),
    *("left_hip", "left_knee", "left_back_paw", "tail", "center"),
)
"""ATRW's fifteen, in ATRW's order."""

COLUMNS = {
    "pose": "walking, grazing or lying",
    "season": "summer or winter (October to March), by the date",
    "scarred": "1 where the animal bears the scars of a wound, else 0",
    "background": "the camera and where it hung: photos with the same one share a landscape",
    "animals": "how many animals are in the picture, 1 or 2",
    "neighbour": "the identity of the second one",
    "occluded": "the share of the animal's pixels that grass or another animal hides, [0, 1]",
    "animal_box": "x, y, width, height of what is seen of the animal, in pixels",
    **{
        f"visible_{part.replace(' ', '_')}": f"the share of its {part} that nothing hides, [0, 1];"
        " 0 where it is not to be seen at all"
        for part in TIGER_PARTS
    },
}
"""Column → what it says. The animal's pixels are those of the whole animal inside the photo; what
the animal itself hides of a part is not among them. The box is not called `bbox`: photos and part
maps are whole, and readers cut photos to a `bbox`."""


def truth_of(photo: Photo) -> dict[str, Any]:
    """What is to be seen in a photo, ready for JSON.

    Returns:
        `pose`, `animals`, `occluded`, `animal_box` and `visible_…` as in `COLUMNS`, and
        `keypoints`: x, y in pixels and visibility of each of `KEYPOINTS`, one after the other, as
        in COCO (2 in sight, 1 hidden, 0 and no place where it is outside of the photo); empty for
        photos from the front and the back.
    """
    number = len(TIGER_PARTS)
    there = np.bincount(photo.whole.ravel(), minlength=number + 1)[:number]
    seen = np.bincount(photo.labels.ravel(), minlength=number + 1)[:number]
    shares = seen / np.maximum(there, 1)
    return {
        "pose": photo.pose,
        "animals": 1 + photo.neighbours,
        "occluded": round(float(1 - seen.sum() / max(there.sum(), 1)), 4),
        "animal_box": _box(photo),
        **{
            f"visible_{part.replace(' ', '_')}": round(float(share), 4)
            for part, share in zip(TIGER_PARTS, shares, strict=True)
        },
        "keypoints": _keypoints(photo),
    }


def _box(photo: Photo) -> str:
    rows, columns = np.nonzero(photo.labels < len(TIGER_PARTS))
    if not len(rows):
        return ""
    left, top = int(columns.min()), int(rows.min())
    return box_text((left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top))


def _keypoints(photo: Photo) -> list[float]:
    height, width = photo.labels.shape
    found: list[float] = []
    for name in KEYPOINTS if photo.figure.keypoints else ():
        point, part = photo.figure.keypoints[name]
        x, y = (float(value) for value in photo.place.points(point[None])[0])
        if not (0 <= x < width and 0 <= y < height):
            found += [0, 0, 0]
        else:
            seen = photo.labels[int(y), int(x)] == part
            found += [round(x, 1), round(y, 1), 2 if seen else 1]
    return found
