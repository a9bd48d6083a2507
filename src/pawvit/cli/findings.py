"""How `pawvit data` shows and writes what an audit found. Knows rich; it finds nothing itself."""

from __future__ import annotations

import csv
import io
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from pawvit import files
from pawvit.cli.console import console

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawvit.audit import Problem, SplitSize, Summary
    from pawvit.photos import PhotoTable

_EXAMPLES = 5  # problems of a kind that are printed before the rest is counted
_NAMES = 6  # cameras and the like that are named where there are more than twice as many
_POOR = 0.7  # of its share of photos: less than that, and the split is worth another deal
_ROWS = 10  # rows that a problem names before it only counts


def show_summary(summary: Summary) -> None:
    """Prints what a table holds."""
    lines = Table(box=None, show_header=False)
    lines.add_row("photos", str(summary.photos))
    lines.add_row("individuals", str(summary.identities))
    lines.add_row("entities", str(summary.entities))
    if summary.unknown:
        lines.add_row("of unknown identity", str(summary.unknown))
    if summary.photos_per_entity:
        low, middle, high = summary.photos_per_entity
        lines.add_row("photos an entity", f"{low} … {high}, median {middle:g}")
    for name in ("orientations", "splits", "cameras"):
        counts: Mapping[str, int] = getattr(summary, name)
        if counts:
            most = sorted(counts, key=lambda key: -counts[key])[:_NAMES]
            shown = counts if len(counts) <= 2 * _NAMES else {key: counts[key] for key in most}
            listed = ", ".join(f"{key} {count}" for key, count in shown.items())
            if len(shown) < len(counts):
                listed = f"{len(counts)}; most photos: {listed}"
            lines.add_row(name, escape(listed))
    console.print(lines)
    if summary.sizes:
        every = {**summary.sizes, **summary.entity_sizes}
        ends = sorted(every, key=lambda name: int(name.removeprefix("over ").partition("–")[0]))
        sizes = Table("photos", *ends, box=None)
        rows = [("individuals", summary.sizes)]
        if summary.entities != summary.identities:
            rows.append(("entities", summary.entity_sizes))
        for title, counts in rows:
            sizes.add_row(title, *(str(counts.get(end, "")) for end in ends))
        console.print()
        console.print(sizes)


def show_splits(sizes: Mapping[str, SplitSize]) -> None:
    """Prints a row a split; `shared` are individuals that are in another split too."""
    lines = Table(box=None)
    lines.add_column("split")
    for title in ("photos", "individuals", "shared", "entities", "encounters"):
        lines.add_column(title, justify="right")
    for split, size in sizes.items():
        counts = (size.photos, size.identities, size.shared, size.entities, size.encounters)
        lines.add_row(escape(split or "(none)"), *map(str, counts))
    console.print()
    console.print(lines)


def show_poor_deal(sizes: Mapping[str, SplitSize], share: float) -> None:
    """Says so where few individuals of uneven size leave `train` far below its share of photos."""
    photos = sum(size.photos for split, size in sizes.items() if split)
    mine = sizes["train"].photos if "train" in sizes else 0
    if mine < share * photos * _POOR:
        console.print(
            f"\ntrain has {mine} of {photos} photos ({mine / photos:.0%}), its share is"
            f" {share:.0%}: few individuals, dealt by chance; --seed 1 (2, 3, …) deals anew",
            style="yellow",
            soft_wrap=True,
        )


def show_problems(problems: Sequence[Problem], *, everything: bool = False) -> int:
    """Prints the problems by kind, some examples of each unless `everything`; returns the errors.

    They must come sorted by severity and kind.
    """
    left_out = 0
    for (severity, code), group in groupby(problems, lambda p: (p.severity, p.code)):
        found = list(group)
        shown = found if everything else found[:_EXAMPLES]
        left_out += len(found) - len(shown)
        colour = "red" if severity == "error" else "yellow"
        console.print(f"\n[bold {colour}]{severity}[/] [bold]{code}[/] ({len(found)})")
        for problem in shown:
            where = f"row {problem.rows[0]}, {problem.path}: " if len(problem.rows) == 1 else ""
            rows = "" if len(problem.rows) in (0, 1) else f" (rows {_listed(problem.rows)})"
            console.print(f"  {where}{problem.message}{rows}", markup=False, soft_wrap=True)
        if len(shown) < len(found):
            console.print(f"  … and {len(found) - len(shown)} more", style="dim")
        console.print(f"  mend: {found[0].mend}", markup=False, soft_wrap=True)
    errors = sum(problem.severity == "error" for problem in problems)
    hint = "; --all prints them all, --csv FILE or --json FILE writes them" if left_out else ""
    console.print(f"\nerrors: {errors}, warnings: {len(problems) - errors}{hint}")
    return errors


def write_problems(
    problems: Sequence[Problem],
    table: PhotoTable,
    *,
    as_json: Path | None = None,
    as_csv: Path | None = None,
) -> None:
    """Writes every problem, one record a photo of it, to one or both of two files."""
    from pawvit.audit import RECORD, records

    found = records(problems, table)
    if as_json is not None:
        files.write_json(as_json, found)
    if as_csv is not None:
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, RECORD, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
        files.write_text(as_csv, text.getvalue())


def _listed(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:_ROWS]))
    return f"{shown} and {len(rows) - _ROWS} more" if len(rows) > _ROWS else shown
