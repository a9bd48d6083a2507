"""The job: each row and seed of a table is trained once, in a folder of its own, and measured.

OUT/reproduce.json            what was asked for: a folder can't mix two requests
OUT/ROW/seedN/                a run folder, as every training's
OUT/ROW/seedN/tests.safetensors   the descriptors of the tests' photos: the row is done

Knows the order of the work; how one training goes is handed in.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from pawvit import files, tensorfile
from pawvit.embedder import Embedder
from pawvit.errors import ConfigError, PhotoTableError, first_of
from pawvit.evaluation import evaluate
from pawvit.reproduce.rows import Row
from pawvit.reproduce.summary import Answered
from pawvit.reproduce.trial import Trial
from pawvit.training.config import TrainConfig
from pawvit.training.run import DONE

REQUEST, TESTS = "reproduce.json", "tests.safetensors"

Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
"""Label → a bar, which gives its `progress(done, total)`."""


@dataclass(frozen=True)
class Request:
    """What was asked for; rows and seeds may be added later.

    Attributes:
        table: its name.
        photos: the folder or photo table, absolute.
        preset: whose settings the rows start from.
        settings: overrides for all rows.
        select: "validation" or "test".
        maps: the folder of part maps, absolute; "" where they are made on the way.
    """

    table: str
    photos: str
    preset: str
    settings: tuple[str, ...]
    select: str
    maps: str

    def claim(self, out: str | os.PathLike[str]) -> None:
        """Notes the request in a folder.

        Raises:
            ConfigError: the folder holds another request.
        """
        path = Path(out) / REQUEST
        mine = json.loads(json.dumps(asdict(self)))
        if path.exists():
            try:
                there = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise ConfigError(f"this can't be read: {error}", where=path) from None
            other = [name for name in mine if there.get(name) != mine[name]]
            if other:
                changes = (f"{name}: {there.get(name)} there, {mine[name]} now" for name in other)
                raise ConfigError(
                    f"the folder holds rows that were made otherwise ({'; '.join(changes)})",
                    where=out,
                    mend="ask as before, or choose another folder: --out",
                )
        files.write_json(path, mine)


@dataclass(frozen=True)
class Job:
    """One training of a table.

    Attributes:
        row: which.
        seed: from 0.
        folder: its run folder.
        config: its settings.
    """

    row: Row
    seed: int
    folder: Path
    config: TrainConfig

    @property
    def done(self) -> bool:
        """Whether it was trained and measured."""
        return (self.folder / TESTS).exists()


def jobs(
    request: Request, out: str | os.PathLike[str], rows: Sequence[Row], seeds: int
) -> list[Job]:
    """The trainings, seed after seed: after the first of them the table can be read already.

    Raises:
        ConfigError: a setting is wrong.
    """
    return [
        Job(
            row,
            seed,
            Path(out) / row.name / f"seed{seed}",
            row.config(request.preset, request.settings, seed),
        )
        for seed in range(seeds)
        for row in rows
    ]


def carry_out(
    todo: Sequence[Job],
    trial: Trial,
    *,
    train: Callable[[Job, int], None],
    device: torch.device,
    say: Callable[[Job, int], None],
    after: Callable[[], object],
    progress: Bar,
) -> None:
    """Trains and measures what is not done yet.

    Args:
        todo: all trainings of the table.
        trial: what they are measured by.
        train: begins or goes on with one; takes also how many are still to come after it.
        device: where to compute.
        say: called before each training, with its number from 1.
        after: called when one is measured: the table so far can be written.
        progress: a bar by its label.

    Raises:
        KeyboardInterrupt: it was asked to stop; the same call goes on.
        PawvitError: a training can't go on, or a test photo can't be read.
    """
    for number, job in enumerate(todo, start=1):
        if job.done:
            continue
        say(job, number)
        if not (job.folder / DONE).exists():
            train(job, sum(not other.done for other in todo[number:]))
        with progress(f"{job.row.name}: test") as told:
            measure(job.folder, trial, device=device, progress=told)
        after()


def measure(
    folder: Path,
    trial: Trial,
    *,
    device: torch.device,
    progress: Callable[[int, int], None],
) -> None:
    """Describes the photos of the tests with a training's best network, and keeps that.

    Raises:
        PhotoTableError: photos can't be read.
    """
    embedder = Embedder.load(folder, device=device, flip=trial.flip)
    found = {}
    for number, test in enumerate(trial.tests):
        descriptors, unreadable = embedder.embed_table(test.table, progress=progress)
        if unreadable:
            raise PhotoTableError(
                "photos can't be read", problems=first_of(unreadable), where=test.table.source
            )
        found[str(number)] = torch.from_numpy(descriptors.vectors)
    tensorfile.write(folder / TESTS, found, {"model": embedder.stamp.id})


def finished(out: str | os.PathLike[str], row: Row) -> list[Path]:
    """The run folders of a row that are done, whichever call did them, in the order of seeds."""
    found = (file.parent for file in (Path(out) / row.name).glob(f"seed*/{TESTS}"))
    return sorted(found, key=lambda folder: int(folder.name.removeprefix("seed")))


def answers(folder: Path, trial: Trial) -> list[Answered]:
    """What a finished training scores, a test a group."""
    tensors, _ = tensorfile.read(folder / TESTS)
    return [
        Answered.of(evaluate(tensors[str(number)].numpy(), rule, bootstrap=0))
        for number, test in enumerate(trial.tests)
        for rule in test.rules
    ]
