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
from pawvit.teacher.vocabularies import AP10K


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
