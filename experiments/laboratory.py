"""The queue: rows and seeds of a study, each trained once in a folder of its own, and measured.

LAB/pixels/            decoded photos and maps
LAB/STUDY/ROW/seedN/   a run folder, as every training's

A row is done when the notebook has it. Several processes may work on the same lab: each takes what
nobody is at.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout

from controls import changed_maps, cut_photos
from notebook import Notebook
from pawvit.cli.console import bar
from pawvit.cli.fit import Training, fit, validator
from pawvit.embedder import Embedder
from pawvit.errors import PhotoTableError
from pawvit.evaluation import evaluate
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable
from pawvit.protocols import leave_one_out
from pawvit.readers import read_photos
from pawvit.training.run import CONFIG, DONE
from pawvit.training.trainer import choose_precision
from pixels import cached_maps, cached_photos
from study import Study


@dataclass(frozen=True)
class Job:
    """One training, and its run folder."""

    row: str
    seed: int
    folder: Path


class Laboratory:
    """A study on photos.

    Args:
        study: what is asked.
        name: its folder's name.
        notebook: what receives the results.
        photos: a photo table with the splits train, select and val.
        maps: part maps of all of them.
        folder: the lab.
        device: where to compute.
    """

    def __init__(
        self,
        study: Study,
        name: str,
        notebook: Notebook,
        photos: Path,
        maps: Path,
        folder: Path,
        device: torch.device,
    ) -> None:
        self.study, self.folder, self.device = study, folder / name, device
        self.notebook = notebook
        self.cache = folder / "pixels"
        self.photos, self.maps_folder = photos, maps
        self.table = read_photos(photos)
        self.maps = PartMaps.open(maps)

    def waiting(self, rows: list[str]) -> list[Job]:
        """What is not done yet, seed after seed: after the first the page can be read already."""
        return [
            Job(name, seed, self.folder / name / f"seed{seed}")
            for seed in range(self.study.seeds)
            for name in rows or self.study.rows
            if (self.study.rows[name].trained or seed == 0) and not self.study.rows[name].gone
            if seed not in self.notebook.seeds(name)
        ]

    def work(self, rows: list[str], say: Callable[[Job, int], None]) -> None:
        """Trains and measures what nobody else is at, until nothing is left.

        Raises:
            KeyboardInterrupt: it was asked to stop; the same call goes on.
            PawvitError: a training can't go on, or a photo can't be read.
        """
        for job in self.waiting(rows):
            with suppress(Timeout), _claimed(job.folder):
                if job.seed not in self.notebook.seeds(job.row):
                    say(job, len(self.waiting(rows)))
                    self._carry_out(job)

    def _carry_out(self, job: Job) -> None:
        begun = time.monotonic()
        row, config = self.study.rows[job.row], self.study.config(job.row, job.seed)
        with bar("decoded photos") as progress:
            photos = cached_photos(self.table, config.model.image_size, self.cache, progress)
        maps = cached_maps(self.maps, self.table.paths, self.cache)
        if row.photos == "cut":
            photos = cut_photos(photos, maps)
        learn, judged = parts(photos, self.study.judged_on)
        if row.trained and not (job.folder / DONE).exists():
            taught = changed_maps(maps, row.maps, job.seed) if config.model.has_parts else None
            facts = {
                "photos": str(self.photos.absolute()),
                "maps": str(self.maps_folder.absolute()) if taught else "",
                "train_split": "train",
                "select_split": "select",
                "precision": choose_precision(config.precision, self.device),
                "device": self.device.type,
                "command": shlex.join(["python", *sys.argv]),
            }
            select = photos.part("select")
            training = Training(
                job.folder,
                (job.folder / CONFIG).exists(),
                config,
                facts,
                learn,
                taught,
                validator([(select, (leave_one_out(select),))], self.device),
                self.device,
                self.cache / f"views-{row.photos}",
            )
            fit(training, say=lambda data: None)
        embedder = (
            Embedder.load(job.folder, device=self.device)
            if row.trained
            else Embedder.before_training(config.model, config.weights, device=self.device)
        )
        with bar(f"{job.row}: {self.study.judged_on}") as progress:
            found, unreadable = embedder.embed_table(judged, progress=progress)
        if unreadable:
            raise PhotoTableError("photos can't be read", problems=unreadable, where=self.photos)
        rules = (leave_one_out(judged), leave_one_out(judged, flank_known=True))
        answers = [evaluate(found.vectors, rule, bootstrap=0) for rule in rules]
        seconds = round(time.monotonic() - begun)
        self.notebook.note(job.row, job.seed, answers, {"seconds": seconds})


def parts(photos: PhotoTable, judged_on: str) -> tuple[PhotoTable, PhotoTable]:
    """What a study learns from, and what it is judged on; raises PhotoTableError as `part` does."""
    learn = photos.part("train")
    if judged_on != "held":
        return learn, photos.part(judged_on)
    names = np.unique(learn.identities)
    drawn = np.random.default_rng(1).permutation(names)[: len(names) // 3]
    held, split = np.isin(photos.identities, drawn), np.array(photos.column("split"))
    return photos.take((split == "train") & ~held), photos.take(held | (split == "select"))


def _claimed(folder: Path) -> FileLock:
    """Holds a job; entering raises Timeout where another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / ".claim", timeout=0)
