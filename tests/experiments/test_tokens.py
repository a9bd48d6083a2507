"""Questions about part tokens, on networks made by hand whose answers are known."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import tokens
from agreement import agreement, one_for_all
from backgrounds import Backgrounds
from commands import output_of
from covering import Covered, cover_parts, other_area
from groups import Coats, groups, otsu
from intervals import correlation, estimate, means, ratios
from losing import losses
from pawvit.descriptors import ModelStamp
from pawvit.embedder import Embedder
from pawvit.errors import CheckpointError, ConfigError, PhotoTableError
from pawvit.evaluation import evaluate
from pawvit.model.config import ModelConfig
from pawvit.partmaps import PartMaps, Parts
from pawvit.photos import PhotoTable
from pawvit.protocols import leave_one_out
from pawvit.readers import read_photos
from pixels import CachedPhotos
from subject import Seen, Subject, names, subject

PARTS = Parts(("head", "trunk"), (16, 16))
SIZE = (64, 64)


def made(tmp_path: Path, animals: int = 8, photos: int = 3) -> Subject:
    """Animals red and green, each its own shade, before blue, each place its own pattern of it.

    Heads differ in size from photo to photo. An individual is always at its own place.
    """
    random = np.random.default_rng(0)
    rows, pictures, labels = [], {}, []
    for who in range(animals):
        place = random.integers(0, 256, (4, 4))
        red, green = random.integers(60, 256, 2)
        for number in range(photos):
            own = np.full((16, 16), 2, np.uint8)
            own[5:12, 6:13] = 1
            own[3 : 5 + 2 * number, 2:6] = 0
            picture = np.zeros((*SIZE, 3), np.uint8)
            picture[..., 2] = np.kron(place, np.ones((16, 16)))
            picture[np.kron(own, np.ones((4, 4))) < 2] = (red, green, 0)
            path = f"{who}-{number}.png"
            Image.fromarray(picture).save(tmp_path / path)
            rows.append({"path": path, "identity": str(who), "row": len(rows) + 2})
            pictures[path] = picture
            labels.append(own)
    table = CachedPhotos(pd.DataFrame(rows), tmp_path, tmp_path / "photos.csv", pictures)
    return Subject(table, labels, PARTS)


class Foreground(nn.Module):
    """The shade of what is not blue."""

    def forward(self, images: Tensor) -> Tensor:
        shade = images[:, :2].flatten(2)
        animal = (shade.amax(dim=1, keepdim=True) > 0.2) & (images[:, 2:].flatten(2) < 0.02)
        mean = (shade * animal).sum(2) / animal.sum(2)
        angle = 6 * (mean - 0.6)
        return torch.cat([angle.sin(), angle.cos()], dim=1)


class Background(nn.Module):
    """The pattern of blue at the picture's corners, where no animal ever is."""

    def forward(self, images: Tensor) -> Tensor:
        blue = images[:, 2]
        corners = [blue[:, :8, 8], blue[:, :8, 56], blue[:, -8:, 8], blue[:, -8:, 56]]
        return torch.cat([one.mean(1, keepdim=True) for one in corners], dim=1) - 0.5


def lost(network: nn.Module, own: Subject) -> dict[str, float]:
    stamp = ModelStamp("id", "made by hand")
    config = ModelConfig(backbone="vit_tiny_patch16_224", image_size=SIZE, parts=PARTS.vocabulary)
    embedder, changed = Embedder(network, config, stamp), Backgrounds(own)
    pictures = [own.pictures, changed.own(), changed.swapped(0), changed.swapped(1)]
    vectors = [embedder.embed(one).vectors for one in pictures]
    found = losses(vectors, leave_one_out(own.photos))
    return {name: float(getattr(found, name)[0]) for name in ("clean", "own", "lost", "cosine")}


def test_who_sees_the_background_only_loses_everything(tmp_path: Path) -> None:
    own = made(tmp_path)
    found = lost(Background(), own)
    assert found["clean"] == pytest.approx(1)
    assert found["own"] == pytest.approx(1)
    # What is left is chance: 2 right ones among 23.
    assert found["clean"] + found["lost"] < 0.35
    assert found["cosine"] < 0.5
    found = lost(Foreground(), own)
    assert found["clean"] == pytest.approx(1)
    assert found["lost"] == pytest.approx(0, abs=0.02)
    assert found["cosine"] > 0.99


def by_eye(pictures: list[np.ndarray], own: Subject, blind: bool) -> Seen:
    """Weights that follow what is to be seen of each part; a blind one's are always the same."""
    labels = []
    for picture, truth in zip(pictures, own.labels, strict=True):
        small = picture[2::4, 2::4]
        shown = (small[..., 0] > 40) & (small[..., 2] == 0)
        labels.append(np.where(shown, truth, 2).astype(np.uint8))
    areas = np.stack([[(one == part).sum() + 1 for part in (0, 1)] for one in labels]).astype(float)
    weights = areas / areas.sum(axis=1, keepdims=True)
    if blind:
        weights[:] = 0.5
    return Seen(weights.astype(np.float32), labels)


def test_weights_that_follow_the_visible_area_are_told_from_those_that_do_not(
    tmp_path: Path,
) -> None:
    own = made(tmp_path)
    found = cover_parts(own, lambda pictures, what: by_eye(pictures, own, False))["head"]
    assert found.photos == len(own.photos)
    before, covered, elsewhere = found.weight[0]
    assert covered < 0.1 < before < elsewhere
    assert estimate(Covered.effect(found.weight))["high"] < 0
    assert found.mask[0, 1] == pytest.approx(0, abs=1e-6)
    assert 0.9 < found.mask[0, 2] / found.mask[0, 0] <= 1  # the cover's edge may reach it
    assert estimate(found.correlation)["value"] == pytest.approx(1)
    found = cover_parts(own, lambda pictures, what: by_eye(pictures, own, True))["head"]
    assert (Covered.effect(found.weight) == 0).all()
    assert estimate(found.correlation)["value"] is None


def test_as_much_is_covered_elsewhere_or_nothing() -> None:
    labels = np.full((8, 8), 2, np.uint8)
    labels[2, 1:4], labels[3:6, 1:6] = 0, 1
    found = other_area(labels, 0, PARTS, np.random.default_rng(0))
    assert found is not None
    assert found.sum() == 3
    assert (labels[found] == 1).all()
    assert other_area(labels, 1, PARTS, np.random.default_rng(0)) is None


def test_agreement_of_maps() -> None:
    truth = np.full((4, 4), 2, np.uint8)
    truth[0], truth[1], truth[3] = 0, 1, 255
    own = truth.copy()
    own[3], own[0, :2] = 0, 1  # what is said of unknown places counts for nothing
    found = agreement([own, truth], [truth, truth], 2, ["a", "b"])
    assert found.parts[0] == pytest.approx([6 / 8, 8 / 10])
    assert found.mean[0] == pytest.approx((0.75 + 0.8) / 2)
    assert found.foreground[0] == 1
    bounds = estimate(found.parts[:, 0])
    assert bounds["low"] == pytest.approx(0.5)
    assert bounds["high"] == pytest.approx(1)
    assert (one_for_all([truth, truth, own], 2)[:3] == truth[:3]).all()


def test_coats_part_where_their_colours_do(tmp_path: Path) -> None:
    assert -0.5 < otsu(np.r_[np.linspace(-1.2, -0.8, 50), np.linspace(0.8, 1.2, 90)]) < 0.5
    own = made(tmp_path, 6, 2)
    pictures = []
    for number, (labels, picture) in enumerate(zip(own.labels, own.pictures, strict=True)):
        grey, rufous = (50, 46, 44), (170, 100, 50)
        picture = np.full_like(picture, 128)
        picture[np.kron(labels, np.ones((4, 4))) < 2] = rufous if number % 4 < 2 else grey
        pictures.append(np.clip(picture * (0.7 + 0.05 * number), 0, 255).astype(np.uint8))
    own = replace(own, photos=own.shown(pictures))
    said = Coats.learn(own).of(own)
    assert said == ["red", "red", "dark", "dark"] * 3


def test_groups_are_the_evaluation_taken_apart(herd: Path) -> None:
    table = read_photos(herd / "photos.csv")
    rule = leave_one_out(table)
    random = np.random.default_rng(0).normal(size=(len(table), 8)).astype(np.float32)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    whole = evaluate(random, rule, bootstrap=0)
    found = groups({"it": whole}, rule, {"flank": table.orientations})
    assert found[0].map["it"][0] == pytest.approx(whole.map_queries)
    assert found[0].chance == pytest.approx(whole.chance["map_queries"])
    flanks = [one for one in found if one.kind == "flank"]
    assert {one.name for one in flanks} == {"left", "right"}
    assert sum(one.queries for one in flanks) == whole.valid
    parted = sum(one.queries * one.rank1["it"][0] for one in flanks) / whole.valid
    assert parted == pytest.approx(whole.rank1)
    (hand,) = (one for one in found if one.kind == "photos at hand")
    assert hand.name == "3–4"  # each animal's flank has four photos


def test_quantities_are_paired() -> None:
    who = ["a", "a", "b", "c"]
    values = np.array([[1.0, 2.0], [3.0, np.nan], [5.0, 6.0], [7.0, 8.0]])
    found = means(values, who)
    assert found[0] == pytest.approx([4, 16 / 3])
    shifted = means(values + 1, who)
    assert estimate(shifted[:, 0] - found[:, 0]) == pytest.approx(
        {"value": 1.0, "low": 1.0, "high": 1.0}
    )
    assert estimate(ratios([[1.0]], [[0.0]], ["a"])[:, 0]) == dict.fromkeys(
        ("value", "low", "high")
    )
    assert correlation([1, 2, 3, 9], [4, 3, 2, 1], who)[0] == pytest.approx(-1)


def test_runs_are_told_apart_by_as_little_as_it_takes() -> None:
    assert names(["lab/a/seed0", "lab/b/seed0"]) == ["a/seed0", "b/seed0"]
    with pytest.raises(ConfigError, match="twice"):
        names(["lab/a", "lab/a"])


@pytest.mark.parametrize("question", ["masks", "visibility", "background", "groups"])
def test_every_question_is_one_command(
    question: str, run: Path, herd: Path, tmp_path: Path
) -> None:
    given = [question, herd / "photos.csv", run, "-m", herd / "maps", "-o", tmp_path]
    said = output_of(tokens.app, *given, "--device", "cpu")
    assert "| --- |" in said
    kept = json.loads((tmp_path / f"{question}.json").read_text())
    table = read_photos(herd / "photos.csv").part("val")
    assert kept["photos"] == len(table)
    if question == "masks":
        mean = kept["figures"]["tiny"]["mean"]["value"]
        assert f"| tiny | {100 * mean:.1f} (" in said
        own = subject(table, PartMaps.open(herd / "maps"), SIZE, lambda done, total: None)
        same = [one_for_all(own.labels, own.parts.background)] * len(table)
        known = agreement(same, own.labels, own.parts.background, table.identities)
        kept_mean = kept["figures"]["one map for all"]["mean"]["value"]
        assert kept_mean == pytest.approx(float(known.mean[0]))
    if question == "background":
        (_, figures), _ = kept["figures"].items()
        clean = figures["networks"]["tiny"]["clean"]["value"]
        found, _ = Embedder.load(run).embed_table(table)
        score = evaluate(found.vectors, leave_one_out(table), bootstrap=0)
        assert clean == pytest.approx(score.map_queries, abs=0.02)
        assert (tmp_path / "background.png").exists()


def test_what_can_not_be_asked_is_refused(
    run: Path, herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    other = PartMaps.create(tmp_path / "maps", Parts(("nose",), (16, 16)))
    table = read_photos(herd / "photos.csv").part("val")
    for path in table.paths:
        other.write(path, np.zeros((16, 16), np.uint8))
    given = [herd / "photos.csv", run, "-m", other.root, "--device", "cpu"]
    with pytest.raises(ConfigError, match="the network's parts"):
        output_of(tokens.app, "masks", *given)

    from pawvit.cli.train import train

    plain = [*tiny, "model.network=plain", "images=16"]
    train(herd / "photos.csv", out=tmp_path / "plain", preset="herd", setting=plain, device="cpu")
    given = [herd / "photos.csv", tmp_path / "plain", "-m", herd / "maps", "--device", "cpu"]
    with pytest.raises(CheckpointError, match="no part tokens"):
        output_of(tokens.app, "visibility", *given)
    twice = PhotoTable(pd.concat([table.frame] * 2, ignore_index=True), table.root, table.source)
    with pytest.raises(PhotoTableError, match="several rows"):
        subject(twice, PartMaps.open(herd / "maps"), SIZE, lambda done, total: None)
