from __future__ import annotations

import unicodedata
from pathlib import Path

import pandas as pd
import pytest

from pawvit.audit.names import folded, spellings
from pawvit.photos import PhotoTable

COMBINED = unicodedata.normalize("NFD", "Zoë")


def problems(*names: str) -> list[str]:
    frame = pd.DataFrame({"path": [*names], "identity": [*names], "row": range(2, 2 + len(names))})
    return [p.message for p in spellings(PhotoTable(frame, Path(), Path()))]


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ("Zola", "zola", "capitals"),
        ("A 7", "A7", "spaces or signs"),
        ("mara-2", "mara_2", "spaces or signs"),
        ("007", "7", "leading zeros"),
        ("T01b", "T1b", "leading zeros"),
        ("Zoë", COMBINED, "accents"),
        ("Zoe", "Zoë", "accents"),
        ("Ａ１", "A1", "accents or the form"),
        ("Zo\u200bla", "Zola", "accents or the form"),
        ("ZOE-07", "zoë 7", "capitals, spaces, signs, leading zeros or accents"),
    ],
)
def test_names_that_look_like_one(one: str, other: str, what: str) -> None:
    (message,) = problems(one, other, "somebody")
    assert f"differ in {what}" in message
    assert "somebody" not in message


@pytest.mark.parametrize(
    ("one", "other"), [("1-2", "12"), ("10", "1"), ("A1", "A11"), ("0", "00x")]
)
def test_names_that_are_two(one: str, other: str) -> None:
    assert problems(one, other) == []
    assert folded(one) != folded(other)


def test_what_a_screen_would_not_show_is_spelt_out() -> None:
    (message,) = problems("Zoë", COMBINED)
    assert "u0308" in message
