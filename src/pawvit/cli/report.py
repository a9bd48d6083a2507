"""`pawvit report`: a run folder → one HTML page to look at and to send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import bar, console

PAGE = "report.html"


def report(
    run: Annotated[Path, typer.Argument(help="Run folder of a training.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page; default: RUN/report.html.")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="Ask about this split; default: the one that chose the checkpoint."),
    ] = None,
    pictures: Annotated[
        bool,
        typer.Option("--photos/--no-photos", help="Show photos, or leave every animal out."),
    ] = True,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")] = None,
) -> None:
    """Draw up a run: its photos, curves, numbers, masks, answers and settings, in one HTML file.

    The file needs nothing beside it: send it, open it in any browser, print it.
    """
    from pawvit import files
    from pawvit.cli.train import splits
    from pawvit.readers import read_photos
    from pawvit.report.findings import gather
    from pawvit.report.page import render
    from pawvit.training.run import open_run
    from pawvit.training.trainer import choose_device

    config, facts = open_run(run)
    table = read_photos(Path(facts["photos"]))
    learn, select = splits(table, facts, config.seed)
    with bar("looking at the photos") as progress:
        found = gather(
            run,
            table,
            learn,
            table.part(split) if split else select,
            split=split or facts["select_split"],
            device=choose_device(device),
            progress=progress,
        )
    with bar("drawing the report", unit="sections") as progress:
        page = render(found, pictures=pictures, progress=progress)
    target = out or run / PAGE
    files.write_text(target, page)
    console.print(f"report → {target} ({len(page.encode()) / 1e6:.1f} MB)", soft_wrap=True)


def attempt(run: Path, device: str | None = None) -> None:
    """Draws the report of a run that has just ended; whatever goes wrong, the training stays."""
    try:
        report(run, device=device)
    except Exception as error:
        console.print(
            f"the training is safe, but its report could not be drawn: {error}\n"
            f"try again with: pawvit report {run}",
            markup=False,
            soft_wrap=True,
        )
