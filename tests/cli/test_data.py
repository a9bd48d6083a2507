from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from commands import output_of
from paper_folders import write_atrw
from pawvit.cli.data import app
from pawvit.errors import PhotoTableError
from pawvit.readers import read_table


def save(folder: Path, *names: str) -> None:
    """Pictures of coarse noise, each of its own."""
    for name in names:
        noise = np.random.default_rng([*name.encode()]).integers(0, 256, (8, 8, 3), np.uint8)
        Image.fromarray(noise).resize((64, 48), Image.Resampling.BICUBIC).save(folder / name)


def test_the_command_check(tmp_path: Path) -> None:
    save(tmp_path, "[1].png", "b.png")
    path = tmp_path / "photos.csv"
    path.write_text("path,identity,camera\n[1].png,A,[red]\nb.png,B,c\n")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 0
    assert "warning single (1)" in result.output
    assert "[red] 1" in result.output
    path.write_text("path,identity\n[1].png,A\n[2].png,A\n")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 2
    assert "error missing (1)" in result.output
    assert "row 3, [2].png: no such file" in result.output


def test_a_mask_ok_that_means_nothing(tmp_path: Path) -> None:
    save(tmp_path, "a.png")
    path = tmp_path / "photos.csv"
    path.write_text("path,identity,mask_ok\na.png,A,perhaps\n")
    with pytest.raises(PhotoTableError, match="row 2: mask_ok is 'perhaps'"):
        CliRunner().invoke(app, ["check", str(path)], catch_exceptions=False)


def test_the_command_describe(herd: Path, tmp_path: Path) -> None:
    said = output_of(app, "describe", herd / "photos.csv", "--json", tmp_path / "d.json")
    found = json.loads((tmp_path / "d.json").read_text())
    assert found["summary"]["photos"] == 96
    assert (found["summary"]["entities"], found["summary"]["mirrored"]) == (24, 48)
    assert found["summary"]["entity_sizes"] == {"4": 24}
    assert found["paper"] == []
    rows = {(one["photos"], one["protocol"]): one for one in found["protocols"]}
    unknown = rows["val", "leave-one-out, flank unknown"]
    assert unknown["queries"] == found["splits"]["val"]["photos"]
    assert 0 < unknown["answerable"] <= unknown["queries"]
    asked = rows["val", "query → gallery, flank known"]
    assert asked["queries"] < unknown["queries"]
    assert "§4.1" not in said
    write_atrw(tmp_path / "atrw")
    said = output_of(app, "describe", tmp_path / "atrw", "--json", tmp_path / "d.json")
    assert "cross-camera photos" in said
    assert "differs from the paper" in said
    rules = [one["protocol"] for one in json.loads((tmp_path / "d.json").read_text())["protocols"]]
    assert rules[-2:] == ["ATRW single_cam", "ATRW cross_cam"]


def test_many_cameras_are_counted_and_some_are_named(tmp_path: Path) -> None:
    path = tmp_path / "photos.csv"
    lines = [f"{i}.png,A,c{i // (1 + (i < 6))}\n" for i in range(20)]
    path.write_text("path,identity,camera\n" + "".join(lines))
    said = output_of(app, "describe", path)
    assert "17; most photos: c0 2, c1 2, c2 2, c10 1, c11 1, c12 1" in said


def test_the_command_split(tmp_path: Path) -> None:
    path, output = tmp_path / "photos.csv", tmp_path / "split.csv"
    path.write_text("path,identity,note\n" + "".join(f"{i}.png,{i:03},x\n" for i in range(60)))
    assert CliRunner().invoke(app, ["split", str(path), "-o", str(output)]).exit_code == 0
    dealt = read_table(output)
    assert set(dealt.column("split")) == {"train", "select", "val"}
    assert dealt.column("note") == ["x"] * 60
    again = CliRunner().invoke(app, ["split", str(output), "-o", str(output), "--seed", "1"])
    assert isinstance(again.exception, PhotoTableError)
    assert read_table(output).frame.equals(dealt.frame)
    command = ["split", str(output), "-o", str(output), "--seed", "1", "--force"]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert read_table(output).column("split") != dealt.column("split")


def test_some_examples_are_printed_and_all_are_written(tmp_path: Path) -> None:
    path = tmp_path / "photos.csv"
    path.write_text("path,identity\n" + "".join(f"{i}.png,A\n" for i in range(9)))
    words = [
        "check",
        str(path),
        "--csv",
        str(tmp_path / "p.csv"),
        "--json",
        str(tmp_path / "p.json"),
    ]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert result.output.count("no such file") == 5
    assert "and 4 more" in result.output
    assert CliRunner().invoke(app, ["check", str(path), "--all"]).output.count("no such file") == 9
    with open(tmp_path / "p.csv", encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    records = json.loads((tmp_path / "p.json").read_text(encoding="utf-8"))
    assert [{key: str(cell) for key, cell in record.items()} for record in records] == lines
    missing = [line for line in lines if line["kind"] == "missing"]
    assert [(line["row"], line["path"]) for line in missing] == [
        (str(i + 2), f"{i}.png") for i in range(9)
    ]
    assert {line["severity"] for line in missing} == {"error"}
    assert all(line["message"] and line["mend"] for line in lines)


def copies(tmp_path: Path, identities: str) -> Path:
    """Thirty photos; the last two are nearly the same."""
    names = [f"{i:02}.png" for i in range(30)]
    save(tmp_path, *names[:-1])
    with Image.open(tmp_path / names[-2]) as picture:
        picture.resize((100, 75), Image.Resampling.BICUBIC).save(tmp_path / names[-1])
    path = tmp_path / "photos.csv"
    lines = [f"{n},{a},{i}\n" for i, (n, a) in enumerate(zip(names, identities, strict=True))]
    path.write_text("path,identity,encounter\n" + "".join(lines))
    return path


def test_near_duplicates_stay_on_one_side(tmp_path: Path) -> None:
    path, output = copies(tmp_path, "A" * 15 + "B" * 15), tmp_path / "split.csv"
    for seed in range(8):
        words = ["split", str(path), "-o", str(output), "--by", "encounter", "--seed", str(seed)]
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
        splits = read_table(output).column("split")
        assert set(splits) == {"train", "select", "val"}
        assert splits[-1] == splits[-2]
    assert "shared" in result.output


def test_a_split_that_leaks_is_refused(tmp_path: Path) -> None:
    path, output = copies(tmp_path, "A" * 14 + "B" * 15 + "A"), tmp_path / "split.csv"
    refused = 0
    for seed in range(8):
        words = ["split", str(path), "-o", str(output), "--by", "encounter", "--seed", str(seed)]
        result = CliRunner().invoke(app, words)
        if result.exit_code:
            assert isinstance(result.exception, PhotoTableError)
            assert "28.png, 29.png" in str(result.exception)
            refused += 1
        output.unlink(missing_ok=True)
    assert 0 < refused < 8  # by luck both fall to one side
    # By identity the two individuals that share a picture are dealt as one.
    words = ["split", str(path), "-o", str(output), "--select", "0", "--val", "0.3"]
    assert isinstance(CliRunner().invoke(app, words).exception, PhotoTableError)
    assert not output.exists()
