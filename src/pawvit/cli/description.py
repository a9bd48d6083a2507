"""How `pawvit data describe` shows what a table holds. Knows rich; it counts nothing itself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from pawvit import files
from pawvit.cli import findings
from pawvit.cli.console import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pawvit.audit import Count
    from pawvit.photos import PhotoTable
    from pawvit.protocols import Protocol


def describe(table: PhotoTable, known: str, *, as_json: Path | None = None) -> None:
    """Prints, and writes where asked, the counts of a table.

    Args:
        table: the photos.
        known: which of the paper's sets it is, "" for none of them.
        as_json: a file to write.
    """
    from pawvit import audit

    counted = audit.summary(table)
    findings.show_summary(counted)
    sizes = audit.split_sizes(table)
    findings.show_splits(sizes)
    answers = _answers(table, known)
    _show_answers(answers)
    counts = audit.published(table, known) if known else []
    if counts:
        _show_counts(counts)
    if as_json is not None:
        files.write_json(
            as_json,
            {
                "summary": asdict(counted),
                "splits": {name: asdict(size) for name, size in sizes.items()},
                "protocols": [
                    {"photos": name, "protocol": rule, "queries": queries, "answerable": answered}
                    for name, rule, queries, answered in answers
                ],
                "paper": [asdict(count) | {"differs": count.said} for count in counts],
            },
        )


def _answers(table: PhotoTable, known: str) -> list[tuple[str, str, int, int]]:
    """Photos, protocol, queries, and those that have an answer."""
    from pawvit.protocols import possible

    names = [name for name in dict.fromkeys(table.column("split")) if name]
    roles = {"query", "gallery"} <= set(names)
    parts = [(name, table.part(name)) for name in names] if names and not roles else []
    if roles:
        asked = [
            row for row, name in enumerate(table.column("split")) if name in ("query", "gallery")
        ]
        parts = [("query and gallery", table.take(asked))]
    found = []
    for name, part in parts or [("all", table)]:
        if not any(part.identities):
            continue
        rules: Sequence[Protocol] = possible(part)
        if known == "yakreid":
            rules = [rule for rule in rules if "→" in rule.name and "unknown" in rule.name]
        found += [_counted(name, rule) for rule in rules]
    return found + [_counted("test", rule) for rule in _official(table, known)]


def _official(table: PhotoTable, known: str) -> Sequence[Protocol]:
    """ATRW's own protocols, where its ground truth is there; YakReID-103's are in its lists."""
    from pawvit.protocols import BENCHMARKS
    from pawvit.readers import PIECES

    truth = PIECES["atrw"][-1].found(table.source) if known == "atrw" else None
    if truth is None or "test" not in table.column("split"):
        return ()
    return BENCHMARKS["atrw"].on(table.part("test"), truth)[1]


def _counted(photos: str, rule: Protocol) -> tuple[str, str, int, int]:
    return photos, rule.name, len(rule.query), int(rule.answerable().sum())


def _show_answers(answers: Sequence[tuple[str, str, int, int]]) -> None:
    lines = Table(box=None)
    lines.add_column("photos")
    lines.add_column("protocol")
    for title in ("queries", "with an answer"):
        lines.add_column(title, justify="right")
    for name, rule, queries, answered in answers:
        lines.add_row(escape(name), rule, str(queries), str(answered))
    console.print()
    console.print(lines)


def _show_counts(counts: Sequence[Count]) -> None:
    lines = Table(box=None)
    lines.add_column("the paper's §4.1")
    for title in ("here", "paper"):
        lines.add_column(title, justify="right")
    lines.add_column("")
    for count in counts:
        paper = "" if count.paper is None else f"{count.paper:,}"
        colour = "yellow" if count.here != count.paper else "default"
        lines.add_row(count.what, f"{count.here:,}", paper, f"[{colour}]{count.said}[/]")
    console.print()
    console.print(lines)
