"""A CSV or Parquet file ↔ a `PhotoTable`. Knows formats of tables; it opens no picture.

Rows are counted as a spreadsheet shows them: the header is row 1, the first photo row 2.
"""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pawvit import files
from pawvit.errors import PhotoTableError
from pawvit.photos import PhotoTable
from pawvit.readers.columns import FIRST_ROW, clean_cells, name_columns

# Excel writes UTF-8 with a mark, UTF-16 with a mark, or the old Windows code page.
_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
_PARQUET = (".parquet", ".pq")

TABLES = (".csv", ".tsv", *_PARQUET)
"""How the names of photo tables end."""


def read_table(
    path: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None
) -> PhotoTable:
    """Reads a photo table.

    Every cell stays the string that was written ("007" stays "007"), but in known columns blanks
    around it go, and `\\` in a path becomes `/`. An empty identity, or "unknown" as in
    wildlife-datasets, is an unknown one. Names of known columns may be written in any case.

    Args:
        path: CSV (comma, semicolon or tab; UTF-8, UTF-16 with its mark, or Latin-1) or Parquet.
        root: the folder that relative paths start from; the table's own unless given.

    Returns:
        The photos. Known columns are strings, and so is every column of a CSV; other columns of a
        Parquet file keep their type. `frame["row"]` counts the header as row 1.

    Raises:
        PhotoTableError: with every problem of the table at once.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        folder = path.with_suffix("")
        mend = f"correct the path, or give the folder: {folder}" if folder.is_dir() else None
        raise PhotoTableError(
            "no such table or folder", where=path, mend=mend or "correct the path"
        ) from None
    except OSError as error:
        raise PhotoTableError(f"the table can't be read: {error.strerror}", where=path) from None
    problems: list[str] = []
    if content.startswith(b"PAR1"):
        frame = _read_parquet(content, path)
        rows = list(range(FIRST_ROW, FIRST_ROW + len(frame)))
    else:
        frame, rows = _read_csv(_decode(content, path), problems)
    frame = clean_cells(name_columns(frame, problems), rows, problems)
    if problems:
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise PhotoTableError(
            f"the photo table has {count}",
            problems=problems,
            where=path,
            mend="put this right in the table; rows are counted with the header as row 1",
        )
    return PhotoTable(frame.assign(row=rows), path.parent if root is None else Path(root), path)


def read_cells(path: str | os.PathLike[str], column: str) -> dict[str, str]:
    """One column of a small CSV: `path` → cell, both without blanks around them.

    Raises:
        PhotoTableError: it can't be read, or lacks one of the two columns.
    """
    path = Path(path)
    problems: list[str] = []
    try:
        frame, _ = _read_csv(_decode(path.read_bytes(), path), problems)
    except OSError as error:
        raise PhotoTableError(f"the file can't be read: {error.strerror}", where=path) from None
    problems += [f"no column `{name}`" for name in ("path", column) if name not in frame.columns]
    if problems:
        raise PhotoTableError("the file can't be used", problems=problems, where=path)
    keys = (cell.strip().replace("\\", "/") for cell in frame["path"])
    return dict(zip(keys, (cell.strip() for cell in frame[column]), strict=True))


def write_table(table: PhotoTable, path: str | os.PathLike[str]) -> Path:
    """Writes a table atomically: Parquet for `.parquet`, tabs for `.tsv`, else CSV (UTF-8, comma).

    The helper column `row` is left out. Relative paths are rewritten where the new file lies in
    another folder than `table.root`, so that they lead to the same pictures; keep tables in one
    folder to keep the keys of their part maps.

    Raises:
        PhotoTableError: the name ends in none of `.csv`, `.tsv`, `.parquet`.
        PawvitError: the file can't be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in TABLES:
        raise PhotoTableError(
            f"tables are written as CSV or Parquet, not as {suffix or 'a file without a suffix'}",
            where=path,
            mend="end the name in .csv, .tsv or .parquet",
        )
    frame = table.frame.drop(columns="row", errors="ignore")
    frame = frame.assign(path=[_moved(name, table.root, path.parent) for name in table.paths])
    with files.atomic(path) as temporary:
        if suffix in _PARQUET:
            pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), temporary)
        else:
            _write_csv(frame, temporary, delimiter="\t" if suffix == ".tsv" else ",")
    return path


def _moved(name: str, old: Path, new: Path) -> str:
    """The path `name`, relative to the folder `old`, as it reads from the folder `new`."""
    if Path(name).is_absolute() or old.resolve() == new.resolve():
        return name
    target = old.resolve() / name
    try:
        return Path(os.path.relpath(target, new.resolve())).as_posix()
    except ValueError:  # another drive of Windows
        return target.as_posix()


def _write_csv(frame: pd.DataFrame, path: Path, *, delimiter: str) -> None:
    rows = [["" if pd.isna(cell) else str(cell) for cell in row] for row in frame.to_numpy(object)]
    rows.insert(0, [str(name) for name in frame.columns])
    # Python before 3.13 leaves a lone carriage return bare, which reads back as the end of a row.
    bare = any("\r" in cell for row in rows for cell in row)
    with open(path, "w", encoding="utf-8", newline="") as handle:
        csv.writer(
            handle,
            delimiter=delimiter,
            lineterminator="\n",
            quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL,
        ).writerows(rows)


def _decode(content: bytes, path: Path) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise PhotoTableError(
            "this is a spreadsheet's own format", where=path, mend="export it as CSV (UTF-8)"
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content:
        raise PhotoTableError(
            "this is not a table", where=path, mend="give a CSV or Parquet file, or a folder"
        )
    for encoding in _ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes every byte")


def _read_csv(text: str, problems: list[str]) -> tuple[pd.DataFrame, list[int]]:
    """The cells, and the row of each photo as a spreadsheet counts it, empty rows included."""
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    lines: list[list[str]] = []
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            lines.append(line)
    except csv.Error as error:
        problems.append(f"row {len(lines) + 1}: it can't be taken apart ({error}); mind the quotes")
    header = lines[0] if lines else []
    width = len(header)
    cells: list[list[str]] = []
    rows: list[int] = []
    for row, line in enumerate(lines[1:], start=FIRST_ROW):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) < width or any(cell.strip() for cell in line[width:]):
            problems.append(
                f"row {row}: {len(line)} cells under {width} columns; a cell that holds"
                f" {delimiter!r} needs quotes"
            )
        cells.append((line + [""] * width)[:width])
        rows.append(row)
    # Columns by number at first: two may have one name.
    frame = pd.DataFrame(cells, columns=range(width), dtype=str)
    return frame.set_axis(header, axis="columns"), rows


def _read_parquet(content: bytes, path: Path) -> pd.DataFrame:
    try:
        # Arrow's own types: pandas would turn whole numbers with gaps into floats.
        table = pq.read_table(pa.BufferReader(content))
        frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    except (pa.ArrowException, OSError) as error:
        raise PhotoTableError(
            f"the Parquet file can't be read: {error}", where=path, mend="write it again"
        ) from None
    return frame
