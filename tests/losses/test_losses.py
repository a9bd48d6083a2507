"""Each loss against a naive loop and against the released code's numbers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pawvit.losses.criterion import Criterion, Targets
from pawvit.losses.identity import identity_loss
from pawvit.losses.mask import mask_loss
from pawvit.losses.orientation import orientation_loss
from pawvit.losses.triplet import triplet_loss


def golden(shared: Path) -> dict[str, Tensor]:
    return {
        name: torch.from_numpy(np.asarray(value))
        for name, value in np.load(shared / "golden/losses.npz").items()
    }


def test_all_losses_agree_with_the_released_code(shared: Path) -> None:
    g = golden(shared)
    targets = Targets(g["labels"], g["orientation"].float(), g["part_labels"].to(torch.uint8))
    assert torch.equal(targets.visible(3), g["visibility"].bool())
    total, losses = Criterion()(
        g["descriptors"], g["identity_logits"], g["orientation_logits"], g["part_masks"], targets
    )
    for name in ("identity", "triplet", "mask", "orientation"):
        assert losses[name].item() == pytest.approx(g[f"loss_{name}"].item(), abs=1e-5), name
    assert total.item() == pytest.approx(g["loss_total"].item(), abs=1e-5)


def test_identity_is_the_smoothed_cross_entropy() -> None:
    logits = torch.randn(5, 7)
    entities = torch.tensor([0, 3, 6, 2, 2])
    expected = 0.0
    for row, right in zip(logits, entities, strict=True):
        logs = [value - math.log(sum(math.exp(v) for v in row.tolist())) for value in row.tolist()]
        target = [0.2 / 7 + (0.8 if i == right else 0) for i in range(7)]
        expected -= sum(t * log for t, log in zip(target, logs, strict=True)) / 5
    assert identity_loss(logits, entities).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("labels", [[0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 1, 2]])
def test_triplet_takes_the_hardest_of_the_batch(labels: list[int]) -> None:
    descriptors = torch.randn(6, 8)
    expected = 0.0
    for anchor in range(6):
        positive, negative = 0.0, 2.0
        for other in range(6):
            a, b = descriptors[anchor], descriptors[other]
            distance = (1 - float(a @ b / a.norm() / b.norm())) / 2
            if labels[anchor] == labels[other]:
                positive = max(positive, distance)
            else:
                negative = min(negative, distance)
        expected += max(0.0, positive - negative + 0.4) / 6
    found = triplet_loss(descriptors, torch.tensor(labels)).item()
    assert found == pytest.approx(expected, abs=1e-5)


def test_triplet_without_negatives_costs_nothing() -> None:
    assert triplet_loss(torch.randn(3, 4), torch.zeros(3, dtype=torch.long)).item() == 0


@pytest.mark.parametrize("mean_over", ["parts", "images"])
def test_orientation_counts_visible_parts_of_known_flanks(mean_over: str) -> None:
    logits = torch.randn(4, 3)
    right = torch.tensor([1.0, 0.0, float("nan"), 1.0])
    visible = torch.tensor([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0]]).bool()
    terms: dict[int, list[float]] = {}
    for image in range(4):
        for part in range(3):
            if math.isnan(right[image]) or not visible[image, part]:
                continue
            chance = 1 / (1 + math.exp(-logits[image, part].item()))
            term = -math.log(chance if right[image] else 1 - chance)
            terms.setdefault(part if mean_over == "parts" else image, []).append(term)
    expected = sum(sum(t) / len(t) for t in terms.values()) / len(terms)
    found = orientation_loss(logits, right, visible, mean_over=mean_over)  # type: ignore[arg-type]
    assert found.item() == pytest.approx(expected, abs=1e-5)


def test_orientation_of_nothing_visible_is_zero_and_differentiable() -> None:
    logits = torch.randn(2, 3, requires_grad=True)
    loss = orientation_loss(logits, torch.ones(2), torch.zeros(2, 3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert torch.equal(logits.grad, torch.zeros(2, 3))


@pytest.mark.parametrize("count_ignored", [True, False])
@pytest.mark.parametrize("count_absent", [True, False])
def test_mask_against_a_naive_loop(count_ignored: bool, count_absent: bool) -> None:
    torch.manual_seed(3)
    logits = torch.randn(2, 3, 4, 5)
    labels = torch.randint(0, 3, (2, 4, 5)).to(torch.uint8)
    labels[0][labels[0] == 1] = 2  # class 1 is absent from the first photo
    labels[1, 0] = 255
    gamma, epsilon = 1.2, 1e-6
    probability = logits.softmax(dim=1)
    dice_terms, frequency = [], [epsilon] * 3
    for image in range(2):
        for label in range(3):
            both = predicted = true = 0.0
            for y in range(4):
                for x in range(5):
                    ignored = labels[image, y, x] == 255
                    if ignored and not count_ignored:
                        continue
                    p = probability[image, label, y, x].item()
                    t = float(labels[image, y, x] == label)
                    both, predicted, true = both + p * t, predicted + p, true + t
            frequency[label] += true
            if true or count_absent:
                dice = (2 * both + epsilon) / (predicted + true + epsilon)
                dice_terms.append((-math.log(max(dice, 1e-8))) ** gamma)
    cross, pixels = 0.0, 0
    for image in range(2):
        for y in range(4):
            for x in range(5):
                label = int(labels[image, y, x])
                pixels += label != 255 or count_ignored
                if label != 255:
                    weight = math.sqrt(sum(frequency) / frequency[label])
                    cross += weight * (-math.log(probability[image, label, y, x].item())) ** gamma
    expected = 0.5 * sum(dice_terms) / len(dice_terms) + 0.5 * cross / pixels
    found = mask_loss(logits, labels, count_ignored=count_ignored, count_absent=count_absent)
    assert found.item() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("count_ignored", [True, False])
@pytest.mark.parametrize("count_absent", [True, False])
def test_a_map_of_weight_zero_is_as_if_its_photo_were_not_there(
    count_ignored: bool, count_absent: bool
) -> None:
    torch.manual_seed(4)
    logits = torch.randn(3, 3, 6, 5, requires_grad=True)
    labels = torch.randint(0, 3, (3, 6, 5)).to(torch.uint8)
    labels[1, :2] = 255
    labels[2][labels[2] == 1] = 0

    def loss(chosen: list[int], weights: list[float] | None) -> Tensor:
        return mask_loss(
            logits[chosen],
            labels[chosen],
            count_ignored=count_ignored,
            count_absent=count_absent,
            weights=None if weights is None else torch.tensor(weights),
        )

    everything = [0, 1, 2]
    assert torch.equal(loss(everything, [1, 1, 1]), loss(everything, None))
    assert torch.allclose(loss(everything, [1, 0, 1]), loss([0, 2], None), atol=1e-6)
    # The map that does not count may hold anything at all.
    (gradient,) = torch.autograd.grad(loss(everything, [1, 0, 1]), logits)
    assert torch.equal(gradient[1], torch.zeros_like(gradient[1]))
    kept = loss(everything, [1, 0, 1]).item()
    labels[1] = 255
    assert loss(everything, [1, 0, 1]).item() == kept
    # A mean: what counts half beside itself changes nothing.
    assert torch.allclose(loss([0, 0], [1, 0.5]), loss([0], None), atol=1e-6)
    nothing = loss(everything, [0, 0, 0])
    (gradient,) = torch.autograd.grad(nothing, logits)
    assert nothing.item() == 0
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_rejected_maps_change_the_mask_loss_alone() -> None:
    torch.manual_seed(5)
    given = (torch.randn(4, 8), torch.randn(4, 3), torch.randn(4, 2), torch.randn(4, 3, 6, 6))
    labels = torch.randint(0, 3, (4, 6, 6)).to(torch.uint8)
    entities, right = torch.tensor([0, 0, 1, 2]), torch.tensor([1.0, 0.0, 1.0, float("nan")])
    _, plain = Criterion()(*given, Targets(entities, right, labels))
    _, same = Criterion()(*given, Targets(entities, right, labels, torch.ones(4)))
    _, other = Criterion()(*given, Targets(entities, right, labels, torch.tensor([1, 0, 1, 1.0])))
    assert plain == same
    for name in ("identity", "triplet", "orientation"):
        assert plain[name] == other[name], name
    assert plain["mask"] != other["mask"]


def test_a_perfect_mask_costs_nothing_and_a_gradient_is_finite_at_its_edge() -> None:
    labels = torch.tensor([[[0, 1], [2, 255]]], dtype=torch.uint8)
    logits = torch.full((1, 3, 2, 2), -50.0)
    for y, x, label in ((0, 0, 0), (0, 1, 1), (1, 0, 2)):
        logits[0, label, y, x] = 50.0
    logits.requires_grad_(True)
    loss = mask_loss(logits, labels)
    loss.backward()
    assert loss.item() < 1e-3
    assert torch.isfinite(logits.grad).all()


def test_a_loss_of_weight_zero_is_left_out() -> None:
    targets = Targets(torch.tensor([0, 1]), torch.ones(2), torch.zeros(2, 4, 4, dtype=torch.uint8))
    logits = torch.randn(2, 3)
    total, losses = Criterion(triplet=0, mask=0, orientation=0)(
        torch.randn(2, 8), logits, torch.randn(2, 3), torch.randn(2, 4, 4, 4), targets
    )
    assert set(losses) == {"identity"}
    assert total.item() == pytest.approx(losses["identity"].item())
