"""A study as data: its questions, what each row changes, what it is compared with.

A study is a YAML file in `studies/`. All its rows see as many images. Trains nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pawvit.errors import ConfigError
from pawvit.training.config import TrainConfig, load_config

HERE = Path(__file__).parent
STUDIES = HERE / "studies"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(_Strict):
    """One change.

    Attributes:
        question: what is asked.
        change: what is done, in words.
        settings: the same as overrides of the study's preset.
        trained: whether anything is trained; otherwise the backbone's class token is measured.
        maps: whose part maps teach; see `controls.MAPS`.
        photos: "whole", or "cut": the background is grey in training and in the test.
        against: rows that it is compared with, query by query.
        gone: why it can't be run again: its option was taken out of the code.
    """

    question: str
    change: str
    settings: tuple[str, ...] = ()
    trained: bool = True
    maps: Literal["own", "shuffled", "one", "voronoi"] = "own"
    photos: Literal["whole", "cut"] = "whole"
    against: tuple[str, ...] = ()
    gone: str = ""


class Study(_Strict):
    """Rows under one budget.

    Attributes:
        title: of its table.
        about: what a reader must know.
        preset: whose settings all rows start from: a preset of the package, or a YAML file here.
        settings: overrides for all rows.
        seeds: trainings a row.
        judged_on: whose figures are shown. Settings are chosen on "select" or, where its few
            individuals don't tell, on "held": those and a third of the individuals of train, which
            no row of the study is trained on then.
        rows: by name, in the table's order.
    """

    title: str
    about: str
    preset: str = "base.yaml"
    settings: tuple[str, ...] = ()
    seeds: int = Field(default=1, ge=1)
    judged_on: Literal["select", "val", "held"] = "select"
    rows: dict[str, Row]

    @model_validator(mode="after")
    def _compared_rows_are_there(self) -> Study:
        for name, row in self.rows.items():
            strange = [other for other in row.against if other not in self.rows or other == name]
            if strange:
                raise ValueError(f"row {name} is compared with {strange}, which are no other rows")
        return self

    def config(self, name: str, seed: int) -> TrainConfig:
        """The settings of a row's training; raises ConfigError as `load_config` does."""
        source = str(HERE / self.preset) if self.preset.endswith(".yaml") else self.preset
        asked = load_config(source, [*self.settings, *self.rows[name].settings])
        return asked.model_copy(update={"seed": asked.seed + seed})


def names() -> list[str]:
    """The studies there are."""
    return sorted(file.stem for file in STUDIES.glob("*.yaml"))


def load(name: str) -> Study:
    """A study by name.

    Raises:
        ConfigError: there is none, or its file is wrong.
    """
    path = STUDIES / f"{name}.yaml"
    if not path.exists():
        raise ConfigError(f"no study is called {name!r}", mend=f"studies: {', '.join(names())}")
    try:
        return Study.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise ConfigError(f"the study is wrong: {error}", where=path) from None
