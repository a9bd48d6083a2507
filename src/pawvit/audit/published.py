"""What the paper says of its two sets (§4.1), beside what a table of them holds. Knows tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pawvit.audit.summary import summary
from pawvit.errors import InputError
from pawvit.photos import PhotoTable

SETS = ("atrw", "yakreid")
"""The sets that the paper counts."""

TESTS = {"simple": (843, 61), "hard": (433, 61)}
"""YakReID-103's test → photos and entities, by the paper."""


@dataclass(frozen=True)
class Count:
    """One number of the paper.

    Attributes:
        what: what was counted.
        here: in the table.
        paper: in the paper; None where it gives no number.
        files: in the set's official files, where that is known to be another.
        note: what else is to be known.
    """

    what: str
    here: int
    paper: int | None
    files: int | None = None
    note: str = ""

    @property
    def said(self) -> str:
        """Whether it agrees, in words: "" where it does."""
        parts = [self.note] if self.note else []
        if self.files is not None and self.here == self.files != self.paper:
            parts.insert(
                0, f"differs from the paper, agrees with the official files ({self.files:,})"
            )
        elif self.paper is not None and self.here != self.paper:
            parts.insert(0, "differs from the paper")
        return "; ".join(parts)


def published(table: PhotoTable, name: str) -> list[Count]:
    """The counts of §4.1 beside the table's own, as far as the table has those photos.

    How many tigers and yaks stand behind the entities (75, 42, 20 and 103) no file tells.

    Args:
        table: ATRW's or YakReID-103's, as its reader gives it.
        name: one of `SETS`.

    Raises:
        InputError: the paper counts no such set.
    """
    if name not in SETS:
        raise InputError(f"the paper counts no set {name!r}", mend=" or ".join(SETS))
    return list(_atrw(table) if name == "atrw" else _yakreid(table))


def _atrw(table: PhotoTable) -> Iterator[Count]:
    splits, groups = table.column("split"), table.column("group")
    train = table.take([row for row, split in enumerate(splits) if split == "train"])
    if len(train):
        used = len(train) == 1824
        yield Count(
            "training photos",
            len(train),
            1824 if used else 1887,
            note="those that the paper trains on" if used else "the paper trains on 1,824 of them",
        )
        yield from _entities(train, 107)
    for group, camera, photos, files, entities in (
        ("single_cam", "single-camera", 701, 701, 47),
        ("cross_cam", "cross-camera", 1061, 1063, 28),
    ):
        part = table.take([row for row, other in enumerate(groups) if other == group])
        if len(part):
            yield Count(f"{camera} photos", len(part), photos, files)
            yield Count(f"{camera} entities", len({*part.identities} - {""}), entities)


def _yakreid(table: PhotoTable) -> Iterator[Count]:
    splits = table.column("split")
    train = table.take([row for row, split in enumerate(splits) if split == "train"])
    test = table.take([row for row, split in enumerate(splits) if split in ("query", "gallery")])
    if len(train):
        yield Count("training photos", len(train), 1404)
        yield from _entities(train, 121)
    if len(test):
        named = "simple" if "simple" in table.source.name.lower() else "hard"
        name = next((name for name, (size, _) in TESTS.items() if size == len(test)), named)
        photos, entities = TESTS[name]
        yield Count(f"{name} test's photos", len(test), photos)
        yield Count(f"{name} test's entities", len({*test.identities} - {""}), entities)


def _entities(train: PhotoTable, entities: int) -> Iterator[Count]:
    counted = summary(train)
    yield Count("training entities", counted.identities, entities)
    yield Count("… with their mirror images", counted.mirrored, 2 * entities)
