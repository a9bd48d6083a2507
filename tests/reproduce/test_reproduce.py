"""`pawvit reproduce`: the paper's tables end to end, on drawn photos and tiny networks."""

from __future__ import annotations

import csv
import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from commands import output_of
from paper_folders import write_atrw, write_yaks
from pawvit.cli.main import app
from pawvit.cli.reproduce import Select, TableName, reproduce
from pawvit.errors import ConfigError, PhotoTableError
from pawvit.partmaps import PartMaps, Parts
from pawvit.readers import read_atrw
from pawvit.reproduce.rows import TABLES
from pawvit.reproduce.run import TESTS
from pawvit.reproduce.trial import of_paper

FEW = ("images=16", "evaluate_every=16")


def settings(tiny: tuple[str, ...]) -> list[str]:
    return [*tiny, *FEW]


@pytest.fixture
def atrw(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of ATRW, and made-up maps of its training photos."""
    folder = write_atrw(tmp_path / "atrw", wild=False)
    maps = PartMaps.create(tmp_path / "maps", Parts(("front", "rear"), (16, 16)))
    labels = np.full((16, 16), 2, np.uint8)
    labels[4:12, 2:8], labels[4:12, 8:14] = 0, 1
    for path in read_atrw(folder).part("train").paths:
        maps.write(path, labels)
    return folder, maps.root


def interrupt_when(path: Path) -> threading.Thread:
    """Ctrl-C as soon as a file is there."""

    def wait() -> None:
        while not path.exists():
            time.sleep(0.005)
        os.kill(os.getpid(), signal.SIGINT)

    watch = threading.Thread(target=wait, daemon=True)
    watch.start()
    return watch


def test_table_3_stopped_in_its_second_row_goes_on_to_the_end(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    out = tmp_path / "table3"

    def begin() -> None:
        reproduce(
            TableName.table3,
            on=herd / "photos.csv",
            out=out,
            maps=herd / "maps",
            preset="herd",
            setting=settings(tiny),
            device="cpu",
        )

    watch = interrupt_when(out / "ce-tri/seed0/log.jsonl")
    with pytest.raises(KeyboardInterrupt):
        begin()
    watch.join()
    first = out / "ce/seed0" / TESTS
    before = first.stat().st_mtime_ns
    assert not (out / "ce-tri/seed0" / TESTS).exists()
    assert "not yet done: + triplet" in (out / "table.md").read_text(encoding="utf-8")
    begin()
    assert first.stat().st_mtime_ns == before, "a finished row was run again"

    losses = {}
    for row in TABLES["table3"].rows:
        lines = (out / row.name / "seed0/log.jsonl").read_text().splitlines()
        steps = [json.loads(line) for line in lines if '"train"' in line]
        assert [step["images"] for step in steps] == [8, 16]
        losses[row.name] = steps[0].keys() - {"kind", "images", "total", "learning_rate"}
    assert losses == {
        "ce": {"identity"},
        "ce-tri": {"identity", "triplet"},
        "ce-tri-ss": {"identity", "triplet", "mask"},
        "ce-tri-ss-or": {"identity", "triplet", "mask", "orientation"},
    }
    text = (out / "table.md").read_text(encoding="utf-8")
    assert "selected on" in text
    assert "split `select`" in text
    assert "not yet done" not in text
    assert "other animals" in text
    with open(out / "table.csv", encoding="utf-8") as handle:
        cells = list(csv.DictReader(handle))
    ours = [cell for cell in cells if cell["row"] == "ce-tri-ss-or"]
    assert ours[0]["column"] == "flank unknown mAP"
    for cell in ours:
        assert 0 <= float(cell["lower"]) <= float(cell["ours"]) <= float(cell["upper"]) <= 100
    page = (out / "table.html").read_text(encoding="utf-8")
    assert "+ orientation against cross-entropy" in page
    assert "http" not in page.replace("http://www.w3.org", "")
    with pytest.raises(ConfigError, match="made otherwise"):
        reproduce(TableName.table3, on=herd / "photos.csv", out=out, preset="herd")


def test_table_1_on_a_folder_of_atrw_selected_on_the_test(
    atrw: tuple[Path, Path], tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    data, maps = atrw
    out = tmp_path / "table1"
    words = [word for setting in settings(tiny) for word in ("-s", setting)]
    given = ["--data", data, "-m", maps, "-o", out, "-p", "herd", "--device", "cpu", *words]
    rows = ["--rows", "seresnet50,vit,pcb,paw-vit", "--select", "test"]
    said = output_of(app, "reproduce", "table1", *given, *rows)
    for name in ("table.md", "table.html", "table.csv"):
        assert "selected on the TEST photos" in (out / name).read_text(encoding="utf-8"), name
    assert "selected on the TEST photos" in said
    assert "officially 701" in said
    text = (out / "table.md").read_text(encoding="utf-8")
    assert "| per cent | mmAP | single-camera mAP |" in text
    assert "*77.1*" in text
    assert "PGCFL" in text
    with open(out / "table.csv", encoding="utf-8") as handle:
        cells = {(one["row"], one["column"]): one for one in csv.DictReader(handle)}
    both = [float(cells["vit", f"{group} mAP"]["ours"]) for group in TABLES["table1"].groups]
    assert float(cells["vit", "mmAP"]["ours"]) == pytest.approx(sum(both) / 2, abs=1e-3)
    assert cells["vit", "mmAP"]["paper"] == "73.5"
    assert cells["pcb", "mmAP"]["paper"] == ""
    facts = json.loads((out / "vit/seed0/run.json").read_text())
    assert facts["maps"] == ""
    config = (out / "seresnet50/seed0/config.yaml").read_text()
    assert "backbone: seresnet50" in config


def test_training_identities_are_kept_back_where_a_set_has_no_others(
    atrw: tuple[Path, Path],
) -> None:
    groups = TABLES["table1"].groups
    trial = of_paper("atrw", atrw[0], groups, on_test=False)
    (select,) = trial.select
    assert trial.flip
    assert not set(trial.learn.identities) & set(select.table.identities)
    assert len(trial.learn) + len(select.table) == len(read_atrw(atrw[0]).part("train"))
    assert "kept back" in trial.selection
    on_test = of_paper("atrw", atrw[0], groups, on_test=True)
    assert len(on_test.learn) == len(trial.learn) + len(select.table)
    assert on_test.select == on_test.tests
    assert "TEST" in on_test.selection


def test_yaks_are_tested_twice_and_not_mirrored(tmp_path: Path) -> None:
    groups = TABLES["table2"].groups
    trial = of_paper("yakreid", write_yaks(tmp_path / "yaks"), groups, on_test=False)
    assert [len(test.rules) for test in trial.tests] == [1, 1]
    simple, hard = (len(test.table) for test in trial.tests)
    assert simple == hard + 1
    assert not trial.flip
    assert not set(trial.learn.identities) & set(trial.select[0].table.identities)


@pytest.mark.parametrize(
    ("table", "missing"),
    [
        ("table1", ["reid_list_train.csv", "atrw_reid_test/test", "gt_test_plain.json"]),
        (
            "table2",
            ["train.txt: 1,404 lines", "412 lines", "208 lines", "the authors of YakReID-103"],
        ),
    ],
)
def test_missing_data_is_listed(table: str, missing: list[str], tmp_path: Path) -> None:
    with pytest.raises(PhotoTableError, match="pieces of") as caught:
        reproduce(TableName(table), data=tmp_path, out=tmp_path / "out")
    for piece in missing:
        assert piece in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_what_can_t_be_asked_for_is_refused(herd: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--data or --on"):
        reproduce(TableName.table1)
    with pytest.raises(ConfigError, match="rows: ce, ce-tri"):
        reproduce(TableName.table3, on=herd / "photos.csv", rows="vit", select=Select.test)


def test_the_figures_are_the_paper_s(shared: Path) -> None:
    text = (shared / "paper/paw-vit.txt").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines()]
    printed = [[number(cell) for cell in line if number(cell) is not None] for line in lines]
    for table in TABLES.values():
        for row in (*table.published, *table.rows):
            if row.paper:
                assert [one for one in row.paper if one is not None] in printed, row.title


def number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
