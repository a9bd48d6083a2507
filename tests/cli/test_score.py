"""`pawvit masks score` on a herd's maps, whose truth is known."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from commands import output_of
from pawvit.cli.parts import app
from pawvit.errors import PartMapError
from pawvit.partmaps import PartMaps


def test_maps_are_scored_against_the_truth(herd: Path, tmp_path: Path) -> None:
    truth = PartMaps.open(herd / "maps")
    paths = truth.photos()
    said = output_of(app, "score", herd / "maps", "--truth", herd / "maps")
    assert f"{len(paths)} photos; mean IoU 100.0%" in said
    shutil.copytree(herd / "maps", tmp_path / "maps")
    ours = PartMaps.open(tmp_path / "maps")
    ours.path_of(paths[0]).unlink()
    legs = truth.parts.vocabulary.index(next(p for p in truth.parts.vocabulary if "leg" in p))
    labels = ours.read(paths[1]).copy()
    labels[labels == legs] = truth.parts.background
    ours.write(paths[1], labels)
    said = output_of(app, "score", tmp_path / "maps", "--truth", herd / "maps")
    assert f"{len(paths) - 1} photos; mean IoU" in said
    assert "mean IoU 100.0%" not in said


def test_folders_without_a_photo_in_common_are_refused(herd: Path, tmp_path: Path) -> None:
    PartMaps.create(tmp_path, PartMaps.open(herd / "maps").parts)
    with pytest.raises(PartMapError, match="no maps to compare"):
        output_of(app, "score", tmp_path, "--truth", herd / "maps")
