"""The catalogue on real photos: half of each entity's photos are known, the others are asked about.

    python benchmarks/catalogue_halves.py photos.csv RUN OUT [--split val]

Writes known.csv and asked.csv into OUT, then runs `pawvit embed`, `catalogue add` and `identify`
on them. Entities with a single photo are asked about although nobody can know them.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from pathlib import Path

from pawvit.readers import read_table, write_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", default="val")
    given = parser.parse_args()
    table = read_table(given.photos).part(given.split)
    seen: Counter[str] = Counter()
    known, asked = [], []
    for index, entity in enumerate(table.entities):
        (asked if seen[entity] % 2 else known).append(index)
        seen[entity] += 1
    print(f"{len(known)} photos known, {len(asked)} asked about, {len(seen)} entities")
    given.out.mkdir(parents=True, exist_ok=True)
    for name, rows in (("known", known), ("asked", asked)):
        write_table(table.take(rows), given.out / f"{name}.csv")
    catalogue, descriptors = given.out / "catalogue.db", given.out / "known.parquet"
    for words in (
        ["embed", given.out / "known.csv", "-m", given.run, "-o", descriptors],
        ["catalogue", "add", catalogue, descriptors],
        [
            "identify",
            catalogue,
            given.out / "asked.csv",
            *("-m", given.run, "-o", given.out / "answers.csv"),
            *("--sheet", given.out / "answers.png"),
        ],
    ):
        subprocess.run([sys.executable, "-m", "pawvit", *map(str, words)], check=True)


if __name__ == "__main__":
    main()
