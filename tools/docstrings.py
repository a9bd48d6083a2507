"""Docstrings as the site's API pages read them: `mean, std: …` becomes an entry for each name.

Knows griffe, which reads the sources for mkdocstrings; `zensical.toml` names this file.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_ENTRY = re.compile(r"^( +)(\w+(?:, \w+)+): (.*(?:\n\1 +.*)*)$", flags=re.M)
_SECTION = re.compile(r"^(?:Args|Attributes):\n(?:(?: .*)?(?:\n|$))+", flags=re.M)


def apart(docstring: str) -> str:
    """The docstring with an entry for each argument and attribute."""

    def entries(found: re.Match[str]) -> str:
        return "\n".join(f"{found[1]}{name}: {found[3]}" for name in found[2].split(", "))

    return _SECTION.sub(lambda section: _ENTRY.sub(entries, section[0]), docstring)


class Apart(griffe.Extension):
    """Takes shared entries apart in every docstring."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """As griffe calls it for each module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = apart(obj.docstring.value)
