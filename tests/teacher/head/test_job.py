"""A head that is trained on drawn animals, from the file to the part maps."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pawvit import tensorfile
from pawvit.errors import CheckpointError, KeypointError, PartMapError
from pawvit.herd import write_herd
from pawvit.herd.truth import KEYPOINTS
from pawvit.images import Box, Pixels, read_image
from pawvit.partmaps import PartMaps
from pawvit.readers import read_table
from pawvit.teacher.boxes import box_finder
from pawvit.teacher.head.job import Trained, train_head
from pawvit.teacher.head.network import KeypointHead
from pawvit.teacher.head.posehead import HeadKeypoints, PoseHead
from pawvit.teacher.head.score import hits
from pawvit.teacher.head.seen import CHANNELS, GRID, Seen
from pawvit.teacher.head.training import Trust, fit
from pawvit.teacher.keypointfiles import read_keypoints
from pawvit.teacher.pose import make_pose_maps
from pawvit.teacher.shapes import SalientAnimal

pytest.importorskip("onnxruntime", reason="needs the extra `offline`")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A herd of 16 animals with the keypoints of all photos but those of the last four animals."""
    folder = tmp_path_factory.mktemp("drawn")
    write_herd(folder, animals=16, photos_per_flank=2, seed=5, size=(96, 120))
    table = read_table(folder / "photos.csv")
    unseen = sorted(set(table.identities))[-4:]
    for name, chosen in (("known", False), ("unseen", True)):
        paths = [
            path
            for path, who in zip(table.paths, table.identities, strict=True)
            if (who in unseen) is chosen
        ]
        images = [{"id": i, "file_name": path} for i, path in enumerate(paths)]
        annotations = []
        for i, path in enumerate(paths):
            with Image.open(folder / path) as picture:
                truth = json.loads(picture.info["comment"])
            annotations.append({"image_id": i, "keypoints": truth["keypoints"]})
        categories = [{"id": 1, "keypoints": list(KEYPOINTS)}]
        raw = {"images": images, "annotations": annotations, "categories": categories}
        (folder / f"{name}.json").write_text(json.dumps(raw), "utf-8")
    return folder


@pytest.fixture(scope="module")
def trained(drawn: Path) -> Trained:
    return train_head(drawn / "known.json", drawn / "head.safetensors", steps=60)


@pytest.mark.slow
def test_unseen_animals_are_found_better_than_by_the_mean(drawn: Path, trained: Trained) -> None:
    known, unseen = (read_keypoints(drawn / f"{name}.json") for name in ("known", "unseen"))
    kept = PoseHead.load(drawn / "head.safetensors")
    head = HeadKeypoints(
        dataclasses.replace(kept, trust=Trust(offset=99)),  # of all photos
        box_finder(SalientAnimal()),
    )
    paths = [name for name, _ in unseen.pictures()]
    pictures = [read_image(drawn / path) for path in paths]
    found = []
    for animals in head(paths, pictures):
        assert not isinstance(animals, KeypointError)
        found += animals
    true = np.stack([animals[0].pose.points for _, animals in unseen.pictures()])
    there = np.stack([animals[0].pose.confidence > 0 for _, animals in unseen.pictures()])
    learned = [animals[0].pose for _, animals in known.pictures()]
    mean = np.mean([pose.points for pose in learned], axis=0)
    diagonal = np.array([np.hypot(*animals[0].extent[2:]) for _, animals in unseen.pictures()])
    right = hits(np.stack([one.pose.points for one in found]), true, diagonal)
    plain = hits(np.repeat(mean[None], len(true), axis=0), true, diagonal)
    assert right[there].mean() > plain[there].mean() + 0.3


@pytest.mark.slow
def test_the_head_tells_what_it_is_worth(drawn: Path, trained: Trained) -> None:
    head = PoseHead.load(drawn / "head.safetensors")
    assert head.vocabulary().name == "ATRW"
    assert 0.3 < head.metrics["pck@0.1"] <= 1
    assert head.metrics == trained.head.metrics
    assert head.id == trained.head.id
    assert list(trained.by_keypoint) == list(KEYPOINTS)
    assert not list(drawn.glob(".pose-*"))


@pytest.mark.slow
def test_part_maps_of_a_head(drawn: Path, trained: Trained, tmp_path: Path) -> None:
    table = read_table(drawn / "photos.csv")
    table = table.take(np.arange(len(table)) < 4)
    head = HeadKeypoints.load(drawn / "head.safetensors", box_finder(SalientAnimal(), table))
    made = make_pose_maps(table, tmp_path / "maps", head, SalientAnimal())
    assert made.written + len(made.flagged) == 4
    truth = PartMaps.open(drawn / "maps")
    for path in table.paths:
        if path in made.maps:
            labels, true = made.maps.read(path), truth.read(path)
            both = (labels < 5) & (true < 5)
            assert (labels == true)[both].mean() > 0.6


def test_the_same_seed_gives_the_same_head() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(8, GRID * GRID, CHANNELS)).astype(np.float16)
    seen = Seen(4, features, rng.uniform(size=(8, 3, 2)), np.ones((8, 3), np.bool_))
    one, same, other = (fit(seen, np.arange(4), steps=20, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(one.narrow.weight, same.narrow.weight)
    assert not torch.equal(one.narrow.weight, other.narrow.weight)


@pytest.mark.slow
def test_an_interrupted_training_leaves_nothing(drawn: Path) -> None:
    out = drawn / "empty" / "head.safetensors"

    def interrupt(label: str) -> Callable[[int, int], None]:
        def tell(done: int, total: int) -> None:
            if label == "learning":
                raise KeyboardInterrupt

        return tell

    with pytest.raises(KeyboardInterrupt):
        train_head(drawn / "known.json", out, steps=2, progress=interrupt)
    assert list(out.parent.iterdir()) == []


def test_photos_without_enough_are_not_guessed(tmp_path: Path) -> None:
    head = untrained(KEYPOINTS)
    doubtful = PoseHead(head.names, head.network, Trust(offset=-99))
    picture = np.zeros((40, 60, 3), np.uint8)
    (said,) = HeadKeypoints(doubtful, box_finder(None))(["a.jpg"], [picture])
    assert isinstance(said, KeypointError)
    assert said.what == "only 0 of 15 keypoints are confident"

    def find(path: str, picture: Pixels) -> Box:
        if path == "b.jpg":
            raise PartMapError("there is no mask b.png")
        return (10.0, 5.0, 30.0, 20.0)

    sure = HeadKeypoints(PoseHead(head.names, head.network, Trust(offset=99)), find)
    unmasked, found = sure(["b.jpg", "a.jpg"], [picture, picture])
    assert isinstance(unmasked, KeypointError)
    assert unmasked.what == "there is no mask b.png"
    assert isinstance(found, list)
    assert found[0].box == (10, 5, 30, 20)
    assert found[0].pose.points[:, 0].max() <= 46  # the box and some room, not the picture
    assert isinstance(sure(["b.jpg"], [picture])[0], KeypointError)


def untrained(names: Sequence[str]) -> PoseHead:
    return PoseHead(tuple(names), KeypointHead(len(names), CHANNELS, GRID).eval(), Trust())


def test_names_without_parts_give_no_part_maps(tmp_path: Path) -> None:
    untrained(["beak", "left_wing", "right_wing"]).save(tmp_path / "bird.safetensors")
    with pytest.raises(KeypointError, match="parts the head's 3 keypoints") as refused:
        HeadKeypoints.load(tmp_path / "bird.safetensors", box_finder(None))
    assert refused.value.where == str(tmp_path / "bird.safetensors")


def test_files_that_are_no_heads(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        PoseHead.load(tmp_path / "none.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x08\x00")
    with pytest.raises(CheckpointError, match="can't be read"):
        PoseHead.load(tmp_path / "cut.safetensors")
    tensorfile.write(tmp_path / "other.safetensors", {"a": torch.zeros(1)}, {})
    with pytest.raises(CheckpointError, match="no keypoint head"):
        PoseHead.load(tmp_path / "other.safetensors")


def test_a_head_of_other_weights(tmp_path: Path) -> None:
    head = untrained(KEYPOINTS)
    head.save(tmp_path / "head.safetensors")
    tensors, header = tensorfile.read(tmp_path / "head.safetensors")
    del tensors["position"]
    tensorfile.write(tmp_path / "head.safetensors", tensors, header)
    with pytest.raises(CheckpointError, match="weights don't fit"):
        PoseHead.load(tmp_path / "head.safetensors")
    made = json.loads(header["pawvit"])
    made["features"]["grid"] = 7
    tensorfile.write(tmp_path / "head.safetensors", tensors, {"pawvit": json.dumps(made)})
    with pytest.raises(CheckpointError, match="train it again"):
        PoseHead.load(tmp_path / "head.safetensors")
