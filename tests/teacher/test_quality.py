"""Scores of part maps, on maps whose agreement can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from pawvit.anatomy import IGNORE, TIGER_PARTS, YAK_PARTS
from pawvit.errors import PartMapError
from pawvit.teacher.quality import GROUPS, adjusted_rand, group, score

NAMES = ("head", "upper flank", "fore legs")


def animal() -> np.ndarray:
    """Head 4 × 4, trunk 4 × 8, legs 4 × 8, in 16 × 16."""
    labels = np.full((16, 16), 3, np.uint8)
    labels[4:8, 0:4] = 0
    labels[4:8, 4:12] = 1
    labels[8:12, 4:12] = 2
    return labels


def test_parts_of_every_vocabulary_have_a_group() -> None:
    assert [group(part) for part in TIGER_PARTS] == ["head", "trunk", "trunk", "legs", "legs"]
    assert {group(part) for part in YAK_PARTS} == set(GROUPS)
    assert group("lower face") == group("neck") == "head"
    assert group("upper fore flank") == "trunk"
    assert group("lower hind legs") == "legs"


def test_a_map_agrees_with_itself() -> None:
    found = score([(animal(), animal())], NAMES, NAMES)
    assert found.iou == found.found == (1.0, 1.0, 1.0)
    assert found.rand == found.boundary == found.foreground == found.mean == 1.0


def test_iou_is_counted_over_all_photos() -> None:
    wrong = animal()
    wrong[4:8, 0:2] = 1  # half of the head is taken for trunk
    found = score([(wrong, animal()), (animal(), animal())], NAMES, NAMES)
    assert found.iou == pytest.approx(((8 + 16) / 32, 64 / 72, 1.0))
    assert found.photos == 2
    assert found.found == (1.0, 1.0, 1.0)  # half of a head is found
    assert found.foreground == 1.0


def test_a_missing_part_is_not_found() -> None:
    headless = animal()
    headless[headless == 0] = 3
    found = score([(headless, animal())], NAMES, NAMES)
    assert found.iou[0] == found.found[0] == 0
    assert found.foreground == pytest.approx(64 / 80)


def test_finer_parts_are_merged_by_their_names() -> None:
    finer = animal()
    finer[finer == 3] = 4
    finer[4:8, 8:12] = 3
    found = score([(finer, animal())], (*NAMES, "lower flank"), NAMES)
    assert found.mean == 1.0
    assert found.rand < 1


def test_ignored_pixels_count_for_nothing() -> None:
    truth, wrong = animal(), animal()
    truth[4:8, 0:2] = IGNORE
    wrong[4:8, 0:2] = 3
    assert score([(wrong, truth)], NAMES, NAMES).iou == (1.0, 1.0, 1.0)


def test_boundaries_may_lie_a_little_apart() -> None:
    near, far = animal(), animal()
    near[4:8, 4:6] = 0
    far[4:8, 4:10] = 0
    assert score([(near, animal())], NAMES, NAMES).boundary == 1.0
    assert score([(far, animal())], NAMES, NAMES).boundary < 1


def test_maps_that_can_t_be_compared_are_refused() -> None:
    with pytest.raises(PartMapError, match="no maps"):
        score([], NAMES, NAMES)
    with pytest.raises(PartMapError, match="8 × 16 can't be compared"):
        score([(animal()[:8], animal())], NAMES, NAMES)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=2, max_size=60))
def test_the_rand_index_is_scikit_learn_s(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second))
