"""SIFT keypoints of a photo, kept in a file each, and how many of two photos' agree in their place.

Knows pictures and OpenCV; it knows no animals and no protocol.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from pawvit import files
from pawvit.descriptors import photo_hashes
from pawvit.errors import ImageError, PartMapError, PhotoTableError
from pawvit.images import Pixels, resize
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Seeing:
    """What becomes of a photo.

    Attributes:
        short_edge: pixels; larger photos are made smaller, smaller ones stay.
        features: keypoints a photo at most, the strongest.
        contrast: how weak a keypoint may be; OpenCV's own is 0.04.
        clahe: whether contrast is evened out first, locally.
    """

    short_edge: int = 448
    features: int = 1500
    contrast: float = 0.04
    clahe: bool = False


@dataclass(frozen=True)
class Matching:
    """When keypoints of two photos agree.

    Attributes:
        ratio: the nearest descriptor is nearer than this share of the second nearest's distance.
        mutual: and each is the other's nearest.
        affine: any affine map; otherwise turned, scaled and moved only.
        threshold: pixels from where the map puts a keypoint to where it is, at most.
        stretch: how much larger or smaller a map may make things; others count as no agreement.
    """

    ratio: float = 0.7
    mutual: bool = False
    affine: bool = True
    threshold: float = 8.0
    stretch: float = 3.0


@dataclass(frozen=True)
class Keypoints:
    """N keypoints of a photo.

    Attributes:
        places: N × 2, float32, x and y in pixels of the photo as it was looked at.
        descriptors: N × 128, float32, roots of SIFT's shares (RootSIFT), of length 1.
    """

    places: npt.NDArray[np.float32]
    descriptors: npt.NDArray[np.float32]


def look(photo: Pixels, seeing: Seeing, animal: Mask | None = None) -> Keypoints:
    """The keypoints of a photo, H × W × 3 uint8 RGB; on the animal only, where its mask is given.

    The mask is 0 off the animal, at any size.
    """
    height, width = photo.shape[:2]
    share = min(1.0, seeing.short_edge / min(height, width))
    size = (round(height * share), round(width * share))
    grey = cv2.cvtColor(resize(photo, size), cv2.COLOR_RGB2GRAY)
    if seeing.clahe:
        grey = cv2.createCLAHE(2.0, (8, 8)).apply(grey)
    if animal is not None:
        animal = cv2.resize(animal, size[::-1], interpolation=cv2.INTER_NEAREST)
    sift = cv2.SIFT_create(nfeatures=seeing.features, contrastThreshold=seeing.contrast)
    points, found = sift.detectAndCompute(grey, animal)
    if found is None:
        return Keypoints(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    # OpenCV keeps more than it was asked for where the last ones are equally strong.
    places = np.array([point.pt for point in points], np.float32)[: seeing.features]
    shares = found[: seeing.features] / np.maximum(found[: seeing.features].sum(1)[:, None], 1e-6)
    return Keypoints(places, np.sqrt(shares))


def agreement(one: Keypoints, other: Keypoints, matching: Matching) -> tuple[int, int]:
    """How many keypoints agree in their place, and how many were alike by themselves."""
    if min(len(one.places), len(other.places)) < 3:
        return 0, 0
    likeness = one.descriptors @ other.descriptors.T
    rows = np.arange(len(likeness))
    best = likeness.argmax(axis=1)
    first = likeness[rows, best]
    mutual = likeness.argmax(axis=0)[best] == rows if matching.mutual else True
    likeness[rows, best] = -1
    second = likeness.max(axis=1)
    # Between unit vectors the squared distance is 2 − 2 · likeness.
    alike = (1 - first < matching.ratio**2 * (1 - second)) & mutual
    places, theirs = one.places[alike], other.places[best[alike]]
    if len(places) < 3:
        return 0, len(places)
    estimate = cv2.estimateAffine2D if matching.affine else cv2.estimateAffinePartial2D
    mapped, inside = estimate(
        places, theirs, method=cv2.RANSAC, ransacReprojThreshold=matching.threshold, maxIters=1000
    )
    if mapped is None or not np.isfinite(mapped).all():
        return 0, len(places)
    stretches = np.linalg.svd(mapped[:, :2], compute_uv=False)
    kept = 1 / matching.stretch <= stretches[1] and stretches[0] <= matching.stretch
    if not kept or np.linalg.det(mapped[:, :2]) < 0:
        return 0, len(places)
    return int(inside.sum()), len(places)


def kept_keypoints(
    table: PhotoTable,
    seeing: Seeing,
    maps: PartMaps | None,
    folder: Path,
    progress: Callable[[int, int], None],
) -> list[Path]:
    """A file of keypoints for each photo, made where it is not there yet.

    Args:
        table: photos.
        seeing: how they are looked at.
        maps: part maps: keypoints off the animal don't count. None: all count.
        folder: of the files, which are named by photo and settings.
        progress: called with (photos done, all).

    Raises:
        PhotoTableError: photos can't be read, or have no part map.
    """
    names, problems = [], []
    hashes = photo_hashes(table)
    for index, (path, digest) in enumerate(zip(table.paths, hashes, strict=True)):
        facts: list[object] = [digest, asdict(seeing)]
        try:
            animal = None
            if maps is not None:
                animal = (maps.read(path) < maps.parts.background).astype(np.uint8)
                facts.append(hashlib.sha256(animal.tobytes()).hexdigest())
            name = folder / f"{hashlib.sha256(repr(facts).encode()).hexdigest()[:24]}.npz"
            if not digest or not name.exists():
                found = look(table.read(index), seeing, animal)
                with files.atomic(name) as temporary:
                    halves = found.descriptors.astype(np.float16)
                    np.savez(temporary, places=found.places, descriptors=halves)
            names.append(name)
        except (ImageError, PartMapError) as error:
            problems.append(str(error))
        progress(index + 1, len(table))
    if problems:
        raise PhotoTableError("photos can't be compared", problems=problems, where=table.source)
    return names


def read_keypoints(path: Path) -> Keypoints:
    """Keypoints from their file."""
    with np.load(path) as kept:
        return Keypoints(kept["places"], kept["descriptors"].astype(np.float32))
