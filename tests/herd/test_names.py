"""Names: unique, stable, fit for folders."""

from __future__ import annotations

from pawvit.herd.names import names


def test_names_are_unique_stable_and_fit_for_folders() -> None:
    many = names(500)
    assert len(set(many)) == 500
    assert many[:60] == names(60)
    assert all(name.isascii() and name.replace("-", "").isalnum() for name in many)
