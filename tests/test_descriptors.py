"""Descriptors on disk: what is written comes back, and a wrong file is named as such."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pawvit.descriptors import Descriptors, ModelStamp, photo_hash
from pawvit.errors import CatalogueError, ImageError, InputError

MODEL = ModelStamp("a" * 64, "tiger-small", ("head", "body"), '{"size": 256}')
OTHER = ModelStamp("b" * 64, "yak-base", ("head", "body"))


def made(
    count: int = 4, *, seed: int = 0, start: int = 0, model: ModelStamp = MODEL
) -> Descriptors:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, 8)).astype(np.float32)
    numbers = range(start, start + count)
    return Descriptors(
        paths=[f"photos/animal é {n}.jpg" for n in numbers],
        vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        identities=["" if n == 1 else f"tiger {n % 2}" for n in numbers],
        orientations=[("left", "right", "unknown")[n % 3] for n in numbers],
        photo_hashes=[hashlib.sha256(str(n).encode()).hexdigest() for n in numbers],
        model=model,
        encounters=[f"night {n}" for n in numbers],
        part_weights=rng.random((count, 2), dtype=np.float32),
    )


def same(first: Descriptors, second: Descriptors) -> bool:
    lists = ("paths", "identities", "orientations", "photo_hashes", "cameras", "encounters")
    weights = [d.part_weights for d in (first, second) if d.part_weights is not None]
    return (
        all(getattr(first, name) == getattr(second, name) for name in lists)
        and first.model == second.model
        and np.array_equal(first.vectors, second.vectors)
        and (not weights or np.array_equal(*weights))
    )


@pytest.mark.parametrize("count", [0, 1, 5])
@pytest.mark.parametrize("weighted", [True, False])
def test_a_round_trip_changes_nothing(tmp_path: Path, count: int, weighted: bool) -> None:
    before = made(count)
    if not weighted:
        before = replace(before, part_weights=None)
    before.write(tmp_path / "d.parquet")
    after = Descriptors.read(tmp_path / "d.parquet")
    assert same(before, after)
    assert after.vectors.dtype == np.float32
    assert after.vectors.shape == (count, 8)
    assert after.root == str(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["d.parquet"]


def test_a_write_that_fails_leaves_the_file_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.parquet"
    made(3).write(path)
    before = path.read_bytes()

    def full(_table: pa.Table, where: Path, **_: object) -> None:
        where.write_bytes(b"half")
        raise RuntimeError("stopped")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(RuntimeError):
        made(4).write(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["d.parquet"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_file_cut_short_is_named(tmp_path: Path, share: float) -> None:
    path = tmp_path / "d.parquet"
    made(50).write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match="cut short") as caught:
        Descriptors.read(path)
    assert caught.value.where == str(path)


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    made(50).write(path)
    whole = bytearray(path.read_bytes())
    place = whole.find(made(50).vectors.tobytes()[-16:])
    assert place > 0
    # The lowest bit of a mantissa: the vector stays finite and of length 1.
    whole[place] ^= 1
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"(?i)crc|checksum"):
        Descriptors.read(path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Descriptors.read(tmp_path / "none.parquet")
    text = tmp_path / "photos.csv"
    text.write_text("path,identity\n")
    with pytest.raises(InputError, match="not a Parquet file"):
        Descriptors.read(text)
    with pytest.raises(InputError):
        Descriptors.read(tmp_path)
    plain = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"path": ["a.jpg"]}), plain)
    with pytest.raises(InputError, match="lacks identity"):
        Descriptors.read(plain)


def rewritten(path: Path, **columns: pa.Array) -> None:
    table = pq.read_table(path)
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    pq.write_table(table, path)


def test_a_file_without_a_stamp_or_of_a_newer_format(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    made().write(path)
    table = pq.read_table(path)
    stamp = json.loads(table.schema.metadata[b"pawvit.descriptors"])
    assert stamp["id"] == MODEL.id
    pq.write_table(table.replace_schema_metadata(None), path)
    with pytest.raises(InputError, match="not stamped"):
        Descriptors.read(path)
    for change, message in (({"format": 9}, "format 9"), ({"id": None}, "stamp")):
        wrong = {key: value for key, value in (stamp | change).items() if value is not None}
        raw = {b"pawvit.descriptors": json.dumps(wrong).encode()}
        pq.write_table(table.replace_schema_metadata(raw), path)
        with pytest.raises(InputError, match=message):
            Descriptors.read(path)


@pytest.mark.parametrize(
    ("value", "message"), [(np.nan, "not finite"), (np.inf, "not finite"), (3.0, "length")]
)
def test_wrong_vectors_on_disk_name_the_photo(tmp_path: Path, value: float, message: str) -> None:
    path = tmp_path / "d.parquet"
    before = made()
    before.write(path)
    vectors = before.vectors.copy()
    vectors[2, 5] = value
    rewritten(path, vector=pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), 8))
    with pytest.raises(InputError, match=message) as caught:
        Descriptors.read(path)
    assert before.paths[2] in caught.value.what
    assert caught.value.where == str(path)


def test_vectors_of_another_kind_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "d.parquet"
    made().write(path)
    rewritten(path, vector=pa.array([[1.0]] * 4, pa.list_(pa.float32())))
    with pytest.raises(InputError, match="one size"):
        Descriptors.read(path)
    rewritten(path, vector=pa.array([None, *[[1.0]] * 3], pa.list_(pa.float32(), 1)))
    with pytest.raises(InputError, match="1 vectors are missing"):
        Descriptors.read(path)


def test_what_does_not_fit_together_is_refused() -> None:
    good = made()
    with pytest.raises(InputError, match="4 photos, but 1 identities"):
        replace(good, identities=["x"])
    with pytest.raises(InputError, match="float64"):
        replace(good, vectors=good.vectors.astype(np.float64))
    with pytest.raises(InputError, match="upside"):
        replace(good, orientations=["upside"] * 4)
    with pytest.raises(InputError, match="part weights of 4 × 3"):
        replace(good, part_weights=np.zeros((4, 3), np.float32))
    with pytest.raises(InputError, match=r"part weights .* not finite"):
        replace(good, part_weights=np.full((4, 2), np.nan, np.float32))


def test_known_photos_have_the_same_path_and_content() -> None:
    there = made(3)
    paths = [there.paths[2], there.paths[0], there.paths[1], "new.jpg"]
    hashes = [there.photo_hashes[2], "c" * 64, there.photo_hashes[1], there.photo_hashes[0]]
    assert there.known(paths, hashes).tolist() == [True, False, True, False]
    assert there.find(paths, hashes).tolist() == [2, -1, 1, -1]


def test_merging_takes_photos_in_both_from_the_newer() -> None:
    first, second = made(4), made(3, seed=1, start=2)
    merged = first.merge(second)
    assert merged.paths == first.paths[:2] + second.paths
    assert np.array_equal(merged.vectors, np.concatenate([first.vectors[:2], second.vectors]))
    assert merged.part_weights is not None
    assert np.array_equal(merged.part_weights[2:], second.part_weights)
    assert same(merged.take([2, 3, 4]), second)
    assert same(made(0).merge(first), first)


def test_merging_with_another_model_names_both() -> None:
    with pytest.raises(CatalogueError, match=r"tiger-small.*yak-base") as caught:
        made().merge(made(start=10, model=OTHER))
    assert caught.value.mend
    # The name is for people: the same weights under a new name are the same model.
    assert len(made().merge(made(start=10, model=replace(MODEL, name="renamed")))) == 8


def test_the_hash_is_that_of_the_bytes_and_the_box(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1.
    assert photo_hash(path).startswith("ba7816bf8f01cfea414140de5dae2223")
    boxes = [None, (0.0, 0.0, 5.0, 5.0), (1.0, 0.0, 5.0, 5.0)]
    assert len({photo_hash(path, box) for box in boxes}) == 3
    with pytest.raises(ImageError):
        photo_hash(tmp_path / "none.jpg")


def test_files_start_from_the_root_and_must_be_there(tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    there = made(2)
    for path in there.paths:
        (moved / path).parent.mkdir(parents=True, exist_ok=True)
        (moved / path).touch()
    assert there.files(moved) == [moved / path for path in there.paths]
    assert replace(there, root=str(moved)).files() == there.files(moved)
    with pytest.raises(InputError, match="2 of 2 photo files are not there"):
        there.files(tmp_path)
