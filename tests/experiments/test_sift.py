"""SIFT with geometric verification: the same pattern is found again, another one is not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pawvit.errors import PhotoTableError
from pawvit.images import Pixels, resize
from pawvit.partmaps import PartMaps, Parts
from pawvit.protocols import leave_one_out
from pawvit.readers import read_photos

pytest.importorskip("cv2", reason="needs the extra `experiments`")

import keypoints
import sift
from keypoints import Matching, Seeing, agreement, look

TRUNK = Parts(vocabulary=("trunk",), size=(8, 8), teacher="by hand")


def pattern(seed: int, shift: int = 0) -> Pixels:
    """Soft blobs of chance, moved to the right."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
    return resize(coarse, (240, 240))[:, 40 - shift : 200 - shift]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three animals of both flanks, two photos of each: the same pattern, moved and darker."""
    from PIL import Image

    rows = ["path,identity,orientation"]
    for animal in range(3):
        for side in ("left", "right"):
            for shift in (0, 15):
                name = f"{animal}_{side}_{shift}.png"
                picture = pattern(10 * animal + (side == "left"), shift) * (1 - shift / 100)
                Image.fromarray(picture.astype(np.uint8)).save(tmp_path / name)
                rows.append(f"{name},{animal},{side}")
    (tmp_path / "photos.csv").write_text("\n".join(rows))
    return tmp_path / "photos.csv"


def test_a_moved_pattern_agrees_with_itself_alone() -> None:
    one, moved, other = (look(p, Seeing()) for p in (pattern(0), pattern(0, 20), pattern(1)))
    np.testing.assert_allclose(np.linalg.norm(one.descriptors, axis=1), 1, atol=1e-3)
    inliers, alike = agreement(one, moved, Matching(threshold=3))
    assert 8 <= inliers <= alike <= len(one.places)
    assert agreement(one, other, Matching(threshold=3))[0] < inliers / 2


def test_a_mirrored_or_much_larger_pattern_does_not_agree() -> None:
    photo = pattern(0)
    one = look(photo, Seeing())
    # The keypoints of the photo itself, put where those of another picture would lie.
    flipped = keypoints.Keypoints(one.places * np.float32([-1, 1]), one.descriptors)
    grown = keypoints.Keypoints(one.places * np.float32(4), one.descriptors)
    assert agreement(one, one, Matching())[0] > 8
    assert agreement(one, flipped, Matching())[0] == 0
    assert agreement(one, grown, Matching())[0] == 0
    assert agreement(one, grown, Matching(stretch=5))[0] > 8


def test_nothing_to_see() -> None:
    blank = look(np.zeros((40, 50, 3), np.uint8), Seeing())
    assert blank.places.shape == (0, 2)
    assert agreement(blank, look(pattern(0), Seeing()), Matching()) == (0, 0)


def test_large_photos_are_made_smaller_and_the_background_does_not_count() -> None:
    photo = pattern(0)
    large = look(resize(photo, (480, 320)), Seeing(short_edge=160))
    assert large.places[:, 0].max() < 160
    animal = np.zeros((8, 8), np.uint8)
    animal[:, :4] = 1
    assert look(photo, Seeing(), animal).places[:, 0].max() <= 80
    assert look(photo, Seeing()).places[:, 0].max() > 100


def test_the_command_finds_every_animal_and_goes_on_where_it_stopped(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "sift.json"
    calls = []
    stop_after = 3

    def counted(*arguments: object) -> sift.Row:
        if len(calls) == stop_after:
            raise KeyboardInterrupt
        calls.append(arguments)
        return real(*arguments)

    real = sift._row
    monkeypatch.setattr(sift, "_row", counted)
    with pytest.raises(KeyboardInterrupt):
        sift.main(photos, out)
    assert not out.exists()
    stop_after = -1
    sift.main(photos, out)
    assert len(calls) == 11  # rows that have a later photo to be compared with, each once
    told = json.loads(out.read_text())
    assert [one["name"] for one in told["SIFT"]] == [
        "leave-one-out, flank unknown",
        "leave-one-out, flank known",
    ]
    for one in told["SIFT"]:
        assert (one["valid"], one["rank1"], one["map_queries"]) == (12, 1, 1)
        assert "map_entities" in one["intervals"]
    # Other settings are other similarities.
    calls.clear()
    sift.main(photos, out, threshold=5)
    assert len(calls) == 11


def test_several_processes_and_only_the_pairs_that_meet(photos: Path, tmp_path: Path) -> None:
    table = read_photos(photos)
    protocols = [leave_one_out(table, flank_known=known) for known in (False, True)]
    every, same_side = (sift.pairs_of([one]) for one in protocols)
    assert (every.sum(), same_side.sum()) == (66, 30)
    points = keypoints.kept_keypoints(table, Seeing(), None, tmp_path, lambda *_: None)
    one, two = (
        sift.similarities(points, same_side, Matching(), tmp_path / f"{n}.npz", n, lambda *_: None)
        for n in (1, 2)
    )
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, one.T)
    np.testing.assert_array_equal(np.isnan(one), ~(same_side | same_side.T))


def test_photos_without_a_map_are_named(photos: Path, tmp_path: Path) -> None:
    maps = PartMaps.create(tmp_path / "maps", TRUNK)
    maps.write("0_left_0.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(PhotoTableError, match="1_right_15"):
        sift.main(photos, tmp_path / "out.json", maps=maps.root)
