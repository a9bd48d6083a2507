"""`pawvit herd`: options out of range end with code 2, and the help tells what the table says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pawvit.cli.herd import herd
from pawvit.cli.main import main
from pawvit.herd.conditions import LEVELS
from pawvit.herd.plan import LAYOUTS
from pawvit.herd.truth import COLUMNS
from pawvit.readers import read_photos

SMALL = ("--animals", "8", "--photos", "2", "--cameras", "2", "--width", "60", "--height", "48")


def command(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["pawvit", "herd", *map(str, words)])
    try:
        main()
    except SystemExit as error:
        return int(error.code or 0)
    return 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--animals", "1"), "1 animals are too few"),
        (("--difficulty", "2"), "the difficulty 2"),
        (("--difficulty", "hard"), "--difficulty"),
        (("--layout", "market1501"), "choose table, folders, atrw, yakreid"),
        (("--cameras", "1"), "between 2 and 6"),
    ],
)
def test_bad_options_end_with_code_2_and_say_why(
    words: tuple[str, ...],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    assert command(monkeypatch, tmp_path / "new", *words) == 2
    errors = capsys.readouterr().err
    assert told in " ".join(errors.split())
    assert "Traceback" not in errors
    assert not (tmp_path / "new").exists()


def test_a_folder_of_another_herd_is_refused_and_the_same_one_gone_on_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    hard = ("--difficulty", "0.6", "--layout", "yakreid")
    assert command(monkeypatch, tmp_path, *SMALL, *hard) == 0
    assert f"{8 * 2 * 2} photos of 8 animals" in capsys.readouterr().out
    assert command(monkeypatch, tmp_path, *SMALL, *hard) == 0
    assert set(read_photos(tmp_path).column("split")) == {"train", "query", "gallery"}
    capsys.readouterr()
    assert command(monkeypatch, tmp_path, *SMALL) == 2
    assert "another herd" in capsys.readouterr().err


def test_the_help_tells_every_level_layout_and_column() -> None:
    text = herd.__doc__ or ""
    for column in COLUMNS:
        assert column in text, column
    for condition, (level, _) in LEVELS.items():
        assert f"({condition})" in text, condition
        assert f"above {level:g}" in text, condition
    code = Path(sys.modules["pawvit.cli.herd"].__file__ or "").read_text(encoding="utf-8")
    assert all(layout in code for layout in LAYOUTS)
