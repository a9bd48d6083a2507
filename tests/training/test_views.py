"""Kept views are what the frozen blocks make of changed photos, and train the same network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pawvit.errors import ConfigError
from pawvit.model.build import build_network
from pawvit.model.network import Network
from pawvit.partmaps import PartMaps
from pawvit.readers import read_photos
from pawvit.training import views
from pawvit.training.config import TrainConfig, load_config
from pawvit.training.dataset import TrainingPhotos
from pawvit.training.sampler import Draw
from pawvit.training.views import TrainingViews, make_views

FROZEN = ("model.join_block=1", "optimiser.frozen_blocks=1", "weights=none", "views=2")
CPU = torch.device("cpu")


@pytest.fixture
def config(tiny: tuple[str, ...], herd: Path) -> TrainConfig:
    found = load_config("herd", [*tiny, *FROZEN])
    parts = PartMaps.open(herd / "maps").parts
    named = {"parts": parts.vocabulary, "map_size": parts.size}
    return found.model_copy(update={"model": found.model.model_copy(update=named)})


@pytest.fixture
def photos(herd: Path, config: TrainConfig) -> TrainingPhotos:
    return TrainingPhotos(
        read_photos(herd / "photos.csv").part("train"),
        PartMaps.open(herd / "maps"),
        image_size=config.model.image_size,
        map_size=config.model.map_size,
        augment=config.augment,
    )


def made(photos: TrainingPhotos, model: Network, folder: Path, told: list[int]) -> TrainingViews:
    return make_views(
        photos,
        model,
        folder,
        depth=1,
        number=2,
        weights="none",
        device=CPU,
        progress=lambda done, total: told.append(done),
    )


def test_a_view_is_a_changed_photo_behind_the_frozen_block(
    photos: TrainingPhotos, config: TrainConfig, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    model = build_network(config.model, "none").eval()
    found = made(photos, model, tmp_path, [])
    assert len(found.states) == 2 * len({one for own in photos.shows for one in own})
    photo, mirrored = photos.shows[3][0]
    row = sorted({one for own in photos.shows for one in own}).index((photo, mirrored))
    state, labels, entity, right, weight = found[Draw(photo, 3, mirrored, seed=5)]
    image, *same = photos[Draw(photo, 3, mirrored, views._seed(row, 1))]
    with torch.inference_mode():
        expected = model.stem(image[None].float() / 255, 1)[0]
        whole = model(image[None].float() / 255).descriptor
        rest = model.rest(state[None].float(), 1).descriptor
    assert torch.allclose(state.float(), expected, atol=2e-3)
    assert torch.allclose(whole, rest, atol=2e-2)
    assert torch.equal(labels, same[0])
    assert (entity, right, weight) == tuple(same[1:])
    other = found[Draw(photo, 3, mirrored, seed=6)][0]
    assert not torch.equal(state, other)


def test_an_interrupted_making_goes_on(
    photos: TrainingPhotos,
    config: TrainConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(views, "BATCH", 8)
    monkeypatch.setattr(views, "SAVE_EVERY", 1)
    torch.manual_seed(0)
    model = build_network(config.model, "none")

    def stop(done: int, total: int) -> None:
        if done >= 24:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_views(
            photos,
            model,
            tmp_path / "a",
            depth=1,
            number=2,
            weights="none",
            device=CPU,
            progress=stop,
        )
    told: list[int] = []
    again = made(photos, model, tmp_path / "a", told)
    assert told[0] == 24  # the third batch was not noted yet
    whole = made(photos, model, tmp_path / "b", [])
    assert np.array_equal(again.states, whole.states)
    told.clear()
    made(photos, model, tmp_path / "a", told)
    assert told == []


def test_networks_that_cannot_be_cut_say_so(tiny: tuple[str, ...]) -> None:
    images = torch.zeros(1, 3, 48, 64)
    early = build_network(load_config("herd", [*tiny, "model.join_block=0"]).model, "none")
    with pytest.raises(ConfigError, match="part tokens join after block 0"):
        early.stem(images, 1)
    striped = build_network(load_config("herd", [*tiny, "model.network=stripes"]).model, "none")
    with pytest.raises(ConfigError, match="can't be cut"):
        striped.stem(images, 1)
    with pytest.raises(ConfigError, match="frozen_blocks"):
        load_config("herd", [*tiny, "views=2"])


def test_a_plain_network_is_stem_and_rest(tiny: tuple[str, ...]) -> None:
    torch.manual_seed(1)
    model = build_network(load_config("herd", [*tiny, "model.network=plain"]).model, "none").eval()
    images = torch.rand(2, 3, 48, 64)
    with torch.inference_mode():
        cut = model.rest(model.stem(images, 1), 1).descriptor
        assert torch.allclose(cut, model(images).descriptor, atol=1e-6)
