"""The paper's counts beside those of the sets' real lists, and of others."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pawvit.audit import published
from pawvit.errors import InputError
from pawvit.photos import PhotoTable
from pawvit.readers import known_set, read_photos


def lay(shared: Path, root: Path, **files: str) -> Path:
    """A folder with lists of the golden answers, and empty folders where pictures would be."""
    for place, name in files.items():
        target = root / place.replace("__", "/").replace("DOT", ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((shared / "golden" / name).read_bytes())
    for folder in ("atrw_reid_train/train", "atrw_reid_test/test", "test"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    return root


def counts(root: Path) -> dict[str, tuple[int, int | None, bool]]:
    """What was counted → here, in the paper, and whether a difference is named."""
    found = published(read_photos(root), known_set(root))
    return {one.what: (one.here, one.paper, "differs" in one.said) for one in found}


TEST = {
    "single-camera photos": (701, 701, False),
    "single-camera entities": (47, 47, False),
    # The paper says 1,061.
    "cross-camera photos": (1063, 1061, True),
    "cross-camera entities": (28, 28, False),
}


def test_atrw_as_distributed(shared: Path, tmp_path: Path) -> None:
    lay(
        shared,
        tmp_path,
        reid_list_trainDOTcsv="lists/atrw_reid_list_train.csv",
        reid_list_testDOTcsv="lists/atrw_reid_list_test.csv",
        gt_test_plainDOTjson="atrw_gt_test_plain.json",
    )
    assert counts(tmp_path) == {
        "training photos": (1887, 1887, False),
        "training entities": (107, 107, False),
        "… with their mirror images": (214, 214, False),
        **TEST,
    }
    (cross,) = (one for one in published(read_photos(tmp_path), "atrw") if one.here == 1063)
    assert cross.said == "differs from the paper, agrees with the official files (1,063)"


def test_atrw_as_the_authors_trained_on_it(shared: Path, tmp_path: Path) -> None:
    lay(
        shared,
        tmp_path,
        trainDOTtxt="lists/atrw_released_train.txt",
        testDOTtxt="lists/atrw_released_test.txt",
        gt_test_plainDOTjson="atrw_gt_test_plain.json",
    )
    assert counts(tmp_path) == {
        "training photos": (1824, 1824, False),
        "training entities": (107, 107, False),
        "… with their mirror images": (214, 214, False),
        **TEST,
    }


def test_yaks_simple_and_hard(shared: Path, tmp_path: Path) -> None:
    hard, simple = tmp_path / "YakReID-103", tmp_path / "YakReID-103_simple"
    for root, test in ((hard, "hard"), (simple, "simple")):
        lay(
            shared,
            root,
            queryDOTtxt=f"lists/yak_{test}_query.txt",
            galleryDOTtxt=f"lists/yak_{test}_gallery.txt",
        )
    lay(shared, hard, trainDOTtxt="lists/yak_hard_train.txt")
    assert counts(hard) == {
        "training photos": (1404, 1404, False),
        "training entities": (121, 121, False),
        "… with their mirror images": (242, 242, False),
        "hard test's photos": (433, 433, False),
        "hard test's entities": (61, 61, False),
    }
    assert counts(simple) == {
        "simple test's photos": (843, 843, False),
        "simple test's entities": (61, 61, False),
    }


def test_the_simple_test_is_known_by_its_size_or_its_folder(shared: Path, tmp_path: Path) -> None:
    root = tmp_path / "yaks"
    for name in ("query", "gallery"):
        lay(shared, root, **{f"{name}DOTtxt": f"lists/yak_simple_{name}.txt"})
    assert counts(root)["simple test's photos"] == (843, 843, False)
    lines = (root / "query.txt").read_text().splitlines()[1:]
    (root / "query.txt").write_text("\n".join(lines))
    assert counts(root)["hard test's photos"] == (842, 433, True)
    root = root.rename(tmp_path / "YakReID-103_simple")
    assert counts(root)["simple test's photos"] == (842, 843, True)


def test_other_photos_differ_and_other_sets_are_not_in_the_paper() -> None:
    frame = pd.DataFrame({"path": ["a", "b"], "identity": ["1", "2"], "split": "train"})
    table = PhotoTable(frame, Path(), Path("atrw"))
    found = {one.what: one for one in published(table, "atrw")}
    assert found["training entities"].said == "differs from the paper"
    assert found["… with their mirror images"].here == 4
    assert "single-camera photos" not in found
    with pytest.raises(InputError, match="no set 'nyala'"):
        published(table, "nyala")
