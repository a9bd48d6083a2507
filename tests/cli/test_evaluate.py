"""`pawvit evaluate --protocol`: the official tests, on folders with their names and lists."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from commands import output_of
from paper_folders import write_atrw, write_released, write_yaks
from pawvit.cli.evaluate import Rule, evaluate
from pawvit.errors import InputError, PhotoTableError
from pawvit.protocols import BENCHMARKS
from pawvit.readers import read_atrw_wild, read_benchmark, write_table

app = typer.Typer()
app.command()(evaluate)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_atrw(folder / "atrw")
    (folder / "released").mkdir()
    write_released(folder / "released", folder / "atrw")
    return write_yaks(folder)


def test_every_benchmark_can_be_asked_for() -> None:
    assert set(BENCHMARKS) == {str(rule) for rule in Rule} - {
        "leave-one-out",
        "cross-encounter",
        "query-gallery",
    }


def results_of(folder: Path, run: Path, out: Path, *words: object) -> tuple[str, list[dict]]:
    said = output_of(app, folder, "-m", run, "--device", "cpu", "-o", out, *words)
    (found,) = json.loads(out.read_text()).values()
    return said, found


def test_atrw_by_its_folder_however_it_is_arranged(data: Path, run: Path, tmp_path: Path) -> None:
    found = {}
    for folder in ("atrw", "released"):
        said, found[folder] = results_of(
            data / folder, run, tmp_path / "a.json", "--protocol", "atrw"
        )
        assert [one["name"] for one in found[folder]] == ["ATRW single_cam", "ATRW cross_cam"]
        assert [one["queries"] for one in found[folder]] == [6, 6]
        assert "ATRW single_cam has 6 queries, officially 701" in said
        mean = sum(one["map_queries"] for one in found[folder]) / 2
        assert f"mmAP {mean:.1%}" in said
    assert found["atrw"] == found["released"]
    plain = results_of(data / "atrw", run, tmp_path / "b.json", "--protocol", "atrw", "--no-flip")
    assert plain[1] != found["atrw"]


def test_atrw_in_the_wild_with_its_own_boxes_and_with_a_detector_s(
    data: Path, run: Path, tmp_path: Path
) -> None:
    words = ("--protocol", "atrw-wild")
    said, perfect = results_of(data / "atrw", run, tmp_path / "a.json", *words)
    assert "perfect detector" in said
    assert [one["queries"] for one in perfect] == [6, 6]
    (truth,) = data.glob("atrw/**/gt_test_wild.json")
    table = read_atrw_wild(data / "atrw")
    write_table(table, tmp_path / "all.csv")
    write_table(table.take(range(1, 12)), tmp_path / "boxes.csv")
    _, same = results_of(tmp_path / "all.csv", run, tmp_path / "b.json", *words, "--truth", truth)
    assert same == perfect
    said, found = results_of(
        tmp_path / "boxes.csv", run, tmp_path / "c.json", *words, "--truth", truth
    )
    assert "perfect detector" not in said
    assert [one["queries"] for one in found] == [6, 6]
    # The first tiger was missed, and counts.
    assert found[0]["rank10"] <= 5 / 6


def test_yaks_simple_and_hard(data: Path, run: Path, tmp_path: Path) -> None:
    for test, queries in (("simple", 4), ("hard", 3)):
        said, found = results_of(data, run, tmp_path / "a.json", "--protocol", f"yakreid-{test}")
        (one,) = found
        assert one["queries"] == queries
        assert "mmAP" not in said
        assert f"has {queries} queries, officially" in said


def test_a_known_set_without_a_protocol_is_told_of_its_own(
    data: Path, run: Path, tmp_path: Path
) -> None:
    said, found = results_of(data / "atrw", run, tmp_path / "a.json", "--split", "test")
    assert "--protocol atrw, atrw-wild" in said
    assert [one["name"] for one in found] == [
        "leave-one-out, flank unknown",
        "leave-one-out, flank known",
    ]


def test_what_is_missing_is_named(data: Path, run: Path, tmp_path: Path) -> None:
    with pytest.raises(PhotoTableError, match="3 of 3 pieces of atrw are missing"):
        output_of(app, tmp_path, "-m", run, "--protocol", "atrw")
    table, _ = read_benchmark(data / "atrw", "atrw")
    write_table(table, tmp_path / "photos.csv")
    with pytest.raises(InputError, match="--truth gt_test_plain"):
        output_of(app, tmp_path / "photos.csv", "-m", run, "--protocol", "atrw")
    with pytest.raises(InputError, match="--roles says"):
        output_of(app, tmp_path / "photos.csv", "-m", run, "--protocol", "atrw", "--roles", "split")


def test_query_against_gallery_by_protocol_or_by_roles(
    herd: Path, run: Path, tmp_path: Path
) -> None:
    photos = herd / "photos.csv"
    _, one = results_of(photos, run, tmp_path / "a.json", "--roles", "role")
    _, other = results_of(
        photos, run, tmp_path / "b.json", "--protocol", "query-gallery", "--roles", "role"
    )
    assert one == other
    assert len(one) == 2
