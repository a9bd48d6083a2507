"""Photo tables made in memory, for tests that open no picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pawvit.photos import PhotoTable


def table(identities: Sequence[str], **columns: Sequence[object]) -> PhotoTable:
    """A photo of each identity, 0.png and so on, with further columns."""
    count = len(identities)
    frame = pd.DataFrame(
        {
            "path": [f"{i}.png" for i in range(count)],
            "identity": list(identities),
            **{name: list(values) for name, values in columns.items()},
            "row": range(2, 2 + count),
        }
    )
    return PhotoTable(frame, Path("root"), Path("root/photos.csv"))
