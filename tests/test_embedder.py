"""One network, the same descriptors everywhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pawvit.descriptors import ModelStamp
from pawvit.embedder import Embedder
from pawvit.errors import CheckpointError, ConfigError
from pawvit.images import resize
from pawvit.model import checkpoint
from pawvit.readers import read_pictures, read_table


@pytest.fixture(scope="module")
def embedder(run: Path) -> Embedder:
    return Embedder.load(run)


def test_descriptors_are_unit_vectors_in_the_tables_order(embedder: Embedder, herd: Path) -> None:
    table = read_table(herd / "photos.csv").take(range(20))
    told: list[tuple[int, int]] = []
    found, unreadable = embedder.embed_table(table, progress=lambda *now: told.append(now))
    assert unreadable == []
    assert found.paths == table.paths
    assert found.identities == table.identities
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    assert found.part_weights is not None
    np.testing.assert_allclose(found.part_weights.sum(axis=1), 1, atol=1e-5)
    assert found.model.parts == ("head", "body", "tail", "hind legs", "front legs")
    assert told == [(16, 20), (20, 20)]


def test_a_photo_s_descriptor_does_not_depend_on_its_company(
    embedder: Embedder, herd: Path
) -> None:
    table = read_table(herd / "photos.csv").take(range(5))
    together, _ = embedder.embed_table(table)
    for index in range(5):
        alone = embedder.embed([table.read(index)]).vectors[0]
        np.testing.assert_allclose(together.vectors[index], alone, atol=1e-5)


def test_the_mean_of_the_parts_can_stand_for_a_photo(run: Path, herd: Path) -> None:
    photo = read_table(herd / "photos.csv").read(0)
    model, _, card = checkpoint.load(run / "best.safetensors")
    assert card.config.retrieval == "parts"
    image = torch.from_numpy(resize(photo, card.config.image_size).copy()).permute(2, 0, 1)[None]
    with torch.no_grad():
        features = model(image / 255)
    for retrieval, expected in (
        ("parts", features.part_tokens.mean(dim=1)),
        ("descriptor", features.descriptor),
    ):
        config = card.config.model_copy(update={"retrieval": retrieval})
        model.config = config
        embedder = Embedder(model, config, ModelStamp("x", "x"))
        found = embedder.embed([photo]).vectors
        np.testing.assert_allclose(found, (expected / expected.norm()).numpy(), atol=1e-5)


def test_flip_joins_the_photo_and_its_mirror_image(run: Path, herd: Path) -> None:
    table = read_table(herd / "photos.csv")
    photo = table.read(0)
    plain, both = Embedder.load(run), Embedder.load(run, flip=True)
    joined = both.embed([photo]).vectors[0]
    assert joined.shape[0] == 2 * plain.embed([photo]).vectors.shape[1]
    half = joined[: len(joined) // 2]
    np.testing.assert_allclose(
        half / np.linalg.norm(half), plain.embed([photo]).vectors[0], atol=1e-5
    )
    mirrored = both.embed([photo[:, ::-1].copy()]).vectors[0]
    np.testing.assert_allclose(np.roll(mirrored, len(joined) // 2), joined, atol=1e-4)
    assert both.stamp.id != plain.stamp.id


def test_known_photos_are_not_looked_at_again(
    embedder: Embedder, herd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b", "c"):
        Image.fromarray(read_table(herd / "photos.csv").read(ord(name) - ord("a"))).save(
            tmp_path / f"{name}.png"
        )
    pictures = [tmp_path / f"{name}.png" for name in ("a", "b", "c")]
    before, _, _ = embedder.extend(read_pictures(pictures[:2], "left"), None)
    looked: list[int] = []
    original = Embedder.embed
    monkeypatch.setattr(
        Embedder, "embed", lambda self, photos: looked.append(len(photos)) or original(self, photos)
    )
    after, fresh, _ = embedder.extend(read_pictures(pictures, "right"), before)
    assert (fresh, sum(looked), len(after)) == (1, 1, 3)
    assert after.orientations == ["right"] * 3  # labels are the table's

    # A picture that changed under its name is looked at again, and does not stay twice.
    Image.fromarray(read_table(herd / "photos.csv").read(9)).save(pictures[0])
    changed, fresh, _ = embedder.extend(read_pictures(pictures, "right"), after)
    assert (fresh, len(changed)) == (1, 3)
    row = changed.paths.index(pictures[0].as_posix())
    assert not np.allclose(
        changed.vectors[row], after.vectors[after.paths.index(pictures[0].as_posix())]
    )


def test_a_photo_that_can_t_be_read_is_named_and_the_others_are_there(
    embedder: Embedder, herd: Path, tmp_path: Path
) -> None:
    good = read_table(herd / "photos.csv").files[0].absolute()
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(good.read_bytes()[:300])
    found, unreadable = embedder.embed_table(read_pictures([good, bad], "left"))
    assert len(found) == 1
    assert len(unreadable) == 1
    assert "bad.jpg" in unreadable[0]


def test_a_folder_without_a_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        Embedder.load(tmp_path)


def test_a_flank_that_nobody_gave_is_predicted(embedder: Embedder, run: Path, herd: Path) -> None:
    table = read_table(herd / "photos.csv").part("train")
    found, _ = embedder.embed_table(table)
    assert set(found.predicted) <= {"left", "right"}
    assert found.orientations == table.orientations  # what was given stays beside it
    model, heads, card = checkpoint.load(run / "best.safetensors")
    for row in (0, 7):
        image = torch.from_numpy(resize(table.read(row), card.config.image_size).copy())
        with torch.no_grad():
            logits = heads.orientations(model(image.permute(2, 0, 1)[None] / 255))
        right = 1 / (1 + np.exp(-float(logits.mean())))
        assert found.predicted[row] == ("right" if right >= 0.5 else "left")
        assert found.confidences[row] == pytest.approx(max(right, 1 - right), abs=1e-5)


def test_two_animals_on_one_picture_keep_their_boxes(embedder: Embedder, herd: Path) -> None:
    table = read_table(herd / "photos.csv").take([0, 0])
    table.frame["bbox"] = ["0 0 40 64", "40, 0, 40, 64"]
    found, _ = embedder.embed_table(table)
    assert found.boxes == ["0.00, 0.00, 40.00, 64.00", "40.00, 0.00, 40.00, 64.00"]
    assert len(set(found.photo_hashes)) == 2


def test_a_backbone_by_name_says_that_it_is_untrained(herd: Path) -> None:
    pytest.importorskip("onnx")
    photo = read_table(herd / "photos.csv").read(0)
    plain = Embedder.load("dinov2-small")
    half = np.zeros((1, 20, 20), np.float32)
    half[:, :, :10] = 1
    pooled = Embedder.load("dinov2-small", foreground=lambda photos: half[: len(photos)])
    assert plain.untrained
    assert plain.stamp.name == "dinov2-small untrained"
    assert plain.stamp.source == "dinov2-small"
    assert plain.stamp.id != pooled.stamp.id  # class token and foreground can't be compared
    assert "class token" in plain.stamp.preprocessing
    assert "foreground" in pooled.stamp.preprocessing
    for embedder in (plain, pooled):
        found = embedder.embed([photo])
        assert found.vectors.shape == (1, 384)
        assert found.right is None  # it can't tell flanks: unknown stays unknown
    # What lies outside of the foreground has no patch of its own in the descriptor.
    half[:] = 1
    everything = pooled.embed([photo]).vectors
    half[:, :, :10] = 0
    assert not np.allclose(everything, pooled.embed([photo]).vectors, atol=1e-3)


def test_names_are_told_from_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="did you mean"):
        Embedder.load("dinov2-smal")
    for path in ("runs/dinov2-smal", "missing.safetensors"):
        with pytest.raises(CheckpointError, match="no such checkpoint"):
            Embedder.load(path)
