"""The report of a real, tiny run: whole, by itself, true to the numbers, clear when it fails."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from pawvit.cli.report import attempt, report
from pawvit.cli.train import splits
from pawvit.errors import CheckpointError, ConfigError, PhotoTableError
from pawvit.readers import read_photos
from pawvit.report.findings import Findings, confusions, gather, spread
from pawvit.report.page import render
from pawvit.training.config import parse
from pawvit.training.run import open_run

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Reader(HTMLParser):
    """Tags that are left open or closed twice, resources, pictures, ids and links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.resources: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.resources += [own[n] or "" for n in ("src", "href", "xlink:href") if n in own]
        self.links += [own["href"] or ""] if tag == "a" else []
        self.images += [own] if tag in ("img", "image") else []
        self.ids += [own["id"] or ""] if "id" in own else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def found(run: Path) -> Findings:
    config, facts = open_run(run)
    table = read_photos(Path(facts["photos"]))
    learn, select = splits(table, facts, config.seed)
    return gather(run, table, learn, select, split="select", device=torch.device("cpu"))


@pytest.fixture(scope="module")
def page(found: Findings) -> str:
    return render(found)


def test_a_training_leaves_its_report(run: Path) -> None:
    assert "<h1>tiny</h1>" in (run / "report.html").read_text(encoding="utf-8")


def test_the_page_is_whole_and_needs_nothing_beside_it(page: str) -> None:
    read = Reader(page)
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert (read.wrong, read.open) == ([], [])
    assert all(one.startswith(("data:image/webp;base64,", "#")) for one in read.resources)
    assert not re.search(r"url\((?!#)|@import|<script|<link", page)
    assert {link[1:] for link in read.links} <= set(read.ids)
    assert all(image["alt"] for image in read.images)
    assert "None" not in read.text
    assert len(page) < 6_000_000


def test_charts_take_the_colours_of_the_page(page: str) -> None:
    (drawing, *_) = re.findall(r"<svg.*?</svg>", page, flags=re.S)
    assert set(re.findall(r"(?:fill|stroke): (#\w+|var)", drawing)) == {"var"}
    assert "<text" in drawing
    assert not re.search(r"#0[1-6]0[1-6]0[1-6]", page)


def test_the_page_holds_the_numbers(found: Findings, page: str) -> None:
    text = Reader(page).text
    first = found.results[0]
    for value in (first.map_queries, first.rank1, first.minp, *first.intervals["rank5"]):
        assert f"{100 * value:.1f}" in text
    assert found.descriptors.part_weights is not None
    for weight in found.descriptors.part_weights.mean(axis=0):
        assert f"{100 * weight:.1f}" in text
    precision = json.loads((found.folder / "run.json").read_text())["precision"]
    for words in (found.card.id, precision, "pawvit train", *found.card.config.parts):
        assert words in text


def test_answers_are_framed_as_they_are(page: str) -> None:
    section = page.split('<section id="answers">')[1].split("</section>")[0]
    rows = section.split('<figure class="query">')[1:]
    assert len(rows) == 8
    for row in rows:
        (asked,) = re.findall(r"Query: photo of ([^\"]+)", row)
        framed = re.findall(r'<figure class="(\w+)">.*?(\w+): photo of ([^"]+)', row)
        assert len(framed) == 5
        for frame, verdict, who in framed:
            assert frame == verdict == ("right" if who == asked else "wrong")


def test_without_photos_no_animal_is_shown(found: Findings, page: str) -> None:
    bare = render(found, pictures=False)
    read = Reader(bare)
    assert (read.wrong, read.open, read.images) == ([], [], [])
    assert "image/" not in bare
    assert "Pictures were left out on request" in read.text
    assert f"{100 * found.results[0].map_queries:.1f}" in read.text
    assert len(bare) < len(page) / 1.5


def test_names_are_no_markup(found: Findings, herd: Path, run: Path) -> None:
    config, facts = open_run(run)
    table = read_photos(Path(facts["photos"]))
    table.frame["identity"] = [f"<b>{name}</b> & co" for name in table.identities]
    learn, select = splits(table, facts, config.seed)
    odd = gather(run, table, learn, select, split="select", device=torch.device("cpu"))
    written = render(odd, pictures=False)
    assert "&lt;b&gt;" in written
    assert Reader(written).wrong == []


def test_masks_are_shares_of_the_photos_that_were_looked_at(found: Findings) -> None:
    tokens = len(found.card.config.parts) + 1
    assert sorted(found.masks) == spread(found.asked, 6)
    for mask in found.masks.values():
        assert mask.shape == (tokens, *found.card.config.map_size)
        np.testing.assert_allclose(mask.sum(axis=0), 1, atol=1e-5)


def test_confusions_count_every_wrong_individual_once(found: Findings) -> None:
    result, identities = found.results[0], found.asked.identities
    wrong = sum(
        identities[query] != identities[best]
        for query, best in zip(result.position, result.scores.top[:, 0], strict=True)
    )
    listed = confusions(result, identities)
    assert sum(one.cases for one in listed) == wrong
    for one in listed:
        assert {identities[one.query], identities[one.answer]} == set(one.pair)


def test_examples_come_from_all_over(found: Findings) -> None:
    learn = found.learn
    assert len({learn.identities[i] for i in spread(learn, 4)}) == 4
    assert spread(learn, 10_000) == list(range(len(learn)))


@pytest.mark.parametrize(
    ("split", "words"),
    [("val", "played no part in training"), ("train", "The model was trained on these photos")],
)
def test_another_split(run: Path, tmp_path: Path, split: str, words: str) -> None:
    report(run, out=tmp_path / "other.html", split=split, pictures=False, device="cpu")
    text = Reader((tmp_path / "other.html").read_text(encoding="utf-8")).text
    assert words in text
    assert ("never trained on" in text) == (split == "val")


def copied(run: Path, tmp_path: Path, *left_out: str) -> Path:
    folder = tmp_path / "copy"
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns("last*", *left_out))
    return folder


def test_a_run_that_goes_on(run: Path, tmp_path: Path) -> None:
    folder = copied(run, tmp_path, "done")
    with (folder / "log.jsonl").open("a") as log:
        log.write('{"kind": "train", "ima')
    report(folder, pictures=False, device="cpu")
    assert "had not come to its end" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_run_without_a_log_or_a_split_column(run: Path, tmp_path: Path, herd: Path) -> None:
    folder = copied(run, tmp_path, "log.jsonl", "events*")
    shutil.copytree(herd / "images", tmp_path / "images")
    table = pd.read_csv(herd / "photos.csv", dtype=str).drop(columns=["split", "orientation"])
    table.to_csv(tmp_path / "photos.csv", index=False)
    facts = (
        (folder / "run.json")
        .read_text()
        .replace(str(herd / "photos.csv"), str(tmp_path / "photos.csv"))
    )
    (folder / "run.json").write_text(facts)
    report(folder, device="cpu")
    written = (folder / "report.html").read_text(encoding="utf-8")
    assert Reader(written).wrong == []
    assert "The run has no log" in written


def spoil_nothing(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def spoil_best(folder: Path) -> None:
    (folder / "best.safetensors").unlink()


def spoil_weights(folder: Path) -> None:
    best = folder / "best.safetensors"
    best.write_bytes(best.read_bytes()[:-100])


def spoil_table(folder: Path) -> None:
    facts = (folder / "run.json").read_text()
    (folder / "run.json").write_text(facts.replace("photos.csv", "gone.csv"))


def spoil_photos(folder: Path) -> None:
    facts = (folder / "run.json").read_text()
    source = re.search(r'"photos": "([^"]+)"', facts)
    assert source
    shutil.copy(source[1], folder / "photos.csv")  # the table without its pictures
    (folder / "run.json").write_text(facts.replace(source[1], str(folder / "photos.csv")))


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (spoil_nothing, ConfigError, "holds no training"),
        (spoil_best, ConfigError, "no best checkpoint yet"),
        (spoil_weights, CheckpointError, "cut short"),
        (spoil_table, PhotoTableError, "gone.csv"),
        (spoil_photos, PhotoTableError, "photos can't be read"),
    ],
)
def test_what_can_t_be_reported_is_said(
    run: Path,
    tmp_path: Path,
    spoil: Callable[[Path], None],
    error: type[Exception],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copied(run, tmp_path, "report.html")
    spoil(folder)
    with pytest.raises(error, match=re.escape(words)):
        report(folder, device="cpu")
    assert not (folder / "report.html").exists()
    attempt(folder, "cpu")  # as after a training: told, not raised
    said = capsys.readouterr().out
    assert words in said
    assert "the training is safe" in said


def test_maps_that_were_moved_away_are_missed_only(run: Path, tmp_path: Path, herd: Path) -> None:
    folder = copied(run, tmp_path)
    facts = (folder / "run.json").read_text().replace(str(herd / "maps"), "moved")
    (folder / "run.json").write_text(facts)
    report(folder, device="cpu")
    written = (folder / "report.html").read_text(encoding="utf-8")
    assert "no longer at moved" in written


def test_the_command_that_is_given_trains_in_the_same_way(found: Findings) -> None:
    import yaml

    written = (found.folder / "config.yaml").read_text()
    assert parse(yaml.safe_load(written), "config.yaml") == found.config
