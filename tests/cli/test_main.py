"""The command line as people use it: the road from end to end, and every kind of bad input."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pawvit.cli.main import main


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def pawvit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def command(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["pawvit", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as error:
            code = int(error.code or 0)
        written = capsys.readouterr()
        return Ended(code, written.out, written.err)

    return command


def test_the_whole_road(pawvit: Command, herd: Path, run: Path, tmp_path: Path) -> None:
    photos = herd / "photos.csv"
    assert pawvit("data", "check", photos).code == 0

    numbers = tmp_path / "numbers.json"
    ended = pawvit("evaluate", photos, "-m", run, "--split", "val", "--untrained", "-o", numbers)
    assert ended.code == 0, ended.err
    assert "flank unknown" in ended.out
    assert "flank known" in ended.out
    for points in ended.out.split("points by which tiny is above")[1:]:
        assert len(re.findall(r"[+-]\d+\.\d…", points)) == 4
    assert len(json.loads(numbers.read_text())) == 2
    assert pawvit("evaluate", photos, "-m", run, "--split", "val", "--roles", "role").code == 0

    vectors = tmp_path / "val.parquet"
    assert "kept" in pawvit("embed", photos, "-m", run, "-o", vectors, "--split", "val").out
    again = pawvit("embed", photos, "-m", run, "-o", vectors, "--split", "val")
    assert "0 photos embedded" in again.out

    catalogue = tmp_path / "catalogue.db"
    added = pawvit("catalogue", "add", catalogue, vectors)
    assert added.code == 0, added.err
    table = pd.read_csv(photos, dtype=str)
    unseen = table[table.split == "select"].iloc[0]
    sheet = tmp_path / "sheet.png"
    answer = pawvit(
        "identify", catalogue, herd / unseen.path, "-m", run, "--orientation", unseen.orientation,
        "--sheet", sheet,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "Most like" in answer.out
    nameless = pawvit("identify", catalogue, herd / unseen.path, "-m", run, "--sheet", "answer")
    assert nameless.code == 2
    assert ".png" in nameless.err
    with Image.open(sheet) as drawn:
        assert drawn.width > 500


def test_a_model_against_others(pawvit: Command, herd: Path, run: Path, tmp_path: Path) -> None:
    words = ("evaluate", herd / "photos.csv", "-m", run, "--split", "val")
    other = tmp_path / run.name
    other.mkdir()
    (other / "best.safetensors").write_bytes((run / "best.safetensors").read_bytes())
    ended = pawvit(*words, "--against", other)
    assert ended.code == 0, ended.err
    for points in ended.out.split(" is above")[1:]:
        assert points.count("+0.0") == 4 * 3
    assert pawvit(*words, "--against", run).code == 2
    assert pawvit(*words, "--against", tmp_path / "none").code == 2


def test_one_individual_has_no_interval(
    pawvit: Command, herd: Path, run: Path, tmp_path: Path
) -> None:
    table = pd.read_csv(herd / "photos.csv", dtype=str)
    one = table[table.identity == table.identity.iloc[0]]
    one.assign(path=[str(herd / path) for path in one.path]).to_csv(tmp_path / "one.csv")
    ended = pawvit("evaluate", tmp_path / "one.csv", "-m", run, "--untrained")
    assert ended.code == 0, ended.err
    for points in ended.out.split(" is above")[1:]:
        assert len(re.findall(r"[+-]\d+\.\d", points)) == 4
        assert "…" not in points


def test_a_training_is_made_and_gone_on_with(
    pawvit: Command, herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    settings = [word for setting in tiny for word in ("-s", setting)]
    words = (
        "train",
        herd / "photos.csv",
        "-m",
        herd / "maps",
        "-o",
        tmp_path / "run",
        "-p",
        "herd",
    )
    assert pawvit(*words, *settings, "-s", "images=16", "--device", "cpu").code == 0
    begun = pawvit(*words, *settings)
    assert begun.code == 2
    assert "already holds a training" in begun.err
    assert pawvit("train", "--resume", tmp_path / "run", "--device", "cpu").code == 0


def test_a_table_without_splits_is_dealt(
    pawvit: Command, herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    table = pd.read_csv(herd / "photos.csv", dtype=str).drop(columns="split")
    shutil.copytree(herd / "images", tmp_path / "images")
    table.to_csv(tmp_path / "photos.csv", index=False)
    settings = [word for setting in (*tiny, "images=16") for word in ("-s", setting)]
    words = ("train", tmp_path / "photos.csv", "-m", herd / "maps", "-o", tmp_path / "run")
    ended = pawvit(*words, "-p", "herd", *settings, "--device", "cpu")
    assert ended.code == 0, ended.err


def test_a_training_on_splits_that_leak_is_refused(
    pawvit: Command, herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    table = pd.read_csv(herd / "photos.csv", dtype=str)
    chosen = table[table.split == "select"]
    # A photo of one of several select individuals slips into training.
    table.loc[chosen.index[0], "split"] = "train"
    table["path"] = [str(herd / path) for path in table.path]
    table.to_csv(tmp_path / "photos.csv", index=False)
    words = ["train", tmp_path / "photos.csv", "-m", herd / "maps", "-o", tmp_path / "run"]
    words += ["-p", "herd", "--device", "cpu"]
    words += [word for setting in (*tiny, "images=16") for word in ("-s", setting)]
    ended = pawvit(*words)
    assert ended.code == 2
    assert chosen.identity.iloc[0] in ended.err
    assert "--allow-leaks" in ended.err
    assert not (tmp_path / "run").exists()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A table of four good photos of two individuals."""
    random = np.random.default_rng(0)
    rows = []
    for number in range(4):
        pixels = random.integers(0, 255, (40, 50, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.jpg", quality=95)
        rows.append({"path": f"{number}.jpg", "identity": "ab"[number % 2], "orientation": "left"})
    pd.DataFrame(rows).to_csv(tmp_path / "photos.csv", index=False)
    return tmp_path / "photos.csv"


def change(photos: Path, **cells: object) -> None:
    table = pd.read_csv(photos, dtype=str)
    for column, value in cells.items():
        table.loc[0, column] = value
    table.to_csv(photos, index=False)


def test_good_photos_pass(pawvit: Command, photos: Path) -> None:
    assert pawvit("data", "check", photos).code == 0


def test_a_missing_column(pawvit: Command, photos: Path) -> None:
    pd.read_csv(photos).rename(columns={"identity": "individual"}).to_csv(photos, index=False)
    ended = pawvit("data", "check", photos)
    assert ended.code == 2
    assert "identity" in ended.err
    assert "individual" in ended.err


def test_an_empty_table(pawvit: Command, photos: Path) -> None:
    photos.write_text("path,identity\n")
    assert pawvit("data", "check", photos).code == 2
    photos.write_text("")
    assert pawvit("data", "check", photos).code == 2


def test_a_missing_table(pawvit: Command, photos: Path) -> None:
    assert pawvit("data", "check", photos.with_name("none.csv")).code == 2


def test_pictures_that_can_t_be_used_are_all_named(pawvit: Command, photos: Path) -> None:
    folder = photos.parent
    (folder / "0.jpg").write_bytes((folder / "0.jpg").read_bytes()[:500])
    Image.new("RGB", (1, 1)).save(folder / "1.jpg")
    change(photos, path="0.jpg")
    table = pd.read_csv(photos)
    table.loc[2, "path"] = "gone.jpg"
    table.to_csv(photos, index=False)
    ended = pawvit("data", "check", photos)
    assert ended.code == 2
    for name in ("0.jpg", "1.jpg", "gone.jpg"):
        assert name in ended.out


def test_unusual_pictures_are_read(pawvit: Command, photos: Path) -> None:
    folder = photos.parent
    with Image.open(folder / "0.jpg") as plain:
        printed = plain.convert("CMYK")
    printed.save(folder / "0.jpg")
    deep = np.random.default_rng(1).integers(0, 65535, (40, 50)).astype(np.uint16)
    Image.fromarray(deep).save(folder / "deep.png")
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])
    table = pd.read_csv(photos)
    table.loc[1, "path"], table.loc[2, "path"] = "deep.png", "moving.gif"
    table.to_csv(photos, index=False)
    ended = pawvit("data", "check", photos)
    assert ended.code == 0, ended.out
    for name in ("0.jpg", "deep.png", "moving.gif"):
        assert name in ended.out  # told that they were converted


def test_one_photo_under_two_names(pawvit: Command, photos: Path) -> None:
    shutil.copy(photos.parent / "0.jpg", photos.parent / "1.jpg")
    assert pawvit("data", "check", photos).code == 2


def test_an_individual_with_one_photo_is_a_warning(pawvit: Command, photos: Path) -> None:
    change(photos, identity="lonely")
    ended = pawvit("data", "check", photos)
    assert ended.code == 0
    assert "lonely" in ended.out


@pytest.mark.parametrize("harm", ["size", "label", "short", "missing"])
def test_a_bad_map_stops_a_training_with_its_name(
    pawvit: Command, herd: Path, tmp_path: Path, tiny: tuple[str, ...], harm: str
) -> None:
    shutil.copytree(herd / "maps", tmp_path / "maps")
    for path in sorted((tmp_path / "maps").rglob("*.png")):
        if harm == "size":
            with Image.open(path) as whole:
                small = whole.resize((32, 32))
            small.save(path)
        elif harm == "label":
            Image.fromarray(np.full((64, 64), 77, np.uint8)).save(path)
        elif harm == "short":
            path.write_bytes(path.read_bytes()[:60])
        else:
            path.unlink()
    settings = [word for setting in tiny for word in ("-s", setting)]
    words = ("train", herd / "photos.csv", "-m", tmp_path / "maps", "-o", tmp_path / "run")
    ended = pawvit(*words, "-p", "herd", *settings, "--device", "cpu")
    assert ended.code == 2
    assert ".png" in ended.err.replace("\n", "")
    assert "Traceback" not in ended.err


def test_a_checkpoint_cut_short(pawvit: Command, herd: Path, run: Path, tmp_path: Path) -> None:
    whole = (run / "best.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    ended = pawvit("evaluate", herd / "photos.csv", "-m", tmp_path / "cut.safetensors")
    assert ended.code == 2
    assert "cut short" in ended.err


def test_descriptors_of_another_model_are_refused_and_nothing_is_lost(
    pawvit: Command, herd: Path, run: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    table, vectors = herd / "photos.csv", tmp_path / "a.parquet"
    catalogue = tmp_path / "catalogue.db"
    assert pawvit("embed", table, "-m", run, "-o", vectors, "--split", "val").code == 0
    assert pawvit("catalogue", "add", catalogue, vectors).code == 0
    before = pawvit("catalogue", "list", catalogue).out

    settings = [word for setting in (*tiny, "seed=5", "images=16") for word in ("-s", setting)]
    other = tmp_path / "other"
    words = ("train", table, "-m", herd / "maps", "-o", other, "-p", "herd", "--device", "cpu")
    assert pawvit(*words, *settings).code == 0
    kept = vectors.read_bytes()
    for ended in (
        pawvit("embed", table, "-m", other, "-o", vectors),
        pawvit("identify", catalogue, table, "--split", "select", "-m", other),
    ):
        assert ended.code == 2
        assert "model" in ended.err
    assert vectors.read_bytes() == kept
    assert pawvit("embed", table, "-m", other, "-o", tmp_path / "b.parquet").code == 0
    assert pawvit("catalogue", "add", catalogue, tmp_path / "b.parquet").code == 2
    assert pawvit("catalogue", "list", catalogue).out == before


def test_help_of_every_verb(pawvit: Command) -> None:
    for verb in (
        "masks",
        "train",
        "evaluate",
        "report",
        "embed",
        "identify",
        "herd",
        "demo",
        "data",
    ):
        ended = pawvit(verb, "--help")
        assert ended.code == 0
        assert "Usage" in ended.out
