"""Parts of photos pooled and told apart in closed form, cut in several ways."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from blocks import CUTS, compared, cuts, grid, main, pieces, shares
from pawvit.anatomy import IGNORE
from pawvit.model.masks import regions

LABELS = np.full((8, 8), 4, np.uint8)
LABELS[2:6, 1:7] = np.arange(6)[None].repeat(4, axis=0) % 4
LABELS[0, 0] = IGNORE


def test_a_grid_lies_over_the_animal_s_box() -> None:
    found = grid(LABELS, 4)
    assert found[2:6, 1:7].tolist() == 2 * [[0, 0, 0, 1, 1, 1]] + 2 * [[2, 2, 2, 3, 3, 3]]
    assert (found[LABELS >= 4] == LABELS[LABELS >= 4]).all()
    empty = np.full((8, 8), 4, np.uint8)
    assert (grid(empty, 4) == empty).all()


def test_every_cut_covers_the_same_animal() -> None:
    whole, *others = cuts(LABELS, 4, np.random.default_rng(0))
    assert (whole == 0).all()
    for labels in others:
        assert ((labels < 4) == (LABELS < 4)).all()


def test_shares_are_what_regions_pool_by() -> None:
    import torch

    share = shares(LABELS, 4, (4, 4))
    assert share.sum(dim=0).allclose(torch.ones(4, 4), atol=1e-4)
    patches = torch.rand(1, 16, 8)
    _, seen = regions(share.log().flatten(1)[None], patches)
    assert np.allclose(seen[0], [(part == LABELS).mean() for part in range(4)], atol=1e-4)


def test_who_differs_in_one_part_is_told_by_it() -> None:
    random = np.random.default_rng(0)
    entities = np.arange(6).repeat(8)
    own = random.normal(size=(6, 16))
    vectors = random.normal(size=(48, 2, 17)).astype(np.float32)
    vectors[:, 1, :16] = own[entities] + 0.1 * random.normal(size=(48, 16))
    vectors[..., 16] = 0.5
    learned = np.arange(48) % 2 == 0

    def right(chosen: slice) -> float:
        asked = compared(vectors[learned][:, chosen], vectors[~learned][:, chosen], entities[::2])
        alike = asked @ asked.T - 2 * np.eye(len(asked))
        return float((entities[1::2][alike.argmax(axis=1)] == entities[1::2]).mean())

    assert right(slice(1, 2)) > 0.9
    assert right(slice(0, 1)) < 0.5 < right(slice(0, 2))


def test_pieces_lie_one_behind_the_other() -> None:
    found = pieces([4, 6], 8)
    assert [one.stop - one.start for one in found.values()] == [1] + 10 * [8]
    assert [one.start for one in found.values()][1:] == [one.stop for one in found.values()][:-1]


def test_the_command_goes_on_with_what_is_there(
    herd: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnx", reason="needs the extra `offline`")
    out = tmp_path / "blocks.json"
    main(herd / "photos.csv", herd / "maps", out, size=56, block=[3, 6])
    assert "points by which block 3, parts is above" in capsys.readouterr().out
    found = json.loads(out.read_text())["results"]
    assert len(found) == 1 + 2 * len(CUTS[1:])
    kept = [path.read_bytes() for path in sorted(tmp_path.glob("*.npz"))]
    assert len(kept) == 2
    main(herd / "photos.csv", herd / "maps", out, size=56, block=[3, 6])
    assert json.loads(out.read_text())["results"] == found
