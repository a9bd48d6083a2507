"""Running a command in this process, as somebody types it."""

from __future__ import annotations

import typer
from typer.testing import CliRunner


def output_of(app: typer.Typer, *words: object, columns: int = 1000) -> str:
    """What a command prints in a window so wide; what it raises is raised."""
    given = [str(word) for word in words]
    result = CliRunner().invoke(app, given, env={"COLUMNS": str(columns)})
    if result.exception is not None:
        raise result.exception
    return result.output
