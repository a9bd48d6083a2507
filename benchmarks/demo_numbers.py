"""The demo's numbers, several herds: the table in the README.

    python benchmarks/demo_numbers.py demos/ --write README.md

Each seed draws another herd and trains from scratch; finished demos are not run again.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import numpy as np

from pawvit import files
from pawvit.cli.demo import demo, measured
from pawvit.embedder import Embedder
from pawvit.evaluation import Evaluation
from pawvit.readers import read_table
from pawvit.training.run import DONE

BEGIN, END = "<!-- numbers of the demo -->", "<!-- end of the demo's numbers -->"


def one(folder: Path, seed: int) -> tuple[dict[str, Evaluation], float | None]:
    """A herd's results, and the minutes that its demo took; None where it was there already."""
    took = None
    if not (folder / "run" / DONE).exists():
        start = time.monotonic()
        demo(folder, seed=seed)
        took = (time.monotonic() - start) / 60
    strangers = read_table(folder / "herd" / "photos.csv").part("val")
    return measured(Embedder.load(folder / "run"), strangers), took


def spread(values: list[float]) -> str:
    """Mean and, of several herds, range; in per cent."""
    if len(values) == 1:
        return f"{100 * values[0]:.1f}"
    low, high = 100 * min(values), 100 * max(values)
    return f"{100 * np.mean(values):.1f} ({low:.1f}–{high:.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--write", type=Path, help="a Markdown file with the table's two marks")
    given = parser.parse_args()
    runs = [one(given.folder / str(seed), seed) for seed in given.seeds]
    herds = "1 herd" if len(runs) == 1 else f"{len(runs)} herds"
    lines = [f"| {herds} | mAP | rank-1 | rank-5 |", "|---|---|---|---|"]
    for name in runs[0][0]:
        results = [found[name] for found, _ in runs]
        cells = [
            spread([one.map_queries for one in results]),
            spread([one.rank1 for one in results]),
            spread([one.rank5 for one in results]),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    table = "\n".join(lines)
    print(table)
    minutes = [took for _, took in runs if took is not None]
    if minutes:
        print(f"minutes a demo: {', '.join(f'{took:.1f}' for took in minutes)}")
    if given.write:
        text = given.write.read_text(encoding="utf-8")
        marked = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        if not marked.search(text):
            parser.error(f"{given.write} has no {BEGIN} … {END}")
        with files.atomic(given.write) as temporary:
            temporary.write_text(
                marked.sub(f"{BEGIN}\n{table}\n{END}", text), encoding="utf-8", newline="\n"
            )


if __name__ == "__main__":
    main()
