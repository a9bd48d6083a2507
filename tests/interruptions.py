"""Killing a command, as a power cut would: no handler runs, nothing is tidied up."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Sequence


def killed(
    command: Sequence[str], begun: Callable[[], object], *, moments: random.Random, within: float
) -> bool:
    """Starts a command, and kills it some time after what `begun` returns has changed.

    Loading takes most of a process's short life: the moment is counted from the first sign of work.

    Returns:
        Whether it was killed before it ended by itself.
    """
    before = begun()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and begun() == before:
        time.sleep(0.005)
    time.sleep(moments.uniform(0, within))
    alive = process.poll() is None
    process.kill()
    process.wait()
    return alive


def ended(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command, run to its end."""
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
