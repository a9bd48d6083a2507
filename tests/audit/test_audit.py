from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from pawvit.audit import Problem, Summary, check, check_labels, summary
from pawvit.photos import PhotoTable
from pawvit.readers import read_photos, read_table


def save(folder: Path, *names: str, size: tuple[int, int] = (40, 30)) -> None:
    """Pictures of noise, each of its own."""
    for name in names:
        seed = sum(name.encode())
        noise = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(noise).save(folder / name)


def table(root: Path, columns: Sequence[str], *rows: Sequence[str]) -> PhotoTable:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return PhotoTable(frame.assign(row=range(2, 2 + len(rows))), root, root / "photos.csv")


def found(problems: Sequence[Problem]) -> set[tuple[str, str, tuple[int, ...]]]:
    return {(p.severity, p.code, p.rows) for p in problems}


def pairs(root: Path, *names: str) -> PhotoTable:
    """All photos of one individual, so that nothing else is wrong."""
    return table(root, ["path", "identity"], *[(name, "A") for name in names])


def test_a_good_table_has_no_problems(tmp_path: Path) -> None:
    save(tmp_path, "a.jpg", "b.png")
    ticks: list[tuple[int, int]] = []
    photos = pairs(tmp_path, "a.jpg", "b.png")
    assert check(photos, progress=lambda done, total: ticks.append((done, total))) == []
    assert ticks == [(1, 2), (2, 2)]


def test_pictures_that_cannot_be_used(tmp_path: Path) -> None:
    save(tmp_path, "a.jpg", "short.jpg", "text.jpg", "empty.jpg", "good.jpg")
    save(tmp_path, "tiny.png", size=(1, 1))
    content = (tmp_path / "short.jpg").read_bytes()
    (tmp_path / "short.jpg").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()
    everything = ["none.jpg", "short.jpg", "text.jpg", "empty.jpg", "tiny.png", "folder.jpg"]
    problems = check(pairs(tmp_path, "a.jpg", *everything, "good.jpg"))
    assert [(p.code, p.path) for p in problems] == [
        ("missing", "none.jpg"),
        ("small", "tiny.png"),
        ("unreadable", "short.jpg"),
        ("unreadable", "text.jpg"),
        ("unreadable", "empty.jpg"),
        ("unreadable", "folder.jpg"),
    ]
    assert all(p.severity == "error" and p.mend for p in problems)
    assert [p.rows for p in problems] == [(3,), (7,), (4,), (5,), (6,), (8,)]
    assert "cut short" in problems[2].message
    assert "1 × 1" in problems[1].message


def test_pictures_that_are_converted(tmp_path: Path) -> None:
    Image.new("CMYK", (20, 20)).save(tmp_path / "cmyk.jpg")
    Image.fromarray(np.full((20, 20), 999, np.uint16)).save(tmp_path / "deep.png")
    Image.fromarray(np.full((20, 20), 99, np.uint16)).save(tmp_path / "deep.tif")
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "moving.png", save_all=True, append_images=frames[1:])
    Image.new("RGBA", (20, 20)).save(tmp_path / "plain.png")
    names = ["cmyk.jpg", "deep.png", "deep.tif", "moving.gif", "moving.png"]
    problems = check(pairs(tmp_path, *names, "plain.png"))
    assert [(p.severity, p.code, p.path) for p in problems] == [
        ("warning", "converted", name) for name in names
    ]
    words = ["CMYK", "8 bits", "8 bits", "2 frames", "2 frames"]
    assert all(word in p.message for word, p in zip(words, problems, strict=True))


def test_boxes(tmp_path: Path) -> None:
    save(tmp_path, "a.png")  # 40 × 30
    boxes = ["0 0 40 30", "-0.5 0 41 30", "20 10 40 30", "40 0 9 9", "0 -20 20 20", "0 0 20 10"]
    photos = table(tmp_path, ["path", "identity", "bbox"], *[("a.png", "A", box) for box in boxes])
    assert found(check(photos)) == {
        ("warning", "near-duplicate", (2, 3)),  # half a pixel apart
        ("warning", "clipped", (4,)),
        ("error", "box", (5,)),
        ("error", "box", (6,)),
        ("error", "small", (7,)),
    }


def test_one_photo_of_two_individuals(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "b.png", "c.png")
    shutil.copy(tmp_path / "b.png", tmp_path / "copy.png")
    rows = [("a.png", "A"), ("./a.png", "B"), ("b.png", "A"), ("copy.png", "B"), ("c.png", "A")]
    problems = check(table(tmp_path, ["path", "identity"], *rows))
    assert found(problems) == {
        ("error", "identities", (2, 3)),
        ("error", "identities", (4, 5)),
    }
    assert "b.png = copy.png is of 2 individuals: A, B" in problems[1].message


def test_one_missing_photo_of_two_individuals(tmp_path: Path) -> None:
    rows = [("a.png", "A"), ("a.png", "B")]
    problems = check(table(tmp_path, ["path", "identity"], *rows))
    assert ("error", "identities", (2, 3)) in found(problems)


def test_two_animals_on_one_photo_are_no_contradiction(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "b.png")
    rows = [("a.png", "A", "0 0 20 20"), ("a.png", "B", "20 0 20 20")]
    rows += [("b.png", "A", ""), ("b.png", "B", "0 0 20 20")]
    assert check(table(tmp_path, ["path", "identity", "bbox"], *rows)) == []


def test_one_photo_of_two_orientations(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "b.png")
    rows = [("a.png", "A", "left"), ("a.png", "A", "right"), ("b.png", "A", "left")]
    problems = check(table(tmp_path, ["path", "identity", "orientation"], *rows))
    assert ("error", "orientations", (2, 3)) in found(problems)


def test_repeated_photos(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "b.png")
    shutil.copy(tmp_path / "b.png", tmp_path / "c.png")
    rows = [("a.png", "A"), ("a.png", "A"), ("b.png", "A"), ("c.png", "")]
    assert found(check(table(tmp_path, ["path", "identity"], *rows))) == {
        ("warning", "twice", (2, 3)),
        ("warning", "duplicate", (4, 5)),
    }


def test_leaks(tmp_path: Path) -> None:
    names = [f"{i}.png" for i in range(9)]
    save(tmp_path, *names)
    identities = ["A", "A", "A", "B", "B", "C", "C", "", ""]
    splits = ["train", "val", "train", "query", "gallery", "train", "", "train", "val"]
    rows = list(zip(names, identities, splits, strict=True))
    problems = check(table(tmp_path, ["path", "identity", "split"], *rows))
    assert found(problems) == {("error", "leak", (2, 3, 4))}
    assert problems[0].message == "A is in 2 splits: train (2), val (1)"


def test_single_entities_are_counted_and_named(tmp_path: Path) -> None:
    names = [f"{i}.png" for i in range(14)]
    save(tmp_path, *names)
    identities = ["two", "two", *[f"one{i}" for i in range(12)]]
    problems = check(table(tmp_path, ["path", "identity"], *zip(names, identities, strict=True)))
    assert found(problems) == {("warning", "single", tuple(range(4, 16)))}
    assert "12 of 13 entities have one photo" in problems[0].message
    assert "one0, one1" in problems[0].message
    assert "and 2 more" in problems[0].message


def test_unknown_orientations_and_spellings(tmp_path: Path) -> None:
    save(tmp_path, "a.png", "b.png", "c.png", "d.png")
    rows = [("a.png", "Zola", "unknown"), ("b.png", "Zola", "unknown")]
    rows += [("c.png", "zola", "left"), ("d.png", "zola", "left")]
    assert found(check(table(tmp_path, ["path", "identity", "orientation"], *rows))) == {
        ("warning", "orientation", (2, 3)),
        ("warning", "spelling", (2, 3, 4, 5)),
    }


def test_formats_that_a_folder_passes_over(tmp_path: Path) -> None:
    save(tmp_path, "A/1.png", "A/2.png")
    (tmp_path / "A" / "3.HEIC").touch()
    (tmp_path / "A" / "notes.txt").touch()
    problems = check(read_photos(tmp_path))
    assert found(problems) == {("warning", "format", ())}
    assert "1 × .heic" in problems[0].message


def test_every_problem_at_once_errors_first(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    rows = [("a.png", "A", "train"), ("a.png", "A", "val"), ("none.png", "B", "val")]
    problems = check(table(tmp_path, ["path", "identity", "split"], *rows))
    assert [(p.severity, p.code) for p in problems] == [
        ("error", "leak"),
        ("error", "leak-picture"),
        ("error", "missing"),
        ("warning", "single"),
        ("warning", "twice"),
    ]


def test_summary(tmp_path: Path) -> None:
    rows = [
        ("0.png", "A", "left", "train"),
        ("1.png", "A", "left", "train"),
        ("2.png", "A", "right", "train"),
        ("3.png", "B", "left", "val"),
        ("4.png", "", "unknown", ""),
    ]
    photos = table(tmp_path, ["path", "identity", "orientation", "split"], *rows)
    assert summary(photos) == Summary(
        photos=5,
        identities=2,
        entities=3,
        unknown=1,
        mirrored=6,
        encounters=0,
        photos_per_entity=(1, 1.0, 2),
        orientations={"left": 3, "right": 1, "unknown": 1},
        splits={"train": 3, "val": 1},
        cameras={},
        sizes={"1": 1, "3": 1},
        entity_sizes={"1": 2, "2": 1},
    )
    nobody = summary(table(tmp_path, ["path", "identity", "camera"], ("a.png", "", "7")))
    assert nobody.photos_per_entity is None
    assert nobody.cameras == {"7": 1}


def test_nyala_has_no_errors(shared: Path) -> None:
    photos = read_table(shared / "data" / "nyala" / "photos.csv")
    problems = check(photos)
    # Seen with the eye: no two photos of this copy are nearly the same.
    assert {p.code for p in problems} == {"single"}
    assert summary(photos).entities == 357


def test_labels_are_checked_without_a_picture(tmp_path: Path) -> None:
    rows = [("1.jpg", "Zola", "train"), ("2.jpg", "zola", "val"), ("3.jpg", "zola", "train")]
    rows += [("4.jpg", "Ora", "val"), ("5.jpg", "Ora", "val"), ("6.jpg", "Ida", "val")]
    problems = check_labels(table(tmp_path, ["path", "identity", "split"], *rows))
    assert [problem.code for problem in problems] == ["leak", "single", "spelling"]
