"""The authors' files: taken over when they hold weights, refused unopened when they hold more."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from commands import output_of
from pawvit.cli.main import app
from pawvit.errors import CheckpointError, ConfigError
from pawvit.model import checkpoint
from pawvit.model.released import config_of, read_released


def theirs(shared: Path, **changes: Any) -> dict[str, Any]:
    """A file as their training saves it: parameters beside epoch, optimiser and scheduler."""
    state = load_file(shared / "golden/model_tiny.safetensors")
    weight = torch.nn.Parameter(torch.ones(2))
    optimiser = torch.optim.AdamW([weight])
    weight.sum().backward()
    optimiser.step()
    whole = {
        "epoch": 40,
        "model_state_dict": state,
        "optimizer_state_dict": optimiser.state_dict(),
        "scheduler_state_dict": {"t_initial": 47, "base_values": [8.5e-5]},
    }
    return whole | changes


def test_an_imported_model_says_what_the_released_code_says(shared: Path, tmp_path: Path) -> None:
    torch.save(theirs(shared), tmp_path / "model.pth")
    run = tmp_path / "run"
    given = (tmp_path / "model.pth", "-o", run, "--heads", "4", "--parts", "a, b, c")
    said = output_of(app, "import-released", *given)
    assert "64 × 64 pixels, 11 entities, parts: a, b, c" in said
    model, heads, card = checkpoint.load(run / "best.safetensors")
    assert card.config.mean == card.config.std == (0.5, 0.5, 0.5)
    golden = dict(np.load(shared / "golden/model_tiny_io.npz"))
    with torch.no_grad():
        # What the golden network was given, before the normalisation that the authors use.
        features = model(torch.from_numpy(golden["images"]) / 2 + 0.5)
        outputs = heads(features)
    for ours, name in (
        (features.descriptor, "infer"),
        (model.compared(features), "descriptor"),
        (outputs.entity_logits, "identity_logits"),
        (outputs.mask_logits, "part_masks"),
        (outputs.orientation_logits, "orientation_logits"),
    ):
        np.testing.assert_allclose(ours.numpy(), golden[name], atol=1e-5, err_msg=name)
    with pytest.raises(ConfigError, match="already holds a model"):
        output_of(app, "import-released", *given)


def test_it_evaluates_and_identifies_like_one_of_ours(
    shared: Path, herd: Path, tmp_path: Path
) -> None:
    torch.save(theirs(shared), tmp_path / "model.pth")
    run = tmp_path / "run"
    output_of(app, "import-released", tmp_path / "model.pth", "-o", run, "--heads", "4")
    table = herd / "photos.csv"
    said = output_of(app, "evaluate", table, "-m", run, "--split", "val", "--device", "cpu")
    assert "mAP" in said
    photo = next((herd / "images").rglob("*.*"))
    assert "Most like" in output_of(app, "identify", table, photo, "-m", run, "--device", "cpu")


@pytest.mark.parametrize("key", ["state_dict", "model", None])
def test_parameters_are_found_wherever_they_lie(
    key: str | None, shared: Path, tmp_path: Path
) -> None:
    state = load_file(shared / "golden/model_tiny.safetensors")
    spread = {f"module.{name}": value for name, value in state.items()}
    torch.save(spread if key is None else {"epoch": 3, key: spread}, tmp_path / "m.pth")
    assert read_released(tmp_path / "m.pth").keys() == state.keys()


class Malicious:
    """Unpickling it would make a folder."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (str(self.mark),))


@pytest.mark.parametrize("old", [False, True], ids=["zip", "legacy"])
def test_code_in_a_file_is_refused_and_does_not_run(
    old: bool, shared: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "it ran"
    file = tmp_path / "model.pth"
    whole = theirs(shared, config=Malicious(mark))
    torch.save(whole, file, _use_new_zipfile_serialization=not old)
    with pytest.raises(CheckpointError, match=r"holds more than weights.*mkdir"):
        read_released(file)
    assert not mark.exists()
    # The same file, opened without care, does run it: the test would notice.
    torch.load(file, weights_only=False)
    assert mark.exists()


def test_what_is_no_model_of_theirs_is_refused(shared: Path, tmp_path: Path) -> None:
    file = tmp_path / "m.pth"
    with pytest.raises(CheckpointError, match="can't be read"):
        read_released(file)
    file.write_bytes(b"no pickle at all")
    with pytest.raises(CheckpointError, match="no file of torch"):
        read_released(file)
    torch.save(theirs(shared), file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cut short"):
        read_released(file)
    torch.save([torch.ones(2)], file)
    with pytest.raises(CheckpointError, match="no parameters by name"):
        read_released(file)
    torch.save({"cls_token": torch.ones(1, 1, 4), "fc.weight": torch.ones(2, 4)}, file)
    with pytest.raises(CheckpointError, match="no PAW-ViT"):
        read_released(file)


def test_the_shape_is_read_off_the_parameters(shared: Path) -> None:
    state = load_file(shared / "golden/model_tiny.safetensors")
    with pytest.raises(CheckpointError, match="--heads"):
        config_of(state)
    with pytest.raises(CheckpointError, match="3 parts, but 2 names"):
        config_of(state, parts=("a", "b"), heads=4)
    found = config_of(state, heads=4)
    assert found.parts == ("part 1", "part 2", "part 3")
    assert (found.image_size, found.map_size) == ((64, 64), (16, 16))
    width, depth = 768, 12
    theirs = {
        "parts_token": torch.empty(1, 6, width),
        "pos_embed": torch.empty(1, 6 + 256, width),
        "patch_embed.proj.weight": torch.empty(width, 3, 16, 16),
        f"blocks.{depth - 1}.norm1.weight": torch.empty(width),
        "blocks.0.mlp.fc1.weight": torch.empty(4 * width, width),
    }
    base = config_of(theirs)
    assert base.architecture["num_heads"] == 12
    assert base.image_size == (256, 256)
    assert base.parts == ("hind legs", "body", "front legs", "head", "tail")
