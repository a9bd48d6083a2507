"""How `pawvit data fetch` shows sets and asks for agreement to a licence. Knows rich and typer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from pawvit.cli.console import console
from pawvit.errors import InputError

if TYPE_CHECKING:
    from pawvit.sets import PublicSet

_UNSTATED = "none stated: ask its authors before you do more than measure with it"


def show_sets(sets: Iterable[PublicSet]) -> None:
    """Prints a row a set."""
    lines = Table("set", "what", "MB", "licence", box=None)
    for one in sets:
        lines.add_row(one.name, one.about, f"{one.megabytes:,}", one.licence or "none stated")
    console.print(lines)
    console.print("\npawvit data fetch NAME; YakReID-103 is given by its authors on request only")


def chosen(name: str) -> PublicSet:
    """The set of that name; raises InputError."""
    from pawvit.sets import SETS

    if name not in SETS:
        raise InputError(
            f"there is no public set {name!r} to fetch", mend=f"choose {', '.join(SETS)}"
        )
    return SETS[name]


def agree(one: PublicSet, *, yes: bool) -> None:
    """Shows a set's licence, and asks for agreement unless that is given.

    Raises:
        InputError: it is not agreed to, or nobody is there to be asked.
    """
    console.print(f"{one.about}, about {one.megabytes:,} MB\n{one.homepage}", soft_wrap=True)
    licence = f"{one.licence}, {one.licence_url}" if one.licence else _UNSTATED
    console.print(f"licence: {licence}", soft_wrap=True)
    if yes:
        return
    try:
        agreed = typer.confirm(
            "Do you agree to this licence?" if one.licence else "Download it all the same?"
        )
    except typer.Abort:  # nobody is there to be asked
        agreed = False
    if not agreed:
        raise InputError(
            "nothing is downloaded before its licence is agreed to",
            where=one.licence_url or one.homepage,
            mend=f"read it, then: pawvit data fetch {one.name} --yes",
        )
