from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from pawvit import files
from pawvit.errors import PawvitError


def test_the_block_ends_well(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "a.csv"
    with files.atomic(target) as temporary:
        temporary.write_text("new")
        assert not target.exists()
        assert temporary.parent == target.parent  # os.replace is atomic on one file system only
        assert temporary.suffix == ".csv"
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError("stop"), KeyboardInterrupt()])
def test_an_exception_leaves_the_old_file(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")

    def half() -> None:
        with files.atomic(target) as temporary:
            temporary.write_text("ne")
            raise error

    with pytest.raises(type(error)):
        half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("failing", ["fsync", "replace", "block"])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    target = tmp_path / "a.txt"
    target.write_text("old")
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refuse(*_: object) -> None:
        raise full

    if failing != "block":
        monkeypatch.setattr(os, failing, refuse)

    def write() -> None:
        with files.atomic(target) as temporary:
            temporary.write_text("new")
            if failing == "block":
                raise full

    with pytest.raises(PawvitError, match="No space left on device") as caught:
        write()
    assert caught.value.where == str(target)
    assert caught.value.mend
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_device_that_is_full_indeed(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    target = tmp_path / "a.txt"
    target.write_text("old")

    def write() -> None:
        with files.atomic(target) as temporary:
            temporary.symlink_to("/dev/full")
            with open(temporary, "w") as handle:
                handle.write("new")

    with pytest.raises(PawvitError, match="No space left"):
        write()
    assert target.read_text() == "old"


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PawvitError, match="could not write"):
        files.write_text(tmp_path / "file" / "a.txt", "x")


def test_json_and_text_are_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"größe": [1, 2]})
    content = (tmp_path / "a.json").read_bytes()
    assert "größe".encode() in content
    assert b"\r" not in content
    assert json.loads(content) == {"größe": [1, 2]}


def test_json_that_is_none_leaves_the_old_file(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", 1)
    with pytest.raises(TypeError):
        files.write_json(tmp_path / "a.json", object())
    assert (tmp_path / "a.json").read_text() == "1\n"
