"""The plan of a herd: who is photographed, when, where, from which side. Draws nothing."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from pawvit.anatomy import FLANKS
from pawvit.errors import InputError
from pawvit.herd.animal import Animal, make_animal
from pawvit.herd.camera import CAMERAS, Camera
from pawvit.herd.conditions import Conditions, conditions, strength
from pawvit.herd.draw import DEFAULT_SIZE, VIEWS
from pawvit.herd.names import names

LAYOUTS = ("table", "folders", "atrw", "yakreid")
"""How the pictures of a herd may lie; `layouts` says where."""

MIN_ANIMALS = 8
"""Four to train on, two to choose on, two to report on."""

MIN_SIDE = 48
"""Pixels; on smaller photos the marks of a coat run together."""

_FIRST_DAY = datetime.date(2024, 5, 1)
_VISIT = 120
"""Days between the visits of an animal to a camera."""


@dataclass(frozen=True)
class Settings:
    """What a herd is made by; see `write.write_herd`."""

    animals: int
    photos_per_flank: int
    cameras: int = 4
    seed: int = 0
    size: tuple[int, int] = DEFAULT_SIZE
    difficulty: float = 0.0
    layout: str = "table"

    def check(self) -> None:
        """Raises InputError where a number is out of range."""
        wrong = None
        if self.animals < MIN_ANIMALS:
            wrong = f"{self.animals} animals are too few to split: at least {MIN_ANIMALS}"
        elif self.photos_per_flank < 2:
            wrong = f"{self.photos_per_flank} photos a flank: at least 2, to ask with and to find"
        elif not 2 <= self.cameras <= len(CAMERAS):
            wrong = f"{self.cameras} cameras: between 2 and {len(CAMERAS)} can be had"
        elif self.seed < 0:
            wrong = f"the seed {self.seed} is negative"
        elif min(self.size) < MIN_SIDE:
            wrong = f"photos of {self.size[0]} × {self.size[1]} pixels: at least {MIN_SIDE} a side"
        elif not 0 <= self.difficulty <= 1:
            wrong = f"the difficulty {self.difficulty:g}: between 0 and 1"
        elif self.layout not in LAYOUTS:
            wrong = f"there is no layout {self.layout!r}: choose {', '.join(LAYOUTS)}"
        if wrong is not None:
            raise InputError(wrong, mend="see the limits in: pawvit herd --help")


@dataclass(frozen=True)
class Shot:
    """One photo to take.

    Args:
        animal: who.
        orientation: of `draw.VIEWS`.
        number: counts the photos of this animal from this side.
        camera, visit: where, and how often the animal has been there before.
        split: train, select or val.
        role: of val photos, query or gallery; else empty.
        company: who else may come into the picture: of the same split, so that nothing leaks.
    """

    animal: Animal
    orientation: str
    number: int
    camera: Camera
    visit: int
    split: str
    role: str
    company: tuple[Animal, ...]

    @property
    def encounter(self) -> str:
        """All sides are photographed while the animal passes: one encounter."""
        return f"{self.animal.name} at {self.camera.name} {self.visit + 1}"

    def date(self, seed: int) -> datetime.date:
        """The day of the encounter."""
        days = int(np.random.default_rng([seed, *self.encounter.encode()]).integers(0, _VISIT))
        return _FIRST_DAY + datetime.timedelta(days=_VISIT * self.visit + days)

    def rng(self, seed: int, purpose: str = "") -> np.random.Generator:
        """A stream of its own: photos that are kept don't change those that are drawn."""
        letters = f"{self.animal.name}/{self.orientation}{purpose}".encode()
        return np.random.default_rng([seed, self.number, *letters])

    def conditions(self, settings: Settings) -> Conditions:
        """What the photo is taken in."""
        rng, date = self.rng(settings.seed, "/conditions"), self.date(settings.seed)
        # Half of the animals are wounded in the first two visits' time, and never heal.
        wounded = _FIRST_DAY + datetime.timedelta(days=4 * _VISIT * self.animal.luck)
        return conditions(
            settings.difficulty,
            rng,
            winter=season(date) == "winter",
            scarred=date >= wounded,
            spot=self.visit,
            neighbour=self.company[int(rng.integers(len(self.company)))],
        )


def season(date: datetime.date) -> str:
    """Winter from October to March, summer else."""
    return "summer" if 4 <= date.month <= 9 else "winter"


def plan(settings: Settings) -> list[Shot]:
    """Every photo of a herd, in the order of its table."""
    called = names(settings.animals)
    splits = _splits(settings.animals, settings.seed)
    herd = [make_animal(settings.seed, name) for name in called]
    shots = []
    for animal, split in zip(herd, splits, strict=True):
        company = tuple(
            other
            for other, theirs in zip(herd, splits, strict=True)
            if theirs == split and other is not animal
        )
        turn = 1 + sum(other.name < animal.name for other in company)
        for orientation in VIEWS:
            for number in range(_photos(settings, orientation)):
                visit, place = divmod(number, settings.cameras)
                role = ("gallery", "query")[place % 2] if split == "val" else ""
                if settings.layout == "atrw" and split == "val" and turn % 2:
                    # ATRW asks apart for tigers that a single camera has seen.
                    visit, place, role = number, turn % settings.cameras, ""
                shots.append(
                    Shot(animal, orientation, number, CAMERAS[place], visit, split, role, company)
                )
    return shots


def _photos(settings: Settings, orientation: str) -> int:
    """How many photos of an animal are taken from a side."""
    if orientation in FLANKS:
        return settings.photos_per_flank
    if settings.layout in ("atrw", "yakreid"):
        return 0  # these sets know flanks only
    return round(strength(settings.difficulty, "pose") * settings.photos_per_flank / 2)


def _splits(animals: int, seed: int) -> list[str]:
    select, val = max(2, round(0.1 * animals)), max(2, round(0.2 * animals))
    dealt = ["val"] * val + ["select"] * select + ["train"] * (animals - select - val)
    order = np.random.default_rng([seed, animals]).permutation(animals)
    return [dealt[position] for position in order]
