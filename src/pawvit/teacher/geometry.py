"""Keypoints + foreground → the parts of one animal (the paper's teacher, §3).

Midpoints of linked keypoints join their parts, the tail is followed inside the foreground, and
each pixel of the foreground belongs to the part of its nearest confident keypoint. Knows
coordinates; it does not know where keypoints and foreground came from.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pawvit.anatomy import TIGER_PARTS
from pawvit.errors import PartMapError
from pawvit.partmaps import DEFAULT_SIZE, Labels
from pawvit.teacher.paths import Inside, Place, distances, nearest_inside, way
from pawvit.teacher.vocabularies import FROM_AP10K, Vocabulary, part_in

Points = npt.NDArray[np.float64]

_HEAD, _BODY, _TAIL = TIGER_PARTS[:3]

TAIL_POINTS = 2
"""Points on the way from tail tip to tail base that become keypoints of the tail."""

BEYOND = 0.5
"""A pixel lies beyond the tail base if the way to it from the trunk is longer than that from the
base by this share of the way from trunk to base."""

ROOT = 0.1
"""A tail begins at this distance from its base, in units of the root of the animal's area …"""

TAIL_LENGTH = 0.2
"""… reaches at least this far from it …"""

THICK = 0.17
"""… and its far half is mostly thinner than twice this: a rump is thicker. In the same unit."""


@dataclass(frozen=True)
class Geometry:
    """How keypoints become parts; the defaults are those of the released code.

    Attributes:
        confident: from this confidence on a keypoint counts.
        foreground: from this probability on a pixel is animal.
        inside: whether distances are ways inside the foreground, in the picture's proportions. A
            piece of foreground that holds no keypoint is then background: another animal. The
            released code takes straight lines on the map's own grid.
        head_reach: a pixel farther from all keypoints of the head than this, in units of the
            largest distance between two of them, is no head; the released code knows no limit,
            and a curled animal's back becomes head.
    """

    confident: float = 0.5
    foreground: float = 0.2
    inside: bool = False
    head_reach: float = math.inf


PAPER = Geometry()
"""What the released code does."""

INSIDE = Geometry(inside=True, head_reach=0.6)
"""Ways inside the animal and heads of a head's size: for animals that lie, sit and curl up."""


@dataclass(frozen=True)
class Pose:
    """The keypoints of one animal.

    Attributes:
        vocabulary: of N keypoints.
        points: (N, 2), x and y in pixels of a picture.
        confidence: (N,) in [0, 1]; 0 where a keypoint is not there.
    """

    vocabulary: Vocabulary
    points: Points
    confidence: npt.NDArray[np.float64]

    def moved(self, offset: tuple[float, float], scale: tuple[float, float] = (1, 1)) -> Pose:
        """The pose in another frame: each point (x, y) + offset, then times scale."""
        return replace(self, points=(self.points + np.array(offset)) * np.array(scale))

    def improved(self, other: Pose) -> Pose:
        """The paper's ensemble: SuperAnimal keypoints, most of them taken from an AP-10K pose."""
        points, confidence = self.points.copy(), self.confidence.copy()
        for own, theirs in FROM_AP10K.items():
            here, there = self.vocabulary.index(own), other.vocabulary.index(theirs)
            points[here], confidence[here] = other.points[there], other.confidence[there]
        return Pose(self.vocabulary, points, confidence)


@dataclass(frozen=True)
class Expanded:
    """Keypoints with all that follow from them.

    Attributes:
        points: (M, 2), x and y: first the pose's own, then midpoints of links, then the tail's.
        parts: of each, in the tiger's vocabulary.
        confident: (M,) whether it counts.
    """

    points: Points
    parts: tuple[str, ...]
    confident: npt.NDArray[np.bool_]


def expand(pose: Pose, inside: Inside, confident: float = 0.5) -> Expanded:
    """Adds midpoints of linked keypoints, and points along the tail inside the foreground.

    Args:
        pose: in pixels of the foreground.
        inside: H × W, the foreground.
        confident: from this confidence on a keypoint counts.
    """
    words = pose.vocabulary
    sure = pose.confidence >= confident
    sure &= np.array([name not in words.ignored for name in words.keypoints])
    added, parts = [], list(words.parts)
    for first, second, part in words.links:
        one, other = words.index(first), words.index(second)
        if sure[one] and sure[other]:
            added.append((pose.points[one] + pose.points[other]) / 2)
            parts.append(part)
    if words.tail_tip:
        base, tip = words.index(words.tail_base), words.index(words.tail_tip)
        if sure[base] and sure[tip]:
            along = _along_tail(inside, pose.points[tip], pose.points[base])
            added += along
            parts += [_TAIL] * len(along)
    points = np.vstack([pose.points, *added])
    return Expanded(points, tuple(parts), np.append(sure, np.ones(len(added), dtype=np.bool_)))


def part_map(
    pose: Pose,
    foreground: npt.NDArray[np.float32],
    parts: Sequence[str],
    *,
    size: tuple[int, int] = DEFAULT_SIZE,
    geometry: Geometry | None = None,
) -> Labels:
    """The part map of one animal.

    Args:
        pose: in pixels of the foreground.
        foreground: H × W probabilities.
        parts: the vocabulary to tell them in, `TIGER_PARTS` or `YAK_PARTS`.
        size: height and width of the map.
        geometry: the released code's, unless given.

    Returns:
        0 … K−1 the parts, K background.

    Raises:
        PartMapError: no keypoint is confident, the foreground is empty, or they don't meet.
    """
    geometry = geometry or Geometry()
    height, width = foreground.shape
    grid = _shrunk(foreground, size) >= geometry.foreground
    if not grid.any():
        raise PartMapError("the foreground is empty")
    found = expand(pose, foreground >= geometry.foreground, geometry.confident)
    if not found.confident.any():
        raise PartMapError("no animal: none of its keypoints is confident")
    points = found.points[found.confident] * (size[1] / width, size[0] / height)
    names = [part for part, sure in zip(found.parts, found.confident, strict=True) if sure]
    seeds = [_inside(grid, point) for point in points]
    if not _meets(seeds, points):
        raise PartMapError("the keypoints lie outside of the foreground: another animal's?")
    step = (height / size[0], width / size[1])
    shown = np.array([parts.index(part_in(name, parts)) for name in names])
    head = shown == parts.index(_HEAD)
    far, nearest = _to_nearest(points, seeds, grid, step, geometry.inside)
    labels = np.where(np.isfinite(far), shown[nearest], len(parts))
    if not math.isinf(geometry.head_reach) and head.sum() > 1 and not head.all():
        reach = geometry.head_reach * _extent(points[head] * step[::-1])
        rest = np.flatnonzero(~head)
        far_else, other = _to_nearest(
            points[rest], [seeds[i] for i in rest], grid, step, geometry.inside
        )
        lost = head[nearest] & (far > reach) & np.isfinite(far) & np.isfinite(far_else)
        labels[lost] = shown[rest][other][lost]
    if not pose.vocabulary.tail_tip and _TAIL in parts:
        labels[_beyond_base(pose, found, grid, step)] = parts.index(_TAIL)
    return labels.astype(np.uint8)


def _along_tail(inside: Inside, tip: Points, base: Points) -> list[Points]:
    ends = []
    for x, y in (tip, base):
        place = (int(y), int(x))
        held = 0 <= place[0] < inside.shape[0] and 0 <= place[1] < inside.shape[1]
        near = place if held and inside[place] else nearest_inside(inside, place)
        if near is None:
            return []
        ends.append(near)
    found = way(inside, *ends)
    if found is None or len(found) < TAIL_POINTS:
        return []
    between = np.linspace(0, len(found) - 1, TAIL_POINTS + 2, dtype=int)[1:-1]
    return [np.array(found[i][::-1], dtype=np.float64) for i in between]


def _shrunk(foreground: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Every so many pixels, as the released code does: no smoothing."""
    height, width = foreground.shape
    rows = np.arange(size[0]) * height // size[0]
    columns = np.arange(size[1]) * width // size[1]
    return foreground[np.ix_(rows, columns)]


def _to_nearest(
    points: Points, seeds: list[Place], grid: Inside, step: tuple[float, float], inside: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Distance to the nearest point and which it is; infinite outside of the animal."""
    if inside:
        return distances(grid, seeds, step)
    rows = np.arange(grid.shape[0])[:, None, None] - points[:, 1]
    columns = np.arange(grid.shape[1])[None, :, None] - points[:, 0]
    squared = rows**2 + columns**2
    return np.where(grid, np.sqrt(squared.min(axis=2)), np.inf), squared.argmin(axis=2)


def _extent(points: Points) -> float:
    """The largest distance between two points."""
    return float(np.linalg.norm(points[:, None] - points[None], axis=2).max())


def _inside(grid: Inside, point: Points) -> Place:
    place = (int(point[1]), int(point[0]))
    near = nearest_inside(grid, place)
    assert near is not None
    return near


def _meets(seeds: list[Place], points: Points, reach: int = 2) -> bool:
    """Whether any point lies in the foreground, or at its very edge."""
    moved = np.abs(np.array(seeds) - np.floor(points[:, ::-1])).max(axis=1)
    return bool((moved <= reach).any())


def _beyond_base(
    pose: Pose, found: Expanded, grid: Inside, step: tuple[float, float]
) -> npt.NDArray[np.bool_]:
    """The tail of an animal whose keypoints know its base only.

    A pixel is tail if its way to the trunk leads by the tail base, and no other keypoint is
    nearer to it.
    """
    nothing = np.zeros_like(grid)
    words = pose.vocabulary
    base = words.index(words.tail_base)
    if not found.confident[base]:
        return nothing
    places = [_inside(grid, point) for point in found.points / (step[1], step[0])]
    others = [i for i in np.flatnonzero(found.confident) if i != base]
    trunk = [i for i in others if i < len(words) and words.parts[i] == _BODY] or others
    from_base, _ = distances(grid, [places[base]], step)
    from_others, _ = distances(grid, [places[i] for i in others], step)
    # What hides an animal's middle cuts it in two: the trunk is then where this piece begins.
    piece = np.isfinite(from_base)
    begins = [nearest_inside(piece, places[i]) or places[i] for i in trunk]
    from_trunk, _ = distances(piece, begins, step)
    away = from_trunk[places[base]]
    if away == 0:
        return nothing
    behind = np.zeros_like(from_base)
    behind[piece] = (from_trunk[piece] - from_base[piece]) / away
    area = step[0] * step[1]
    scale = math.sqrt(grid.sum() * area)
    tail = piece & (from_base < from_others) & (behind >= BEYOND) & (from_base >= ROOT * scale)
    length = from_base[tail].max(initial=0)
    if length < TAIL_LENGTH * scale:
        return nothing
    thick = _thick(grid, THICK * scale, step)
    return tail if thick[tail & (from_base > length / 2)].mean() < 0.5 else nothing


def _thick(grid: Inside, radius: float, step: tuple[float, float]) -> npt.NDArray[np.bool_]:
    """What a disc covers that is moved about inside the shape."""
    everywhere = np.ones_like(grid)
    depth, _ = distances(everywhere, _places(~grid), step)
    reached, _ = distances(everywhere, _places(grid & (depth > radius)), step)
    return grid & (reached <= radius)


def _places(chosen: Inside) -> list[Place]:
    return [(int(y), int(x)) for y, x in zip(*np.nonzero(chosen), strict=True)]
