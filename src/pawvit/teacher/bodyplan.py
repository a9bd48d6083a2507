"""Features that agree with a rough plan of the body: head, trunk and legs of any quadruped.

A patch's features don't say what is a leg; where it lies does, on average. The plan (legs below,
the head at one end, the rest between) gives every patch a guess, a linear discriminant of the
features learns from all guesses at once, and what it finds corrects them: a dog that lies is wrong
by the plan and right by its features. Knows features and positions; it knows no networks, no
pictures and no files.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from pawvit.errors import PartMapError

INSIDE = 0.5
"""Saliency above which a patch is animal."""

MIN_PATCHES = 20
"""A photo with a smaller foreground does not tell where parts lie."""

MOST_PATCHES = 40_000
"""Of more, some are picked at random: about what 200 photos have, and more teach no more."""

MIN_PHOTOS = 4
"""Fewer can't be halved to see whether the halves agree."""

LEGS_BELOW = 2 / 3
"""Legs lie below this share of the animal's height until features say otherwise …"""

SOFT = 8.0
"""… with this slope: a quarter of the height farther up they are 12 % likely."""

HEAD = 0.2
"""How likely a patch is head by the plan alone, wherever it lies."""

SHRINKAGE = 0.8
"""Of the covariance towards a sphere; chosen on a third of Animal-Pose (docs/decisions.md)."""

ROUNDS = 8
"""After these the guesses have stopped moving."""

SEEDS = 7
"""Clusters among which the head is looked for; 4 to 10 end the same."""

FACING = 0.15
"""The head of an animal seen from its side lies this share of its length off its middle."""

MIN_HEAD = 3
"""Patches of head without which a photo does not say which way the animal faces."""


@dataclass(frozen=True)
class Patches:
    """The foreground patches of several photos.

    Attributes:
        features: (X, C), unit vectors less the mean of all.
        photo: (X,) which photo each is of.
        down: (X,) 0 at the animal's highest patch, 1 at its lowest.
        across: (X,) 0 at its leftmost patch, 1 at its rightmost.
    """

    features: Float[Tensor, "X C"]
    photo: Int[Tensor, "X"]
    down: Float[Tensor, "X"]
    across: Float[Tensor, "X"]

    def of(self, chosen: Tensor) -> Patches:
        """Some of the patches: (X,) booleans, or their positions."""
        own = (self.features, self.photo, self.down, self.across)
        return Patches(*(values[chosen] for values in own))


def gather(
    features: Float[Tensor, "P N C"], saliency: Float[Tensor, "P N"], grid: tuple[int, int]
) -> tuple[Patches, Float[Tensor, "C"]]:
    """The foreground patches of photos in which the animal can be seen, and their mean.

    Raises:
        PartMapError: hardly any photo has a clear foreground.
    """
    inside = saliency > INSIDE
    usable = (inside.sum(dim=1) >= MIN_PATCHES).nonzero()[:, 0]
    if len(usable) < MIN_PHOTOS:
        raise PartMapError(
            f"only {len(usable)} of {len(features)} photos show a clear foreground",
            mend="give photos in which the animal fills a good part of the picture",
        )
    rows, columns = grid
    row = torch.arange(rows).repeat_interleave(columns).float()
    column = torch.arange(columns).repeat(rows).float()
    own = [inside[photo] for photo in usable]
    unit = torch.cat(
        [F.normalize(features[p][body].float(), dim=1) for p, body in zip(usable, own, strict=True)]
    )
    mean = unit.mean(dim=0)
    photo = torch.cat([torch.full((int(body.sum()),), i) for i, body in enumerate(own)])
    down = torch.cat([stretched(row[body]) for body in own])
    across = torch.cat([stretched(column[body]) for body in own])
    patches = Patches(unit.sub_(mean), photo, down, across)
    if len(photo) > MOST_PATCHES:
        order = torch.randperm(len(photo), generator=torch.Generator().manual_seed(0))
        patches = patches.of(order[:MOST_PATCHES].sort().values)
    return patches, mean


def stretched(values: Tensor) -> Tensor:
    """Moved and scaled to 0 … 1."""
    low, high = values.aminmax()
    return (values - low) / (high - low).clamp_min(1e-6)


@dataclass(frozen=True)
class Linear:
    """A discriminant: features (…, C) → logits (…, K)."""

    weight: Float[Tensor, "C K"]
    bias: Float[Tensor, "K"]

    def __call__(self, features: Tensor) -> Tensor:
        """Logits whose softmax is the probability of each part."""
        return features @ self.weight + self.bias


def body(patches: Patches, seed: int) -> Linear:
    """The discriminant of head, trunk and legs."""
    head = _head(patches, seed)
    leg = (patches.down > LEGS_BELOW) & ~head
    guess = torch.stack([head, ~head & ~leg, leg], dim=1).float()
    low = (1 - HEAD) * below(patches.down, LEGS_BELOW)
    plan = torch.stack([torch.full_like(low, HEAD), 1 - HEAD - low, low], dim=1)
    return learn(patches.features, guess, plan)


def below(where: Tensor, middle: float) -> Tensor:
    """How likely it is to lie on the far side of the middle."""
    return torch.sigmoid((where - middle) * SOFT)


def _head(patches: Patches, seed: int) -> Bool[Tensor, "X"]:
    """The cluster that keeps farthest from the animal's middle, among those of its upper half."""
    unit = F.normalize(patches.features, dim=1)
    centres = spherical_kmeans(unit, min(SEEDS, len(unit)), seed=seed)
    own = (unit @ centres.T).argmax(dim=1)
    best, aside = 0, -1.0
    for cluster in torch.unique(own).tolist():
        here = own == cluster
        off = float((patches.across[here] - 0.5).abs().mean())
        off -= float(patches.down[here].mean() >= 0.5)
        if off > aside:
            best, aside = cluster, off
    return own == best


def facing(patches: Patches, share: Float[Tensor, "X K"]) -> Float[Tensor, "P"]:
    """Which way each animal faces by the place of its head: 1 left, −1 right, 0 neither.

    Args:
        patches: of P photos.
        share: how much each is head (first column) and other parts.
    """
    head, rest = share[:, 0], share[:, 1:].sum(dim=1)
    none = torch.zeros(int(patches.photo.max()) + 1)

    def sums(values: Tensor) -> Tensor:
        return none.index_add(0, patches.photo, values)

    middle = [sums(part * patches.across) / sums(part).clamp_min(1e-6) for part in (head, rest)]
    return side(middle[1] - middle[0], sums(head) >= MIN_HEAD)


def side(off: Tensor, seen: Tensor) -> Tensor:
    """1 where a head that is seen lies left of the rest, −1 where right, 0 where neither."""
    return torch.where(seen & (off.abs() > FACING), off.sign(), torch.zeros_like(off))


def learn(
    features: Float[Tensor, "X C"], guess: Float[Tensor, "X K"], plan: Float[Tensor, "X K"]
) -> Linear:
    """Features that agree with a plan: guess → discriminant → guess …, `ROUNDS` times.

    Args:
        features: of X patches.
        guess: how much each patch belongs to each part; a row's sum is the patch's weight.
        plan: how likely each part is where a patch lies.
    """
    weight = guess.sum(dim=1, keepdim=True)
    share = weight / weight.sum()
    centred = features - (share * features).sum(dim=0)
    total = (centred * share).T @ centred
    found = _discriminant(features, guess, total)
    for _ in range(ROUNDS):
        guess = (found(features) + plan.log()).softmax(dim=1) * weight
        found = _discriminant(features, guess, total)
    return found


def _discriminant(
    features: Float[Tensor, "X C"], guess: Float[Tensor, "X K"], total: Float[Tensor, "C C"]
) -> Linear:
    """Fisher's discriminant for patches that belong to parts by shares."""
    mass = guess.sum(dim=0).clamp_min(1e-6)
    weight = mass / mass.sum()
    means = guess.T @ features / mass[:, None]
    mean = weight @ means
    apart = means - mean
    within = total - (apart.T * weight) @ apart
    sphere = torch.eye(len(within)) * within.diagonal().mean()
    within = (1 - SHRINKAGE) * within + SHRINKAGE * sphere
    directions = torch.linalg.solve(within, apart.T)
    bias = weight.log() - 0.5 * (apart.T * directions).sum(dim=0) - mean @ directions
    return Linear(directions, bias)


def spherical_kmeans(
    unit: Float[Tensor, "X C"], clusters: int, *, seed: int, starts: int = 6, rounds: int = 40
) -> Float[Tensor, "M C"]:
    """k-means by cosine with k-means++ starts; the best of several by mean similarity."""
    random = torch.Generator().manual_seed(seed)
    best, best_score = unit[:clusters], float("-inf")
    for _ in range(starts):
        centres = unit[torch.randint(len(unit), (1,), generator=random)]
        while len(centres) < clusters:
            distance = (1 - (unit @ centres.T).amax(dim=1)).clamp_min(1e-9)
            pick = torch.multinomial(distance**2, 1, generator=random)
            centres = torch.cat([centres, unit[pick]])
        for _ in range(rounds):
            nearest = (unit @ centres.T).argmax(dim=1)
            sums = torch.zeros_like(centres).index_add_(0, nearest, unit)
            moved = torch.where(sums.norm(dim=1, keepdim=True) > 0, sums, centres)
            moved = F.normalize(moved, dim=1)
            if torch.allclose(moved, centres, atol=1e-5):
                break
            centres = moved
        score = float((unit @ centres.T).amax(dim=1).mean())
        if score > best_score:
            best, best_score = centres, score
    return best
