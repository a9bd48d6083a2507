from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands import output_of
from pawvit.cli.main import app
from pawvit.errors import InputError
from pawvit.model.available import BACKBONES


def listed(*words: object) -> str:
    return output_of(app, "models", *words, columns=400)


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
