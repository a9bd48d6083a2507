from __future__ import annotations

import json
from pathlib import Path

import pytest
from torch.utils.tensorboard import SummaryWriter

from pawvit.report.history import read_history


def test_a_log_becomes_series_by_name(tmp_path: Path) -> None:
    lines = [
        {"kind": "validation", "images": 0, "mAP": 0.1},
        {"kind": "train", "images": 8, "mask": 3.0, "learning_rate": 0.5},
        {"kind": "train", "images": 16, "mask": 2.0, "learning_rate": 0.25},
        {"kind": "validation", "images": 16, "mAP": 0.2},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "log.jsonl").write_text(text + '{"kind": "train", "images": 24, "ma')
    found = read_history(tmp_path)
    assert found.images == 16
    assert set(found.train) == {"mask", "learning_rate"}
    assert found.train["mask"].values.tolist() == [3, 2]
    assert found.validation["mAP"].images.tolist() == [0, 16]
    assert found.rate is None


def test_a_run_without_a_log_has_an_empty_history(tmp_path: Path) -> None:
    found = read_history(tmp_path)
    assert (found.train, found.validation, found.images) == ({}, {}, 0)


def test_the_rate_is_the_median_over_steps(tmp_path: Path) -> None:
    writer = SummaryWriter(str(tmp_path))
    for step, seconds in ((8, 0), (16, 1), (24, 2), (32, 60), (40, 61)):
        writer.add_scalar("train/total", 1.0, step, walltime=1e9 + seconds)
    writer.close()
    assert read_history(tmp_path).rate == pytest.approx(8)
