"""A table's figures → Markdown, CSV and one HTML page, ours beside the paper's.

Knows what is said in which words; how the page looks is in `report/templates/`.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pawvit import files
from pawvit.report.page import environment
from pawvit.reproduce.rows import Row, Table
from pawvit.reproduce.run import answers, finished
from pawvit.reproduce.summary import Figure, columns, figures
from pawvit.reproduce.trial import Trial


@dataclass(frozen=True)
class Line:
    """A row of the table as it is shown.

    Attributes:
        title: the method.
        name: the row's name; "" for one that others published.
        ours: a figure a column; empty where the row was not run (yet).
        paper: the paper's figures; empty where it has none.
        seeds: how many trainings stand behind ours.
    """

    title: str
    name: str
    ours: tuple[Figure, ...]
    paper: tuple[float | None, ...]
    seeds: int


@dataclass(frozen=True)
class Difference:
    """How much better one row is than another, a figure a column."""

    title: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Result:
    """All that is written of a table.

    Attributes:
        table, trial: what was run, and on what.
        lines: its rows, the published ones first.
        differences: between rows that were run.
        notes: what a reader must know, a sentence each; the selection is always the first.
        command: what was typed.
        settings: the rows' changes, title → settings.
    """

    table: Table
    trial: Trial
    lines: tuple[Line, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    command: str
    settings: dict[str, tuple[str, ...]]

    @property
    def title(self) -> str:
        """The table's number and caption, and whether it is on other photos."""
        number = self.table.name.removeprefix("table")
        source = self.trial.learn.source
        where = (
            self.table.set_name if self.trial.official else f"{source.parent.name}/{source.name}"
        )
        return f"Table {number} on {where}: {self.table.caption}"

    @property
    def paper_label(self) -> str:
        """What stands before the paper's figures."""
        if self.trial.official:
            return "paper"
        groups = self.table.groups[: len(self.trial.groups)]
        return f"paper, {self.table.set_name}: {', '.join(groups)}"

    @property
    def heads(self) -> list[str]:
        """A name a column."""
        return [
            f"{group} {metric}".strip() for group, metric in columns(self.table, self.trial.groups)
        ]


def gather(
    table: Table,
    trial: Trial,
    out: str | os.PathLike[str],
    *,
    wanted: Sequence[Row],
    notes: Sequence[str],
    command: str,
) -> Result:
    """What is done in a folder so far, beside the paper's figures.

    Args:
        table, trial: what is run there, and on what.
        out: the folder.
        wanted: the rows that were asked for; those that are not done yet are named.
        notes: what is to be said besides the selection.
        command: what was typed.
    """
    done = {row.name: [answers(f, trial) for f in finished(out, row)] for row in table.rows}
    rows = [row for row in table.rows if done[row.name] or (trial.official and row.paper)]
    # On other animals what others published means nothing.
    lines = [Line(one.title, "", (), one.paper, 0) for one in table.published if trial.official]
    for row in rows:
        found = done[row.name]
        ours = tuple(figures(table.metrics, found, mean=table.mean)) if found else ()
        lines.append(Line(row.title, row.name, ours, row.paper, len(found)))
    ran = [row for row in rows if done[row.name]]
    pairs = [(later, before) for before, later in itertools.pairwise(ran)]
    if not table.steps:
        pairs = [(ran[-1], before) for before in ran[:-1]]
    elif len(ran) > 2:
        pairs.append((ran[-1], ran[0]))
    missing = [row.title for row in wanted if not done[row.name]]
    later = [f"not yet done: {', '.join(missing)}"] if missing else []
    return Result(
        table,
        trial,
        tuple(lines),
        tuple(
            Difference(
                f"{one.title} against {other.title}",
                tuple(figures(table.metrics, done[one.name], done[other.name], mean=table.mean)),
            )
            for one, other in pairs
        ),
        (trial.selection, *notes, *trial.differences, *later),
        command,
        {row.title: (*row.unless_set, *row.changes) for row in ran},
    )


def write(result: Result, out: str | os.PathLike[str]) -> Path:
    """Writes table.md, table.csv and table.html; gives the last one's path."""
    folder = Path(out)
    files.write_text(folder / "table.md", markdown(result))
    files.write_text(folder / "table.csv", table_csv(result))
    files.write_text(folder / "table.html", page(result))
    return folder / "table.html"


def markdown(result: Result) -> str:
    """The table as Markdown: ours with intervals, then the paper's in italics."""
    heads = result.heads
    lines = [
        f"# {result.title}",
        "",
        *(f"- {note}" for note in result.notes),
        "",
        f"| per cent | {' | '.join(heads)} |",
        f"|---|{'---|' * len(heads)}",
    ]
    for one in result.lines:
        if one.ours:
            lines.append(f"| {one.title} | {' | '.join(map(str, one.ours))} |")
        if one.paper:
            label = result.paper_label if one.ours else f"{one.title}, {result.paper_label}"
            cells = [
                f"*{value:.1f}*" if value is not None else "–" for value in paper_of(one, heads)
            ]
            lines.append(f"| *{label}* | {' | '.join(cells)} |")
    if result.differences:
        lines += ["", f"| difference | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
        for two in result.differences:
            lines.append(f"| {two.title} | {' | '.join(map(signed, two.figures))} |")
    return "\n".join([*lines, "", f"`{result.command}`", ""])


def table_csv(result: Result) -> str:
    """A line a figure: row, column, ours with interval and seeds, the paper's, the selection."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("row", "column", "ours", "lower", "upper", "seeds", "paper", "selection")
    writer.writerow(names)
    heads = result.heads
    for one in result.lines:
        paper = paper_of(one, heads)
        for place, head in enumerate(heads):
            ours = one.ours[place] if one.ours else None
            theirs = paper[place] if paper else None
            if ours is None and theirs is None:
                continue
            cells = ["", "", "", ""]
            if ours is not None:
                bounds = (ours.value, ours.lower, ours.upper)
                cells = ["" if number is None else f"{number:.4f}" for number in bounds]
                cells.append(" ".join(f"{seed:.4f}" for seed in ours.seeds))
            label = "" if theirs is None else f"{theirs:g}"
            chosen = result.notes[0] if ours is not None else "paper"
            writer.writerow([one.name or one.title, head, *cells, label, chosen])
    return text.getvalue()


def page(result: Result) -> str:
    """One HTML file that needs nothing beside it."""
    made = environment()
    made.filters["signed"] = signed
    return made.get_template("reproduce.html").render(
        result=result,
        heads=columns(result.table, result.trial.groups),
        paper_of=lambda line: paper_of(line, result.heads),
        excludes_zero=excludes_zero,
    )


def paper_of(line: Line, heads: Sequence[str]) -> list[float | None]:
    """The paper's figures for these columns.

    Photos of one's own may have one group where the paper has two; then its first stands beside it.
    """
    if not line.paper:
        return []
    # Without a second group there is no mean of both: the paper's first column is left out.
    skipped = 1 if len(heads) == 3 and len(line.paper) == 7 else 0
    return list(line.paper[skipped : skipped + len(heads)])


def signed(figure: Figure) -> str:
    """A difference with its interval: "+1.2 (-0.3…+2.5)"."""
    bounds = "" if figure.lower is None else f" ({figure.lower:+.1f}…{figure.upper:+.1f})"
    return f"{figure.value:+.1f}{bounds}"


def excludes_zero(figure: Figure) -> bool:
    """Whether a difference is more than an accident of which individuals were photographed."""
    return figure.lower is not None and figure.upper is not None and figure.lower * figure.upper > 0
