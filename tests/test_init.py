from __future__ import annotations

import subprocess
import sys

import pytest

import pawvit


def test_every_public_name_is_there() -> None:
    for name in pawvit.__all__:
        assert getattr(pawvit, name).__doc__, name
    assert set(pawvit.__all__) <= set(dir(pawvit))
    with pytest.raises(AttributeError, match="nothing"):
        _ = pawvit.nothing


def test_importing_pawvit_loads_no_library() -> None:
    code = "import sys, pawvit; sys.exit(bool({'torch', 'pandas', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
