"""Every command and Python snippet of README and docs runs, as it is written, page by page.

Each page is one user's afternoon: its snippets run in order in one folder, which holds a tiny drawn
herd under the names that the docs use (`photos.csv`, `known/`, `new.jpg`).

Only budgets and the photos' size are changed: what `SMALLER` says is added to a command. What can't
run here at all is in `NOT_RUN`, with the reason.
"""

from __future__ import annotations

import json
import re
import runpy
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from paper_folders import write_atrw, write_yaks
from pawvit.cli.main import main
from pawvit.partmaps import PartMaps
from pawvit.readers import read_atrw_wild, read_table, write_table
from pawvit.splits import split_by_identity, with_splits
from pawvit.teacher.vocabularies import AP10K

ROOT = Path(__file__).resolve().parents[1]

FEW_IMAGES = ("images=8", "sampler.entities=4", "sampler.photos=2", "workers=0")
"""A training of one step of eight images, loaded by this process."""

LITTLE = (*FEW_IMAGES, "model.image_size=[112, 112]")
"""The same where a preset for real photographs would take large ones."""

SMALLER = {
    "train": [word for setting in LITTLE for word in ("-s", setting)],
    "herd": ["--animals", "8", "--photos", "2"],
    "reproduce": ["-m", "maps/", "--rows", "ce,ce-tri-ss-or"]
    + [word for setting in LITTLE for word in ("-s", setting)],
    "demo": ["--animals", "12", "--photos", "2"]
    + [word for setting in FEW_IMAGES for word in ("-s", setting)],
}
"""Words that are added to a command: the same command, on less. The last option given holds."""

SHARES = {"train": 0.7, "select": 0.1, "val": 0.2}
"""As `pawvit data split` deals."""

NOT_RUN = {
    "make demo": "makes an environment from the package index; `pawvit demo` runs instead",
    "make test": "is what runs this very test",
    "python3 -m venv .venv && . .venv/bin/activate": "makes an environment of its own",
    "pip install '.[offline]'": "changes the environment that the tests run in",
    "pip install '.[teacher]'": "changes the environment that the tests run in",
    "pawvit masks photos.csv -o posed/ --pose vitpose+_base.pth": "needs the authors' weights",
    "pawvit masks photos.csv -o posed/ --keypoints superanimal.json --pose vitpose+_base.pth": (
        "needs the authors' weights"
    ),
    "pawvit masks photos.csv -o mine/ --keypoints keypoints.json"
    " --foreground nvidia/segformer-b2-finetuned-ade-512-512": "downloads from the hub",
    "pawvit masks photos.csv -o cut/ --keypoints keypoints.json"
    " --foreground ZhengPeng7/BiRefNet --remote-code": "downloads from the hub, and runs its code",
    "python benchmarks/animal_pose.py animal_pose/ out/": "needs Animal-Pose's photographs",
    "python benchmarks/keypoint_head.py animal_pose/ out/": "needs Animal-Pose's photographs",
    "python benchmarks/part_quality.py animal_pose/ out/": "needs Animal-Pose's photographs",
    "pawvit evaluate split.csv -m hf-hub:BVRA/MegaDescriptor-T-224 --split val": (
        "downloads from the hub; tests/model/test_wildlife.py reads its layout"
    ),
    "pawvit evaluate split.csv -m hf-hub:conservationxlabs/miewid-msv3 --split val": (
        "downloads from the hub; tests/model/test_wildlife.py reads its layout"
    ),
    "python experiments/lab.py run ladder photos.csv maps/ -o lab/ --workers 2": (
        "dozens of trainings; tests/experiments runs a small study"
    ),
    "python experiments/lab.py run resolution photos.csv maps/ -o lab/ --rows plain,regions": (
        "six trainings of half an hour"
    ),
    "python experiments/blocks.py photos.csv maps/ --size 308 -o blocks.json": (
        "minutes at 308 px; tests/experiments runs it at 56"
    ),
    "python experiments/blocks.py photos.csv maps/ --size 308 --split val -o blocks-val.json": (
        "as above"
    ),
    "python experiments/tokens.py background photos.csv run/ -m maps/ --split val": (
        "these pages' val has one individual: no other's background; tests/experiments runs it"
    ),
    "pawvit data fetch atrw": "downloads 1.8 GB, once its licence is agreed to",
    "python benchmarks/evaluation.py official plain.py gt_test_plain.json": "needs the script",
    "pawvit reproduce table1 --data atrw/": "is what tests/reproduce runs; downloads from the hub",
    "pawvit reproduce table2 --data yaks/": "as table1; downloads from the hub",
    "pawvit reproduce table3 --data atrw/ --seeds 3": "twelve trainings; downloads from the hub",
    "pawvit train photos.csv -o cnn/ -s model.network=plain -s model.backbone=seresnet50"
    " -s weights=hub": "downloads from the hub; tests/reproduce trains one from scratch",
    "pawvit import-released model.pth -o released/": "needs the authors' file;"
    " tests/model/test_released.py makes one",
    "pawvit evaluate atrw/ -m released/ --protocol atrw": "needs the authors' file",
    "python benchmarks/evaluation.py size": "is what tests/test_evaluation.py runs",
    "pawvit pose train keypoints.json -o pose.safetensors --photos photos/": "needs 20 labelled"
    " animals and minutes; tests/teacher/head/test_job.py and tests/cli/test_pose.py do it",
    "pawvit pose train keypoints.json -o pose.safetensors --photos images/": "as above",
    "pawvit masks photos.csv -o parts/ --pose pose.safetensors": "needs that head",
    "pawvit masks photos.csv -o mine/ --pose pose.safetensors": "needs that head",
}
EXCUSED = {shlex.join(shlex.split(line)) for line in NOT_RUN}


def fences(page: Path) -> list[tuple[int, str, str]]:
    """(line number, language, text) of the page's runnable snippets, in order."""
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"^```(bash|python)\n(.*?)^```$", text, flags=re.S | re.M)
    return [(text[: one.start()].count("\n") + 2, one[1], one[2]) for one in found]


def sources() -> list[Path]:
    """README and the pages that people write; docs/reference is made from the code."""
    made = ROOT / "docs" / "reference"
    written = [page for page in sorted((ROOT / "docs").rglob("*.md")) if made not in page.parents]
    return [ROOT / "README.md", *written]


PAGES = [page.relative_to(ROOT).as_posix() for page in sources() if fences(page)]


@pytest.fixture(scope="module")
def template(herd: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: `photos.csv` with `photos/` and `keypoints.json`, `known/` by individual,
    `new.jpg`.

    Its `maps/` are begun already, so that `pawvit masks` goes on with them; on the drawn herd's
    own page it makes them all.
    """
    from pawvit.teacher.masks import make_maps

    folder = tmp_path_factory.mktemp("docs")
    table = pd.read_csv(herd / "photos.csv", dtype=str, keep_default_na=False)
    table = table[table.orientation == "left"].drop(columns=["split", "role"])
    # As few animals as `pawvit data split` can still deal: five to train on, all of the others.
    deals = split_by_identity(list(table.identity), SHARES)
    kept = [name for name, split in zip(table.identity, deals, strict=True) if split == "train"]
    spared = sorted(set(kept))[5:]
    mine = table[~table.identity.isin(spared)].groupby("identity").head(2)
    write_keypoints(herd, list(mine.path), folder / "keypoints.json")
    (folder / "photos").mkdir()
    for path in mine.path:
        shutil.copy(herd / path, folder / "photos" / Path(path).name)
    mine = mine.assign(path=["photos/" + Path(path).name for path in mine.path])
    mine.to_csv(folder / "photos.csv", index=False)
    for one in mine.groupby("identity").head(1)[:2].itertuples():
        place = folder / "known" / str(one.identity) / Path(str(one.path)).name
        place.parent.mkdir(parents=True)
        shutil.copy(folder / str(one.path), place)
    shutil.copy(herd / table.path.iloc[2], folder / "new.jpg")
    make_maps(read_table(folder / "photos.csv"), folder / "maps")
    return folder


def write_keypoints(herd: Path, paths: list[str], file: Path) -> None:
    """Keypoints as COCO has them, read off the drawn animals' true part maps."""
    maps = PartMaps.open(herd / "maps")
    annotations = []
    for number, path in enumerate(paths):
        labels = maps.read(path)
        with Image.open(herd / path) as image:
            scale = np.array(image.size) / labels.shape[::-1]
        flat: list[float] = []
        for name, part in zip(AP10K.keypoints, AP10K.parts, strict=True):
            own = np.argwhere(labels == maps.parts.vocabulary.index(part))[:, ::-1]
            if not len(own):
                flat += [0, 0, 0]
                continue
            x, y = own[0 if "nose" in name or "neck" in name else len(own) // 2] * scale
            flat += [x, y, 2]
        annotations.append({"image_id": number, "keypoints": flat})
    images = [{"id": n, "file_name": Path(path).name} for n, path in enumerate(paths)]
    names = [{"id": 1, "keypoints": AP10K.keypoints}]
    raw = {"images": images, "annotations": annotations, "categories": names}
    file.write_text(json.dumps(raw), encoding="utf-8")


@pytest.fixture
def folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the user's folder, to run in."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def dealt(folder: Path) -> Path:
    """The same, with splits in `photos.csv`."""
    write_table(with_splits(read_table(folder / "photos.csv"), SHARES), folder / "photos.csv")
    return folder


@pytest.fixture
def trained(folder: Path, herd: Path, run: Path) -> Path:
    """A table with splits, `maps/` and `run/`."""
    shutil.rmtree(folder / "maps")
    for name in ("images", "maps"):
        shutil.copytree(herd / name, folder / name)
    shutil.copytree(run, folder / "run")
    shutil.copy(herd / "photos.csv", folder / "photos.csv")
    return folder


@pytest.fixture
def paper(trained: Path) -> Path:
    """The same, beside the paper's sets, and boxes as a detector would find them."""
    write_atrw(trained / "atrw")
    write_yaks(trained / "yaks")
    write_table(read_atrw_wild(trained / "atrw"), trained / "boxes.csv")
    (truth,) = (trained / "atrw").glob("**/gt_test_wild.json")
    shutil.copy(truth, trained / "atrw" / truth.name)
    return trained


BEGINS_WITH = {
    "docs/api/index.md": "trained",
    "docs/paper.md": "paper",
    "docs/results.md": "dealt",
}
"""Pages that say that something is there already."""


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_runs(
    page: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime", reason="pages take the extra `offline` as installed")
    request.getfixturevalue(BEGINS_WITH.get(page, "folder"))
    names: dict[str, Any] = {"__name__": page}
    for number, language, text in fences(ROOT / page):
        if language == "python":
            exec(compile("\n" * (number - 1) + text, page, "exec"), names)
            continue
        for offset, line in enumerate(text.splitlines()):
            words = shlex.split(line, comments=True)
            if words and shlex.join(words) not in EXCUSED:
                assert call(words, monkeypatch) == 0, f"{page}:{number + offset}: {line}"


def call(words: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit code of a command, run in this process."""
    if words[0] == "pawvit":
        monkeypatch.setattr(sys, "argv", [*words, *SMALLER.get(words[1], [])])
        begin: Callable[[], object] = main
    else:
        assert words[0] == "python", f"what is {words[0]}? Run it here, or say why not: NOT_RUN"
        script = ROOT / words[1]
        monkeypatch.setattr(sys, "argv", words[1:])
        begin = lambda: runpy.run_path(str(script), run_name="__main__")  # noqa: E731
    try:
        begin()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(bool(error.code))
    return 0


def test_nothing_is_excused_that_no_page_says() -> None:
    said = {
        shlex.join(shlex.split(line, comments=True))
        for page in sources()
        for _, language, text in fences(page)
        if language == "bash"
        for line in text.splitlines()
    }
    assert said >= EXCUSED
