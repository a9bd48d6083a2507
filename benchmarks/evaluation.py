"""Speed and memory of an evaluation, beside ATRW's official script where that is at hand.

    python benchmarks/evaluation.py size [PHOTOS]
    python benchmarks/evaluation.py official plain.py gt_test_plain.json

`size` ranks PHOTOS random descriptors against themselves (50,000 unless given) and prints seconds
and the peak of memory in GB. `official` runs the official script (atrwtool/plain.py of
github.com/cvwc2019/ATRWEvalScript, which needs scikit-learn) and this code on the same random
descriptors, checks that the numbers are equal, and prints both times and their ratio. Ours counts
from the descriptors on, theirs from the file of rankings on, which we would have to write first.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pawvit.evaluation import Evaluation, evaluate
from pawvit.protocols import Protocol, atrw

ROUNDS = 3
SIZE = 32


def random_units(number: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((number, SIZE), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def size(number: int) -> None:
    everyone = np.arange(number)
    animals = np.random.default_rng(1).integers(0, max(1, number // 10), number)
    protocol = Protocol(
        name="leave-one-out",
        photos=tuple(map(str, everyone)),
        query=everyone,
        gallery=everyone,
        entity=animals,
        identity=animals,
        picture=everyone,
        series=np.full(number, -1),
        moment=np.zeros(number, np.int64),
    )
    vectors = random_units(number)
    start = time.perf_counter()
    found = evaluate(vectors, protocol)
    seconds = time.perf_counter() - start
    print(f"{number} × {number}, {found.valid} queries: {seconds:.1f} s, peak {peak():.2f} GB")


def peak() -> float:
    """The most memory that this process ever held, in GB."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage would count what the process that started this one held, too.
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**20
    unit = 2**30 if sys.platform == "darwin" else 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def official(script: Path, truth: Path) -> None:
    spec = importlib.util.spec_from_file_location("official_plain", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    images = [image["imgid"] for image in json.loads(truth.read_text())]
    vectors = random_units(len(images), seed=2)
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        rankings = Path(folder) / "rankings.json"
        order = np.argsort(np.float32(1) - vectors @ vectors.T, axis=1, kind="stable")
        answers = [
            {"query_id": images[q], "ans_ids": [images[k] for k in line if k != q]}
            for q, line in enumerate(order.tolist())
        ]
        rankings.write_text(json.dumps(answers))
        for _ in range(ROUNDS):
            start = time.perf_counter()
            expected = module.eval_impl(str(truth), str(rankings))
            theirs.append(time.perf_counter() - start)
            start = time.perf_counter()
            found = [evaluate(vectors, protocol, bootstrap=0) for protocol in atrw(truth)]
            ours.append(time.perf_counter() - start)
    worst = max(abs(expected[name] - value) for name, value in named(found).items())
    print(f"largest difference {worst:.1e}")
    print(f"official {min(theirs):.2f} s, pawvit {min(ours):.3f} s, best of {ROUNDS}")
    print(f"× {min(theirs) / min(ours):.0f}")


def named(found: list[Evaluation]) -> dict[str, float]:
    """The numbers under the official script's names."""
    return {
        f"{name}({one.name.removeprefix('ATRW ')})": value
        for one in found
        for name, value in (
            ("mAP", one.map_queries),
            ("top-1", one.rank1),
            ("top-5", one.rank5),
        )
    }


def main() -> None:
    match sys.argv[1:]:
        case ["size"]:
            size(50_000)
        case ["size", number]:
            size(int(number))
        case ["official", script, truth]:
            official(Path(script), Path(truth))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
