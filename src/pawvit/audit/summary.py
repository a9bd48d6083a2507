"""What a table of photos holds, in numbers. Knows tables; it opens no picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

from pawvit.photos import PhotoTable, mirrored_entity

# Upper ends of the rows of the small table of individuals per number of photos.
_BINS = (1, 2, 3, 4, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Summary:
    """What a table holds.

    Args:
        photos, identities, entities: how many; unknown individuals count in `photos` only.
        unknown: photos of unknown identity.
        mirrored: entities where each photo's mirror image counts as another animal's (paper §4.1).
        encounters: how many; those of two individuals are two.
        photos_per_entity: smallest, median and largest number; None where nobody is known.
        orientations, splits, cameras: photos of each; empty where the table has no such column.
        sizes: number of photos ("1", "2", … "6–10", … "over 100") → individuals with so many.
        entity_sizes: the same for entities.
    """

    photos: int
    identities: int
    entities: int
    unknown: int
    mirrored: int
    encounters: int
    photos_per_entity: tuple[int, float, int] | None
    orientations: Mapping[str, int]
    splits: Mapping[str, int]
    cameras: Mapping[str, int]
    sizes: Mapping[str, int]
    entity_sizes: Mapping[str, int]


def summary(table: PhotoTable) -> Summary:
    """Counts what a table holds."""
    entities = Counter(entity for entity in table.entities if entity)
    counts = sorted(entities.values())
    sides = table.orientations if table.has_orientation else [None] * len(table)
    turned = {
        mirrored_entity(name, side) for name, side in zip(table.identities, sides, strict=True)
    }
    return Summary(
        photos=len(table),
        identities=len(set(table.identities) - {""}),
        entities=len(entities),
        unknown=table.identities.count(""),
        mirrored=len(entities.keys() | turned - {""}),
        encounters=_encounters(table),
        photos_per_entity=(counts[0], float(median(counts)), counts[-1]) if counts else None,
        orientations=_counted(table, "orientation"),
        splits=_counted(table, "split"),
        cameras=_counted(table, "camera"),
        sizes=_sizes(table.identities),
        entity_sizes=_sizes(table.entities),
    )


@dataclass(frozen=True)
class SplitSize:
    """What one split holds; `shared` are individuals that another split has too."""

    photos: int
    identities: int
    entities: int
    encounters: int
    shared: int


def split_sizes(table: PhotoTable) -> dict[str, SplitSize]:
    """Split → what it holds: train, select, val, others by name; photos without one last, as "".

    Encounters are counted an individual: those of two individuals are two.
    """
    splits = table.column("split")
    identities, entities = table.identities, table.entities
    sizes = {}
    usual = ("train", "select", "val")
    rank = {name: place for place, name in enumerate((*usual, *sorted({*splits} - {*usual, ""})))}
    for split in sorted(set(splits), key=lambda name: rank.get(name, len(rank))):
        inside = [i for i, other in enumerate(splits) if other == split]
        names = {identities[i] for i in inside} - {""}
        others = {n for n, other in zip(identities, splits, strict=True) if other != split}
        sizes[split] = SplitSize(
            photos=len(inside),
            identities=len(names),
            entities=len({entities[i] for i in inside} - {""}),
            encounters=_encounters(table.take(inside)),
            shared=len(names & others),
        )
    return sizes


def _encounters(table: PhotoTable) -> int:
    pairs = zip(table.identities, table.column("encounter"), strict=True)
    return len({pair for pair in pairs if pair[1]})


def _sizes(names: list[str]) -> dict[str, int]:
    photos = Counter(name for name in names if name)
    sizes = {}
    for low, high in zip((0, *_BINS), (*_BINS, None), strict=True):
        count = sum(n > low and (high is None or n <= high) for n in photos.values())
        if count:
            name = f"over {low}" if high is None else f"{low + 1}–{high}"
            sizes[str(high) if high == low + 1 else name] = count
    return sizes


def _counted(table: PhotoTable, column: str) -> dict[str, int]:
    return dict(sorted(Counter(cell for cell in table.column(column) if cell).items()))
