"""The field's benchmarks by name, as a table: which rule, which truth, mirrored or not.

What an evaluation does differently from one benchmark to the next stands here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pawvit.errors import InputError
from pawvit.photos import PhotoTable
from pawvit.protocols.atrw import atrw, atrw_wild, rows_of
from pawvit.protocols.rule import Protocol
from pawvit.protocols.tables import query_gallery

Rules = Callable[[PhotoTable, Path | None], tuple[PhotoTable, tuple[Protocol, ...]]]
"""A table and the ground truth → the photos to embed, in order, and the protocols over them."""


@dataclass(frozen=True)
class Benchmark:
    """A published test.

    Attributes:
        name: what a command calls it.
        about: the rule in a sentence.
        flip: whether a photo's descriptor is joined with that of its mirror image (paper §4.3.1).
        truth: the file of ground truth that it needs, by name; None where the table says it all.
        queries: how many each of its protocols officially has.
        gallery: how many photos may answer officially.
        rules: makes its protocols.
    """

    name: str
    about: str
    flip: bool
    truth: str | None
    queries: tuple[int, ...]
    gallery: int
    rules: Rules

    def on(
        self, table: PhotoTable, truth: Path | None = None
    ) -> tuple[PhotoTable, tuple[Protocol, ...]]:
        """The photos to embed, in the order of the protocols over them.

        Raises:
            InputError: it needs a ground truth and there is none, or that can't be read.
            PhotoTableError: the table lacks what the benchmark needs.
        """
        if self.truth is not None and truth is None:
            raise InputError(
                f"{self.name} needs its ground truth, and there is no {self.truth}",
                where=table.source,
                mend=f"give the file: --truth {self.truth}",
            )
        return self.rules(table, truth)

    def differences(self, protocols: Sequence[Protocol]) -> list[str]:
        """What is not as in the official test, a sentence each; none where all counts agree."""
        found = []
        for protocol, official in zip(protocols, self.queries, strict=True):
            asked = len(protocol.query) + len(protocol.missed)
            if asked != official:
                found.append(f"{protocol.name} has {asked} queries, officially {official}")
        answering = len(protocols[0].gallery)
        if answering != self.gallery and not len(protocols[0].missed):
            found.append(f"{answering} photos may answer, officially {self.gallery}")
        return found


def _plain(table: PhotoTable, truth: Path | None) -> tuple[PhotoTable, tuple[Protocol, ...]]:
    assert truth is not None
    protocols = atrw(truth)
    # Ties are broken by the order of the ground truth, as officially.
    return table.take(rows_of(protocols[0].photos, table)), protocols


def _wild(table: PhotoTable, truth: Path | None) -> tuple[PhotoTable, tuple[Protocol, ...]]:
    assert truth is not None
    return table, atrw_wild(truth, table)


def _lists(table: PhotoTable, truth: Path | None) -> tuple[PhotoTable, tuple[Protocol, ...]]:
    return table, (query_gallery(table),)


BENCHMARKS = {
    one.name: one
    for one in (
        Benchmark(
            name="atrw",
            about="ATRW, plain: every test image is asked of all others.",
            flip=True,
            truth="gt_test_plain.json",
            queries=(701, 1063),
            gallery=1764,
            rules=_plain,
        ),
        Benchmark(
            name="atrw-wild",
            about="ATRW, wild: the same tigers as a detector found them in whole pictures.",
            flip=True,
            truth="gt_test_wild.json",
            queries=(701, 1063),
            gallery=1764,
            rules=_wild,
        ),
        Benchmark(
            name="yakreid-simple",
            about="YakReID-103, simple: query.txt is asked of gallery.txt.",
            flip=False,
            truth=None,
            queries=(412,),
            gallery=431,
            rules=_lists,
        ),
        Benchmark(
            name="yakreid-hard",
            about="YakReID-103, hard: the same without pictures of alike pose and background.",
            flip=False,
            truth=None,
            queries=(208,),
            gallery=225,
            rules=_lists,
        ),
    )
}
"""Name → benchmark."""
