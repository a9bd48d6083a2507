"""The job on pictures of a drawn animal with its keypoints, and on real ones where they are."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pawvit.anatomy import TIGER_PARTS
from pawvit.errors import KeypointError, PartMapError
from pawvit.files import alone_in
from pawvit.images import Pixels
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable
from pawvit.readers import read_table
from pawvit.teacher.geometry import PAPER, Pose
from pawvit.teacher.job import FLAGGED
from pawvit.teacher.keypointfiles import read_keypoints
from pawvit.teacher.keypoints import Animal
from pawvit.teacher.pose import chosen, make_pose_maps
from pawvit.teacher.shapes import MaskFolder, from_outline
from pawvit.teacher.vocabularies import AP10K

TRUNK = [40, 30, 100, 30, 100, 55, 40, 55]

PLACES = {
    "nose": (22, 28),
    "left_eye": (28, 22),
    "neck": (42, 34),
    "root_of_tail": (98, 32),
    "left_shoulder": (46, 54),
    "left_elbow": (46, 66),
    "left_front_paw": (46, 78),
    "left_hip": (94, 54),
    "left_knee": (94, 66),
    "left_back_paw": (94, 78),
}
OUTLINE = [
    TRUNK,
    [20, 18, 42, 18, 42, 36, 20, 36],
    [43, 55, 49, 55, 49, 80, 43, 80],
    [91, 55, 97, 55, 97, 80, 91, 80],
]
SIZE = (120, 90)


def keypoints(shift: float = 0) -> list[float]:
    flat: list[float] = []
    for name in AP10K.keypoints:
        x, y = PLACES.get(name, (-shift, 0))
        flat += [x + shift, y, 2 if name in PLACES else 0]
    return flat


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four photos: two with an animal, one empty, one that the keypoint file does not know."""
    images, annotations = [], []
    for number, name in enumerate(("one", "two", "empty", "unknown")):
        Image.new("RGB", SIZE, (90, 120, 60)).save(tmp_path / f"{name}.jpg")
        if name != "unknown":
            images.append({"id": number, "file_name": f"{name}.jpg", "width": 120, "height": 90})
        if name in ("one", "two"):
            one = {"image_id": number, "keypoints": keypoints(), "segmentation": OUTLINE}
            annotations.append(one)
    names = [{"id": 1, "keypoints": list(AP10K.keypoints)}]
    raw = {"images": images, "annotations": annotations, "categories": names}
    (tmp_path / "keypoints.json").write_text(json.dumps(raw), "utf-8")
    rows = "\n".join(f"{name}.jpg,zola" for name in ("one", "two", "empty", "unknown"))
    (tmp_path / "photos.csv").write_text(f"path,identity\n{rows}\n", "utf-8")
    return tmp_path


def table(folder: Path) -> PhotoTable:
    return read_table(folder / "photos.csv")


def change(folder: Path, changed: Callable[[dict[str, Any]], None]) -> None:
    raw = json.loads((folder / "keypoints.json").read_text("utf-8"))
    changed(raw)
    (folder / "keypoints.json").write_text(json.dumps(raw), "utf-8")


def make(folder: Path, **settings: Any) -> Any:
    found = read_keypoints(folder / "keypoints.json")
    return make_pose_maps(table(folder), folder / "maps", found, from_outline, **settings)


def test_maps_and_flagged_photos(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    done = make(folder, progress=lambda label: lambda n, total: told.append((n, total)))
    assert (done.written, done.kept, done.unreadable) == (2, 0, ())
    assert [path for path, _ in done.flagged] == ["empty.jpg", "unknown.jpg"]
    assert told[-1] == (4, 4)
    labels = PartMaps.open(folder / "maps").read("one.jpg")
    # A map is squeezed: 120 × 90 pixels on 64 × 64.
    seen = {part: labels[y * 64 // 90, x * 64 // 120] for part, (x, y) in PLACES.items()}
    assert TIGER_PARTS[seen["nose"]] == "head"
    assert TIGER_PARTS[seen["left_front_paw"]] == "front legs"
    assert TIGER_PARTS[seen["left_back_paw"]] == "hind legs"
    assert TIGER_PARTS[labels[40 * 64 // 90, 70 * 64 // 120]] == "body"
    assert labels[0, 0] == len(TIGER_PARTS)
    with open(folder / "maps" / FLAGGED, newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert rows[0] == {"path": "empty.jpg", "reason": "no animal in the picture has keypoints"}
    assert rows[1]["reason"] == "the picture is not in the keypoint file"


def test_a_folder_is_gone_on_with(folder: Path) -> None:
    make(folder)
    kept = PartMaps.open(folder / "maps").path_of("one.jpg")
    stamp = kept.stat().st_mtime_ns
    PartMaps.open(folder / "maps").path_of("two.jpg").unlink()
    again = make(folder)
    assert (again.written, again.kept) == (1, 1)
    assert kept.stat().st_mtime_ns == stamp
    # Nothing is flagged any more.
    (folder / "photos.csv").write_text("path,identity\none.jpg,zola\ntwo.jpg,zola\n", "utf-8")
    assert make(folder).flagged == ()
    assert not (folder / "maps" / FLAGGED).exists()


def test_another_teacher_s_folder_is_left_alone(folder: Path) -> None:
    make(folder)
    with pytest.raises(PartMapError, match="another teacher or other settings"):
        make(folder, geometry=PAPER)
    with pytest.raises(PartMapError, match="another teacher or other settings"):
        make(folder, parts="yak")


def test_two_processes_don_t_make_one_folder(folder: Path) -> None:
    with alone_in(folder / "maps", "part maps"), pytest.raises(Exception, match="at work here"):
        make(folder)


def test_bad_photos_don_t_stop_the_others(folder: Path) -> None:
    (folder / "one.jpg").write_bytes(b"no picture")

    def without_outline(raw: dict[str, Any]) -> None:
        del raw["annotations"][1]["segmentation"]

    change(folder, without_outline)
    done = make(folder)
    assert done.written == 0
    assert len(done.unreadable) == 1
    assert dict(done.flagged)["two.jpg"] == "the keypoint file has no segmentation of this animal"


def test_pictures_of_another_size(folder: Path) -> None:
    make(folder)
    first = PartMaps.open(folder / "maps").read("one.jpg")
    Image.new("RGB", (240, 180)).save(folder / "one.jpg")
    Image.new("RGB", (240, 140)).save(folder / "two.jpg")
    for name in ("one.jpg", "two.jpg"):
        PartMaps.open(folder / "maps").path_of(name).unlink()
    done = make(folder)
    assert dict(done.flagged)["two.jpg"].startswith("the keypoints are of a picture of 120 × 90")
    assert (PartMaps.open(folder / "maps").read("one.jpg") == first).mean() > 0.97


def test_keypoints_outside_of_the_picture(folder: Path) -> None:
    def moved(raw: dict[str, Any]) -> None:
        raw["annotations"][0]["keypoints"] = keypoints(shift=40)

    change(folder, moved)
    assert (
        "keypoints lie outside of the picture of 120 × 90" in dict(make(folder).flagged)["one.jpg"]
    )


def animal(left: float) -> Animal:
    values = np.array(keypoints(left)).reshape(-1, 3)
    return Animal(Pose(AP10K, values[:, :2], values[:, 2].clip(0, 1)))


def test_the_animal_that_is_meant() -> None:
    picture: Pixels = np.zeros((90, 260, 3), np.uint8)
    small, large = animal(0), animal(130)
    small = Animal(small.pose.moved((0, 0), (0.8, 0.8)))
    found, box = chosen([small, large], picture, None)
    assert box is None
    np.testing.assert_array_equal(found.pose.points[2], large.pose.points[2])
    found, box = chosen([large, small], picture, (0, 0, 110, 90))
    np.testing.assert_array_equal(found.pose.points[2], small.pose.points[2])
    with pytest.raises(KeypointError, match="no animal in the photo's box"):
        chosen([large], picture, (0, 0, 20, 20))


def test_a_photo_s_box_cuts_keypoints_and_foreground_alike(folder: Path) -> None:
    (folder / "photos.csv").write_text(
        'path,identity,bbox\none.jpg,zola,"10, 10, 60, 80"\n', "utf-8"
    )
    make(folder)
    labels = PartMaps.open(folder / "maps").read("one.jpg")
    assert TIGER_PARTS[labels[(28 - 10) * 64 // 80, (22 - 10) * 64 // 60]] == "head"
    assert TIGER_PARTS[labels[(78 - 10) * 64 // 80, (46 - 10) * 64 // 60]] == "front legs"


def test_masks_in_a_folder(folder: Path) -> None:
    masks = folder / "masks"
    masks.mkdir()
    mask = np.zeros(SIZE[::-1], np.uint8)
    mask[30:56, 40:100] = 255
    Image.fromarray(mask).save(masks / "one.png")
    Image.fromarray(mask[:50]).save(masks / "two.jpg.png")
    found = read_keypoints(folder / "keypoints.json")
    done = make_pose_maps(table(folder), folder / "maps", found, MaskFolder(masks))
    assert done.written == 1
    assert "is 120 × 50, the picture 120 × 90" in dict(done.flagged)["two.jpg"]
    labels = PartMaps.open(folder / "maps").read("one.jpg")
    assert labels[22 * 64 // 90, 25 * 64 // 120] == len(TIGER_PARTS)
    with pytest.raises(PartMapError, match="no such folder"):
        MaskFolder(folder / "gone")


def test_the_salient_animal(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    from pawvit.teacher.shapes import SalientAnimal

    picture: Pixels = np.full((90, 260, 3), 120, np.uint8)
    picture[30:60, 20:80] = (200, 80, 20)
    own = animal(0)
    shown = SalientAnimal()("one.jpg", picture, Animal(own.pose, box=(10, 10, 90, 75)))
    assert shown.shape == (90, 260)
    assert shown[:, 130:].max() == 0
    assert shown[45, 50] > 0.5


def test_real_animals(shared: Path, tmp_path: Path) -> None:
    """Dogs, cats and horses with hand-drawn masks: the usual parts are there."""
    root = shared / "data" / "animal_pose"
    raw = json.loads((root / "keypoints.json").read_text("utf-8"))
    names = [f"{name}_base" if "ear" in name else name for name in raw["keypoint_names"]]
    mine = raw["instances"][::60]
    coco = {
        "images": [{"id": i, "file_name": one["file_name"]} for i, one in enumerate(mine)],
        "annotations": [
            {"image_id": i, "keypoints": one["keypoints"]} for i, one in enumerate(mine)
        ],
        "categories": [{"id": 1, "keypoints": names}],
    }
    (tmp_path / "coco.json").write_text(json.dumps(coco), "utf-8")
    rows = "\n".join(f"{(root / 'images' / one['file_name']).as_posix()}," for one in mine)
    (tmp_path / "photos.csv").write_text(f"path,identity\n{rows}\n", "utf-8")
    done = make_pose_maps(
        table(tmp_path),
        tmp_path / "maps",
        read_keypoints(tmp_path / "coco.json"),
        MaskFolder(root / "masks"),
    )
    assert done.written == len(mine)
    shown = [np.unique(done.maps.read(path)) for path in table(tmp_path).paths]
    share = [np.mean([part in one for one in shown]) for part in range(5)]
    assert min(share[0], share[1]) > 0.8
    assert min(share[3], share[4]) > 0.6
