"""An answer → a table on the console. Knows rich; it asks nobody anything."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pawvit.anatomy import side_label

if TYPE_CHECKING:
    from pawvit.identify import Answer


def render(answer: Answer) -> RenderableType:
    """The query, the answer in plain words, the candidates, and who can't be compared.

    File names and names of individuals are shown as they are: none is read as markup.
    """
    pieces: list[RenderableType] = [
        Text(", ".join(answer.queries), style="bold"),
        Text(answer.line),
    ]
    if answer.candidates:
        pieces.append(_table(answer))
    if answer.not_comparable:
        names = ", ".join(answer.not_comparable)
        pieces.append(Text(f"other flank only, not comparable: {names}"))
    return Group(*pieces)


def _table(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("rank", justify="right")
    table.add_column("individual")
    table.add_column("similarity", justify="right")
    table.add_column("best photo", overflow="fold")
    table.add_column("flank")
    table.add_column("camera")
    table.add_column("compared", justify="right")
    for rank, candidate in enumerate(answer.candidates, start=1):
        table.add_row(
            str(rank),
            Text(candidate.individual),
            f"{candidate.similarity:.3f}",
            Text(PurePath(candidate.photo).name),
            side_label(candidate.orientation, candidate.confidence),
            Text(candidate.camera or "–"),
            str(candidate.compared),
        )
    return table
