"""What `pawvit pose train` and `pawvit masks --pose` say, and how they end."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pawvit.cli.main import main
from pawvit.errors import KeypointError
from pawvit.images import Box
from pawvit.partmaps import PartMaps
from pawvit.teacher.boxes import FindBox
from pawvit.teacher.head.posehead import HeadKeypoints
from pawvit.teacher.vocabularies import AP10K

pytest.importorskip("onnxruntime", reason="needs the extra `offline`")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures with a bright box, keypoints along it; the folder that the commands run in."""
    images, annotations = [], []
    for number in range(20):
        x = 10 + number
        pixels = np.full((60, 80, 3), (60, 90, 60), np.uint8)
        pixels[15:45, x : x + 40] = (190, 160, 120)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
        flat = [n for i in range(17) for n in (x + 2 * i, 18 + i, 2)]
        images.append({"id": number, "file_name": f"{number}.png"})
        annotations.append({"image_id": number, "keypoints": flat, "bbox": [x, 15, 40, 30]})
    categories = [{"id": 1, "keypoints": list(AP10K.keypoints)}]
    raw = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "keypoints.json").write_text(json.dumps(raw), "utf-8")
    (tmp_path / "photos.csv").write_text("path,identity\n0.png,zola\n1.png,zola\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["pawvit", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


TRAIN = ("pose", "train", "keypoints.json", "-o", "pose.safetensors")
MASKS = ("masks", "photos.csv", "-o", "maps", "--pose", "pose.safetensors")


@pytest.mark.slow
def test_from_labels_to_part_maps(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The command itself on fewer steps: its own number takes minutes.
    from pawvit.teacher.head import job

    defaults = dict(job.train_head.__kwdefaults__, steps=25)
    monkeypatch.setattr(job.train_head, "__kwdefaults__", defaults)
    (folder / "7.png").unlink()
    assert call(monkeypatch, *TRAIN) == 0
    said = capsys.readouterr().out
    assert "root_of_tail" in said
    assert "of the keypoints of 4 animals held out" in said
    assert "7.png (annotations[7]): no such file" in said
    assert "pawvit masks PHOTOS -o maps/ --pose pose.safetensors" in said
    code = call(monkeypatch, *MASKS)
    maps = PartMaps.open("maps")
    assert maps.parts.settings["keypoints"] == "AP-10K"
    assert maps.parts.settings["pose"].startswith("pose.safetensors ")
    made = sum(path in maps for path in ("0.png", "1.png"))
    assert (code == 0) == (made == 2)  # flagged photos end it with 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("pose", "train", "keypoints.json", "-o", "pose.pt"), "ends in .safetensors"),
        (("pose", "train", "none.json", "-o", "pose.safetensors"), "no such file"),
        ((*TRAIN, "--photos", "elsewhere"), "20 of 20 animals can't be used"),
        (MASKS, "no such file"),
    ],
)
def test_what_is_refused(
    words: tuple[str, ...],
    told: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, *words) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert not (folder / "pose.safetensors").exists()


def test_the_foreground_tells_a_head_where_to_look(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mask = np.zeros((60, 80), np.uint8)
    mask[5:25, 30:70] = 255
    (folder / "shapes").mkdir()
    Image.fromarray(mask).save(folder / "shapes" / "0.png")
    boxes: list[Box] = []

    def load(path: str, find_box: FindBox) -> HeadKeypoints:
        boxes.append(find_box("0.png", np.zeros((60, 80, 3), np.uint8)))
        raise KeypointError("enough seen")

    monkeypatch.setattr(HeadKeypoints, "load", load)
    assert call(monkeypatch, *MASKS, "--foreground", "shapes") == 2
    assert boxes == [(30, 5, 40, 20)]
