"""Part maps and photos that are wrong on purpose, to tell what a gain comes from. Knows labels.

"shuffled": each photo gets another photo's map: masks to learn, but of nothing that is there.
"one": all parts are one: foreground and background.
"voronoi": as many parts as before, cells around random points inside the animal: no anatomy.
"cut" photos: the background is grey, by the part maps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pawvit.anatomy import IGNORE
from pawvit.images import Pixels, resize
from pawvit.partmaps import Labels, PartMaps, Parts
from pixels import CachedMaps, CachedPhotos

GREY = 128


def changed_maps(maps: CachedMaps, how: str, seed: int) -> CachedMaps:
    """Maps of a control; the same seed gives the same ones.

    Args:
        maps: the right ones.
        how: "shuffled", "one" or "voronoi"; "own" leaves them as they are.
        seed: of what is drawn.
    """
    random = np.random.default_rng(seed)
    if how == "own":
        return maps
    if how == "shuffled":
        paths = sorted(maps.labels)
        order = random.permutation(len(paths))
        taken = {paths[a]: paths[b] for a, b in zip(order, np.roll(order, 1), strict=True)}
        return CachedMaps(maps, {path: maps.labels[taken[path]] for path in paths})
    if how == "one":
        parts = replace(maps.parts, vocabulary=("animal",))
        return _with(maps, parts, lambda labels: one_part(labels, maps.parts.background))
    parts = replace(
        maps.parts, vocabulary=tuple(f"cell {n + 1}" for n in range(maps.parts.background))
    )
    return _with(maps, parts, lambda labels: voronoi(labels, maps.parts.background, random))


def cut_photos(photos: CachedPhotos, maps: PartMaps) -> CachedPhotos:
    """The photos with a grey background; those without a map stay whole."""
    return CachedPhotos(
        photos.frame,
        photos.root,
        photos.source,
        {
            path: cut(picture, maps.read(path), maps.parts) if path in maps else picture
            for path, picture in photos.pictures.items()
        },
    )


def cut(picture: Pixels, labels: Labels, parts: Parts) -> Pixels:
    """H × W × 3, grey where the map (of any size) shows no part."""
    animal = (labels < parts.background).astype(np.uint8) * 255
    soft = resize(np.repeat(animal[..., None], 3, axis=2), picture.shape[:2]).astype(float) / 255
    return (picture * soft + GREY * (1 - soft)).round().astype(np.uint8)


def _with(maps: CachedMaps, parts: Parts, change: Callable[[Labels], Labels]) -> CachedMaps:
    changed = CachedMaps(maps, {path: change(maps.labels[path]) for path in sorted(maps.labels)})
    changed.parts = parts
    return changed


def one_part(labels: Labels, number: int) -> Labels:
    """All of the `number` parts as part 0; the background is 1."""
    out = np.where(labels < number, 0, 1).astype(np.uint8)
    out[labels == IGNORE] = IGNORE
    return out


def voronoi(labels: Labels, number: int, random: np.random.Generator) -> Labels:
    """In the place of the `number` parts as many cells around random points of the animal."""
    places = np.argwhere(labels < number)
    out = labels.copy()
    if not len(places):
        return out
    centres = places[random.choice(len(places), size=number, replace=len(places) < number)]
    away = ((places[:, None] - centres[None]) ** 2).sum(axis=2)
    out[tuple(places.T)] = away.argmin(axis=1)
    return out
