"""Individuals whose names look like one. Knows names; it opens no picture."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pawvit.audit.problems import Problem, grouped, listed, rows_of
from pawvit.photos import PhotoTable


def folded(name: str) -> str:
    """What is left of a name without capitals, accents, spaces and signs, and leading zeros.

    "Zoë 07", "zoe-7" and "ZOE_007" are one; "1-2" and "12" are not.
    """
    return _without_zeros(_without_signs(_plain(name).casefold()))


def spellings(table: PhotoTable) -> Iterator[Problem]:
    """Individuals whose names differ in little that people mean."""
    identities = table.identities
    for indices in grouped([folded(name) for name in identities]).values():
        names = sorted({identities[i] for i in indices})
        if len(names) > 1:
            yield Problem(
                "warning",
                "spelling",
                rows_of(table, indices),
                "",
                f"individuals whose names differ in {_difference(names)} only:"
                f" {listed(_visible(names))}",
                "write a name the same way everywhere, if it is one individual",
            )


def _difference(names: list[str]) -> str:
    """What the names differ in: the first of these that makes them one."""
    steps = {
        "capitals": str.casefold,
        "spaces or signs": _without_signs,
        "leading zeros": _without_zeros,
        "accents or the form of letters": _plain,
    }
    for what, step in steps.items():
        if len({step(name) for name in names}) == 1:
            return what
    return "capitals, spaces, signs, leading zeros or accents"


def _visible(names: list[str]) -> list[str]:
    """Names as they are to be shown: with codes where two would look the same on a screen."""
    seen = [" ".join(unicodedata.normalize("NFKC", name).split()) for name in names]
    # ' ' in a name is visible; any other blank, joined accents and wide letters are not.
    return [
        repr(name) if seen.count(look) == 1 or name.isascii() else ascii(name)
        for name, look in zip(names, seen, strict=True)
    ]


def _plain(name: str) -> str:
    """Letters without accents and invisible signs, in their usual form."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(c for c in letters if unicodedata.category(c) not in ("Mn", "Cf"))


def _without_signs(name: str) -> str:
    # Between two digits a sign means something.
    name = re.sub(r"[\s_.\-–]+", " ", name).strip()
    return re.sub(r"(?<!\d) | (?!\d)", "", name)


def _without_zeros(name: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", name)
