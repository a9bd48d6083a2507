"""`pawvit catalogue …` and what an answer looks like on the console."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from commands import output_of
from pawvit.cli.answers import render
from pawvit.cli.catalogue import app
from pawvit.descriptors import Descriptors, ModelStamp, photo_hash
from pawvit.errors import CatalogueError, ImageError, InputError
from pawvit.identify import Answer, Candidate


@pytest.fixture
def embedded(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(bytes([number]))
    Descriptors(
        paths=[f"{number}.jpg" for number in range(3)],
        vectors=np.eye(3, dtype=np.float32),
        identities=["[red]Zola", "Abu", ""],
        orientations=["left", "right", "unknown"],
        photo_hashes=[photo_hash(tmp_path / f"{number}.jpg") for number in range(3)],
        model=ModelStamp("a" * 64, "tiger-small"),
    ).write(tmp_path / "d.parquet")
    return tmp_path / "d.parquet"


def run(*words: str | Path) -> str:
    return output_of(app, *words)


def test_from_descriptors_to_a_name_taken_back(embedded: Path, tmp_path: Path) -> None:
    place = tmp_path / "c.db"
    assert "3 photos added, 0 were there already; 2 new individuals" in run("add", place, embedded)
    assert "0 photos added, 3 were there already" in run("add", place, embedded)
    listed = run("list", place)
    assert "[red]Zola" in listed
    assert "2 individuals, 3 photos (1 unidentified)" in listed
    assert "tiger-small" in listed
    assert "photo 3 shows Tao" in run("confirm", place, "3", "Tao", "--by", "ana", "--note", "ear")
    assert "identified as Tao by ana (ear)" in run("show", place, "Tao")
    assert "photo 3 is unidentified" in run("undo", place, "3", "--by", "bo")
    assert "taken back: Tao by bo" in run("show", place, "")


def test_a_photo_goes_by_its_file_too(embedded: Path, tmp_path: Path) -> None:
    place, file = tmp_path / "c.db", tmp_path / "2.jpg"
    run("add", place, embedded)
    said = run("confirm", place, file, "Tao", "--orientation", "right", "--by", "ana")
    assert "photo 3 shows Tao" in said
    assert "right" in run("show", place, "Tao")
    table = tmp_path / "labels.csv"
    assert "3 photos of 3 individuals" in run("export", place, "-o", table)
    before = table.read_bytes()
    with pytest.raises(InputError, match="is there already"):
        run("export", place, "-o", table)
    assert table.read_bytes() == before
    run("export", place, "-o", table, "--force")
    assert "2.jpg,Tao,right" in table.read_text()
    assert "photo 3 is unidentified" in run("undo", place, file)
    for verb in (("confirm", place, tmp_path / "none.jpg", "Tao"), ("undo", place, "none.jpg")):
        with pytest.raises(ImageError, match=r"none\.jpg"):
            run(*verb)
    with pytest.raises(CatalogueError, match="needs a name"):
        run("confirm", place, file, " ")


def test_photos_that_moved_need_a_root(embedded: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    moved.mkdir()
    for number in range(3):
        (tmp_path / f"{number}.jpg").rename(moved / f"{number}.jpg")
    with pytest.raises(InputError, match="--root"):
        run("add", tmp_path / "c.db", embedded)
    assert not (tmp_path / "c.db").exists()
    assert "3 photos added" in run("add", tmp_path / "c.db", embedded, "--root", moved)


def test_looking_makes_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no catalogue"):
        run("list", tmp_path / "none.db")
    assert not list(tmp_path.iterdir())


def test_the_verbs_load_nothing_heavy() -> None:
    code = (
        "import sys, pawvit.cli.catalogue, pawvit.cli.answers;"
        "print({'numpy', 'sqlalchemy', 'pyarrow', 'torch', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_catalogue_and_identify_never_load_torch() -> None:
    code = "import sys, pawvit.identify; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_answer_on_the_console() -> None:
    candidate = Candidate("[red]Zola", 0.91234, "/herd/z1.jpg", "left", "", "n1", "q.jpg", 3)
    answer = Answer(("q.jpg",), ("left",), (candidate,), ("Abu", "[b]Tao"), "")
    console = Console(width=120, record=True, file=None, quiet=False)
    with console.capture() as shown:
        console.print(render(answer))
    lines = [" ".join(line.split()) for line in shown.get().splitlines()]
    assert lines[0] == "q.jpg"
    assert "1 [red]Zola 0.912 z1.jpg left – 3" in lines
    assert lines[-1] == "other flank only, not comparable: Abu, [b]Tao"
    with console.capture() as shown:
        console.print(render(Answer(("q.jpg",), ("left",), (), (), "")))
    assert len(shown.get().splitlines()) == 2
