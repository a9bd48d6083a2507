"""What all tests share: the folder of real data beside the checkout, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """`../shared`: real photographs and golden answers. Not on a user's machine: skip there."""
    if not (SHARED / "golden").is_dir():
        pytest.skip("needs ../shared (real photographs and golden answers), which is not here")
    return SHARED


@pytest.fixture(scope="session")
def herd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small drawn herd: photos.csv, images/ and maps/; 12 animals, 4 photos of each flank."""
    from pawvit.herd import write_herd

    folder = tmp_path_factory.mktemp("herd")
    write_herd(folder, animals=12, photos_per_flank=4, seed=3, size=(64, 80))
    return folder


TINY = (
    "model.backbone=vit_tiny_patch16_224",
    "model.architecture={patch_size: 16, embed_dim: 48, depth: 2, num_heads: 4}",
    "model.image_size=[48, 64]",
    "model.drop_path=0.1",
    "model.join_block=0",
    "weights=none",
    "optimiser.frozen_blocks=0",
    "sampler.entities=4",
    "sampler.photos=2",
    "images=48",
    "evaluate_every=16",
    "workers=0",
)
"""Overrides of the preset `herd` that train in seconds; good for nothing but tests."""


@pytest.fixture(scope="session")
def tiny() -> tuple[str, ...]:
    return TINY


@pytest.fixture(scope="session")
def run(herd: Path, tiny: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training of a tiny network on the small herd, made through the command line."""
    from pawvit.cli.train import train

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    train(
        herd / "photos.csv",
        maps=herd / "maps",
        out=folder,
        preset="herd",
        setting=list(tiny),
        device="cpu",
    )
    return folder
