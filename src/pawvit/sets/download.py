"""An address → a file, going on where it broke off. Knows HTTP and files; it knows no sets."""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pawvit.errors import InputError, PawvitError
from pawvit.files import write_text

Progress = Callable[[int, int], None]

_CHUNK = 1 << 20
_TIMEOUT = 60
"""Seconds without a byte after which a connection counts as broken."""

_WAITS = (1.0, 4.0, 15.0, 60.0)
"""Seconds before each further try in one call."""

_PASSING = {408, 429, 500, 502, 503, 504}
"""Answers that a server may take back a little later."""


def download(
    url: str,
    path: Path,
    *,
    sha256: str | None = None,
    progress: Progress | None = None,
    waits: tuple[float, ...] = _WAITS,
) -> str:
    """Downloads a file; a part that is already there from before is gone on with.

    Args:
        url: http or https.
        path: where the whole file is put; while it is not whole it is `<path>.partial`.
        sha256: what it must be, where that is known.
        progress: called with (bytes there, bytes in all; 0 unless the server says).
        waits: seconds before each further try after a broken connection.

    Returns:
        Its SHA-256.

    Raises:
        InputError: the address is none, is gone, or the file is not what it must be.
        PawvitError: the network or the disk is not there, or the connection broke too often. The
            part stays for the next call.
    """
    if not url.startswith(("https://", "http://")):
        raise InputError("only http and https addresses can be downloaded", where=url)
    if not path.exists():
        partial = path.with_name(f"{path.name}.partial")
        path.parent.mkdir(parents=True, exist_ok=True)
        for wait in (*waits, None):
            try:
                _go_on(url, partial, progress)
                break
            except (OSError, http.client.HTTPException) as error:
                _refuse_final(url, partial, error)
                if wait is None:
                    raise _broken_off(url, partial, error) from error
                time.sleep(wait)
        os.replace(partial, path)
        _tag(partial).unlink(missing_ok=True)
    found = checksum(path)
    if sha256 is not None and found != sha256.lower():
        path.unlink()
        raise InputError(
            f"the download is not what it should be: SHA-256 {found}, published {sha256}",
            where=url,
            mend="it was removed; try again, and if it happens again, tell those who publish it",
        )
    return found


def checksum(path: Path) -> str:
    """The SHA-256 of a file."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _go_on(url: str, partial: Path, progress: Progress | None) -> None:
    """One connection: from where the part ends to the end of the file."""
    start = partial.stat().st_size if partial.exists() else 0
    headers = {"User-Agent": "pawvit"}
    if start:
        headers["Range"] = f"bytes={start}-"
        # Where the file has changed since, the server sends it from the beginning.
        if _tag(partial).exists():
            headers["If-Range"] = _tag(partial).read_text(encoding="utf-8")
    try:
        answer = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=_TIMEOUT
        )
    except urllib.error.HTTPError as error:
        if error.code != 416 or not start:
            raise
        # The part is as long as the file, or longer than what is there now.
        if error.headers.get("Content-Range", "").rpartition("/")[2] == str(start):
            return
        partial.unlink()
        raise ConnectionError("the file has changed since its part was downloaded") from error
    with answer:
        begins = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
        if answer.status != 206 or begins != str(start):
            start = 0
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else 0
        _make_room(partial, total - start)
        tag = answer.headers.get("ETag", "")
        with _disk(partial):
            if tag and not tag.startswith("W/"):
                write_text(_tag(partial), tag)
            with open(partial, "ab") as handle:
                handle.truncate(start)
        done = start
        while chunk := answer.read(_CHUNK):
            # Opened anew for each piece: only what the disk says may be taken for the disk's fault.
            with _disk(partial), open(partial, "ab") as handle:
                handle.write(chunk)
            done += len(chunk)
            if progress:
                progress(done, total)
    if total and done < total:
        raise ConnectionError(f"the connection broke off after {done:,} of {total:,} bytes")


def _tag(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.etag")


def _make_room(partial: Path, needed: int) -> None:
    free = shutil.disk_usage(partial.parent).free
    if needed > free:
        raise PawvitError(
            f"the disk has no room for it: {needed / 1e6:,.0f} MB are still to come,"
            f" {free / 1e6:,.0f} MB are free",
            where=partial.parent,
            mend="free some disk space or choose another folder; what is there is gone on with",
        )


@contextmanager
def _disk(partial: Path) -> Iterator[None]:
    """Tells what the disk refuses from what the network breaks."""
    try:
        yield
    except OSError as error:
        raise PawvitError(
            f"the download can't be written: {error.strerror or error}",
            where=partial,
            mend="free some disk space or choose another folder; what is there is gone on with",
        ) from error


def _refuse_final(url: str, partial: Path, error: Exception) -> None:
    """Raises where another try would bring nothing."""
    if isinstance(error, urllib.error.HTTPError) and error.code not in _PASSING:
        raise InputError(
            f"the server answers {error.code} {error.reason}",
            where=url,
            mend="the file may have moved: look at the set's home page"
            if error.code in (404, 410)
            else "the server does not give it away: look at the set's home page",
        ) from error
    reason = getattr(error, "reason", None)
    if isinstance(reason, OSError) and not isinstance(reason, TimeoutError):
        # No name server, no route, nobody listening: only a cable helps, unless it began well.
        if partial.exists():
            return
        raise PawvitError(
            f"the address can't be reached: {reason}",
            where=url,
            mend="is there a network? The download goes on where it stopped",
        ) from error


def _broken_off(url: str, partial: Path, error: Exception) -> PawvitError:
    there = partial.stat().st_size if partial.exists() else 0
    return PawvitError(
        f"the download broke off too often, {there / 1e6:,.1f} MB are there: {error}",
        where=url,
        mend="give the same command again: it goes on where it stopped",
    )
