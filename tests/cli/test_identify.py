"""`pawvit identify` without any training, with a run, and with two animals on one picture."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from commands import output_of
from pawvit.cli.main import app
from pawvit.errors import InputError


def pawvit(*words: object) -> str:
    return output_of(app, *words, columns=300)


@pytest.fixture
def folder(herd: Path, tmp_path: Path) -> Path:
    """Two animals with two photos of a left flank each, sorted into folders."""
    table = pd.read_csv(herd / "photos.csv", dtype=str)
    left = table[table.orientation == "left"]
    for name in sorted(set(left.identity))[:2]:
        for path in left[left.identity == name].path[:2]:
            place = tmp_path / "known" / name / "left" / Path(path).name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(herd / path, place)
    return tmp_path / "known"


def test_the_first_day(folder: Path, herd: Path, tmp_path: Path) -> None:
    """No catalogue and no training: an answer; then a catalogue, a confirmation, and labels."""
    pytest.importorskip("onnxruntime")
    table = pd.read_csv(herd / "photos.csv", dtype=str)
    name = sorted(p.name for p in folder.iterdir())[0]
    mine = table[(table.identity == name) & (table.orientation == "left")]
    new = tmp_path / "new.jpg"
    shutil.copy(herd / mine.path.iloc[2], new)

    said = pawvit("identify", folder, new, "--orientation", "left")
    assert "4 photos of 2 individuals to compare with" in said
    assert "Most like" in said
    assert "dinov2-small untrained" in said

    place, answers, sheet = tmp_path / "c.db", tmp_path / "a.csv", tmp_path / "a.png"
    assert "4 photos added" in pawvit("catalogue", "add", place, folder, "-m", "dinov2-small")
    assert "model: dinov2-small untrained" in pawvit("catalogue", "list", place)
    said = pawvit("identify", place, new, "-o", answers, "--sheet", sheet)  # knows its model
    assert "both flanks were compared" in said  # an untrained network can't tell them
    assert set(pd.read_csv(answers).model) == {"dinov2-small untrained"}
    assert sheet.is_file()

    assert "shows Zola" in pawvit("catalogue", "confirm", place, new, "Zola", "--by", "ana")
    assert "identified as Zola by ana" in pawvit("catalogue", "show", place, "Zola")
    assert "4 were there already" in pawvit("catalogue", "add", place, folder)
    said = pawvit("catalogue", "export", place, "-o", tmp_path / "labels.csv")
    assert "5 photos of 3 individuals" in said


def test_two_animals_on_one_picture_are_two_questions(
    herd: Path, run: Path, tmp_path: Path
) -> None:
    table = pd.read_csv(herd / "photos.csv", dtype=str)
    first, second = (table[table.orientation == "left"].iloc[row] for row in (0, 10))
    assert first.identity != second.identity
    both = Image.new("RGB", (160, 64))
    for x, one in ((0, first), (80, second)):
        with Image.open(herd / one.path) as photo:
            both.paste(photo, (x, 0))
    both.save(tmp_path / "both.png")
    pd.DataFrame(
        {
            "path": ["both.png"] * 2,
            "identity": [first.identity, second.identity],
            "orientation": "left",
            "bbox": ["0 0 80 64", "80 0 80 64"],
        }
    ).to_csv(tmp_path / "asked.csv", index=False)
    # The very same cuts are known, as files of their own.
    known = tmp_path / "known"
    for one in (first, second):
        (known / one.identity / "left").mkdir(parents=True)
        with Image.open(herd / one.path) as photo:
            photo.convert("RGB").save(known / one.identity / "left" / "a.png")
    out, sheet = tmp_path / "a.csv", tmp_path / "a.png"
    said = pawvit("identify", known, tmp_path / "asked.csv", "-m", run, "-o", out, "--sheet", sheet)
    assert "of 2 photos whose identity the table knows, 2 have it in place 1" in said
    answers = pd.read_csv(out, dtype=str)
    assert list(answers[answers["rank"] == "1"].individual) == [first.identity, second.identity]
    assert answers.query_bbox.nunique() == 2
    with Image.open(sheet) as drawn:  # each row shows its own half of the picture
        pixels = drawn.convert("RGB")
    cells = [pixels.crop((10, y, 200, y + 150)).tobytes() for y in (40, 230)]
    assert cells[0] != cells[1]


def test_a_catalogue_whose_model_was_moved_asks_for_it(
    folder: Path, run: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "run"
    shutil.copytree(run, moved)
    place = tmp_path / "c.db"
    pawvit("catalogue", "add", place, folder, "-m", moved)
    photo = next(folder.rglob("*.jpg"), None) or next(folder.rglob("*.png"))
    assert "This very picture" in pawvit("identify", place, photo)
    moved.rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="no longer at") as caught:
        pawvit("identify", place, photo)
    assert "-m" in str(caught.value.mend)
    assert "This very picture" in pawvit("identify", place, photo, "-m", tmp_path / "elsewhere")
