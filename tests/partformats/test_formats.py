"""What one format writes it reads, to the pixel; and what COCO's own code makes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pawvit.anatomy import IGNORE, MAX_PARTS
from pawvit.errors import PartMapError
from pawvit.partformats.formats import FOLDERS, OPEN, WRITE, Format
from pawvit.partformats.runs import packed, run_lengths
from pawvit.partformats.stacks import RELEASED
from pawvit.partmaps import Labels
from pawvit.teacher.outlines import outline_mask

NAMES = ("head", "body", "legs")
SIZES = st.tuples(st.integers(1, 12), st.integers(1, 12))


def some(seed: int, size: tuple[int, int] = (9, 7), parts: int = len(NAMES)) -> Labels:
    """Every label, background and ignored pixels among them."""
    allowed = np.array([*range(parts + 1), IGNORE], np.uint8)
    return np.random.default_rng(seed).choice(allowed, size)


def written(folder: Path, kind: Format, pictures: Sequence[tuple[str, Labels]]) -> Path:
    target = folder / ("out" if kind in FOLDERS else "out.json")
    WRITE[kind](NAMES, pictures, target)
    return target


@pytest.mark.parametrize("kind", list(OPEN))
def test_what_is_written_is_read(tmp_path: Path, kind: Format) -> None:
    pictures = [("a/one.jpg", some(0)), ("a/two.b.jpg", some(1, (5, 12))), ("../up.png", some(2))]
    pictures.append(("empty.jpg", np.full((4, 4), len(NAMES), np.uint8)))
    found = OPEN[kind](written(tmp_path, kind, pictures), NAMES if kind == "npy" else None)
    assert found.vocabulary == NAMES
    assert len(found.entries) == len(pictures)
    by_end = {Path(entry).name.split(".")[0]: entry for entry in found.entries}
    for photo, labels in pictures:
        entry = by_end[Path(photo).name.split(".")[0]]
        np.testing.assert_array_equal(found.read(entry), labels)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), kind=st.sampled_from(list(OPEN)))
def test_any_map_survives(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: Format
) -> None:
    parts = data.draw(st.integers(1, MAX_PARTS))
    names = tuple(f"part {number}" for number in range(parts))
    labels = some(data.draw(st.integers(0, 99)), data.draw(SIZES), parts)
    target = tmp_path_factory.mktemp("any") / ("out" if kind in FOLDERS else "out.json")
    WRITE[kind](names, [("a.jpg", labels)], target)
    found = OPEN[kind](target, names if kind == "npy" else None)
    np.testing.assert_array_equal(found.read(found.entries[0]), labels)


# COCO: against its own code

# pycocotools 2.0.11 is older than NumPy 2's __array__.
their_own = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@their_own
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 999), size=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_run_lengths_agree_with_coco_s_own(seed: int, size: tuple[int, int]) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    random = np.random.default_rng(seed)
    mask = random.random(size) > random.random()
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert packed(run_lengths(mask)) == theirs["counts"].decode()
    np.testing.assert_array_equal(
        outline_mask({"size": list(size), "counts": theirs["counts"].decode()}, size), mask
    )
    back = coco.decode({"size": list(size), "counts": packed(run_lengths(mask)).encode()})
    np.testing.assert_array_equal(back.astype(bool), mask)


@their_own
def test_coco_s_own_code_reads_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    labels = some(3, (30, 20))
    read = coco.COCO(str(written(tmp_path, "coco", [("a.jpg", labels)])))
    assert read.imgs[1]["file_name"] == "a.jpg"
    names = {number: one["name"] for number, one in read.cats.items()}
    assert list(names.values()) == [*NAMES, "ignore"]
    for annotation in read.anns.values():
        mask = read.annToMask(annotation).astype(bool)
        name = names[annotation["category_id"]]
        np.testing.assert_array_equal(
            mask, labels == (IGNORE if name == "ignore" else NAMES.index(name))
        )
        assert annotation["area"] == mask.sum()
        x, y, width, height = annotation["bbox"]
        assert mask[y : y + height, x : x + width].sum() == mask.sum()
        assert annotation["iscrowd"] == (name == "ignore")


def coco_file(folder: Path, annotations: list[dict[str, object]], **changed: object) -> Path:
    raw = {
        "images": [{"id": 4, "file_name": "a.jpg", "width": 20, "height": 10}],
        "categories": [{"id": 9, "name": "body"}, {"id": 2, "name": "head"}],
        "annotations": [{"image_id": 4, **one} for one in annotations],
    }
    (folder / "given.json").write_text(json.dumps(raw | changed), "utf-8")
    return folder / "given.json"


BODY = {"category_id": 9, "segmentation": [[2, 2, 17, 2, 17, 7, 2, 7]]}
HEAD = {"category_id": 2, "segmentation": {"size": [10, 20], "counts": [153, 5, 42]}}


@pytest.mark.parametrize("order", [[BODY, HEAD], [HEAD, BODY]])
def test_the_smaller_annotation_lies_on_top(tmp_path: Path, order: list[dict[str, object]]) -> None:
    found = OPEN["coco"](coco_file(tmp_path, order), None)
    assert found.vocabulary == ("head", "body")  # by their ids
    labels = found.read("a.jpg")
    assert labels[3:8, 15].tolist() == [0] * 5
    assert labels[3:7, 3:15].tolist() == [[1] * 12] * 4
    assert labels[0].tolist() == [2] * 20


def test_of_two_of_one_size_the_later_lies_on_top(tmp_path: Path) -> None:
    other = HEAD | {"category_id": 9}
    first = OPEN["coco"](coco_file(tmp_path, [HEAD, other]), None).read("a.jpg")
    assert first[5, 15] == 1
    second = OPEN["coco"](coco_file(tmp_path, [other, HEAD]), None).read("a.jpg")
    assert second[5, 15] == 0


@their_own
def test_polygons_are_near_coco_s_own(tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.mask")
    polygon = [30.5, 10.2, 80.1, 25.7, 60.0, 75.3, 22.9, 60.4]
    theirs = coco.decode(coco.merge(coco.frPyObjects([polygon], 100, 100))).astype(bool)
    ours = outline_mask([polygon], (100, 100))
    assert (ours & theirs).sum() / (ours | theirs).sum() > 0.95


KEYS = ("id", "image_id", "category_id", "name", "file_name", "height", "width", "segmentation")
KEYS += ("size", "counts", "segments_info")
KEY = st.sampled_from(KEYS)
PLACE = st.sampled_from(["images", "categories", "annotations"])


@pytest.mark.parametrize(
    ("annotations", "changed", "message"),
    [
        ([BODY | {"category_id": 5}], {}, r"annotations\[0\] is of the unknown category 5"),
        ([BODY, BODY | {"image_id": 5}], {}, r"annotations\[1\] is of the image 5"),
        ([], {"categories": 3}, "no COCO file"),
        ([], {"images": [{"id": 1, "file_name": "a.jpg"}]}, "no COCO file.*height"),
        ([], {"images": [{"id": 1, "file_name": "a", "width": 0, "height": 4}]}, "a is 0 × 4"),
        ([], {"images": [{"id": 1, "file_name": "a", "width": 9, "height": 4}] * 2}, "two of its"),
    ],
)
def test_files_that_can_t_be_opened(
    tmp_path: Path, annotations: list[dict[str, object]], changed: dict[str, object], message: str
) -> None:
    with pytest.raises(PartMapError, match=message):
        OPEN["coco"](coco_file(tmp_path, annotations, **changed), None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 9) | st.sampled_from(["head", "a.jpg", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    place=st.sampled_from(["images", "categories", "annotations"]), key=st.none() | KEY, raw=JSON
)
@pytest.mark.parametrize("kind", ["coco", "panoptic"])
def test_no_file_raises_anything_else(
    tmp_path_factory: pytest.TempPathFactory,
    kind: Format,
    place: str,
    key: str | None,
    raw: object,
) -> None:
    annotation = BODY | {"image_id": 4, "file_name": "a.png", "segments_info": []}
    path = coco_file(tmp_path_factory.getbasetemp(), [annotation])
    whole = json.loads(path.read_text("utf-8"))
    if key is None:
        whole[place] = raw
    else:
        whole[place][0][key] = raw
    path.write_text(json.dumps(whole), "utf-8")
    with suppress(PartMapError):
        found = OPEN[kind](path, None)
        for entry in found.entries:
            found.read(entry)


def test_names_choose_and_order_the_categories(tmp_path: Path) -> None:
    path = coco_file(tmp_path, [BODY, HEAD])
    assert OPEN["coco"](path, ["body", "head"]).read("a.jpg")[5, 15] == 1
    with pytest.raises(PartMapError, match=r"annotations\[1\] .* category 2 \(head\)") as caught:
        OPEN["coco"](path, ["body"])
    assert "the parts are body" in str(caught.value.mend)


@pytest.mark.parametrize(
    ("segmentation", "message"),
    [
        ([[1, 2, 3]], r"annotations\[0\]: the segmentation can't be read"),
        ({"size": [20, 10], "counts": [200]}, "it is 10 × 20, the picture 20 × 10"),
        ({"size": [10, 20], "counts": "#"}, "can't be read"),
    ],
)
def test_segmentations_that_can_t_be_read(
    tmp_path: Path, segmentation: object, message: str
) -> None:
    found = OPEN["coco"](coco_file(tmp_path, [BODY | {"segmentation": segmentation}]), None)
    with pytest.raises(PartMapError, match=message):
        found.read("a.jpg")


# Panoptic


def test_segments_are_written_in_colour(tmp_path: Path) -> None:
    labels = some(0, (64, 64))
    path = written(tmp_path, "panoptic", [("b/a.jpg", labels)])
    raw = json.loads(path.read_text("utf-8"))
    (annotation,) = raw["annotations"]
    with Image.open(path.with_suffix("") / annotation["file_name"]) as image:
        assert image.mode == "RGB"
        ids = np.asarray(image) @ np.array([1, 256, 65536])
    told = {one["id"]: one for one in annotation["segments_info"]}
    assert set(np.unique(ids)) - {0} == set(told)
    for number, one in told.items():
        assert one["area"] == (ids == number).sum()
    assert ((ids == 0) == (labels == IGNORE)).all()
    assert [one["isthing"] for one in raw["categories"]] == [1, 1, 1, 0]


def test_large_segment_numbers_and_no_background(tmp_path: Path) -> None:
    path = written(tmp_path, "panoptic", [("a.jpg", some(0))])
    raw = json.loads(path.read_text("utf-8"))
    raw["categories"] = raw["categories"][:3]
    raw["annotations"][0]["segments_info"] = [{"id": 70_000, "category_id": 3}]
    path.write_text(json.dumps(raw), "utf-8")
    picture = np.zeros((9, 7, 3), np.uint8)
    picture[2, 3] = (70_000 % 256, 70_000 // 256 % 256, 70_000 // 65536)
    Image.fromarray(picture).save(path.with_suffix("") / "a.jpg.png")
    labels = OPEN["panoptic"](path, None).read("a.jpg")
    assert labels[2, 3] == 2
    assert np.bincount(labels.ravel()).tolist() == [0, 0, 1, 62]
    picture[0, 0] = 1
    Image.fromarray(picture).save(path.with_suffix("") / "a.jpg.png")
    with pytest.raises(PartMapError, match=r"segments \[65793\]"):
        OPEN["panoptic"](path, None).read("a.jpg")
    Image.fromarray(picture[:5]).save(path.with_suffix("") / "a.jpg.png")
    with pytest.raises(PartMapError, match="it is 7 × 5, the JSON file has 7 × 9"):
        OPEN["panoptic"](path, None).read("a.jpg")


# Label pictures


def test_label_pictures_of_others(tmp_path: Path) -> None:
    """Background first, as most tools have it; a palette; names by hand."""
    (tmp_path / "names.txt").write_text("background\nhead\n\nbody \n", "utf-8")
    values = np.array([[0, 1], [2, 255]], np.uint8)
    picture = Image.fromarray(values, "L")
    picture.putpalette(list(range(256)) * 3)
    picture.save(tmp_path / "a.png")
    found = OPEN["labels"](tmp_path, None)
    assert found.vocabulary == ("head", "body")
    assert found.read("a.png").tolist() == [[2, 0], [1, IGNORE]]
    assert OPEN["labels"](tmp_path, ["a", "b"]).read("a.png").tolist() == [[0, 1], [2, IGNORE]]
    with pytest.raises(PartMapError, match=r"labels \[2\]; known are 0, 1, 255"):
        OPEN["labels"](tmp_path, ["a"]).read("a.png")


def test_label_pictures_that_can_t_be_read(tmp_path: Path) -> None:
    with pytest.raises(PartMapError, match="no label pictures"):
        OPEN["labels"](tmp_path, None)
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    with pytest.raises(PartMapError, match="what the labels mean"):
        OPEN["labels"](tmp_path, None)
    with pytest.raises(PartMapError, match="a colour picture"):
        OPEN["labels"](tmp_path, ["head"]).read("a.png")
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:30])
    with pytest.raises(PartMapError, match="can't be read"):
        OPEN["labels"](tmp_path, ["head"]).read("a.png")


# The authors' stacks


def test_stacks_of_the_released_code(shared: Path, tmp_path: Path) -> None:
    golden = np.load(shared / "golden/pose_parts.npz")
    theirs = golden["case0_parts"]
    np.save(tmp_path / "a.npy", theirs)
    found = OPEN["npy"](tmp_path, None)
    assert found.vocabulary == RELEASED
    labels = found.read("a.npy")
    assert labels.shape == (64, 64)
    own = theirs.argmax(axis=0)
    assert (labels == own)[labels != IGNORE].all()
    assert (labels == IGNORE).mean() < 0.01


def test_stacks_with_and_without_background(tmp_path: Path) -> None:
    stack = np.zeros((3, 1, 4))
    stack[0, 0, 0] = stack[2, 0, 1] = 1
    stack[:, 0, 2] = 1 / 3
    np.save(tmp_path / "a.npy", stack)
    assert OPEN["npy"](tmp_path, NAMES).read("a.npy").tolist() == [[0, 2, IGNORE, 3]]
    assert OPEN["npy"](tmp_path, NAMES[:2]).read("a.npy").tolist() == [[0, 2, IGNORE, IGNORE]]


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (np.zeros((7, 8, 8)), "a stack of 7 × 8 × 8; channels.*3 parts"),
        (np.zeros((8, 8)), "a stack of 8 × 8;"),
        (np.full((3, 8, 8), np.nan), "no shares"),
        (np.full((3, 8, 8), -1.0), "no shares"),
        (np.array([{"a": 1}]), "can't be read"),
    ],
)
def test_stacks_that_can_t_be_used(
    tmp_path: Path, stack: np.ndarray[tuple[int, ...], np.dtype[np.float64]], message: str
) -> None:
    np.save(tmp_path / "a.npy", stack)
    with pytest.raises(PartMapError, match=message):
        OPEN["npy"](tmp_path, NAMES).read("a.npy")


def test_two_photos_of_one_stack(tmp_path: Path) -> None:
    with pytest.raises(PartMapError, match="another photo has this stack"):
        written(tmp_path, "npy", [("a.jpg", some(0)), ("a.png", some(1))])
