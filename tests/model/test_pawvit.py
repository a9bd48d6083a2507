"""The network against the released code's numbers, and over every kind of timm ViT."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pawvit.errors import CheckpointError, ConfigError
from pawvit.model.config import ModelConfig
from pawvit.model.heads import TrainingHeads
from pawvit.model.pawvit import PawViT, resample_position
from pawvit.model.pretrained import build
from pawvit.model.released import load_released

TINY = {"patch_size": 16, "embed_dim": 48, "depth": 3, "num_heads": 4}


def tiny(**changes: object) -> ModelConfig:
    settings: dict[str, object] = {
        "backbone": "vit_base_patch16_224",
        "architecture": TINY,
        "parts": ("a", "b", "c"),
        "image_size": (64, 64),
        "map_size": (16, 16),
        "mean": (0.0, 0.0, 0.0),
        "std": (1.0, 1.0, 1.0),
    }
    return ModelConfig(**(settings | changes))


@pytest.fixture
def released(shared: Path) -> tuple[PawViT, TrainingHeads, dict[str, np.ndarray]]:
    model = build(tiny(), "none")
    heads = TrainingHeads(model, 11)
    load_released(load_file(shared / "golden/model_tiny.safetensors"), model, heads)
    golden = dict(np.load(shared / "golden/model_tiny_io.npz"))
    return model, heads, golden


def test_every_output_agrees_with_the_released_code(released: tuple) -> None:
    model, heads, golden = released
    model.eval()
    heads.eval()
    with torch.no_grad():
        features = model(torch.from_numpy(golden["images"]))
        outputs = heads(features)
    for ours, name in (
        (features.descriptor, "descriptor"),
        (features.descriptor, "infer"),
        (outputs.entity_logits, "identity_logits"),
        (outputs.mask_logits, "part_masks"),
        (outputs.orientation_logits, "orientation_logits"),
    ):
        np.testing.assert_allclose(ours.numpy(), golden[name], atol=1e-5, err_msg=name)


def test_one_training_step_moves_the_neck_k_plus_1_times(released: tuple) -> None:
    model, heads, golden = released
    # Drop path off, so that the naive computation sees the same features.
    model.eval()
    heads.train()
    with torch.no_grad():
        features = model(torch.from_numpy(golden["images"]))
        mean = heads.neck.running_mean.clone()
        variance = heads.neck.running_var.clone()
        tracked = heads.neck.num_batches_tracked.item()
        outputs = heads(features)

    seen = [features.descriptor, *features.part_tokens.unbind(dim=1)]
    normalised = []
    for batch in seen:
        mean = 0.9 * mean + 0.1 * batch.mean(dim=0)
        variance = 0.9 * variance + 0.1 * batch.var(dim=0, unbiased=True)
        scaled = (batch - batch.mean(dim=0)) / (batch.var(dim=0, unbiased=False) + 1e-5).sqrt()
        normalised.append(scaled * heads.neck.weight + heads.neck.bias)
    assert heads.neck.num_batches_tracked.item() == tracked + 4
    torch.testing.assert_close(heads.neck.running_mean, mean, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(heads.neck.running_var, variance, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(
        outputs.entity_logits, heads.entity(normalised[0]), atol=1e-4, rtol=1e-4
    )
    for part, head in enumerate(heads.orientation):
        torch.testing.assert_close(
            outputs.orientation_logits[:, part],
            head(normalised[1 + part])[:, 0],
            atol=1e-4,
            rtol=1e-4,
        )


def test_released_parameters_of_another_shape_are_refused(shared: Path) -> None:
    model = build(tiny(parts=("a", "b")), "none")
    state = load_file(shared / "golden/model_tiny.safetensors")
    with pytest.raises(CheckpointError, match="do not fit"):
        load_released(state, model, TrainingHeads(model, 11))


@pytest.mark.parametrize(
    ("backbone", "architecture", "size"),
    [
        ("vit_base_patch16_224", {"embed_dim": 48, "depth": 2, "num_heads": 4}, (64, 96)),
        ("vit_small_patch14_dinov2", {"embed_dim": 48, "depth": 2, "num_heads": 4}, (70, 42)),
        ("vit_small_patch14_reg4_dinov2", {"embed_dim": 48, "depth": 2, "num_heads": 4}, (42, 70)),
        ("deit3_small_patch16_224", {"embed_dim": 48, "depth": 2, "num_heads": 4}, (32, 64)),
    ],
)
def test_any_vit_at_any_size(
    backbone: str, architecture: dict[str, int], size: tuple[int, int]
) -> None:
    model = build(tiny(backbone=backbone, architecture=architecture, image_size=size), "none")
    heads = TrainingHeads(model, 5)
    features = model.eval()(torch.rand(2, 3, *size))
    outputs = heads.eval()(features)
    patch = model.patch_embed.patch_size[0]
    assert features.patch_tokens.shape == (2, size[0] // patch * (size[1] // patch), 48)
    assert features.part_tokens.shape == (2, 3, 48)
    assert outputs.mask_logits.shape == (2, 4, 16, 16)
    torch.testing.assert_close(features.part_weights.sum(dim=1), torch.ones(2))


def test_registers_take_part_but_are_no_parts() -> None:
    options = {"embed_dim": 48, "depth": 2, "num_heads": 4}
    config = tiny(
        backbone="vit_small_patch14_reg4_dinov2", architecture=options, image_size=(42, 42)
    )
    model = build(config, "none").eval()
    assert model.registers is not None
    assert model.registers.shape == (1, 4, 48)
    image = torch.rand(1, 3, 42, 42)
    before = model(image).descriptor
    with torch.no_grad():
        model.registers += torch.randn(1, 4, 48)
    # A fresh DINOv2 scales its layers down to 1e-5: the change is small, but there.
    assert not torch.equal(before, model(image).descriptor)


def test_extra_tokens_start_with_the_class_tokens_position() -> None:
    config = tiny()
    model = build(config, "none")
    assert torch.equal(model.token_position[:, 0], model.token_position[:, 3])


def test_tokens_that_join_late_leave_the_first_blocks_as_they_were() -> None:
    model = build(tiny(join_block=2), "none").eval()
    for parameter in (*model.blocks[:2].parameters(), model.class_token, model.patch_position):
        parameter.requires_grad_(False)
    model.patch_embed.requires_grad_(False)
    images = torch.rand(2, 3, 64, 64)
    seen: list[torch.Tensor] = []
    model.blocks[2].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    first: list[torch.Tensor] = []
    model.blocks[1].register_forward_hook(lambda _, __, output: first.append(output))
    model(images).descriptor.sum().backward()
    assert not first[0].requires_grad, "training would go back through frozen blocks"
    assert first[0].shape[1] == 1 + 16
    torch.testing.assert_close(seen[0][:, :4], first[0][:, :1] + model.tokens)
    assert model.tokens.grad is not None


def test_tokens_can_t_join_after_the_last_block() -> None:
    with pytest.raises(ConfigError, match="join"):
        build(tiny(join_block=3), "none")


def test_the_background_token_has_no_say_in_the_descriptor() -> None:
    model = build(tiny(), "none").eval()
    parts = torch.rand(2, 3, 48)
    descriptor, weights = model.aggregation(parts)
    assert descriptor.shape == (2, 48)
    assert weights.shape == (2, 3)
    assert sum("background" in name for name, _ in model.named_parameters()) == 0


def test_rows_and_columns_are_not_swapped() -> None:
    """A mask of an oblong photo lies where the patch is (the released code swaps its sides)."""
    model = build(tiny(image_size=(32, 96), map_size=(2, 6)), "none").eval()
    heads = TrainingHeads(model, 2).eval()
    features = model(torch.rand(1, 3, 32, 96))
    tokens = torch.cat([features.part_tokens, features.background_token[:, None]], dim=1)
    masks = heads.masks(tokens, features.patch_tokens)
    row, column = 1, 4
    q = heads.masks.q(tokens)[0].view(4, 4, 12)
    k = heads.masks.k(features.patch_tokens)[0, row * 6 + column].view(4, 12)
    expected = torch.stack([(q[part] * k).sum(dim=1) / 12**0.5 for part in range(4)]).sigmoid()
    torch.testing.assert_close(masks[0, :, row, column], expected.mean(dim=1))


@pytest.mark.parametrize("how", ["antialias", "aligned"])
def test_positions_keep_their_side(how: str) -> None:
    """A ramp along the rows stays one along the rows when the grid becomes oblong."""
    ramp = torch.linspace(0, 1, 4)[:, None].expand(4, 4).reshape(1, 16, 1)
    position = torch.cat([torch.full((1, 1, 1), 9.0), ramp], dim=1)
    moved = resample_position(position, (4, 4), (3, 8), 1, how)
    assert moved.shape == (1, 25, 1)
    assert moved[0, 0, 0] == 9
    grid = moved[0, 1:, 0].view(3, 8)
    assert (grid[1:] > grid[:-1]).all()
    torch.testing.assert_close(grid[:, 0], grid[:, 7], atol=1e-4, rtol=0)


def test_what_is_no_vit_is_refused() -> None:
    with pytest.raises(ConfigError, match="choose a timm model such as"):
        build(ModelConfig(backbone="resnet18", image_size=(64, 64)), "none")
    with pytest.raises(ConfigError, match="multiple of the patch size"):
        build(tiny(image_size=(60, 64)), "none")
    with pytest.raises(ConfigError, match="can't build"):
        build(ModelConfig(backbone="vit_of_nobody"), "none")


def test_a_residual_fusion_begins_as_the_mean_of_the_parts_and_learns_from_there() -> None:
    torch.manual_seed(0)
    model = build(tiny(fusion="residual"), "none").eval()
    images = torch.rand(2, 3, *model.config.image_size)
    features = model(images)
    assert torch.allclose(features.descriptor, features.part_tokens.mean(dim=1))
    features.descriptor.square().sum().backward()
    assert model.gain is not None
    assert model.gain.grad is not None
    assert model.gain.grad.abs().sum() > 0
    with torch.no_grad():
        model.gain.fill_(0.5)
        changed = model(images)
    alone, _ = model.aggregation(changed.part_tokens)
    expected = changed.part_tokens.mean(dim=1) + 0.5 * alone
    assert torch.allclose(changed.descriptor, expected, atol=1e-6)
