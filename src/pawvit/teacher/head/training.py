"""Learning a keypoint head from cached features, and what its confidence is worth.

Knows features and places in squares; it knows no files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from pawvit.teacher.head.network import KeypointHead, hill, mass_within, places
from pawvit.teacher.head.score import WITHIN
from pawvit.teacher.head.seen import CHANNELS, GRID, VIEWS, Seen
from pawvit.teacher.head.views import Points

Progress = Callable[[int, int], None]

BATCH = 16
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 0.05
HILL = 1.0
"""Standard deviation of the target round a keypoint, in cells."""

THERE = 0.3
"""Weight of the loss of whether a keypoint has a place."""

STEPS = 600
"""Of 16 views each: some minutes on two cores."""

EPOCHS = 10
"""Passes over the animals at least, where there are many."""


@dataclass(frozen=True)
class Trust:
    """A keypoint's confidence: the probability that it has a place, and lies within 0.1 of it.

    Attributes:
        mass, there, offset: of the logit: mass · logit(mass near the peak) + there · (logit of its
            having a place) + offset.
    """

    mass: float = 1.0
    there: float = 1.0
    offset: float = 0.0

    def __call__(self, near: Tensor, there: Tensor) -> Tensor:
        """Confidence in [0, 1]; of any shape, `near` a share and `there` a logit."""
        return torch.sigmoid(self.mass * near.logit(1e-4) + self.there * there + self.offset)


def fit(
    seen: Seen,
    animals: npt.NDArray[np.int64],
    *,
    steps: int = STEPS,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> KeypointHead:
    """A head that has learned from the views of some animals.

    Args:
        seen: E animals.
        animals: which of them to learn from.
        steps: of 16 views each; as many more as `EPOCHS` passes over the animals need.
        seed: the same gives the same head on the same machine.
        progress: called with views learned from and their number.
    """
    number = seen.animals
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        head = KeypointHead(seen.points.shape[1], CHANNELS, GRID)
        optimiser = torch.optim.AdamW(head.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        batch = min(BATCH, len(animals))
        steps = max(steps, EPOCHS * len(animals) // batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, LEARNING_RATE, total_steps=steps, pct_start=0.1
        )
        queue = np.zeros(0, np.int64)
        for step in range(steps):
            if len(queue) < batch:
                queue = np.concatenate([queue, rng.permutation(animals)])
            chosen, queue = queue[:batch], queue[batch:]
            rows = chosen + number * rng.integers(VIEWS, size=batch)
            loss = _loss(head, seen, rows)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            progress((step + 1) * batch, steps * batch)
    return head.eval()


def _loss(head: KeypointHead, seen: Seen, rows: npt.NDArray[np.int64]) -> Tensor:
    """Cross-entropy of heatmaps over their cells, and of whether keypoints have a place."""
    maps, there = head(torch.from_numpy(seen.features[rows]).float())
    labelled = torch.from_numpy(seen.labelled[rows])
    wanted = hill(torch.from_numpy(seen.points[rows]).float(), maps.shape[-1], HILL)
    away = -(wanted * maps.flatten(2).log_softmax(dim=2).reshape(maps.shape))
    per_keypoint = away.sum(dim=(2, 3))
    known = functional.binary_cross_entropy_with_logits(there, labelled.float())
    placed: Tensor = (per_keypoint * labelled).sum() / labelled.sum().clamp(min=1)
    return placed + THERE * known


@dataclass(frozen=True)
class Guess:
    """What a head says of B views: places in the square, and what speaks for them.

    Attributes:
        points: (B, K, 2).
        near: (B, K) share of the heatmap near the point.
        there: (B, K) logit of its having a place.
    """

    points: Points
    near: Tensor
    there: Tensor


def guess(
    head: KeypointHead, features: Tensor, sides: npt.NDArray[np.float64], mirror: list[int]
) -> Guess:
    """The head's keypoints.

    Args:
        head: in evaluation mode.
        features: (B, N, C) or, with their mirrored views after them, (2 · B, N, C): then both
            heatmaps are averaged.
        sides: (B, 2) width and height of the frames, in pixels.
        mirror: for each keypoint its counterpart.
    """
    with torch.no_grad():
        maps, there = head(features.float())
        if len(features) == 2 * len(sides):
            own, turned = maps.flatten(2).log_softmax(dim=2).reshape(maps.shape).chunk(2)
            maps = (own + turned[:, mirror].flip(-1)) / 2
            own, turned = there.chunk(2)
            there = (own + turned[:, mirror]) / 2
        found = places(maps)
        near = mass_within(maps, found, torch.from_numpy(sides).float(), WITHIN)
        return Guess(found.double().numpy(), near, there)


def calibrate(guesses: Guess, right: npt.NDArray[np.bool_]) -> Trust:
    """The confidence that fits keypoints whose truth is known, by logistic regression.

    Args:
        guesses: of B animals.
        right: (B, K) whether a keypoint has a place and the guess lies near it.
    """
    known = torch.from_numpy(right).double().flatten()
    given = torch.stack(
        [guesses.near.double().logit(1e-4).flatten(), guesses.there.double().flatten()]
    )
    weights = torch.tensor([1.0, 1.0, 0.0], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        logit = weights[0] * given[0] + weights[1] * given[1] + weights[2]
        value = functional.binary_cross_entropy_with_logits(logit, known)
        value = value + 1e-3 * (weights[:2] - 1).square().sum()
        torch.autograd.backward(value)
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    mass, there, offset = weights.tolist()
    return Trust(mass, there, offset)
