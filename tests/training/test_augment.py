from __future__ import annotations

import torch

from pawvit.anatomy import mirrored
from pawvit.training.augment import Augment, AugmentConfig, mirror


def picture() -> tuple[torch.Tensor, torch.Tensor]:
    """A bright square on black, labelled 1 on a map of half the size, background 2."""
    image = torch.zeros(3, 64, 64, dtype=torch.uint8)
    image[:, 10:30, 34:54] = 255
    labels = torch.full((32, 32), 2, dtype=torch.uint8)
    labels[5:15, 17:27] = 1
    return image, labels


def middle(mask: torch.Tensor) -> torch.Tensor:
    return torch.nonzero(mask).float().mean(dim=0)


def test_mirroring_moves_image_map_and_orientation_together() -> None:
    image, labels = picture()
    flipped, map_ = mirror(image), mirror(labels)
    assert flipped[0, 15, 63 - 40] == 255
    assert map_[10, 31 - 20] == 1
    assert mirrored("left") == "right"
    again = mirror(flipped), mirror(map_)
    assert torch.equal(again[0], image)
    assert torch.equal(again[1], labels)


def test_image_and_map_move_together() -> None:
    image, labels = picture()
    augment = Augment(AugmentConfig(rotation=25, zoom=0.2, shift=0.1), (32, 32))
    moved_far = 0
    for seed in range(20):
        moved, map_ = augment(image, labels, seed)
        assert map_.dtype == torch.uint8
        apart = middle(moved[0] > 127) / 2 - middle(map_ == 1)
        assert apart.abs().max() < 1.5, seed
        moved_far += bool((middle(map_ == 1) - middle(labels == 1)).abs().max() > 2)
    assert moved_far > 5


def test_what_a_rotation_brings_in_is_ignored() -> None:
    image, labels = picture()
    augment = Augment(AugmentConfig(rotation=45), (32, 32))
    corners = 0
    for seed in range(10):
        _, map_ = augment(image, labels, seed)
        assert set(map_.unique().tolist()) <= {1, 2, 255}
        corners += int(map_[0, 0] == 255)
    assert corners >= 5


def test_nothing_is_mirrored_by_chance() -> None:
    image = torch.zeros(3, 64, 64, dtype=torch.uint8)
    image[:, :, :20] = 255
    labels = torch.zeros(32, 32, dtype=torch.uint8)
    augment = Augment(AugmentConfig(rotation=15, zoom=0.1, shift=0.1, colour=0.3), (32, 32))
    for seed in range(30):
        moved, _ = augment(image, labels, seed)
        assert moved[0, 32, 8:14].float().mean() > moved[0, 32, 40:60].float().mean()


def test_the_same_seed_gives_the_same_photo_and_leaves_the_global_randomness_alone() -> None:
    image, labels = picture()
    augment = Augment(AugmentConfig(rotation=15, colour=0.4, erase=1.0), (32, 32))
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first = augment(image, labels, 5)
    assert torch.equal(torch.rand(3), expected)
    second = augment(image, labels, 5)
    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[0], augment(image, labels, 6)[0])


def test_no_augmentation_changes_nothing_but_the_maps_size() -> None:
    image, labels = picture()
    same, map_ = Augment(AugmentConfig(rotation=0), (32, 32))(image, labels, 0)
    assert torch.equal(same, image)
    assert torch.equal(map_, labels)
