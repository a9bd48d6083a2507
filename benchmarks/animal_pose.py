"""Part maps from hand-labelled keypoints: in how many maps of each species each part is found.

    python benchmarks/animal_pose.py animal_pose/ out/

The folder holds `keypoints.json` (names, and instances with file_name, species, width, height and
keypoints), `images/` and `masks/`. Look at out/maps/contact-sheet.jpg.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from pawvit.partmaps import PartMaps


def photo_table(source: Path, out: Path) -> dict[str, str]:
    """Writes out/photos.csv; the species of each photo by its path."""
    given = json.loads((source / "keypoints.json").read_text(encoding="utf-8"))
    species = {
        (source / "images" / one["file_name"]).absolute().as_posix(): one["species"]
        for one in given["instances"]
    }
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "photos.csv", "w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([["path", "identity"], *([path, ""] for path in species)])
    return species


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    given = parser.parse_args()
    species = photo_table(given.source, given.out)
    words = ["masks", given.out / "photos.csv", "-o", given.out / "maps"]
    words += ["--keypoints", given.source / "keypoints.json"]
    words += ["--foreground", given.source / "masks"]
    # Photos without a map are listed in maps/flagged.csv, and end the command with 2.
    subprocess.run([sys.executable, "-m", "pawvit", *map(str, words)], check=False)
    maps = PartMaps.open(given.out / "maps")
    parts = maps.parts.vocabulary
    found: dict[str, list[set[int]]] = defaultdict(list)
    for path, kind in species.items():
        if path in maps:
            found[kind].append(set(maps.read(path).flat))
    print(f"| share of maps with | {' | '.join(parts)} |\n{'|---' * (len(parts) + 1)}|")
    for kind, seen in found.items():
        shares = [sum(part in one for one in seen) / len(seen) for part in range(len(parts))]
        print(f"| {kind} ({len(seen)}) | {' | '.join(f'{share:.2f}' for share in shares)} |")


if __name__ == "__main__":
    main()
