"""What a table is tried on: photos to learn from, to choose by, and to be tested with.

Knows the paper's two sets and tables of photos; it knows no networks.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pawvit.errors import PhotoTableError
from pawvit.photos import PhotoTable
from pawvit.protocols import BENCHMARKS, Protocol, leave_one_out
from pawvit.readers import read_atrw, read_benchmark, read_photos, read_yakreid, require
from pawvit.readers.pieces import require_pictures
from pawvit.readers.yakreid import yakreid_root
from pawvit.splits import hold_out

KEPT_BACK = 0.15
"""Of the training identities, where a set has no others to choose the checkpoint by."""


@dataclass(frozen=True)
class Test:
    """Photos, and the protocols over them."""

    table: PhotoTable
    rules: tuple[Protocol, ...]


@dataclass(frozen=True)
class Trial:
    """What every row of a table is trained on and measured by.

    Attributes:
        learn: the photos to train on.
        select: what chooses the checkpoint.
        tests: what the figures are measured on; all their protocols, in order, are the groups.
        groups: what these are called.
        flip: whether each photo's descriptor is joined with that of its mirror image.
        selection: which photos chose, in words.
        official: whether this is the paper's own set.
        differences: what is not as in the official test, a sentence each.
    """

    learn: PhotoTable
    select: tuple[Test, ...]
    tests: tuple[Test, ...]
    groups: tuple[str, ...]
    flip: bool
    selection: str
    official: bool
    differences: tuple[str, ...]


SELECTED_ON_TEST = (
    "selected on the TEST photos, as the paper did: the figures are flattered, compare them with"
    " the paper's only"
)
"""Stands in every output of `--select test`."""


def of_paper(
    data: str, folder: str | os.PathLike[str], groups: tuple[str, ...], *, on_test: bool
) -> Trial:
    """A trial on one of the paper's sets.

    ATRW and YakReID-103 have no individuals between training and test: 15 % of the training
    identities are kept back to choose the checkpoint by, leave-one-out.

    Args:
        data: "atrw" or "yakreid".
        folder: where it lies.
        groups: what the paper calls its tests.
        on_test: choose on the test, as the paper does, and train on all training photos.

    Raises:
        PhotoTableError: a piece or a picture is missing; all missing pieces are listed.
    """
    root = Path(folder)
    if data == "atrw":
        require(root, "atrw-train", "atrw")
        learn, names = read_atrw(root).part("train"), ["atrw"]
    else:
        root, simple = yakreid_root(root, "hard"), yakreid_root(root, "simple")
        _require_all((root, ("yakreid-train", "yakreid-hard")), (simple, ("yakreid-simple",)))
        learn, names = read_yakreid(root).part("train"), ["yakreid-simple", "yakreid-hard"]
    require_pictures(learn)
    tests: list[Test] = []
    differences: list[str] = []
    for name in names:
        benchmark = BENCHMARKS[name]
        table, truth = read_benchmark(folder, name)
        table, rules = benchmark.on(table, truth)
        tests.append(Test(table, rules))
        differences += benchmark.differences(rules)
    flip = BENCHMARKS[names[0]].flip
    if on_test:
        return Trial(
            learn,
            tuple(tests),
            tuple(tests),
            groups,
            flip,
            SELECTED_ON_TEST,
            True,
            tuple(differences),
        )
    kept = hold_out(learn, KEPT_BACK)
    select = learn.take(kept)
    number = len(set(select.identities))
    return Trial(
        learn.take(~kept),
        (Test(select, (leave_one_out(select),)),),
        tuple(tests),
        groups,
        flip,
        f"selected on {len(select)} photos of {number} training identities kept back, leave-one-out"
        f" (the set has no others; {len(learn) - len(select)} of its {len(learn)} training photos"
        " are left to learn from)",
        True,
        tuple(differences),
    )


def _require_all(*asked: tuple[Path, tuple[str, ...]]) -> None:
    """As `require`, but of several folders at once: the list is whole."""
    missing: list[str] = []
    for place, names in asked:
        try:
            require(place, *names)
        except PhotoTableError as error:
            missing += [f"{place}: {piece}" for piece in error.problems]
    if missing:
        sets = " and ".join(name for _, names in asked for name in names)
        raise PhotoTableError(
            f"{len(missing)} pieces of {sets} are missing",
            problems=missing,
            mend="put them there under these names; its licence is the set's own",
        )


def of_photos(photos: str | os.PathLike[str], *, on_test: bool) -> Trial:
    """A trial on photos of one's own, with the splits train, select and val, leave-one-out.

    Where there are orientations there are two groups: the flank unknown, and known.

    Args:
        photos: a photo table.
        on_test: choose on `val` too, as the paper does.

    Raises:
        PhotoTableError: the table can't be read or lacks a split.
    """
    table = read_photos(photos)
    learn, val = table.part("train"), table.part("val")
    known = (False, True) if table.has_orientation else (False,)
    test = Test(val, tuple(leave_one_out(val, flank_known=flank) for flank in known))
    groups = ("flank unknown", "flank known")[: len(known)]
    if on_test:
        return Trial(learn, (test,), (test,), groups, False, SELECTED_ON_TEST, False, ())
    select = table.part("select")
    return Trial(
        learn,
        (Test(select, (leave_one_out(select),)),),
        (test,),
        groups,
        False,
        f"selected on {len(select)} photos of the split `select`, leave-one-out",
        False,
        (),
    )
