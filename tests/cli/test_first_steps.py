"""What goes wrong on the first day: a slip in a path, one broken photo, a name mistyped."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from commands import output_of
from pawvit.cli.main import app
from pawvit.errors import CatalogueError, InputError, PhotoTableError


def pawvit(*words: object) -> str:
    return output_of(app, *words, columns=80)


@pytest.fixture
def known(herd: Path, tmp_path: Path) -> Path:
    """Two animals with a photo each, in folders."""
    table = pd.read_csv(herd / "photos.csv", dtype=str)
    for name in sorted(set(table.identity))[:2]:
        place = tmp_path / "known" / name / "one.png"
        place.parent.mkdir(parents=True)
        shutil.copy(herd / table.path[table.identity == name].iloc[0], place)
    return tmp_path / "known"


def test_a_mistyped_folder_is_no_missing_catalogue(known: Path, tmp_path: Path) -> None:
    photo = next(known.rglob("*.png"))
    with pytest.raises(InputError, match="no such catalogue, table or folder"):
        pawvit("identify", tmp_path / "knwon", photo)
    with pytest.raises(PhotoTableError, match=r"or give the folder: .*known"):
        pawvit("data", "check", tmp_path / "known.csv")


def test_a_mistyped_photo_is_told_before_the_known_ones_are_looked_at(
    known: Path, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pawvit.cli.identify.known", lambda *_: pytest.fail("looked at"))
    with pytest.raises(PhotoTableError, match=r"no such picture\n  - .*new\.jpg"):
        pawvit("identify", known, tmp_path / "new.jpg", "-m", run)


def test_one_broken_known_photo_does_not_cost_the_answer(known: Path, run: Path) -> None:
    photo = next(known.rglob("*.png"))
    broken = photo.with_name("broken.jpg")
    broken.write_bytes(b"no picture")
    said = pawvit("identify", known, photo, "-m", run)
    assert "left out: 1 of 3 known photos can't be read" in said
    assert "broken.jpg" in said
    assert "Most like" in said
    for good in known.rglob("*.png"):
        good.unlink()
    new = known.parent / "new.png"
    Image.new("RGB", (64, 64)).save(new)
    with pytest.raises(PhotoTableError, match="known photos can't be read"):
        pawvit("identify", known, new, "-m", run)


def test_a_name_that_is_new_is_told(known: Path, run: Path, tmp_path: Path) -> None:
    place, photo = tmp_path / "c.db", next(known.rglob("*.png"))
    pawvit("catalogue", "add", place, known, "-m", run)
    assert "new to the catalogue" in pawvit("catalogue", "confirm", place, photo, "Zolla")
    assert "new to the catalogue" not in pawvit("catalogue", "confirm", place, photo, "Zolla")
    shown = pawvit("catalogue", "show", place, "Zolla")
    assert "…" not in shown  # the path is whole, over several lines


def test_names_move_to_the_catalogue_of_a_new_model(known: Path, run: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    old, new, labels = (tmp_path / name for name in ("old.db", "new.db", "labels.csv"))
    pawvit("catalogue", "add", old, known, "-m", "dinov2-small")
    with pytest.raises(CatalogueError, match="catalogue export OLD -o labels"):
        pawvit("catalogue", "add", old, known, "-m", run)
    pawvit("catalogue", "export", old, "-o", labels)
    assert "2 new individuals" in pawvit("catalogue", "add", new, labels, "-m", run)


def test_the_help_wraps_to_the_width() -> None:
    """Lines of a docstring are no lines of the help: they would break at two widths."""
    lines = [line.strip() for line in pawvit("identify", "--help").splitlines()]
    begin = next(i for i, line in enumerate(lines) if line.startswith("The answer comes"))
    paragraph = lines[begin : lines.index("", begin)]
    assert len(paragraph) > 2
    assert min(map(len, paragraph[:-1])) > 50


def test_few_individuals_of_uneven_size_may_leave_little_to_train_on(tmp_path: Path) -> None:
    path = tmp_path / "photos.csv"
    sizes = {name: 30 if name == "100" else 3 for name in map(str, range(100, 112))}
    rows = [f"{name}-{i}.png,{name}\n" for name, size in sizes.items() for i in range(size)]
    path.write_text("path,identity\n" + "".join(rows))

    def dealt(seed: int) -> tuple[str, float]:
        out = tmp_path / f"{seed}.csv"
        said = pawvit(
            "data", "split", path, "--out", out, "--seed", seed, "--no-pictures",
            "--train", 0.8, "--select", 0,
        )  # fmt: skip
        return said, (pd.read_csv(out).split == "train").mean()

    outcomes = [dealt(seed) for seed in range(6)]
    for said, share in outcomes:
        assert ("deals anew" in said) == (share < 0.7 * 0.8)
    assert len({share < 0.7 * 0.8 for _, share in outcomes}) == 2
