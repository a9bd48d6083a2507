"""A run that is killed at any moment and resumed equals one that never was; no save is lost."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from pawvit import tensorfile

COMMAND = [sys.executable, "-m", "pawvit", "train"]


def begin(herd: Path, folder: Path, tiny: Sequence[str]) -> list[str]:
    settings = [piece for setting in (*tiny, "images=128") for piece in ("-s", setting)]
    given = [str(herd / "photos.csv"), "-m", str(herd / "maps"), "-o", str(folder)]
    return [*COMMAND, *given, "-p", "herd", "--device", "cpu", *settings]


def resume(folder: Path) -> list[str]:
    return [*COMMAND, "--resume", str(folder), "--device", "cpu"]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.slow
def test_a_run_killed_at_any_moment_ends_as_one_that_never_was(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert run(begin(herd, whole, tiny)).returncode == 0
    moments = random.Random(0)
    command = begin(herd, killed, tiny)
    kills = 0
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Loading takes most of a process's short life: count from the first line of the log.
        before = size(killed / "log.jsonl")
        while process.poll() is None and size(killed / "log.jsonl") == before:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.4))
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
        command = resume(killed)
    assert kills >= 2, "the training is too short to be killed in the middle"
    ended = run(resume(killed))
    assert ended.returncode == 0, ended.stderr

    for name in ("last.safetensors", "best.safetensors"):
        (expected, header), (found, other) = (
            tensorfile.read(folder / name) for folder in (whole, killed)
        )
        assert header == other
        assert expected.keys() == found.keys()
        for key, value in expected.items():
            assert torch.equal(value, found[key]), key
    logs = [(folder / "log.jsonl").read_text("utf-8") for folder in (whole, killed)]
    assert logs[0] == logs[1]
    assert not list(killed.glob(".*.part.*")), "half-written files were left behind"


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


@pytest.mark.skipif(sys.platform == "win32", reason="limits of file size are POSIX")
def test_a_full_disk_keeps_the_previous_checkpoint_and_says_so(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    folder = tmp_path / "run"
    assert run(begin(herd, folder, tiny)).returncode == 0
    (folder / "done").unlink()
    before = (folder / "last.safetensors").read_bytes()
    # A longer budget, in a process whose files can't grow as large as a checkpoint is.
    config = folder / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("images: 128", "images: 160"), "utf-8")
    limited = (
        "import resource, runpy, sys;"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) // 2},) * 2);"
        f"sys.argv = {['pawvit', *resume(folder)[3:]]!r};"
        "runpy.run_module('pawvit', run_name='__main__')"
    )
    failed = run([sys.executable, "-c", limited])
    assert failed.returncode == 2, failed.stderr
    said = " ".join(failed.stderr.split())
    assert "could not write the file" in said
    assert "the previous file is untouched" in said
    assert "Traceback" not in failed.stderr
    assert (folder / "last.safetensors").read_bytes() == before
    assert run(resume(folder)).returncode == 0


def test_two_processes_do_not_train_in_one_folder(
    herd: Path, tmp_path: Path, tiny: tuple[str, ...]
) -> None:
    from pawvit import files

    folder = tmp_path / "run"
    with files.alone_in(folder, "a training"):
        refused = run(begin(herd, folder, tiny))
    assert refused.returncode == 2
    assert "another process is at work here" in " ".join(refused.stderr.split())
    assert run(resume(folder)).returncode == 0, "the lock is free again"
