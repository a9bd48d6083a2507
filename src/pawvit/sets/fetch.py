"""A public set → a folder with its photos and `photos.csv`. Knows what was fetched before."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pawvit.errors import InputError
from pawvit.files import alone_in, write_json
from pawvit.photos import PhotoTable
from pawvit.readers import write_table
from pawvit.sets.download import download
from pawvit.sets.public import Archive, PublicSet
from pawvit.sets.unpack import join_zip, unpack

Bar = Callable[[str, str], AbstractContextManager[Callable[[int, int], None]]]
"""What is done, and in which unit → a progress bar."""

RECORD = "fetched.json"
"""What was downloaded, from where and when, with its checksum; beside the photos."""

TABLE = "photos.csv"


def fetch(chosen: PublicSet, folder: Path, *, bar: Bar, keep: bool = False) -> PhotoTable:
    """Downloads and unpacks a set, and writes its photo table; goes on where it broke off.

    Its licence must have been agreed to before.

    Args:
        chosen: the set.
        folder: made if there is none; archives that were unpacked before are passed over.
        bar: shows progress.
        keep: keep the archives, in `downloads/`.

    Raises:
        InputError: an address is gone, or a file is not what it must be.
        PhotoTableError: the set is not laid out as it was known to be.
        PawvitError: the network or the disk fails; the same call goes on.
    """
    with alone_in(folder, "a download"):
        record = _record(folder)
        for archive in chosen.archives:
            if not record["archives"].get(archive.url, {}).get("unpacked"):
                _bring(archive, folder, record, bar, keep)
        table = chosen.table(folder)
        write_table(table, folder / TABLE)
    return table


def _record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    if not path.is_file():
        return {"archives": {}}
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise InputError(
            f"the record of what was fetched can't be read: {error}",
            where=path,
            mend="remove it: everything is fetched again",
        ) from None


def _bring(archive: Archive, folder: Path, record: dict[str, Any], bar: Bar, keep: bool) -> None:
    downloads = folder / "downloads"
    files = []
    for url in (*archive.parts, archive.url):
        # Several archives may have one name (main.zip).
        file = downloads / (archive.into or ".") / url.rpartition("/")[2]
        with bar(file.name, "MB") as progress:
            expected = archive.sha256 if url == archive.url else None
            found = download(url, file, sha256=expected, progress=_in_megabytes(progress))
        record["archives"][url] = {
            "sha256": found,
            "checked": expected is not None,
            "bytes": file.stat().st_size,
            "date": datetime.date.today().isoformat(),
        }
        write_json(folder / RECORD, record)
        files.append(file)
    whole = files[-1]
    if archive.parts:
        whole = files[-1].with_name(f"{files[-1].stem}-whole.zip")
        join_zip(files, whole)
    with bar(f"unpacking {archive.name}", "files") as progress:
        unpack(whole, folder / archive.into, progress=progress)
    record["archives"][archive.url]["unpacked"] = True
    write_json(folder / RECORD, record)
    for file in {*files, whole}:
        if not keep or file not in files:
            file.unlink()
    for place in (downloads / (archive.into or "."), downloads):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()


def _in_megabytes(show: Callable[[int, int], None]) -> Callable[[int, int], None]:
    def told(done: int, total: int) -> None:
        # A server need not say how much it will send.
        show(done // 10**6, max(done, total) // 10**6)

    return told
