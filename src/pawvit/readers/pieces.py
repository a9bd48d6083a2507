"""What the paper's two sets consist of: what must lie where, what it holds, whence it comes.

Knows names of files; it opens none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pawvit.errors import PhotoTableError, first_of
from pawvit.photos import PhotoTable

LILA = "https://storage.googleapis.com/public-datasets-lila/cvwc2019"
"""Where ATRW's archives lie (named by https://lila.science/datasets/atrw)."""

EVALUATION = "https://github.com/cvwc2019/ATRWEvalScript"
"""ATRW's official evaluation with its ground truth."""

RELEASED = "https://github.com/eugeniodias5/PAW-ViT, folder pose_datasets"
"""The lists that the paper's authors trained and tested on."""

_YAK_AUTHORS = "the authors of YakReID-103 on request, https://ieeexplore.ieee.org/document/9484341"


@dataclass(frozen=True)
class Piece:
    """One thing that must be there.

    Attributes:
        places: paths below the folder, any of which will do; "**/" means anywhere below.
        holds: what it should contain.
        source: where it comes from.
    """

    places: tuple[str, ...]
    holds: str
    source: str

    def found(self, root: Path) -> Path | None:
        """The first of its places that is there."""
        for place in self.places:
            if place.startswith("**/"):
                hits = sorted(root.glob(place))
                if hits:
                    return hits[0]
            elif (root / place).exists():
                return root / place
        return None

    def __str__(self) -> str:
        names = " or ".join(place.removeprefix("**/") for place in self.places)
        return f"{names}: {self.holds}; from {self.source}"


PIECES = {
    "atrw-train": (
        Piece(
            ("atrw_anno_reid_train/reid_list_train.csv", "reid_list_train.csv", "train.txt"),
            "1,887 lines `id,file` (train.txt: `path entity side`, 3,648 of them mirrored or not)",
            f"{LILA}/train/atrw_anno_reid_train.tar.gz (train.txt: {RELEASED})",
        ),
        Piece(
            (
                "atrw_reid_train/train",
                "train",
                "atrw_reid_train",
                "train_augmented_double_entity",
            ),
            "1,887 pictures of single tigers, 000001.jpg and so on",
            f"{LILA}/train/atrw_reid_train.tar.gz",
        ),
    ),
    "atrw": (
        Piece(
            ("atrw_anno_reid_test/reid_list_test.csv", "reid_list_test.csv", "test.txt"),
            "1,764 names of pictures (test.txt: with their id)",
            f"{LILA}/test/atrw_anno_reid_test.tar.gz (test.txt: {RELEASED})",
        ),
        Piece(
            ("atrw_reid_test/test", "test", "atrw_reid_test"),
            "1,764 pictures of single tigers, 000000.jpg and so on",
            f"{LILA}/test/atrw_reid_test.tar.gz",
        ),
        Piece(
            ("**/gt_test_plain.json",),
            "the ground truth: 701 queries marked `sing` and 1,063 marked `multi`",
            f"{EVALUATION}, folder annotations",
        ),
    ),
    "atrw-wild": (
        Piece(
            ("atrw_detection_test/test", "atrw_detection_test"),
            "1,651 or more whole pictures, named by their number",
            f"{LILA}/test/atrw_detection_test.tar.gz",
        ),
        Piece(
            ("**/gt_test_wild.json",),
            "the ground truth: 1,764 boxes in 1,651 pictures",
            f"{EVALUATION}, folder annotations",
        ),
    ),
    "yakreid-train": (
        Piece(
            ("train.txt",), "1,404 lines `train/2/….jpg entity side`, or twice as many", RELEASED
        ),
        Piece(("train",), "1,404 pictures in 121 folders, one an entity", _YAK_AUTHORS),
    ),
    "yakreid-simple": (
        Piece(("query.txt",), "412 lines `val/1/….jpg entity`", f"{RELEASED}/YakReID-103_simple"),
        Piece(("gallery.txt",), "431 lines of the same form", f"{RELEASED}/YakReID-103_simple"),
        Piece(
            ("val", "../YakReID-103/val"),
            "843 pictures in 61 folders, one an entity",
            _YAK_AUTHORS,
        ),
    ),
    "yakreid-hard": (
        Piece(("query.txt",), "208 lines `val/1/….jpg entity`", f"{RELEASED}/YakReID-103"),
        Piece(("gallery.txt",), "225 lines of the same form", f"{RELEASED}/YakReID-103"),
        Piece(("val",), "at least the 433 pictures that these lists name", _YAK_AUTHORS),
    ),
}
"""Training set or test → its pieces."""


def require(root: str | os.PathLike[str], *names: str) -> None:
    """Refuses a folder that lacks a piece of these sets.

    Args:
        root: the folder.
        names: keys of `PIECES`.

    Raises:
        PhotoTableError: every missing piece is listed: where to put it, what it holds, whence it
            comes.
    """
    root = Path(root)
    wanted = [piece for name in names for piece in PIECES[name]]
    missing = [str(piece) for piece in wanted if piece.found(root) is None]
    if missing:
        raise PhotoTableError(
            f"{len(missing)} of {len(wanted)} pieces of {' and '.join(names)} are missing",
            problems=missing,
            where=root,
            mend="put them into this folder under these names; its licence is the set's own",
        )


def require_pictures(table: PhotoTable) -> None:
    """Refuses a table whose pictures are not all there.

    Raises:
        PhotoTableError: the first missing pictures are listed, the others are counted.
    """
    pairs = zip(table.paths, table.files, strict=True)
    missing = [f"{path} is listed, but not there" for path, file in pairs if not file.is_file()]
    if missing:
        raise PhotoTableError(
            f"{len(missing)} of {len(table)} pictures are missing",
            problems=first_of(missing),
            where=table.source,
            mend="unpack the pictures again from their archive",
        )
