"""What all tests share: the folder of real data beside the checkout, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """`../shared`: real photographs and golden answers. Not on a user's machine: skip there."""
    if not (SHARED / "golden").is_dir():
        pytest.skip("needs ../shared (real photographs and golden answers), which is not here")
    return SHARED
