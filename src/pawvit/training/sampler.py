"""P × K sampling: batches of P entities with K photos each (paper §4.2). It sees no picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Draw:
    """One photo of one batch.

    Attributes:
        photo: its position in the training table.
        entity: the index of the entity that it shows, mirrored or not.
        mirror: whether it is mirrored before anything else.
        seed: of its augmentation; a draw looks the same whoever loads it and whenever.
    """

    photo: int
    entity: int
    mirror: bool
    seed: int


class PKSampler:
    """Endless batches that depend on nothing but the seed and the number of the batch.

    In an epoch, each entity gives its photos in random order, K at a time; what is left over when K
    do not divide them is skipped this time, and an entity with fewer than K photos repeats them.

    Args:
        photos: for each entity, the (photo, mirror) pairs that show it; none may be empty.
        entities_per_batch: P.
        photos_per_entity: K.
        seed: another seed samples otherwise.
    """

    def __init__(
        self,
        photos: Sequence[Sequence[tuple[int, bool]]],
        *,
        entities_per_batch: int,
        photos_per_entity: int,
        seed: int,
    ) -> None:
        self.photos = photos
        self.P, self.K, self.seed = min(entities_per_batch, len(photos)), photos_per_entity, seed
        chunks = sum(max(len(own) // self.K, 1) for own in photos)
        self.batches_per_epoch = max(chunks // self.P, 1)

    @property
    def images_per_epoch(self) -> int:
        """Repeats counted."""
        return self.batches_per_epoch * self.P * self.K

    def batches(self, start: int = 0) -> Iterator[list[Draw]]:
        """Batch `start`, `start` + 1, … without end."""
        number = start
        while True:
            epoch, offset = divmod(number, self.batches_per_epoch)
            for batch in self._epoch(epoch)[offset:]:
                yield batch
                number += 1

    def _epoch(self, epoch: int) -> list[list[Draw]]:
        random = np.random.default_rng((self.seed, epoch))
        waiting: list[list[list[tuple[int, bool]]]] = []
        for own in self.photos:
            order = [own[i] for i in random.permutation(len(own))]
            if len(order) < self.K:
                repeats = -(-self.K // len(order))
                waiting.append([(order * repeats)[: self.K]])
            else:
                waiting.append(
                    [order[i : i + self.K] for i in range(0, len(order) - self.K + 1, self.K)]
                )
        batches = []
        for _ in range(self.batches_per_epoch):
            left = np.array([len(chunks) for chunks in waiting])
            # Entities with more chunks left come first by chance in proportion, so that the last
            # batches of an epoch still find P different entities.
            chosen = random.choice(len(left), size=self.P, replace=False, p=_smoothed(left, self.P))
            batch = []
            for entity in chosen:
                chunks = waiting[entity]
                if not chunks:  # fewer than P entities have photos left: one shows up again
                    own = self.photos[entity]
                    picks = random.choice(len(own), size=self.K, replace=len(own) < self.K)
                    chunks.append([own[i] for i in picks])
                for photo, mirror in chunks.pop():
                    seed = int(random.integers(2**31))
                    batch.append(Draw(photo, int(entity), mirror, seed))
            batches.append(batch)
        return batches


def _smoothed(left: npt.NDArray[np.int64], needed: int) -> npt.NDArray[np.float64]:
    weights = left.astype(np.float64)
    if np.count_nonzero(weights) < needed:
        weights += 1e-6
    shares: npt.NDArray[np.float64] = weights / weights.sum()
    return shares
