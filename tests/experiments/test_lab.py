"""A small study from its YAML to its page: trained once, gone on with, compared in pairs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import study as studies
from lab import run
from notebook import Notebook
from page import section
from pawvit.errors import ConfigError
from study import Study, load, names

ROWS = {
    "untrained": {"question": "Before?", "change": "class token", "trained": False},
    "plain": {
        "question": "Without parts?",
        "change": "plain",
        "settings": ["model.network=plain"],
        "against": ["untrained"],
    },
    "cells": {"question": "Which?", "change": "cells", "maps": "voronoi", "against": ["plain"]},
    "cut": {"question": "Where?", "change": "grey", "photos": "cut"},
}


@pytest.fixture
def small(tmp_path: Path, tiny: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "studies").mkdir()
    monkeypatch.setattr(studies, "STUDIES", tmp_path / "studies")
    more = ["weights=none", "images=16", "workers=0", "discriminant=null"]
    raw = {"title": "Small", "about": "A test.", "preset": "herd", "settings": [*tiny, *more]}
    raw |= {"seeds": 2, "judged_on": "val", "rows": ROWS}
    (tmp_path / "studies" / "small.yaml").write_text(yaml.safe_dump(raw, sort_keys=False))
    return tmp_path


def test_a_study_is_trained_once_and_told(
    small: Path, herd: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def lab(rows: str) -> None:
        photos, maps = herd / "photos.csv", herd / "maps"
        run("small", photos, maps, small / "lab", rows, 1, "cpu", small / "notes", False)

    lab("untrained,plain")
    notes = Notebook("small", small / "notes")
    assert (notes.seeds("untrained"), notes.seeds("plain")) == ([0], [0, 1])
    assert notes.seeds("cells") == []
    before = (small / "notes" / "small" / "plain.json").read_text()
    lab("")
    assert (small / "notes" / "small" / "plain.json").read_text() == before
    assert notes.seeds("cells") == [0, 1]
    capsys.readouterr()
    lab("")
    assert "to go" not in capsys.readouterr().out

    text = section("small", load("small"), notes)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert [row.split("|")[2].split(":")[0].strip(" *") for row in rows[1:]] == list(ROWS)
    assert "untrained: " in rows[2]
    assert any(word in rows[2] for word in ("helps", "costs", "not shown"))
    first, second = (one[0].average_precision.mean() for one in notes.answers("plain"))
    assert f"[{100 * first:.1f}, {100 * second:.1f}]" in rows[2]


def test_a_notebook_keeps_to_its_photos(small: Path, herd: Path) -> None:
    photos, maps = herd / "photos.csv", herd / "maps"
    run("small", photos, maps, small / "lab", "untrained", 1, "cpu", small / "notes", False)
    fewer = small / "fewer.csv"
    lines = photos.read_text().splitlines()
    places = [number for number, line in enumerate(lines) if "val" in line]
    del lines[places[0]]
    fewer.write_text("\n".join(lines).replace("images/", f"{herd}/images/"))
    (small / "notes" / "small" / "untrained.json").unlink()
    with pytest.raises(ConfigError, match="other photos"):
        run("small", fewer, maps, small / "lab2", "untrained", 1, "cpu", small / "notes", False)


def test_wrong_studies_are_refused(small: Path, herd: Path) -> None:
    with pytest.raises(ConfigError, match="no study is called 'large'"):
        load("large")
    with pytest.raises(ConfigError, match="no row wings"):
        run("small", herd / "photos.csv", herd / "maps", small / "lab", "wings", 1, "cpu")
    (small / "studies" / "odd.yaml").write_text("title: x\nabout: y\nrows: {}\nsize: 3\n")
    with pytest.raises(ConfigError, match="size"):
        load("odd")


def test_a_row_is_compared_with_rows_that_exist() -> None:
    with pytest.raises(ValueError, match="no other rows"):
        Study.model_validate(
            {
                "title": "t",
                "about": "a",
                "rows": {"a": {"question": "", "change": "", "against": ["b"]}},
            }
        )


def test_every_study_of_the_repository_makes_configurations() -> None:
    assert names()
    for name in names():
        study = load(name)
        for row, what in study.rows.items():
            assert what.gone or study.config(row, 1).seed == 1
