from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawvit.encounters import bursts, components, encounters, encounters_in_time
from pawvit.errors import ConfigError, PhotoTableError
from pawvit.photos import PhotoTable
from pawvit.splits import hold_out, split_by_identity, split_in_order, with_splits
from photo_tables import table

SHARES = {"train": 0.7, "select": 0.1, "val": 0.2}
names = st.text(min_size=1, max_size=6)


@given(before=st.sets(names), added=st.sets(names), seed=st.integers(0, 9))
def test_added_individuals_move_nobody(before: set[str], added: set[str], seed: int) -> None:
    first = dict(zip(before, split_by_identity([*before], SHARES, seed=seed), strict=True))
    everyone = sorted(before | added)
    second = dict(zip(everyone, split_by_identity(everyone, SHARES, seed=seed), strict=True))
    assert all(second[name] == split for name, split in first.items())


@given(st.lists(st.sampled_from(["", "A", "B", "C", "D"])))
def test_no_individual_is_in_two_splits(identities: list[str]) -> None:
    splits = split_by_identity(identities, SHARES)
    assert len(set(zip(identities, splits, strict=True))) == len(set(identities))
    for identity, split in zip(identities, splits, strict=True):
        assert (split == "") == (identity == "")


def test_shares_are_kept_and_seeds_differ() -> None:
    everyone = [str(i) for i in range(20_000)]
    splits = split_by_identity(everyone, SHARES)
    for split, share in SHARES.items():
        # Four standard deviations of a binomial draw.
        assert abs(splits.count(split) / 20_000 - share) < 4 * (share * (1 - share) / 20_000) ** 0.5
    other = split_by_identity(everyone, SHARES, seed=1)
    agree = np.mean([a == b for a, b in zip(splits, other, strict=True)])
    assert agree == pytest.approx(0.7**2 + 0.1**2 + 0.2**2, abs=0.02)


@pytest.mark.parametrize("shares", [{}, {"a": 0.5}, {"a": 1.5, "b": -0.5}])
def test_shares_that_are_none(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        split_by_identity(["A"], shares)
    with pytest.raises(ConfigError, match="add up to 1"):
        with_splits(table(["A"]), shares)


def test_with_splits_replaces_splits_only_when_told() -> None:
    everyone = [str(i) for i in range(50)]
    photos = table(everyone, split=["mine"] * 50)
    with pytest.raises(PhotoTableError, match="splits of its own"):
        with_splits(photos, SHARES)
    dealt = with_splits(photos, SHARES, force=True)
    assert dealt.column("split") == split_by_identity(everyone, SHARES)
    assert photos.column("split") == ["mine"] * 50
    assert with_splits(table(everyone), SHARES).column("split") == dealt.column("split")


def test_a_split_without_individuals_is_refused() -> None:
    with pytest.raises(PhotoTableError, match="of 1 individuals none falls to"):
        with_splits(table(["A", "A", ""]), SHARES)
    shares = {"train": 1.0, "val": 0.0}
    assert with_splits(table(["A", ""]), shares).column("split") == ["train", ""]


def test_whole_individuals_are_kept_back() -> None:
    names = [f"animal {i // 3}" for i in range(60)] + ["lonely", ""]
    frame = pd.DataFrame({"path": [f"{i}.jpg" for i in range(62)], "identity": names})
    table = PhotoTable(frame, Path(), Path("t.csv"))
    kept = hold_out(table, 0.15)
    chosen = {name for name, back in zip(names, kept, strict=True) if back}
    assert len(chosen) == 3
    assert kept.sum() == 9
    assert not chosen & {"lonely", ""}
    assert (hold_out(table, 0.15) == kept).all()
    assert (hold_out(table, 0.15, seed=1) != kept).any()
    with pytest.raises(PhotoTableError, match="too few"):
        hold_out(table.take(range(9)), 0.15)


def wild(individuals: int, seed: int = 0) -> PhotoTable:
    """Individuals with one to six encounters of one to four photos, in no order."""
    random = np.random.default_rng(seed)
    rows = [
        (f"{i}", f"{i} {e}", f"2024-{1 + int(random.integers(12)):02}-{1 + e:02}")
        for i in range(individuals)
        for e in range(int(random.integers(1, 7)))
        for _ in range(int(random.integers(1, 5)))
    ]
    rows = [rows[i] for i in random.permutation(len(rows))]
    identities, cells, _ = zip(*rows, strict=True)
    days: dict[str, str] = {}
    dates = [days.setdefault(cell, date) for _, cell, date in rows]
    return table(identities, encounter=cells, date=dates)


def moments(photos: PhotoTable) -> list[datetime | None]:
    return [datetime.fromisoformat(cell) for cell in photos.column("date")]


@pytest.mark.parametrize("by", ["encounter", "time"])
def test_a_closed_set_knows_everyone_and_cuts_no_encounter(by: str) -> None:
    photos = wild(300)
    dealt = with_splits(photos, SHARES, by=by, taken=moments(photos))
    splits = np.array(dealt.column("split"))
    identities = np.array(photos.identities)
    assert set(identities[splits == "train"]) == set(identities)
    sides: dict[str, set[str]] = {}
    for cell, split in zip(photos.column("encounter"), splits, strict=True):
        sides.setdefault(cell, set()).add(split)
    assert all(len(side) == 1 for side in sides.values())
    # The first encounter of everyone is trained on, whatever the shares.
    for split, share in SHARES.items():
        assert abs((splits == split).mean() - share) < 0.08
    again = with_splits(photos, SHARES, by=by, taken=moments(photos))
    assert again.column("split") == list(splits)
    other = with_splits(photos, SHARES, by=by, taken=moments(photos), seed=1)
    assert other.column("split") != list(splits)


def test_by_time_the_earlier_photos_train() -> None:
    photos = wild(100, seed=1)
    dealt = with_splits(photos, SHARES, by="time", taken=moments(photos))
    rank = {"train": 0, "select": 1, "val": 2}
    for identity in set(photos.identities):
        mine = [i for i, name in enumerate(photos.identities) if name == identity]
        dates, splits = dealt.column("date"), dealt.column("split")
        for one in mine:
            for other in mine:
                if rank[splits[one]] < rank[splits[other]]:
                    assert dates[one] < dates[other]


def test_the_order_of_rows_changes_nothing_by_encounter() -> None:
    photos = wild(40)
    dealt = with_splits(photos, SHARES, by="encounter")
    turned = photos.take(list(range(len(photos)))[::-1])
    assert (
        with_splits(turned, SHARES, by="encounter").column("split") == dealt.column("split")[::-1]
    )


def test_encounters_that_overlap_are_one_in_time() -> None:
    dates = ["2024-01-01", "2024-01-03", "2024-01-02", "2024-01-05", "2024-01-02"]
    photos = table(["A"] * 4 + ["B"], encounter=["x", "x", "y", "z", "x"], date=dates)
    units, order = encounters_in_time(photos, moments(photos))
    assert units[0] == units[1] == units[2]
    assert len({units[0], units[3], units[4]}) == 3
    assert sorted(order) == [order[i] for i in (0, 2, 4, 1, 3)]


def test_without_encounters_a_day_is_one() -> None:
    photos = table(["A", "A", "A", "B"], date=["2024-01-01 08:00:00", "2024-01-01 20:00:00"] * 2)
    units, _ = encounters_in_time(photos, moments(photos))
    assert units[0] == units[1] == units[2] != units[3]
    with pytest.raises(PhotoTableError, match="no photo has one"):
        encounters(photos)


def test_a_split_needs_what_it_goes_by() -> None:
    photos = table(["A", "A", ""])
    with pytest.raises(PhotoTableError, match="by encounter"):
        with_splits(photos, SHARES, by="encounter")
    with pytest.raises(PhotoTableError, match=r"2 photos have no date\n  - row 2: 0.png"):
        with_splits(photos, SHARES, by="time")


def test_photos_that_belong_together_are_not_parted() -> None:
    everyone = [str(i) for i in range(50)]
    together = [(i, i + 1) for i in range(0, 50, 2)]
    dealt = with_splits(table(everyone), SHARES, together=together).column("split")
    assert dealt[::2] == dealt[1::2]
    assert dealt[::2] == split_by_identity(
        [min(everyone[i : i + 2]) for i in range(0, 50, 2)], SHARES
    )
    photos = table(["A"] * 40, encounter=everyone[:40])
    dealt = with_splits(photos, SHARES, by="encounter", together=together[:20]).column("split")
    assert dealt[::2] == dealt[1::2]
    assert len(set(dealt)) > 1


def test_bursts() -> None:
    start = datetime(2024, 5, 1, 12)
    taken = [start + timedelta(seconds=s) for s in (0, 9, 18, 60, 0, 0, 1)]
    taken[5] = datetime(2024, 5, 1)  # a bare date
    photos = table(["A"] * 4 + ["B", "A", ""], camera=["1"] * 7)
    assert bursts(photos, taken) == [(0, 1), (1, 2)]
    apart = table(["A"] * 2, camera=["1", "2"])
    assert bursts(apart, taken[:2]) == []


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30))
def test_components_against_a_naive_loop(pairs: list[tuple[int, int]]) -> None:
    groups = [{i} for i in range(20)]
    for one, other in pairs:
        joined = groups[one] | groups[other]
        for i in joined:
            groups[i] = joined
    codes = components(20, pairs)
    for i in range(20):
        assert {j for j in range(20) if codes[j] == codes[i]} == groups[i]
    assert list(dict.fromkeys(codes)) == list(range(len(set(codes))))


@given(st.lists(st.sampled_from(["", "A", "B"]), max_size=12), st.integers(0, 3))
def test_units_go_to_the_splits_in_order(identities: list[str], seed: int) -> None:
    count = len(identities)
    units, order = [i // 2 for i in range(count)], [float(i) for i in range(count)]
    splits = split_in_order(identities, units, order, SHARES, seed=seed)
    for name in {"A", "B"} & set(identities):
        mine = [s for s, identity in zip(splits, identities, strict=True) if identity == name]
        assert mine[0] == "train"
        assert mine == sorted(mine, key=list(SHARES).index)
