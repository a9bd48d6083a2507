"""ATRW as the paper's authors arranged it → rows of a photo table. Knows their lists.

`train.txt` has a line `path entity side` a picture, `test.txt` a line `file id`; the pictures lie
where the paths say, those of the test in `test/`. The authors' own list is doubled: each picture
comes once more, mirrored, as `…_flipped.jpg` of another entity. The mirrored ones are left out,
doubled folders or not: pawvit mirrors by itself (paper §4.1).
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from pawvit.anatomy import FLANKS
from pawvit.errors import PhotoTableError

Row = dict[str, str]

_MIRRORED = "_flipped"
_ELSEWHERE = {
    "train": ("atrw_reid_train/train/", "train/", "atrw_reid_train/"),
    "test": ("test/", "atrw_reid_test/test/", "atrw_reid_test/"),
}
"""Where pictures may lie by their bare name."""


def is_released(root: Path) -> bool:
    """Whether a folder holds one of the authors' lists of ATRW, by its first line."""
    return any(_begins_well(root / f"{part}.txt") for part in _ELSEWHERE)


def _begins_well(path: Path) -> bool:
    if not path.is_file():
        return False
    with open(path, encoding="utf-8-sig", errors="replace") as handle:
        words = handle.readline(1000).split()
    # Pictures of ATRW are called by a number alone; YakReID-103 has lists of the same form.
    return (
        len(words) in (2, 3)
        and words[0].lower().endswith(".jpg")
        and PurePosixPath(words[0]).stem.removesuffix(_MIRRORED).isdigit()
    )


def read_released(root: Path, part: str) -> list[Row]:
    """The rows of one of the lists; none where it is not there.

    An entity of the training list is "train-12": its numbers are the authors' own and begin at 0,
    those of the test are ATRW's. That side 0 is left and 1 is right could not be verified.

    Raises:
        PhotoTableError: a line means nothing, or the pictures are nowhere.
    """
    path = root / f"{part}.txt"
    if not path.is_file():
        return []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise PhotoTableError(f"the list can't be read: {error}", where=path) from None
    width = 3 if part == "train" else 2
    rows, problems = [], []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if not words:
            continue
        side = {"0": FLANKS[0], "1": FLANKS[1]}.get(words[2]) if len(words) == 3 else "unknown"
        picture = words[0].lower().endswith(".jpg")
        if len(words) != width or not picture or not words[1].isdigit() or not side:
            problems.append(f"line {number}: {line!r}")
        elif not PurePosixPath(words[0]).stem.endswith(_MIRRORED):
            identity = f"train-{words[1]}" if part == "train" else words[1]
            rows.append(
                {"path": words[0], "identity": identity, "orientation": side, "split": part}
            )
    if problems or not rows:
        raise PhotoTableError(
            f"this is not the list {part}.txt of ATRW as the paper's authors arranged it",
            problems=problems[:10] or ["it lists no photos that are not mirrored"],
            where=path,
            mend="a line is: train_augmented_double_entity/0/000384.jpg 0 0"
            if part == "train"
            else "a line is: 000000.jpg 199",
        )
    return _placed(root, part, rows)


def _placed(root: Path, part: str, rows: list[Row]) -> list[Row]:
    """The rows with paths that lead from the root to the pictures, as far as folders can tell."""
    first = PurePosixPath(rows[0]["path"])
    # A picture that is there decides; else a folder, so that single missing pictures are named.
    for there in (Path.is_file, Path.is_dir):
        picture = there is Path.is_file
        if there(root / (first if picture else first.parts[0])):
            return rows
        for folder in _ELSEWHERE[part]:
            if there(root / folder / (first.name if picture else "")):
                return [{**row, "path": folder + PurePosixPath(row["path"]).name} for row in rows]
    raise PhotoTableError(
        f"ATRW's pictures are not there: {first} is nowhere below this folder",
        where=root,
        mend=f"put the pictures where {part}.txt says, or unpack the archive"
        f" atrw_reid_{part}.tar.gz here",
    )
