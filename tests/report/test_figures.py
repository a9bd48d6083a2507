"""`pawvit figure`: files for print, words as words, the same each time, clear when it fails."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from commands import output_of
from pawvit.cli.figure import app
from pawvit.embedder import Embedder
from pawvit.errors import CheckpointError, InputError, PartMapError, PhotoTableError
from pawvit.model import checkpoint
from pawvit.report.answers import Answered, Asked, Group
from pawvit.report.canvas import DPI, Canvas, dots, width_of
from pawvit.report.figures import Mapped, answers_figure, maps_figure, tokens_figure
from pawvit.report.tokens import draws_masks, token_masks

rng = np.random.default_rng(0)
PHOTO = rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)


def drawn(*words: object) -> str:
    """What the command says, as one line."""
    return " ".join(output_of(app, *words).split())


def pictures(svg: str) -> int:
    return svg.count("<image ")


def words_of(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>(?:<tspan[^>]*>)?([^<]+)<", svg)


@pytest.fixture(scope="module")
def answered(herd: Path, run: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    out = tmp_path_factory.mktemp("answers") / "answers.svg"
    names = ("--against", "untrained", "--name", "ours $1$", "--against-name", "theirs")
    said = drawn(
        "answers", herd / "photos.csv", run, "-o", out, "--split", "val", *names, "--device", "cpu"
    )
    return said, out.read_text(encoding="utf-8")


def test_answers_beside_a_baseline_s(answered: tuple[str, str]) -> None:
    said, svg = answered
    words = words_of(svg)
    assert {"query", "1", "5", "ours $1$", "theirs"} <= set(words)
    queries = words.count("theirs")
    assert 1 <= queries <= 3
    assert pictures(svg) == queries * 11
    signs = [word for word in words if re.fullmatch(r"[✓✗↔] -?\d\.\d{3}", word)]
    assert len(signs) == queries * 10
    assert "Queries by rule, not by hand" in said
    assert re.search(r"[Oo]nly theirs right at rank 1|[Nn]either right|[Oo]nly ours", said)
    assert "Queries by rule, not by hand" in " ".join(words)


def test_what_each_token_sees(herd: Path, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "tokens.svg"
    said = drawn(
        "tokens", run, herd / "photos.csv", "-o", out, "--split", "val", "--number", 2,
        "--device", "cpu",
    )  # fmt: skip
    svg = out.read_text(encoding="utf-8")
    parts = checkpoint.load_card(run / "best.safetensors").config.parts
    assert pictures(svg) == 2 * (len(parts) + 2)
    weights = [int(word[:-2]) for word in words_of(svg) if re.fullmatch(r"\d+ %", word)]
    assert len(weights) == 2 * len(parts)
    assert abs(sum(weights) - 200) <= 2 * len(parts)
    assert "background" in words_of(svg)
    assert "all parts count alike" in said  # the preset compares by the mean of the tokens


def test_part_maps_of_named_photos(herd: Path, tmp_path: Path) -> None:
    table = pd.read_csv(herd / "photos.csv", dtype=str)
    out = tmp_path / "maps.svg"
    words = ("--photo", table.path[3], "--photo", herd / table.path[5], "--no-caption")
    said = drawn("maps", herd / "photos.csv", herd / "maps", "-o", out, *words)
    svg = out.read_text(encoding="utf-8")
    assert pictures(svg) == 4
    assert "by hand" in said
    assert "by hand" not in svg
    assert {"head", "body", "tail"} <= set(words_of(svg))


@pytest.mark.parametrize("suffix", [".pdf", ".svg", ".png"])
def test_the_same_drawing_is_the_same_file(suffix: str, tmp_path: Path) -> None:
    labels = rng.integers(0, 3, (8, 8)).astype(np.uint8)
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    for path in (first, second):
        maps_figure([Mapped(PHOTO, "x", labels)] * 3, ["head", "legs"], width=86).save(path)
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == [first.name, second.name]
    if suffix == ".png":
        with Image.open(first) as image:
            assert image.width == round(86 / 25.4 * DPI)
            assert image.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
            assert np.asarray(image.convert("RGB"))[-1, -1].tolist() == [255, 255, 255]
    if suffix == ".pdf":
        raw = first.read_bytes()
        assert b"/TrueType" in raw or b"/CIDFontType2" in raw
        assert b"/Type3" not in raw
        assert b"CreationDate" not in raw
        # Photos are pictures of their printed size, not of the page's.
        widths = [int(one) for one in re.findall(rb"/Width (\d+)", raw)]
        assert max(widths) <= dots(86 / 4)


def test_right_answers_differ_by_frame_and_sign(tmp_path: Path) -> None:
    answers = [
        Answered(PHOTO, "$a$", 0.9, "right"),
        Answered(PHOTO, "b", 0.8, "wrong"),
        Answered(PHOTO, "a", 0.7, "other side"),
    ]
    group = Group("title", [Asked(PHOTO, "a", [answers])])
    answers_figure([group], ["ours"], width=86).save(tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert {"✓ 0.900", "✗ 0.800", "↔ 0.700", "$a$"} <= set(words_of(svg))
    frames = re.findall(r'style="fill: none; ([^"]*)"', svg)
    thick = [float(re.findall(r"stroke-width: ([\d.]+)", style)[0]) for style in frames]
    dashes = ["dasharray" in style for style in frames]
    assert len({re.findall(r"stroke: (#\w+)", style)[0] for style in frames}) == 3
    assert thick[0] > max(thick[1:])
    assert dashes == [False, True, True]


def test_no_picture_reaches_beyond_the_page(tmp_path: Path) -> None:
    tall = rng.integers(0, 255, (300, 20, 3), dtype=np.uint8)
    from pawvit.report.figures import Seen

    masks = rng.random((9, 4, 4), dtype=np.float32)
    rows = [Seen(one, "x" * 50, masks, [0.1] * 8) for one in (PHOTO, tall)]
    parts = [f"a rather long part {number}" for number in range(8)]
    canvas = tokens_figure(rows, parts, width=86, caption="word " * 60)
    for _, (x, y, wide, high) in canvas.pictures:
        assert 0 <= x < x + wide <= canvas.width
        assert 0 <= y < y + high <= canvas.height
    canvas.save(tmp_path / "a.pdf")


def test_the_paper_s_sigmoid_masks_are_not_flattened(run: Path) -> None:
    model, heads, _ = checkpoint.load(run / "best.safetensors")
    features = model(torch.rand(1, 3, *model.config.image_size))
    assert torch.allclose(token_masks(heads, features).sum(dim=1), torch.ones(1), atol=1e-5)
    heads.activation = "sigmoid"
    assert torch.equal(token_masks(heads, features), heads.mask_logits(features))


def test_a_network_without_part_tokens_is_told(
    run: Path, herd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not draws_masks(None)
    assert not draws_masks(nn.Linear(2, 2))
    loaded = Embedder.load(run)
    loaded.heads = None
    monkeypatch.setattr(Embedder, "load", lambda *words, **options: loaded)
    with pytest.raises(CheckpointError, match="no part tokens"):
        drawn("tokens", run, herd / "photos.csv", "-o", tmp_path / "a.pdf")


def test_what_can_t_be_drawn_is_said(herd: Path, run: Path, tmp_path: Path) -> None:
    photos, maps, out = herd / "photos.csv", herd / "maps", tmp_path / "a.pdf"
    (tmp_path / "none").mkdir()
    shutil.copy(maps / "parts.json", tmp_path / "none")
    path = pd.read_csv(photos, dtype=str).path[0]
    wrong = [
        (("maps", photos, maps, "-o", "a.tif"), InputError, r"\.pdf, \.svg or \.png"),
        (("tokens", run, photos, "-o", "a"), InputError, "format"),
        (("maps", photos, maps, "-o", out, "--width", "wide"), InputError, "one-column"),
        (("maps", photos, tmp_path, "-o", out), PartMapError, "parts.json is missing"),
        (("maps", photos, tmp_path / "none", "-o", out), PartMapError, "none of the"),
        (
            ("maps", photos, tmp_path / "none", "-o", out, "--photo", path),
            PartMapError,
            "has no part map",
        ),
        (("answers", photos, run, "-o", out, "--query", "no.jpg"), PhotoTableError, "no.jpg"),
        (("answers", photos, run, "-o", out, "--case", "moon"), InputError, "flank known"),
        (("tokens", run, tmp_path / "no.jpg", "-o", out), PhotoTableError, "can't be read"),
        (("tokens", tmp_path / "norun", photos, "-o", out), CheckpointError, "no such checkpoint"),
    ]
    for words, error, said in wrong:
        with pytest.raises(error, match=said):
            drawn(*words)
    assert not out.exists()


def test_widths() -> None:
    assert (width_of("one-column"), width_of("two-column"), width_of("120")) == (86, 178, 120)
    for wrong in ("nan", "0", "9000", "-86"):
        with pytest.raises(InputError, match="millimetres"):
            width_of(wrong)


def test_many_photos_get_fewer_dots_in_a_pdf(tmp_path: Path) -> None:
    """Noise is what can be packed least."""
    canvas = Canvas(178)
    noise = rng.integers(0, 255, (900, 900, 3), dtype=np.uint8)
    for row in range(4):
        canvas.picture(noise, 0, row * 1000, 1000, 1000)
        canvas.picture(noise, 1000, row * 1000, 1000, 1000)
    canvas.height = 4000
    canvas.save(tmp_path / "a.pdf")
    raw = (tmp_path / "a.pdf").read_bytes()
    widths = [int(one) for one in re.findall(rb"/Width (\d+)", raw)]
    assert set(widths) == {round(1000 * (2_100_000 / 8_000_000) ** 0.5)}
    assert len(raw) < 3.1 * 2_100_000


def test_a_pdf_holds_its_words(tmp_path: Path) -> None:
    if shutil.which("pdftotext") is None:
        pytest.skip("needs pdftotext (poppler)")
    canvas = Canvas(60)
    canvas.text("zola, left ✓ $1$", 0, 30)
    canvas.height = 60
    canvas.save(tmp_path / "a.pdf")
    read = subprocess.run(
        ["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, text=True, check=True
    )
    assert "zola, left ✓ $1$" in read.stdout
