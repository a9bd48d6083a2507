"""`pawvit masks …`: part maps made, looked over, taken from other tools and given to them."""

from __future__ import annotations

import typer
from typer.core import TyperGroup

from pawvit.cli.exchange import export, import_
from pawvit.cli.masks import masks
from pawvit.cli.review import review
from pawvit.cli.score import score

MAKE = "make"


class MakesUnlessTold(TyperGroup):
    """`pawvit masks photos.csv …` is `pawvit masks make photos.csv …`.

    A table or folder that is called as a command is given as `./review`.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Puts `make` before words that begin with no command."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [MAKE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=MakesUnlessTold,
    no_args_is_help=True,
    help="Find the parts of the animal (`make`, which need not be said), and look them over.",
)
app.command(name=MAKE)(masks)
app.command()(review)
app.command(name="import")(import_)
app.command()(export)
app.command()(score)
