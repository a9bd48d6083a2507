"""SuperAnimal's keypoints improved by AP-10K's: whose are whose, and what is left alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from pawvit.errors import KeypointError
from pawvit.images import Pixels
from pawvit.teacher.ensemble import Ensemble
from pawvit.teacher.geometry import Pose
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.vocabularies import AP10K, ATRW, FROM_AP10K, SUPERANIMAL, Vocabulary

PICTURE: Pixels = np.zeros((60, 200, 3), np.uint8)


class Given:
    def __init__(self, vocabulary: Vocabulary, *found: list[Animal] | KeypointError) -> None:
        self.vocabulary = vocabulary
        self.found = list(found)

    def __call__(
        self, paths: Sequence[str], pictures: Sequence[Pixels]
    ) -> list[list[Animal] | KeypointError]:
        return self.found


def animal(words: Vocabulary, left: float, size: tuple[float, float] | None = None) -> Animal:
    along = np.linspace(0, 40, len(words))
    points = np.stack([left + along, 5 + along], axis=1)
    return Animal(Pose(words, points, np.full(len(words), 0.9)), size)


def test_each_animal_is_improved_by_its_own() -> None:
    base = Given(SUPERANIMAL, [animal(SUPERANIMAL, 0), animal(SUPERANIMAL, 120)])
    better = Given(AP10K, [animal(AP10K, 118), animal(AP10K, 3)])
    for both in (Ensemble(base, better), Ensemble(better, base)):
        assert both.vocabulary is SUPERANIMAL
        ((left, right),) = both(["a.jpg"], [PICTURE])  # type: ignore[misc]
        for found, own, other in ((left, 0, 1), (right, 1, 0)):
            theirs = better.found[0][other].pose  # type: ignore[index]
            for name in SUPERANIMAL.keypoints:
                at = found.pose.points[SUPERANIMAL.index(name)]
                if name in FROM_AP10K:
                    expected = theirs.points[AP10K.index(FROM_AP10K[name])]
                else:
                    before = base.found[0][own].pose  # type: ignore[index]
                    expected = before.points[SUPERANIMAL.index(name)]
                np.testing.assert_array_equal(at, expected)


def test_an_animal_that_the_other_does_not_see_stays() -> None:
    own = animal(SUPERANIMAL, 0)
    for others in ([], [animal(AP10K, 150)]):
        ((found,),) = Ensemble(Given(SUPERANIMAL, [own]), Given(AP10K, others))(  # type: ignore[misc]
            ["a.jpg"], [PICTURE]
        )
        np.testing.assert_array_equal(found.pose.points, own.pose.points)


def test_poses_of_copies_of_other_sizes_meet_in_the_picture() -> None:
    small = animal(SUPERANIMAL, 0, (100, 30))
    both = Ensemble(Given(SUPERANIMAL, [small]), Given(AP10K, [animal(AP10K, 20)]))
    ((found,),) = both(["a.jpg"], [PICTURE])  # type: ignore[misc]
    np.testing.assert_array_equal(found.pose.points[0], 2 * small.pose.points[0])
    neck = found.pose.points[SUPERANIMAL.index("neck_base")]
    np.testing.assert_array_equal(neck, animal(AP10K, 20).pose.points[AP10K.index("neck")])
    wrong = Given(SUPERANIMAL, [animal(SUPERANIMAL, 0, (100, 100))])
    (error,) = Ensemble(wrong, Given(AP10K, []))(["a.jpg"], [PICTURE])
    assert isinstance(error, KeypointError)


def test_a_picture_that_one_of_them_does_not_know() -> None:
    unknown = KeypointError("the picture is not in the keypoint file")
    own = animal(SUPERANIMAL, 0)
    assert Ensemble(Given(SUPERANIMAL, [own]), Given(AP10K, unknown))(["a"], [PICTURE]) == [unknown]
    assert Ensemble(Given(SUPERANIMAL, unknown), Given(AP10K, []))(["a"], [PICTURE]) == [unknown]


def test_other_vocabularies_don_t_go_together() -> None:
    with pytest.raises(KeypointError, match="ATRW and AP-10K don't go together"):
        Ensemble(Given(ATRW), Given(AP10K))
