"""The plan: who is photographed from where does not depend on how difficult it is."""

from __future__ import annotations

from collections import Counter

from pawvit.herd.conditions import PLAIN
from pawvit.herd.plan import Settings, Shot, plan, season


def planned(**changes: object) -> list[Shot]:
    return plan(Settings(**{"animals": 10, "photos_per_flank": 4, "seed": 2, **changes}))


def test_front_and_back_come_with_the_dial_and_leave_the_flanks_as_they_are() -> None:
    plain, hard = planned(), planned(difficulty=1.0)
    assert Counter(shot.orientation for shot in plain) == {"left": 40, "right": 40}
    assert Counter(shot.orientation for shot in hard) == {
        "left": 40, "right": 40, "front": 20, "back": 20,
    }  # fmt: skip

    def keys(shots: list[Shot]) -> list[tuple[str, str, str, str]]:
        flanks = (shot for shot in shots if shot.orientation in ("left", "right"))
        return [(s.animal.name, s.orientation, s.encounter, s.role) for s in flanks]

    assert keys(plain) == keys(hard)
    assert not [s for s in planned(difficulty=1.0, layout="atrw") if s.orientation == "front"]


def test_conditions_are_the_same_from_the_same_seed_and_plain_at_0() -> None:
    settings = Settings(10, 4, seed=2, difficulty=1.0)
    first, again = ([shot.conditions(settings) for shot in plan(settings)] for _ in range(2))
    assert [c.light for c in first] == [c.light for c in again]
    assert len({c.light for c in first}) == len(first)
    easy = Settings(10, 4, seed=2)
    assert all(shot.conditions(easy) is PLAIN for shot in plan(easy))


def test_company_is_of_the_same_split_and_not_oneself() -> None:
    shots = planned()
    splits = {shot.animal.name: shot.split for shot in shots}
    for shot in shots:
        assert shot.company
        assert {splits[other.name] for other in shot.company} == {shot.split}
        assert shot.animal.name not in {other.name for other in shot.company}


def test_wounds_do_not_heal_and_seasons_go_by_the_date() -> None:
    settings = Settings(12, 12, cameras=2, difficulty=1.0)
    seen: dict[str, list[tuple[object, bool]]] = {}
    for shot in plan(settings):
        conditions, date = shot.conditions(settings), shot.date(0)
        seen.setdefault(shot.animal.name, []).append((date, conditions.scarred))
        assert (
            (conditions.winter > 0)
            == (season(date) == "winter")
            == (date.month in (10, 11, 12, 1, 2, 3))
        )
    states = [[scarred for _, scarred in sorted(days)] for days in seen.values()]
    assert all(state == sorted(state) for state in states)
    assert any(len(set(state)) == 2 for state in states)


def test_half_of_atrws_test_animals_are_seen_by_one_camera() -> None:
    cameras: dict[str, set[str]] = {}
    for shot in planned(layout="atrw", animals=20):
        if shot.split == "val":
            cameras.setdefault(shot.animal.name, set()).add(shot.camera.name)
    assert sorted(len(found) for found in cameras.values()) == [1, 1, 4, 4]
