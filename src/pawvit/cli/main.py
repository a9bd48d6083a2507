"""The `pawvit` command: its verbs, and one place where errors become messages. No logic."""

from __future__ import annotations

import sys
from collections.abc import Callable

import typer

from pawvit.cli import catalogue, data, figure, parts, pose
from pawvit.cli.console import errors
from pawvit.cli.demo import demo
from pawvit.cli.embed import embed
from pawvit.cli.evaluate import evaluate
from pawvit.cli.herd import herd
from pawvit.cli.identify import identify
from pawvit.cli.import_released import import_released
from pawvit.cli.models import models
from pawvit.cli.report import report
from pawvit.cli.reproduce import reproduce
from pawvit.cli.train import train
from pawvit.errors import PawvitError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Know every animal by its parts: from photographs to names.",
)
app.add_typer(data.app, name="data")
app.add_typer(parts.app, name="masks")
app.add_typer(pose.app, name="pose")
app.command()(train)
app.command()(evaluate)
app.command()(report)
app.add_typer(figure.app, name="figure")
app.command()(reproduce)
app.command()(import_released)
app.command()(embed)
app.add_typer(catalogue.app, name="catalogue")
app.command()(identify)
app.command()(models)
app.command()(herd)
app.command()(demo)


@app.callback(invoke_without_command=True)
def version(
    version: bool = typer.Option(False, "--version", help="Show the version and leave."),
) -> None:
    """Know every animal by its parts: from photographs to names."""
    if version:
        from importlib.metadata import version as installed

        print(installed("pawvit"))
        raise typer.Exit


def main() -> None:
    """Runs the command line."""
    run(app)


def run(command: Callable[[], object]) -> None:
    """Runs a program; problems of the user's input end with exit code 2, no traceback."""
    try:
        command()
    except PawvitError as error:
        errors.print(f"[bold red]error:[/] {_escaped(str(error))}", soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        errors.print("interrupted")
        sys.exit(130)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
