"""`pawvit reproduce`: the paper's tables 1 to 3, on its sets or on photos of one's own."""

from __future__ import annotations

import shlex
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch

    from pawvit.partmaps import PartMaps
    from pawvit.reproduce.rows import Table
    from pawvit.reproduce.run import Job, Request
    from pawvit.reproduce.trial import Trial
    from pawvit.reproduce.write import Result


class TableName(StrEnum):
    """The paper's tables."""

    table1 = "table1"
    table2 = "table2"
    table3 = "table3"


class Select(StrEnum):
    """What chooses the checkpoints."""

    validation = "validation"
    test = "test"


def reproduce(
    table: Annotated[
        TableName,
        typer.Argument(
            help="table1: against baselines on ATRW. table2: the same on YakReID-103. table3: what"
            " each loss brings."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of ATRW (tables 1 and 3) or YakReID-103 (table 2)."),
    ] = None,
    on: Annotated[
        Path | None,
        typer.Option(
            help="Instead: a photo table with the splits train, select and val; leave-one-out."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of the trainings and pages; default: the table."),
    ] = None,
    maps: Annotated[
        Path | None,
        typer.Option(
            "--maps", "-m", help="Part maps; default: made once as `pawvit masks` does, for all."
        ),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset", "-p", help="Preset of all rows; default: the paper's of that table."
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", help="Override for all rows, as in images=512. Repeatable."),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(
            help="Rows by name, between commas, such as vit,paw-vit or pcb; default: the paper's."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Trainings of each row.", min=1)] = 1,
    select: Annotated[
        Select,
        typer.Option(
            help="What chooses the checkpoints: individuals of their own, or, as in the paper, the"
            " test (then every output says so)."
        ),
    ] = Select.validation,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")] = None,
) -> None:
    """Run the rows of one of the paper's tables, and print ours beside the paper's.

    Each row is trained once a seed, in a folder of its own: what was interrupted goes on, what is
    finished stays. Writes Markdown, CSV and one HTML page.
    """
    from pawvit.cli.fit import clock
    from pawvit.cli.train import refuse_leaks_between
    from pawvit.readers import read_photos
    from pawvit.reproduce.rows import TABLES
    from pawvit.reproduce.run import Request, carry_out, jobs
    from pawvit.reproduce.trial import of_paper, of_photos
    from pawvit.reproduce.write import gather, write
    from pawvit.training.trainer import choose_device

    chosen = TABLES[table.value]
    wanted = chosen.chosen([name.strip() for name in (rows or "").split(",") if name.strip()])
    source, on_test = _source(chosen, data, on), select is Select.test
    folder = out or Path(table.value)
    request = Request(
        table.value,
        str(source.absolute()),
        preset or chosen.preset,
        tuple(setting or ()),
        select.value,
        "" if maps is None else str(maps.absolute()),
    )
    todo = jobs(request, folder, wanted, seeds)
    if on is not None:
        refuse_leaks_between(
            read_photos(on), ("train", "val") if on_test else ("train", "select", "val")
        )
        trial = of_photos(on, on_test=on_test)
    else:
        trial = of_paper(chosen.data, source, chosen.groups, on_test=on_test)
    request.claim(folder)
    where = choose_device(device)
    console.print(trial.selection, style="yellow" if on_test else None, markup=False)
    learnt = _maps(trial, maps, folder / "maps", todo)
    notes = _notes(chosen, trial, request, learnt)
    command = shlex.join(["pawvit", *sys.argv[1:]])

    begun, before = time.monotonic(), sum(job.done for job in todo)

    def say(job: Job, number: int) -> None:
        seed = f", seed {job.seed + 1} of {seeds}" if seeds > 1 else ""
        done, left = sum(one.done for one in todo), ""
        if done > before:
            each = (time.monotonic() - begun) / (done - before)
            left = f"  about {clock(each * (len(todo) - done))} left"
        console.rule(f"{number} of {len(todo)}  {job.row.title}{seed}{left}")

    def so_far() -> Result:
        result = gather(chosen, trial, folder, wanted=wanted, notes=notes, command=command)
        write(result, folder)
        return result

    try:
        carry_out(
            todo,
            trial,
            train=lambda job, ahead: _train(job, ahead, trial, learnt, request, where),
            device=where,
            say=say,
            after=so_far,
            progress=bar,
        )
    except KeyboardInterrupt:
        console.print("stopped. The same command goes on.")
        raise
    _show(so_far())
    console.print(f"→ {folder / 'table.html'}, table.md, table.csv", soft_wrap=True)


def _source(table: Table, data: Path | None, on: Path | None) -> Path:
    from pawvit.errors import ConfigError

    if (data is None) == (on is None):
        raise ConfigError(
            "say what to run it on: --data or --on, one of the two",
            mend=f"--data FOLDER has {table.set_name}; --on photos.csv are photos of your own",
        )
    found = data or on
    assert found is not None
    return found


def _maps(trial: Trial, given: Path | None, own: Path, todo: Sequence[Job]) -> PartMaps | None:
    """The part maps of all rows: those given, or made once; None where no row wants any."""
    from contextlib import ExitStack

    from pawvit.errors import PhotoTableError, first_of
    from pawvit.partmaps import SHEET, PartMaps

    wanting = [job for job in todo if job.config.model.has_parts]
    if not wanting:
        return None
    if given is not None:
        return PartMaps.open(given)
    if all(job.done for job in wanting) and (own / SHEET).exists():
        return PartMaps.open(own)
    from pawvit.teacher.masks import make_maps

    with ExitStack() as bars:
        made = make_maps(
            trial.learn, own, progress=lambda label: bars.enter_context(bar(f"part maps: {label}"))
        )
    if made.unreadable:
        raise PhotoTableError(
            "photos can't be read", problems=first_of(made.unreadable), where=trial.learn.source
        )
    return made.maps


def _notes(table: Table, trial: Trial, request: Request, maps: PartMaps | None) -> list[str]:
    """What a reader of the table must know besides the selection."""
    from pawvit.photos import PhotoTable

    def counted(photos: PhotoTable) -> str:
        return f"{len(photos)} photos of {len(set(photos.identities) - {''})} identities"

    tests = ", ".join(counted(test.table) for test in trial.tests)
    notes = [f"learned from {counted(trial.learn)}, tested on {tests}"]
    changed = f" with {', '.join(request.settings)}" if request.settings else ""
    notes.append(f"all rows: preset {request.preset}{changed}")
    if maps is not None:
        parts = ", ".join(maps.parts.vocabulary)
        notes.append(f"part maps of the teacher “{maps.parts.teacher}”: {parts}")
    if not trial.official:
        groups = " and ".join(table.groups)
        notes.append(
            f"the paper's figures are of its own set ({groups}): other animals, photos and tests;"
            " only the differences between rows can be set side by side"
        )
    if request.preset != table.preset:
        notes.append(f"the paper's settings are those of the preset {table.preset}")
    return notes


def _train(
    job: Job,
    ahead: int,
    trial: Trial,
    maps: PartMaps | None,
    request: Request,
    device: torch.device,
) -> None:
    """Begins or goes on with one training."""
    from pawvit.cli.fit import Training, fit, validator
    from pawvit.training.run import CONFIG
    from pawvit.training.trainer import choose_precision

    own = maps if job.config.model.has_parts else None
    facts = {
        "photos": request.photos,
        "maps": "" if own is None else str(own.root.absolute()),
        "train_split": "train",
        "select_split": "select" if request.select == "validation" else "val",
        "precision": choose_precision(job.config.precision, device),
        "device": device.type,
        "command": shlex.join(["pawvit", *sys.argv[1:]]),
    }
    training = Training(
        job.folder,
        (job.folder / CONFIG).exists(),
        job.config,
        facts,
        trial.learn,
        own,
        validator([(one.table, one.rules) for one in trial.select], device, trial.flip),
        device,
    )
    fit(training, ahead=ahead, say=lambda data: None)


def _show(result: Result) -> None:
    """Prints ours with intervals, the paper's below."""
    from rich.table import Table as Grid

    from pawvit.reproduce.write import paper_of, signed

    console.print(result.title, markup=False, soft_wrap=True)
    for note in result.notes:
        console.print(f"- {note}", markup=False, soft_wrap=True)
    grid = Grid(box=None, pad_edge=False)
    grid.add_column("per cent", overflow="fold")
    for head in result.heads:
        grid.add_column(head, justify="right")
    for line in result.lines:
        if line.ours:
            cells = [
                f"{one.value:.1f}"
                + ("" if one.lower is None else f"\n{one.lower:.0f}–{one.upper:.0f}")
                for one in line.ours
            ]
            grid.add_row(line.title, *cells)
        if line.paper:
            shown = ["–" if one is None else f"{one:.1f}" for one in paper_of(line, result.heads)]
            grid.add_row("  paper" if line.ours else line.title, *shown, style="dim")
    console.print(grid)
    for two in result.differences:
        pairs = zip(result.heads, two.figures, strict=True)
        said = "  ".join(f"{head} {signed(figure)}" for head, figure in pairs)
        console.print(f"{two.title}: {said}", markup=False, soft_wrap=True)
