"""A seeded random case of ATRW's wild test: ground truth, detected boxes, descriptors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class WildCase:
    """Picture number → tigers; boxes as (picture, x, y, width, height); a unit vector a box."""

    truth: dict[str, list[dict[str, Any]]]
    boxes: list[tuple[int, float, float, float, float]]
    vectors: npt.NDArray[np.float32]


def wild_case(seed: int) -> WildCase:
    """Some tigers are missed, some found twice or badly, some boxes are on nothing at all."""
    rng = np.random.default_rng(seed)
    tigers = rng.standard_normal((12, 16))
    truth: dict[str, list[dict[str, Any]]] = {}
    boxes: list[tuple[int, float, float, float, float]] = []
    vectors = []

    def detect(number: int, box: list[float], vector: npt.NDArray[np.float64]) -> None:
        x, y, w, h = (round(float(value), 2) for value in box)
        boxes.append((number, x, y, w, h))
        vectors.append(vector + 0.9 * rng.standard_normal(16))

    for number in rng.permutation(200)[:90]:
        found = []
        for eid in rng.choice(12, size=rng.choice([1, 1, 1, 2, 3]), replace=False):
            left, top = rng.integers(0, 800), rng.integers(0, 400)
            width, height = rng.integers(150, 500), rng.integers(120, 300)
            camera = [0, 3] if eid < 6 else [int(rng.integers(1, 4)), int(rng.integers(0, 2))]
            frame = [*camera, int(rng.integers(0, 60))]
            corners = [int(n) for n in (left, top, left + width, top + height)]
            query = "sing" if eid < 6 else "multi"
            found.append({"bbox": corners, "query": query, "eid": int(eid), "fid": frame})
            for _ in range(rng.choice([0, 1, 1, 1, 1, 1, 2])):
                shift = rng.normal(0, 0.12, 4) * [width, height, width, height]
                box = [left + shift[0], top + shift[1], width + shift[2], height + shift[3]]
                detect(int(number), box, tigers[eid])
        if rng.random() < 0.3:
            detect(int(number), [1500, 700, 120, 90], rng.standard_normal(16))
        truth[str(number)] = found
    for number in (900, 901):  # pictures that the ground truth does not know
        detect(number, [10, 10, 100, 100], tigers[0])
    array = np.array(vectors)
    units = (array / np.linalg.norm(array, axis=1, keepdims=True)).astype(np.float32)
    return WildCase(truth, boxes, units)
