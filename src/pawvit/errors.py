"""The exceptions of pawvit. This module knows no other.

    PawvitError
    ├── InputError              something that the user gave is wrong
    │   ├── PhotoTableError     the table of photos, with every problem in it
    │   ├── ImageError          one picture file
    │   ├── PartMapError        one part map, or the folder of them
    │   ├── KeypointError       a keypoint file, or the keypoints of one photo
    │   ├── ConfigError         a configuration, preset or override
    │   ├── CheckpointError     a model file
    │   └── CatalogueError      the catalogue of individuals
    └── MissingExtraError       an optional dependency that is not installed

The command line prints each of them without a traceback and ends with exit code 2.
"""

from __future__ import annotations

import os
from collections.abc import Sequence


class PawvitError(Exception):
    """What is wrong, where, and how to mend it.

    Args:
        what: one sentence that says what is wrong.
        where: the file, row, column or key that is concerned.
        mend: one sentence that tells how to put it right.
    """

    def __init__(
        self, what: str, *, where: str | os.PathLike[str] | None = None, mend: str | None = None
    ) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.mend = mend
        lines = [what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if mend:
            lines.append(f"  mend:  {mend}")
        super().__init__("\n".join(lines))


def first_of(problems: Sequence[str], number: int = 10) -> list[str]:
    """The first problems, and a line that counts the rest."""
    more = len(problems) - number
    return [*problems[:number], *([f"and {more} more"] if more > 0 else [])]


class InputError(PawvitError):
    """Something that the user gave is wrong."""


class PhotoTableError(InputError):
    """The table of photos can't be used; every problem is listed at once.

    Args:
        what: one sentence.
        problems: one line each, as they are to be shown.
        where, mend: as for `PawvitError`.
    """

    def __init__(
        self,
        what: str,
        *,
        problems: Sequence[str] = (),
        where: str | os.PathLike[str] | None = None,
        mend: str | None = None,
    ) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([what, *(f"  - {p}" for p in problems)]), where=where, mend=mend)


class ImageError(InputError):
    """A picture file can't be read or used."""


class PartMapError(InputError):
    """A part map or a folder of part maps can't be used."""


class KeypointError(InputError):
    """A keypoint file, or the keypoints of one photo, can't be used."""


class ConfigError(InputError):
    """A configuration, preset or override is wrong."""


class CheckpointError(InputError):
    """A model file can't be loaded."""


class CatalogueError(InputError):
    """The catalogue refuses what it was asked."""


class MissingExtraError(PawvitError):
    """An optional dependency is not installed.

    Args:
        what: what needs it ("the offline teacher").
        extra: the extra of pawvit that brings it ("offline").
    """

    def __init__(self, what: str, extra: str) -> None:
        self.extra = extra
        super().__init__(
            f"{what} needs packages that are not installed",
            mend=f"pip install 'pawvit[{extra}]'",
        )
