"""The laboratory's command line.

python experiments/lab.py run ladder photos.csv maps/ -o lab/   trains and notes what is not done
python experiments/lab.py write                                 writes docs/experiments.md
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import console
from pawvit.cli.fit import clock
from pawvit.cli.main import run as guarded

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def run(
    study: Annotated[str, typer.Argument(help="A file of experiments/studies, without .yaml.")],
    photos: Annotated[Path, typer.Argument(help="Photo table with the splits train, select, val.")],
    maps: Annotated[Path, typer.Argument(help="Part maps of all its photos.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the lab.")],
    rows: Annotated[str, typer.Option(help="Rows by name, between commas; default: all.")] = "",
    workers: Annotated[
        int, typer.Option(help="Trainings at once, a core each; 1 uses all cores for one.", min=1)
    ] = 1,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")] = None,
    notebook: Annotated[
        Path | None, typer.Option(help="Folder of the results; default: the repository's own.")
    ] = None,
    helper: Annotated[bool, typer.Option("--helper", hidden=True)] = False,
) -> None:
    """Train and measure a study's rows. What was interrupted goes on, what is done stays."""
    import torch

    from laboratory import Job, Laboratory
    from notebook import RESULTS, Notebook
    from pawvit.errors import ConfigError
    from pawvit.training.trainer import choose_device
    from study import load

    asked = load(study)
    wanted = [name.strip() for name in rows.split(",") if name.strip()]
    strange = [name for name in wanted if name not in asked.rows]
    if strange:
        raise ConfigError(
            f"the study {study} has no row {', '.join(strange)}",
            mend=f"rows: {', '.join(asked.rows)}",
        )
    notes = Notebook(study, notebook or RESULTS)
    laboratory = Laboratory(asked, study, notes, photos, maps, out, choose_device(device))
    begun, waiting = time.monotonic(), len(laboratory.waiting(wanted))
    if helper or workers > 1:
        torch.set_num_threads(1)
    command = [sys.executable, *sys.argv, "--workers", "1", "--helper"]
    others = [subprocess.Popen(command) for _ in range(workers - 1)]

    def say(job: Job, left: int) -> None:
        done, estimate = waiting - left, ""
        if done:
            estimate = f"  about {clock((time.monotonic() - begun) / done * left)} left"
        console.rule(f"{job.row}, seed {job.seed}: {left} to go{estimate}")

    try:
        laboratory.work(wanted, say)
    except KeyboardInterrupt:
        console.print("stopped. The same command goes on.")
        raise
    finally:
        for other in others:
            other.wait()
    if not helper and notebook is None:
        write()


@app.command()
def write() -> None:
    """Write docs/experiments.md from all that was noted."""
    import page

    console.print(f"→ {page.write()}")


if __name__ == "__main__":
    guarded(app)
