"""Archives → folders, and nothing outside them. Knows zip and tar; it knows no sets."""

from __future__ import annotations

import os
import shutil
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from pawvit.errors import InputError, PawvitError
from pawvit.files import unwritten

Progress = Callable[[int, int], None]

_END, _ENTRY = b"PK\x05\x06", b"PK\x01\x02"


def unpack(archive: Path, folder: Path, *, progress: Progress | None = None) -> None:
    """Unpacks a zip or a tar into a folder, all of it or nothing.

    Files of the archive take the place of files of their names.

    Args:
        archive: the file.
        folder: made if there is none.
        progress: called with (members done, members).

    Raises:
        InputError: it is no archive, is damaged, or holds a symbolic link, or a name that leads
            out of the folder.
        PawvitError: the disk is full or the folder can't be written.
    """
    waiting = folder / ".unpacking"
    shutil.rmtree(waiting, ignore_errors=True)
    try:
        waiting.mkdir(parents=True)
        if zipfile.is_zipfile(archive):
            _unzip(archive, waiting, progress)
        elif tarfile.is_tarfile(archive):
            _untar(archive, waiting, progress)
        else:
            raise InputError(
                "this is neither a zip nor a tar", where=archive, mend="remove it and fetch again"
            )
        _merge(waiting, folder)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise InputError(
            f"the archive can't be unpacked: {error}",
            where=archive,
            mend="remove it and fetch again",
        ) from error
    except OSError as error:
        raise unwritten(folder, error) from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


def _unzip(archive: Path, folder: Path, progress: Progress | None) -> None:
    with zipfile.ZipFile(archive) as content:
        members = content.infolist()
        _make_room(folder, sum(member.file_size for member in members))
        for done, member in enumerate(members, start=1):
            # zipfile would quietly write `../x` as `x`; such an archive is not to be trusted.
            name = member.filename.replace("\\", "/")
            if _leads_out(name) or stat.S_ISLNK(member.external_attr >> 16):
                raise _refused(archive, member.filename)
            content.extract(member, folder)
            if progress:
                progress(done, len(members))


def _untar(archive: Path, folder: Path, progress: Progress | None) -> None:
    with tarfile.open(archive) as content:
        members = content.getmembers()
        _make_room(folder, sum(member.size for member in members))
        for done, member in enumerate(members, start=1):
            if _leads_out(member.name) or not (member.isdir() or member.isfile() or member.islnk()):
                raise _refused(archive, member.name)
            place = folder / member.name
            if member.isdir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                # Not `extract`: before 3.11.4 it has no filters, and follows what it is told.
                # A hard link is read as the member of the archive that it stands for.
                place.parent.mkdir(parents=True, exist_ok=True)
                with _of_tar(content, member) as source, open(place, "wb") as out:
                    shutil.copyfileobj(source, out)
            if progress:
                progress(done, len(members))


def _of_tar(content: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    try:
        found = content.extractfile(member)
    except KeyError as error:
        raise tarfile.ReadError(f"{member.name!r} is a link to nothing in it") from error
    assert found is not None  # it is a file
    return found


def _leads_out(name: str) -> bool:
    path = PurePosixPath(name)
    return path.is_absolute() or ".." in path.parts or ":" in name.partition("/")[0]


def _refused(archive: Path, name: str) -> InputError:
    return InputError(
        f"the archive holds a link, or a name that leads out of its folder: {name!r}; nothing was"
        " unpacked",
        where=archive,
        mend="don't trust this file; tell those who publish it",
    )


def _make_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise PawvitError(
            f"the disk has no room for what is in the archive: {needed / 1e6:,.0f} MB,"
            f" {free / 1e6:,.0f} MB are free",
            where=folder,
            mend="free some disk space, then give the same command again",
        )


def _merge(source: Path, target: Path) -> None:
    """Moves every file below one folder to the same place below another of the same disk."""
    for base, _, names in os.walk(source):
        place = target / Path(base).relative_to(source)
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            os.replace(Path(base) / name, place / name)


def join_zip(parts: Sequence[Path], whole: Path) -> None:
    """Puts a zip that was split into parts (.z01, .z02, …, .zip) together.

    Its directory says at which byte of which part each member begins; in the whole file that is a
    byte of the whole.

    Args:
        parts: in order, the .zip last.
        whole: the file to write.

    Raises:
        InputError: the last part is not the end of a split zip.
        PawvitError: the file can't be written.
    """
    starts = [0]
    for part in parts:
        starts.append(starts[-1] + part.stat().st_size)
    try:
        with open(whole, "wb") as out:
            for part in parts:
                with open(part, "rb") as handle:
                    shutil.copyfileobj(handle, out)
        with open(whole, "r+b") as out:
            _mend_directory(out, starts, parts[-1])
    except OSError as error:
        whole.unlink(missing_ok=True)
        raise unwritten(whole, error) from error


def _mend_directory(file: BinaryIO, starts: Sequence[int], last: Path) -> None:
    tail_start = max(0, starts[-1] - 65_557)
    file.seek(tail_start)
    tail = file.read()
    place = tail.rfind(_END)
    broken = InputError("this is not the last part of a split zip", where=last)
    if place < 0 or len(tail) < place + 22:
        raise broken
    _, disk, first, _, entries, size, offset, comment = struct.unpack_from("<4s4H2LH", tail, place)
    if first >= len(starts) - 1 or disk >= len(starts) - 1:
        raise broken
    offset += starts[first]
    file.seek(offset)
    directory = bytearray(file.read(size))
    at = 0
    for _ in range(entries):
        if directory[at : at + 4] != _ENTRY:
            raise broken
        name, extra, note, part = struct.unpack_from("<4H", directory, at + 28)
        (begin,) = struct.unpack_from("<L", directory, at + 42)
        if part >= len(starts) - 1:
            raise broken
        struct.pack_into("<H", directory, at + 34, 0)
        struct.pack_into("<L", directory, at + 42, begin + starts[part])
        at += 46 + name + extra + note
    file.seek(offset)
    file.write(directory)
    end = struct.pack("<4s4H2LH", _END, 0, 0, entries, entries, size, offset, comment)
    file.seek(tail_start + place)
    file.write(end)
