"""What `pawvit masks` says and how it ends, with keypoints."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pawvit.cli.main import main
from pawvit.partmaps import PartMaps
from pawvit.teacher.vocabularies import AP10K, SUPERANIMAL


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos with keypoints and masks, in the folder that the command runs in."""
    (tmp_path / "masks").mkdir()
    mask = np.zeros((60, 80), np.uint8)
    mask[10:50, 10:70] = 255
    for name in ("one", "two"):
        Image.new("RGB", (80, 60), (120, 140, 60)).save(tmp_path / f"{name}.jpg")
        Image.fromarray(mask).save(tmp_path / "masks" / f"{name}.png")
    flat = [n for i in range(17) for n in (12 + 3 * i, 14 + 2 * i, 2)]
    raw = {
        "images": [{"id": i, "file_name": f"{name}.jpg"} for i, name in enumerate(("one", "two"))],
        "annotations": [{"image_id": i, "keypoints": flat} for i in range(2)],
        "categories": [{"id": 1, "keypoints": list(AP10K.keypoints)}],
    }
    (tmp_path / "keypoints.json").write_text(json.dumps(raw), "utf-8")
    (tmp_path / "photos.csv").write_text("path,identity\none.jpg,zola\ntwo.jpg,zola\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["pawvit", "masks", "photos.csv", "-o", "maps", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


GIVEN = ("--keypoints", "keypoints.json", "--foreground", "masks")


def test_maps_and_a_sheet(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, *GIVEN, "--parts", "yak", "--geometry", "paper") == 0
    assert "2 part maps made, 0 kept" in capsys.readouterr().out
    maps = PartMaps.open("maps")
    assert maps.parts.vocabulary == ("head", "body", "hind legs", "front legs")
    assert maps.parts.settings["keypoints"] == "AP-10K"
    assert maps.parts.settings["geometry"]["head_reach"] is None
    assert (folder / "maps" / "contact-sheet.jpg").exists()


def test_flagged_photos_end_it_with_2(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "masks" / "two.png").unlink()
    assert call(monkeypatch, *GIVEN) == 2
    shown = capsys.readouterr()
    assert "1 part maps made" in shown.out
    assert "two.jpg: there is no mask two.png in masks" in shown.err
    assert "flagged.csv" in shown.err


def test_no_map_at_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "--keypoints", "keypoints.json", "--foreground", "file") == 2
    shown = capsys.readouterr()
    assert "0 part maps made" in shown.out
    assert "look at" not in shown.out
    assert "2 photos could not be used" in shown.err


def test_a_fitted_teacher_does_not_go_with_keypoints(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, *GIVEN, "--teacher", "other") == 2
    assert "--teacher is of discovered parts" in capsys.readouterr().err
    assert not (folder / "maps").exists()


def test_saliency_has_to_be_surer_than_masks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    for name in ("one", "two"):
        with Image.open(folder / "masks" / f"{name}.png") as mask:
            Image.merge("RGB", [mask, mask, Image.new("L", mask.size, 60)]).save(f"{name}.jpg")
    assert call(monkeypatch, "--keypoints", "keypoints.json") == 0
    maps = PartMaps.open("maps")
    assert maps.parts.settings["geometry"]["foreground"] == 0.5
    background = maps.read("one.jpg") == maps.parts.background
    assert background[:6].mean() > 0.9
    assert background[20:40, 20:40].mean() < 0.1


# Networks, and two givers of keypoints


def superanimal(file: str) -> None:
    """The two photos' keypoints under SuperAnimal's names."""
    flat = [n for i in range(39) for n in (12 + 1.4 * i, 14 + 0.8 * i, 2)]
    raw = {
        "images": [{"id": i, "file_name": f"{name}.jpg"} for i, name in enumerate(("one", "two"))],
        "annotations": [{"image_id": i, "keypoints": flat} for i in range(2)],
        "categories": [{"id": 1, "keypoints": list(SUPERANIMAL.keypoints)}],
    }
    Path(file).write_text(json.dumps(raw), "utf-8")


def test_two_keypoint_files(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    superanimal("super.json")
    both = ("--keypoints", "super.json", "--keypoints", "keypoints.json", "--foreground", "masks")
    assert call(monkeypatch, *both) == 0
    maps = PartMaps.open("maps")
    assert maps.parts.settings["keypoints"] == "AP-10K + SuperAnimal-quadruped"
    improved = maps.read("one.jpg")
    # Another giver is another teacher.
    assert call(monkeypatch, "--keypoints", "super.json", "--foreground", "masks") == 2
    assert "begun with another teacher" in capsys.readouterr().err
    (folder / "maps").rename("before")
    assert call(monkeypatch, "--keypoints", "super.json", "--foreground", "masks") == 0
    assert (PartMaps.open("maps").read("one.jpg") != improved).mean() > 0.02


def test_givers_of_keypoints_that_don_t_go_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "--keypoints", "keypoints.json", *GIVEN) == 2
    assert "AP-10K and AP-10K don't go together" in capsys.readouterr().err
    assert call(monkeypatch, "--keypoints", "keypoints.json", *GIVEN, "--pose", "a/b") == 2
    assert "at most two" in capsys.readouterr().err
    assert call(monkeypatch, "--pose", "a/b", "--foreground", "file") == 2
    assert "--foreground file is for segmentations in a keypoint file" in capsys.readouterr().err
    assert call(monkeypatch, *GIVEN, "--remote-code") == 2
    assert "are for a segmentation network" in capsys.readouterr().err
    assert call(monkeypatch, "--pose", "head.safetensors", "--foreground", "masks") == 2
    assert not (folder / "maps").exists()


def test_networks_for_both(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = pytest.importorskip("tiny_networks")
    tiny.save_vitpose(folder / "pose", tiny.vitpose(6))
    tiny.save_segformer(folder / "segment", ["sky", "lion"], [0.0, 30.0])
    (folder / "segment" / "README.md").write_text("---\nlicense: mit\n---\n", "utf-8")
    labels = ("--foreground", "segment", "--foreground-labels", "lion")
    assert call(monkeypatch, "--pose", "pose", *labels, "--device", "cpu") == 0
    shown = capsys.readouterr().out
    assert "2 part maps made" in shown
    assert "segment: licence mit" in shown
    assert "pose: licence not told" in shown
    maps = PartMaps.open("maps")
    told = {"pose": "pose", "keypoints": "AP-10K", "foreground": "segment", "labels": "lion"}
    assert told.items() <= maps.parts.settings.items()
    assert (maps.read("one.jpg") != maps.parts.background).all()
    # All is there already: nothing is made again.
    assert call(monkeypatch, "--pose", "pose", *labels) == 0
    assert "0 part maps made, 2 kept" in capsys.readouterr().out


def test_a_network_improves_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = pytest.importorskip("tiny_networks")
    tiny.save_vitpose(folder / "pose", tiny.vitpose())
    superanimal("super.json")
    assert call(monkeypatch, "--keypoints", "super.json", "--pose", "pose", *GIVEN[2:]) == 0
    assert PartMaps.open("maps").parts.settings["keypoints"] == "AP-10K + SuperAnimal-quadruped"


def test_networks_that_are_not_there(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = pytest.importorskip("tiny_networks")
    tiny.save_segformer(folder / "segment", ["sky", "dog"])
    assert call(monkeypatch, "--pose", "segment", "--foreground", "masks") == 2
    assert "this is no pose network: its model type is segformer" in capsys.readouterr().err
    assert call(monkeypatch, "--pose", "no such net", "--foreground", "masks") == 2
    assert "neither a folder nor a name of the hub" in capsys.readouterr().err
    tiny.save_own_code(folder / "cutter")
    assert call(monkeypatch, *GIVEN[:2], "--foreground", "cutter") == 2
    assert "add --remote-code" in capsys.readouterr().err
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(folder / "m"))
    call(monkeypatch, *GIVEN[:2], "--foreground", "cutter", "--remote-code")
    assert "runs on this machine" in capsys.readouterr().err


def test_segmentations_of_a_file_need_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "--foreground", "file") == 2
    assert "there is none" in capsys.readouterr().err
    assert not (folder / "maps" / "parts.json").exists()
