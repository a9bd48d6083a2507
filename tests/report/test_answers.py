"""Which queries are shown is a rule that both methods stand under alike, and it is said."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pawvit.errors import InputError, PhotoTableError
from pawvit.evaluation import Evaluation, evaluate
from pawvit.photos import PhotoTable
from pawvit.protocols import leave_one_out
from pawvit.report.answers import choose, choose_by_name, ranked
from pawvit.report.choice import by_outcome, even_steps, named, spread


def table_of(identities: list[str], tmp: str = ".") -> PhotoTable:
    paths = [f"{number:02}.jpg" for number in range(len(identities))]
    frame = pd.DataFrame({"path": paths, "identity": identities})
    frame["orientation"] = ["left", "left", "right"] * (len(identities) // 3)
    from pathlib import Path

    return PhotoTable(frame, Path(tmp), Path("photos.csv"))


TABLE = table_of([name for name in "abcdefgh" for _ in range(3)] + ["", "", ""])
RULE = leave_one_out(TABLE)


def random_result(seed: int) -> Evaluation:
    vectors = np.random.default_rng(seed).normal(size=(len(TABLE), 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return evaluate(vectors.astype(np.float32), RULE, bootstrap=0)


def test_queries_of_each_kind_are_counted_and_chosen_by_the_first_rank() -> None:
    one, other = random_result(1), random_result(2)
    kinds = by_outcome(one, other, 2)
    first = [result.scores.first == 1 for result in (one, other)]
    for kind in kinds:
        ended = (first[0] == kind.first) & (first[1] == kind.second)
        assert kind.total == ended.sum()
        assert len(kind.rows) == min(2, kind.total)
        assert ended[kind.rows].all()
    both = int((first[0] & first[1]).sum())
    assert sum(kind.total for kind in kinds) + both == one.valid
    said = choose([one, other], ["PAW-ViT", "ViT"], 2)
    assert [rows for _, rows in said.groups] == [kind.rows for kind in kinds]
    for kind, (title, _) in zip(kinds, said.groups, strict=True):
        assert f"{kind.total} of {one.valid} queries" in title
    assert "not by hand" in said.rule
    assert f"both right: {both}" in said.rule


def test_where_nobody_is_wrong_the_figure_still_shows_queries() -> None:
    vectors = np.zeros((len(TABLE), len(TABLE)), np.float32)
    for place, entity in enumerate(RULE.entity.tolist()):
        vectors[place, entity] = 1
    perfect = evaluate(vectors, RULE, bootstrap=0)
    assert (perfect.scores.first == 1).all()
    ((title, rows),) = choose([perfect, perfect], ["PAW-ViT", "ViT"], 2).groups
    assert title == f"Both right at rank 1: {perfect.valid} of {perfect.valid} queries"
    assert len(rows) == 2


def test_one_query_alone_is_the_middle_one() -> None:
    result = random_result(3)
    (row,) = even_steps(result, 1)
    better = (result.scores.average_precision > result.scores.average_precision[row]).sum()
    worse = (result.scores.average_precision < result.scores.average_precision[row]).sum()
    assert max(better, worse) <= (result.valid + 1) // 2
    best, worst = even_steps(result, 2)
    assert result.scores.average_precision[best] == result.scores.average_precision.max()
    assert result.scores.average_precision[worst] <= result.scores.average_precision[row]


def test_the_other_side_is_no_right_answer_but_is_told_from_wrong_ones() -> None:
    result = random_result(4)
    for row in range(result.valid):
        query = int(result.position[row])
        for one in ranked(result, row, 10, TABLE.entities, TABLE.identities):
            same = TABLE.identities[one.place] == TABLE.identities[query]
            side = TABLE.orientations[one.place] == TABLE.orientations[query]
            expected = "right" if same and side else "other side" if same else "wrong"
            assert one.verdict == expected


def test_queries_by_name() -> None:
    result = random_result(5)
    chosen = choose_by_name(result, TABLE, ["04.jpg", "00.jpg"])
    ((_, rows),) = chosen.groups
    assert [result.photo[row] for row in rows] == ["04.jpg", "00.jpg"]
    assert "by hand" in chosen.rule
    with pytest.raises(PhotoTableError, match=r"04.jpeg: did you mean 04.jpg\?"):
        choose_by_name(result, TABLE, ["04.jpeg"])
    # The only photo of that flank: nothing to find.
    with pytest.raises(InputError, match=r"no right answer.*02\.jpg"):
        choose_by_name(result, TABLE, ["02.jpg"])


def test_photos_by_the_file_s_path_too() -> None:
    assert named(TABLE, [str(TABLE.files[3].absolute()), "03.jpg", "01.jpg"]) == [3, 1]


def test_photos_of_nobody_known_are_spread_as_well() -> None:
    assert spread(table_of([""] * 9), 3) == [0, 3, 6]
