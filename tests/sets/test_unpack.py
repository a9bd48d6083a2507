"""Archives: what is in them comes out, and nothing gets out of the folder."""

from __future__ import annotations

import io
import shutil
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pawvit.errors import InputError, PawvitError
from pawvit.sets.unpack import join_zip, unpack


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], link: str | None = None) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo("innocent")
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
    return path


@pytest.mark.parametrize("make", [zipped, tarred])
def test_what_is_in_it_comes_out(make, tmp_path: Path) -> None:
    archive = make(tmp_path / "a", {"x/1.jpg": b"one", "x/y/2.jpg": b"two"})
    folder = tmp_path / "out"
    seen: list[tuple[int, int]] = []
    (folder / "x").mkdir(parents=True)
    (folder / "x/mine.txt").write_text("mine")
    unpack(archive, folder, progress=lambda done, total: seen.append((done, total)))
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == {"x/1.jpg", "x/y/2.jpg", "x/mine.txt"}
    assert (folder / "x/y/2.jpg").read_bytes() == b"two"
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize("make", [zipped, tarred])
@pytest.mark.parametrize("name", ["../evil.txt", "x/../../evil.txt", "/tmp/evil.txt", "C:/evil"])
def test_names_that_lead_out_are_refused_and_nothing_is_unpacked(
    make, name: str, tmp_path: Path
) -> None:
    archive = make(tmp_path / "a", {"good.jpg": b"good", name: b"evil"})
    with pytest.raises(InputError, match="leads out of its folder"):
        unpack(archive, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())
    assert not (tmp_path / "evil.txt").exists()


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    archive = tarred(tmp_path / "a.tar.gz", {"good.jpg": b"good"}, link="../../secret")
    with pytest.raises(InputError, match="'innocent'"):
        unpack(archive, tmp_path / "out")
    archive = tmp_path / "b.zip"
    with zipfile.ZipFile(archive, "w") as made:
        member = zipfile.ZipInfo("innocent")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(member, "/etc/passwd")
    with pytest.raises(InputError, match="'innocent'"):
        unpack(archive, tmp_path / "out")


def test_a_hard_link_is_the_file_that_it_stands_for(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as made:
        (tmp_path / "one.jpg").write_bytes(b"one")
        made.add(tmp_path / "one.jpg", "x/one.jpg")
        member = tarfile.TarInfo("x/two.jpg")
        member.type, member.linkname = tarfile.LNKTYPE, "x/one.jpg"
        made.addfile(member)
    unpack(tmp_path / "a.tar", tmp_path / "out")
    assert (tmp_path / "out" / "x" / "two.jpg").read_bytes() == b"one"
    with tarfile.open(tmp_path / "b.tar", "w") as made:
        member = tarfile.TarInfo("lost.jpg")
        member.type, member.linkname = tarfile.LNKTYPE, "/etc/passwd"
        made.addfile(member)
    with pytest.raises(InputError, match="link to nothing"):
        unpack(tmp_path / "b.tar", tmp_path / "out")


def test_what_is_no_archive_or_damaged_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(InputError, match="neither a zip nor a tar"):
        unpack(path, tmp_path / "out")
    content = np.random.default_rng(0).bytes(100_000)
    whole = tarred(tmp_path / "a.tar.gz", {"x": content, "y": content}).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="can't be unpacked"):
        unpack(path, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_an_archive_that_is_larger_than_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(tmp_path / "a.zip", {"x": b"0" * 3_000_000})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10**6}))
    with pytest.raises(PawvitError, match="no room for what is in the archive: 3 MB"):
        unpack(archive, tmp_path / "out")


@pytest.mark.skipif(not shutil.which("zip"), reason="needs zip, which splits archives")
def test_a_split_zip_is_put_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    files = {f"data/img{n:04d}.bin": rng.bytes(50_000) for n in range(5)}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    subprocess.run(["zip", "-q", "-s", "100k", "-r", "split.zip", "data"], cwd=tmp_path, check=True)
    parts = [*sorted(tmp_path.glob("split.z0*")), tmp_path / "split.zip"]
    assert len(parts) == 3
    join_zip(parts, tmp_path / "whole.zip")
    with zipfile.ZipFile(tmp_path / "whole.zip") as whole:
        assert whole.testzip() is None
    unpack(tmp_path / "whole.zip", tmp_path / "out")
    for name, content in files.items():
        assert (tmp_path / "out" / name).read_bytes() == content
    with pytest.raises(InputError, match="not the last part"):
        join_zip(parts[:-1], tmp_path / "whole.zip")
