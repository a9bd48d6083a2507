"""Downloads from a real local server: whole, broken, gone on with, refused."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pawvit.errors import InputError, PawvitError
from pawvit.sets.download import download
from sets.server import Served, serving

CONTENT = np.random.default_rng(0).bytes(5_000_000)
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server() -> Iterator[Served]:
    with serving({"/a.zip": CONTENT}) as served:
        yield served


def test_a_whole_file_and_its_checksum(server: Served, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = tmp_path / "deep" / "a.zip"
    found = download(
        f"{server.url}/a.zip", path, progress=lambda done, total: seen.append((done, total))
    )
    assert found == SHA
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (5_000_000, 5_000_000)
    assert sorted(path.parent.iterdir()) == [path]
    # What is there is not asked for again.
    assert download(f"{server.url}/a.zip", path, sha256=SHA.upper()) == SHA
    assert server.asked == [""]


def test_a_broken_connection_is_gone_on_with(server: Served, tmp_path: Path) -> None:
    server.breaks = [2_000_000, 1_500_000]
    server.answers = [503]
    found = download(f"{server.url}/a.zip", tmp_path / "a.zip", sha256=SHA, waits=(0, 0, 0))
    assert found == SHA
    assert server.asked == ["", "", "bytes=2000000-", "bytes=3500000-"]


def test_the_next_call_goes_on_with_what_is_there(server: Served, tmp_path: Path) -> None:
    server.breaks = [1_000_000, 1_000_000]
    path = tmp_path / "a.zip"
    with pytest.raises(PawvitError, match=r"2\.0 MB are there.*(\n.*)*goes on where it stopped"):
        download(f"{server.url}/a.zip", path, waits=(0,))
    assert not path.exists()
    assert download(f"{server.url}/a.zip", path, waits=()) == SHA
    assert server.asked[-1] == "bytes=2000000-"


def test_a_file_that_changed_is_begun_anew(server: Served, tmp_path: Path) -> None:
    server.breaks = [1_000_000]
    with pytest.raises(PawvitError):
        download(f"{server.url}/a.zip", tmp_path / "a.zip", waits=())
    server.tag, server.files["/a.zip"] = '"2"', CONTENT[::-1]
    download(f"{server.url}/a.zip", tmp_path / "a.zip", waits=())
    assert (tmp_path / "a.zip").read_bytes() == CONTENT[::-1]


def test_a_server_that_gives_no_parts_gives_the_whole(server: Served, tmp_path: Path) -> None:
    server.breaks, server.ranges = [3_000_000], False
    assert download(f"{server.url}/a.zip", tmp_path / "a.zip", waits=(0,)) == SHA


def test_a_part_that_is_all_of_it_or_too_long(server: Served, tmp_path: Path) -> None:
    partial = tmp_path / "a.zip.partial"
    partial.write_bytes(CONTENT)
    assert download(f"{server.url}/a.zip", tmp_path / "a.zip", waits=()) == SHA
    (tmp_path / "a.zip").unlink()
    partial.write_bytes(CONTENT + b"more")
    assert download(f"{server.url}/a.zip", tmp_path / "a.zip", waits=(0,)) == SHA


def test_a_wrong_checksum_is_refused_and_the_file_removed(server: Served, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not what it should be"):
        download(f"{server.url}/a.zip", tmp_path / "a.zip", sha256="0" * 64)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("code", "words"), [(404, "may have moved"), (403, "does not give")])
def test_an_address_that_is_gone_is_named_at_once(
    code: int, words: str, server: Served, tmp_path: Path
) -> None:
    server.answers = [code]
    with pytest.raises(InputError, match=f"(?s)answers {code}.*{words}"):
        download(f"{server.url}/a.zip", tmp_path / "a.zip", waits=(0, 0))
    assert len(server.asked) == 1


def test_no_network(tmp_path: Path) -> None:
    with serving({}) as served:
        address = served.url
    with pytest.raises(PawvitError, match="can't be reached"):
        download(f"{address}/a.zip", tmp_path / "a.zip", waits=(0,))
    with pytest.raises(PawvitError, match="can't be reached"):
        download("https://nowhere.invalid/a.zip", tmp_path / "a.zip", waits=(0,))
    with pytest.raises(InputError, match="only http"):
        download((tmp_path / "a").as_uri(), tmp_path / "a.zip")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full: /dev/full")
def test_a_full_disk(server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zip.partial").symlink_to("/dev/full")
    with pytest.raises(PawvitError, match="can't be written"):
        download(f"{server.url}/a.zip", tmp_path / "a.zip", waits=())


@pytest.mark.skipif(sys.platform == "win32", reason="reads the disk's size another way there")
def test_a_file_that_is_larger_than_the_disk_is_not_begun(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1_000_000}))
    with pytest.raises(PawvitError, match=r"no room for it: 5 MB are still to come, 1 MB"):
        download(f"{server.url}/a.zip", tmp_path / "a.zip", waits=())
