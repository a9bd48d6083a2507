"""Against the paper's keypoint table, and for sense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pawvit.anatomy import TIGER_PARTS, YAK_PARTS
from pawvit.teacher.vocabularies import (
    AP10K,
    FROM_AP10K,
    PARTS,
    SUPERANIMAL,
    VOCABULARIES,
    Vocabulary,
    part_in,
)
from teacher_classes import CLASSES


def test_superanimal_is_the_paper_s_table(shared: Path) -> None:
    table = json.loads((shared / "golden" / "pose_table.json").read_text("utf-8"))
    told = [table["kpts_description"][str(i)] for i in range(39)]
    names = [one["name"] for one in told]
    assert list(SUPERANIMAL.keypoints) == names
    assert list(SUPERANIMAL.parts) == [CLASSES[one["type"]] for one in told]
    links = [(*(names[i] for i in c["link"]), CLASSES[c["class"]]) for c in table["connections"]]
    assert list(SUPERANIMAL.links) == links
    replaced = {
        names[int(own)]: AP10K.keypoints[int(theirs)] for own, theirs in table["kpts_map"].items()
    }
    assert replaced == FROM_AP10K
    assert list(SUPERANIMAL.ignored) == [names[i] for i in table["kpts_ignore"]]
    # A keypoint has the same part in both vocabularies.
    for own, theirs in FROM_AP10K.items():
        assert SUPERANIMAL.parts[SUPERANIMAL.index(own)] == AP10K.parts[AP10K.index(theirs)], own


@pytest.mark.parametrize("words", VOCABULARIES, ids=lambda words: words.name)
def test_a_vocabulary_is_whole(words: Vocabulary) -> None:
    assert len(words) == len(set(words.keypoints)) == len(words.parts)
    assert len(words) == {"AP-10K": 17, "Animal-Pose": 20, "ATRW": 15}.get(words.name, 39)
    assert set(words.parts) | {"tail"} == set(TIGER_PARTS)
    assert words.parts[words.index(words.tail_base)] == "body"
    assert len({frozenset(link[:2]) for link in words.links}) == len(words.links)
    for first, second, part in words.links:
        assert first != second
        ends = {words.parts[words.index(first)], words.parts[words.index(second)]}
        # A leg's midpoint lies on the leg; everything else is trunk.
        assert part in ends if part != "body" else ends != {"head"}


@pytest.mark.parametrize("words", VOCABULARIES, ids=lambda words: words.name)
def test_left_and_right_are_alike(words: Vocabulary) -> None:
    def mirrored(name: str) -> str:
        return name.replace("left", "?").replace("right", "left").replace("?", "right")

    for name, part in zip(words.keypoints, words.parts, strict=True):
        assert words.parts[words.index(mirrored(name))] == part
    links = {frozenset(link[:2]) for link in words.links}
    assert {frozenset(map(mirrored, link)) for link in links} == links


def test_the_yak_s_tail_is_body() -> None:
    assert {"tiger": TIGER_PARTS, "yak": YAK_PARTS} == PARTS
    assert part_in("tail", YAK_PARTS) == "body"
    assert part_in("tail", TIGER_PARTS) == "tail"
    assert part_in("head", YAK_PARTS) == "head"
