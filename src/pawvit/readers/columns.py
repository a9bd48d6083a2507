"""What a photo table's columns are called and what their cells may hold. Knows frames, no files.

Each function appends what is wrong to a list of problems and goes on, so that a user sees all of
them at once.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from pawvit.images import SUFFIXES
from pawvit.photos import REQUIRED, orientation_of, parse_box, yes_or_no

COLUMNS = (
    *REQUIRED,
    *("image_id", "orientation", "camera", "encounter", "date", "species"),
    *("bbox", "split", "latitude", "longitude", "mask_ok"),
)
"""The columns that pawvit knows; only the first two are required.

All but the last, which is pawvit's own, are named as in wildlife-datasets.
"""

FIRST_ROW = 2
"""The row of the first photo, as a spreadsheet shows it: the header is row 1."""

# What other tools call the two columns, to point at the right one when it is missing.
_ALIASES = {
    "path": "file filename file_name filepath filepaths file_path image image_path img photo",
    "identity": "individual individual_id individual_name animal animal_id class id label name",
}


def name_columns(frame: pd.DataFrame, problems: list[str]) -> pd.DataFrame:
    """The frame with the known columns under their own names.

    "Path" or " path" is `path` where no other column could be it. Columns without a name and
    without content, as spreadsheets export them at the right, are dropped.
    """
    written = [str(name).strip() for name in frame.columns]
    kept = [i for i, name in enumerate(written) if name or _has_content(frame.iloc[:, i])]
    written = [written[i] for i in kept]
    names = list(written)
    for known in COLUMNS:
        alike = [] if known in written else [name for name in written if name.lower() == known]
        if len(alike) == 1:
            names[written.index(alike[0])] = known
        elif alike:
            problems.append(f"{_listed(alike)} could each be the column `{known}`: keep one")
            names[written.index(alike[0])] = known
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"the column `{name}` is there {names.count(name)} times: keep one")
    if "row" in names:
        problems.append("a column is called `row`, where pawvit counts the rows: rename it")
    missing = [required for required in REQUIRED if required not in names]
    if missing and names and Path(names[0].split(" ")[0]).suffix.lower() in SUFFIXES:
        problems.append("row 1 looks like a photo, but must name the columns: path,identity,…")
    else:
        problems.extend(f"no column `{name}`{_hint(name, names)}" for name in missing)
    frame = frame.iloc[:, kept].set_axis(names, axis="columns")
    return frame.loc[:, ~frame.columns.duplicated()]


def clean_cells(frame: pd.DataFrame, rows: Sequence[int], problems: list[str]) -> pd.DataFrame:
    """The frame with the cells of known columns as stripped strings in pawvit's own spelling."""
    if not rows:
        problems.append("there are no photos in it, no row below the header")
        return frame
    cells = {name: [_text(cell) for cell in frame[name]] for name in COLUMNS if name in frame}
    if "path" in cells:
        cells["path"] = [path.replace("\\", "/") for path in cells["path"]]
        empty = [row for row, path in zip(rows, cells["path"], strict=True) if not path]
        problems.extend(f"row {row}: the path is empty" for row in empty)
    if "identity" in cells:
        cells["identity"] = [
            "" if name.lower() == "unknown" else name for name in cells["identity"]
        ]
    if "orientation" in cells:
        cells["orientation"] = _orientations(cells["orientation"], rows, problems)
    if "mask_ok" in cells:
        cells["mask_ok"] = _answers(cells["mask_ok"], rows, problems)
    if "bbox" in cells:
        _check_boxes(cells["bbox"], rows, problems)
    return frame.assign(**cells)


def _orientations(cells: Iterable[str], rows: Sequence[int], problems: list[str]) -> list[str]:
    found = []
    for row, cell in zip(rows, cells, strict=True):
        orientation = orientation_of(cell)
        if orientation is None:
            problems.append(
                f"row {row}: the orientation {cell!r} means nothing here; write left, right,"
                " front, back or unknown"
            )
        found.append(orientation or "unknown")
    return found


def _answers(cells: Iterable[str], rows: Sequence[int], problems: list[str]) -> list[str]:
    found = []
    for row, cell in zip(rows, cells, strict=True):
        answer = yes_or_no(cell)
        if answer is None:
            problems.append(
                f"row {row}: mask_ok is {cell!r}; write yes or no, or leave it empty for yes"
            )
        found.append(answer or "")
    return found


def _check_boxes(cells: Iterable[str], rows: Sequence[int], problems: list[str]) -> None:
    for row, cell in zip(rows, cells, strict=True):
        try:
            parse_box(cell)
        except ValueError:
            problems.append(
                f"row {row}: the box {cell!r} can't be read; write x, y, width, height in pixels"
            )


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its rows counted as a spreadsheet would, in the column `row`."""
    return frame.assign(row=range(FIRST_ROW, FIRST_ROW + len(frame)))


def _text(cell: object) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or cell is pd.NA or cell != cell:  # NaN is not itself
        return ""
    return str(cell)


def _has_content(column: pd.Series) -> bool:
    return any(_text(cell) for cell in column)


def _hint(required: str, names: Sequence[str]) -> str:
    """Which of the table's columns is most likely meant by a required one."""
    free = {name.lower().replace(" ", "_"): name for name in names if name not in COLUMNS}
    near = [alias for alias in _ALIASES[required].split() if alias in free]
    near += difflib.get_close_matches(required, free, n=1)
    if near:
        return f": rename `{free[near[0]]}` to `{required}`, if that is it"
    return f"; the columns are {_listed(names)}" if names else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
