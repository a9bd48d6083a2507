from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pawvit.cli.main import app
from pawvit.errors import InputError
from pawvit.model.available import BACKBONES


def listed(*words: object) -> str:
    words = ("models", *words)
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "400"})
    if result.exception is not None:
        raise result.exception
    return result.output


def test_every_model_with_its_source_licence_and_size() -> None:
    lines = listed().splitlines()
    for one in BACKBONES:
        (line,) = (line for line in lines if line.startswith(one.name + " "))
        for told in (one.source, one.licence, str(one.megabytes)):
            assert told in line


def test_trainings_of_a_folder(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "[good]")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "best.safetensors").write_bytes(b"nothing")
    lines = listed(tmp_path).splitlines()
    (good,) = (line for line in lines if "[good]" in line)
    assert "entities" in good
    assert "mAP" in good
    (bad,) = (line for line in lines if str(tmp_path / "bad") in line)
    assert "unusable" in bad
    with pytest.raises(InputError, match="no such folder"):
        listed(tmp_path / "none")
