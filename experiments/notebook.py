"""What each training scored, query by query, kept in `results/` beside the studies.

results/STUDY/queries.json   whom the queries show, as numbers, and which photos they are, as a hash
results/STUDY/ROW.json       a seed each: average precision and first right rank of each query

So a row is trained once, on whichever machine, seeds can be added later, and any two rows can be
compared in pairs. Knows figures; it knows no photos.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from pawvit import files
from pawvit.errors import ConfigError
from pawvit.evaluation import Evaluation
from pawvit.reproduce.summary import Answered

RESULTS = Path(__file__).parent / "results"


class Notebook:
    """The results of one study.

    Args:
        study: its name.
        root: where the notebooks of all studies lie.
    """

    def __init__(self, study: str, root: Path = RESULTS) -> None:
        self.folder = root / study

    def seeds(self, row: str) -> list[int]:
        """The seeds of a row that were measured, in order."""
        return sorted(int(seed) for seed in self._row(row))

    def note(
        self, row: str, seed: int, found: Sequence[Evaluation], facts: Mapping[str, object]
    ) -> None:
        """Keeps what one training scored.

        Args:
            row, seed: which.
            found: an evaluation a protocol.
            facts: what else is to be remembered of it, as JSON takes it.

        Raises:
            ConfigError: the notebook is of other photos.
        """
        asked = [_asked(one) for one in found]
        path = self.folder / "queries.json"
        if path.exists() and json.loads(path.read_text(encoding="utf-8")) != asked:
            raise ConfigError(
                "the notebook holds results on other photos",
                where=self.folder,
                mend="--notebook chooses another folder",
            )
        files.write_json(path, asked)
        tests = [
            {
                "ap": [round(float(one), 5) for one in each.scores.average_precision],
                "first": [int(one) for one in each.scores.first],
            }
            for each in found
        ]
        # Another process may have just measured another seed of this row.
        with FileLock(self.folder / ".lock"):
            kept = self._row(row)
            kept[str(seed)] = {**facts, "tests": tests}
            _write(self.folder / f"{row}.json", kept)

    def answers(self, row: str) -> list[list[Answered]]:
        """What a row scored: seeds × protocols."""
        asked = json.loads((self.folder / "queries.json").read_text(encoding="utf-8"))
        return [
            [
                Answered(
                    np.array(test["ap"]),
                    np.array(test["first"]),
                    np.array(whom["entity"]),
                    np.array(whom["identity"]),
                )
                for test, whom in zip(kept["tests"], asked, strict=True)
            ]
            for _, kept in sorted(self._row(row).items(), key=lambda item: int(item[0]))
        ]

    def _row(self, row: str) -> dict[str, Any]:
        path = self.folder / f"{row}.json"
        if not path.exists():
            return {}
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return kept


def _asked(found: Evaluation) -> dict[str, object]:
    photos = hashlib.sha256("\n".join(found.photo).encode()).hexdigest()
    return {
        "protocol": found.name,
        "photos": photos,
        "entity": found.entity.tolist(),
        "identity": found.identity.tolist(),
    }


def _write(path: Path, kept: Mapping[str, object]) -> None:
    """A line a seed: a difference between two versions shows which seed is new."""
    lines = [f'"{seed}": {json.dumps(value)}' for seed, value in kept.items()]
    files.write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")
