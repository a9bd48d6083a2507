from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pawvit.training.schedule import learning_rate


def test_the_released_schedule_epoch_by_epoch(shared: Path) -> None:
    with open(shared / "golden/lr_schedule.csv") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 50
    for row in rows:
        found = learning_rate(int(row["epoch"]) - 1, epochs=50, warmup=2.5, peak=8.5e-5)
        assert found == pytest.approx(float(row["lr"]), rel=1e-8), row


def test_it_grows_then_falls_to_the_floor_and_stays() -> None:
    rates = [learning_rate(e / 4, epochs=8, warmup=1, floor=0.1) for e in range(40)]
    top = rates.index(max(rates))
    assert rates[:top] == sorted(rates[:top])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)


def test_a_training_shorter_than_its_warmup_has_rates() -> None:
    assert 0 < learning_rate(0.3, epochs=0.5, warmup=2) < 1


def test_a_short_training_ends_at_the_floor() -> None:
    for epochs in (0.4, 1.5, 2.9, 7.3):
        last = learning_rate(epochs, epochs=epochs, warmup=0.1, floor=0.02, whole_epochs=False)
        assert last == pytest.approx(0.02)
        before = learning_rate(
            0.7 * epochs, epochs=epochs, warmup=0.1, floor=0.02, whole_epochs=False
        )
        assert before > 0.1
