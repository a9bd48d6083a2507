from __future__ import annotations

from pathlib import Path

import pytest

from pawvit.errors import ConfigError
from pawvit.training.config import load_config, presets


def test_the_presets_load_and_are_known() -> None:
    assert presets() == ["herd", "paper-atrw", "paper-yak", "vitb14-gpu", "vits14-cpu"]
    for name in presets():
        load_config(name)


def test_the_papers_numbers_stand_in_its_presets() -> None:
    tigers, yaks = load_config("paper-atrw"), load_config("paper-yak")
    assert (tigers.model.K, yaks.model.K) == (5, 4)
    assert tigers.model.image_size == (256, 256)
    assert (tigers.sampler.entities, tigers.sampler.photos) == (8, 16)
    assert (tigers.optimiser.lr, tigers.optimiser.weight_decay) == (8.5e-5, 5e-4)
    assert (tigers.loss.mask, yaks.loss.mask) == (1.0, 0.5)
    assert (tigers.loss.gamma, yaks.loss.gamma) == (1.2, 1.5)
    assert (tigers.epochs, yaks.epochs) == (50, 300)


def test_overrides_reach_their_place() -> None:
    config = load_config(
        "vits14-cpu", ["optimiser.lr=1e-4", "epochs=3", "model.image_size=[70, 84]"]
    )
    assert config.optimiser.lr == 1e-4
    assert (config.epochs, config.images) == (3, None)
    assert config.model.image_size == (70, 84)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.lr=1e-4", "Did you mean `optimiser`"),
        ("optimiser.lrr=1e-4", "Did you mean `lr`"),
        ("optimiser.lr=fast", "optimiser.lr"),
        ("optimiser.lr=-1", "greater than 0"),
        ("optimiser.lr", "has no value"),
        ("images.lr=3", "below a plain value"),
        ("model.parts=[]", "between 1 and"),
        ("seed=1.5", "seed"),
    ],
)
def test_a_wrong_setting_is_named(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config("vits14-cpu", [override])


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load_config("herd", ["colour=1", "sampler.entities=1", "loss.gamma=0"])
    for key in ("colour", "sampler.entities", "loss.gamma"):
        assert key in str(caught.value)


def test_files_and_presets_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean `paper-atrw`"):
        load_config("paper-artw")
    with pytest.raises(ConfigError, match="can't be read"):
        load_config(str(tmp_path / "none.yaml"))
    (tmp_path / "bad.yaml").write_text("model: [")
    with pytest.raises(ConfigError, match="not YAML"):
        load_config(str(tmp_path / "bad.yaml"))
    (tmp_path / "two.yaml").write_text("images: 10\nepochs: 3\n")
    with pytest.raises(ConfigError, match="exactly one"):
        load_config(str(tmp_path / "two.yaml"))
