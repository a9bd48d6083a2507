from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from pawvit.audit import Problem, is_closed, leaks, refuse_leaks, split_sizes
from pawvit.errors import PhotoTableError
from pawvit.photos import PhotoTable


def table(columns: str, *rows: str) -> PhotoTable:
    cells = [[f"{i}.png", *row.split(",")] for i, row in enumerate(rows)]
    frame = pd.DataFrame(cells, columns=["path", *columns.split(",")])
    return PhotoTable(frame.assign(row=range(2, 2 + len(rows))), Path("root"), Path("photos.csv"))


def found(problems: Sequence[Problem]) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(p.severity, p.code, p.rows) for p in problems]


CLOSED = ["A,train", "A,val", "B,train", "B,val", "C,train", "C,val", "D,val"]
DISJOINT = ["A,train", "A,val", "B,train", "C,val", "D,val", "E,select"]


def test_a_closed_set_is_told_from_individuals_that_slipped_in() -> None:
    closed, disjoint = table("identity,split", *CLOSED), table("identity,split", *DISJOINT)
    assert is_closed(closed)
    assert not is_closed(disjoint)
    assert leaks(closed) == []
    assert found(leaks(disjoint)) == [("error", "leak", (2, 3))]
    assert [p.code for p in leaks(closed, by="identity")] == ["leak"] * 3
    assert leaks(disjoint, by="encounter") == []


def test_query_and_gallery_are_one_side() -> None:
    photos = table("identity,split", "A,query", "A,gallery", "B,query", "B,gallery", "C,train")
    assert not is_closed(photos)
    assert leaks(photos) == []


def test_an_encounter_on_two_sides() -> None:
    photos = table(
        "identity,split,encounter",
        "A,train,1", "A,val,1", "A,val,2", "B,train,3", "B,val,4", "B,,3", "C,train,5", "D,val,5",
    )  # fmt: skip
    problems = leaks(photos, by="encounter")
    assert found(problems) == [
        ("error", "leak-encounter", (2, 3)),
        ("warning", "encounter", (8, 9)),
    ]
    assert problems[0].message == "the encounter 1 of A is in 2 splits: train (1), val (1)"


def test_a_burst_and_a_file_on_two_sides() -> None:
    photos = table(
        "identity,split,date",
        "A,train,2024-01-01 10:00:00",
        "A,val,2024-01-01 10:00:04",
        "A,val,2024-01-01 11:00:00",
        "B,val,2024-01-02 10:00:00",
    )
    same = PhotoTable(photos.frame.assign(path=["0", "1", "2", "./0"]), photos.root, photos.source)
    assert found(leaks(same, by="encounter")) == [
        ("error", "leak-burst", (2, 3)),
        ("error", "leak-picture", (2, 5)),
    ]


@pytest.mark.parametrize(
    ("splits", "leaking"),
    [
        (["train", "train", "val"], False),
        (["train", "select", "val"], False),
        (["val", "val", "train"], True),
        (["train", "val", "train"], True),
        (["val", "val", "val"], False),
    ],
)
def test_photos_of_training_come_first_in_time(splits: list[str], leaking: bool) -> None:
    dates = ["2024-01-01", "2024-02-01", "2024-03-01"]
    rows = [f"A,{split},{date}" for split, date in zip(splits, dates, strict=True)]
    photos = table("identity,split,date", *rows, "B,train,2024-01-01", "B,,")
    assert [p.code for p in leaks(photos, by="time")] == ["leak-time"] * leaking
    day = table("identity,split,date", "A,train,2024-01-01", "A,val,2024-01-01")
    assert [p.code for p in leaks(day, by="time")] == ["leak-time"]


def test_leaks_are_refused_by_name() -> None:
    photos = table("identity,split", *DISJOINT)
    with pytest.raises(PhotoTableError, match=r"A is in 2 splits(.|\n)*mend:  do it"):
        refuse_leaks(leaks(photos), photos, "do it")
    closed = table("identity,split", *CLOSED)
    refuse_leaks(leaks(closed), closed, "do it")


def test_sizes_of_splits() -> None:
    sizes = split_sizes(
        table("identity,split,encounter", "A,,1", "A,train,1", "B,val,1", "A,val,1")
    )
    assert list(sizes) == ["train", "val", ""]
    size = sizes["val"]
    assert (size.photos, size.identities, size.shared, size.encounters) == (2, 2, 1, 2)
