from __future__ import annotations

from collections import Counter
from itertools import islice

from hypothesis import given, settings
from hypothesis import strategies as st

from pawvit.training.sampler import Draw, PKSampler


def sampler(sizes: list[int], P: int = 4, K: int = 3, seed: int = 0) -> PKSampler:
    photos, number = [], 0
    for size in sizes:
        photos.append([(number + i, False) for i in range(size)])
        number += size
    return PKSampler(photos, entities_per_batch=P, photos_per_entity=K, seed=seed)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=12), st.integers(0, 5))
def test_every_batch_has_p_entities_with_k_photos_of_their_own(sizes: list[int], seed: int) -> None:
    made = sampler(sizes, seed=seed)
    for batch in islice(made.batches(), 3 * made.batches_per_epoch):
        counted = Counter(draw.entity for draw in batch)
        assert len(counted) == made.P == min(4, len(sizes))
        assert set(counted.values()) == {3}
        for draw in batch:
            assert (draw.photo, draw.mirror) in made.photos[draw.entity]


def test_photos_are_repeated_only_where_an_entity_has_too_few() -> None:
    made = sampler([5, 5, 5, 2], P=2)
    for batch in islice(made.batches(), 20):
        photos = Counter(draw.photo for draw in batch)
        for draw in batch:
            assert photos[draw.photo] == 1 or draw.entity == 3


def test_batches_depend_on_seed_and_number_only() -> None:
    made = sampler([3, 8, 4, 1, 6])
    whole = list(islice(made.batches(), 25))
    assert list(islice(made.batches(start=11), 14)) == whole[11:]
    assert list(islice(sampler([3, 8, 4, 1, 6], seed=1).batches(), 25)) != whole


def test_an_epoch_shows_nearly_every_photo_of_big_entities() -> None:
    made = sampler([6] * 12, P=4, K=3)
    assert made.images_per_epoch == 72
    seen = {d.photo for batch in islice(made.batches(), made.batches_per_epoch) for d in batch}
    assert len(seen) > 60


def test_seeds_of_draws_differ() -> None:
    batch: list[Draw] = next(sampler([3, 3, 3, 3]).batches())
    assert len({draw.seed for draw in batch}) == len(batch)
