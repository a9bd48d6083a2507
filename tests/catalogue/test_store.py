"""The catalogue: additions, names and their history, nothing ever lost."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawvit.anatomy import ORIENTATIONS, comparable
from pawvit.catalogue import Added, Catalogue
from pawvit.descriptors import Descriptors, ModelStamp
from pawvit.errors import CatalogueError

MODEL = ModelStamp("a" * 64, "tiger-small", ("head", "body"), '{"size": 256}')
OTHER = ModelStamp("b" * 64, "yak-base", ("head", "body"))


def made(
    names: Sequence[str], *, start: int = 0, sides: Sequence[str] = (), model: ModelStamp = MODEL
) -> Descriptors:
    """A photo a name; equal numbers are equal pictures with equal vectors."""
    numbers = range(start, start + len(names))
    vectors = np.array(
        [np.random.default_rng(n).normal(size=6) for n in numbers], np.float32
    ).reshape(len(names), 6)
    return Descriptors(
        paths=[f"photos/{n}.jpg" for n in numbers],
        vectors=vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        identities=list(names),
        orientations=list(sides) or ["left"] * len(names),
        photo_hashes=[hashlib.sha256(str(n).encode()).hexdigest() for n in numbers],
        model=model,
        cameras=[f"camera {n % 2}" for n in numbers],
        encounters=["" if n == 0 else f"night {n // 2}" for n in numbers],
        part_weights=np.full((len(names), 2), 0.5, np.float32),
    )


def files_of(descriptors: Descriptors, root: str = "herd") -> list[Path]:
    return [Path(root) / path for path in descriptors.paths]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "catalogue.db", create=True)


def add(catalogue: Catalogue, descriptors: Descriptors, **how: str) -> Added:
    return catalogue.add(descriptors, files_of(descriptors), **how)


def test_what_is_added_comes_back(catalogue: Catalogue, tmp_path: Path) -> None:
    given = made(["Zola", "Abu", "Zola", ""], sides=["left", "right", "right", "unknown"])
    assert add(catalogue, given) == Added(4, 0, 2, 0, 0)
    again = Catalogue.open(tmp_path / "catalogue.db")
    assert again.model == MODEL
    photos = again.photos()
    assert [p.path for p in photos] == [str(f.absolute()) for f in files_of(given)]
    assert [p.individual for p in photos] == given.identities
    assert [p.orientation for p in photos] == given.orientations
    assert [p.camera for p in photos] == given.cameras
    assert [p.encounter for p in photos] == given.encounters
    assert [p.sha256 for p in photos] == given.photo_hashes
    vectors, rows = again.matrix(MODEL.id)
    assert rows == photos
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors, given.vectors)
    abu, zola = again.individuals()
    assert (abu.name, abu.photos, abu.orientations, abu.encounters) == ("Abu", 1, {"right": 1}, 1)
    assert (zola.name, zola.photos, zola.encounters) == ("Zola", 2, 1)
    assert zola.orientations == {"left": 1, "right": 1}
    assert again.photos("Zola") == [photos[0], photos[2]]
    assert again.photos("") == [photos[3]]
    summary = again.summary()
    assert (summary.individuals, summary.photos, summary.unidentified) == (2, 4, 1)
    assert summary.encounters == 2
    assert summary.orientations == {"left": 1, "right": 2, "unknown": 1}


def test_vectors_lie_in_the_file_as_little_endian_float32(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    given = made(["Zola"])
    add(catalogue, given)
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as raw:
        vector, weights = raw.execute("SELECT vector, part_weights FROM descriptor").fetchone()
    assert np.frombuffer(vector, "<f4").tolist() == given.vectors[0].tolist()
    assert np.frombuffer(weights, "<f4").tolist() == [0.5, 0.5]


def test_adding_twice_changes_nothing(catalogue: Catalogue) -> None:
    given = made(["Zola", "Abu", ""])
    add(catalogue, given)
    before = (catalogue.photos(), [catalogue.history(n) for n in (1, 2, 3)])
    assert add(catalogue, given) == Added(0, 3, 0, 0, 0)
    assert (catalogue.photos(), [catalogue.history(n) for n in (1, 2, 3)]) == before
    assert add(catalogue, made(["Zola"] * 2, start=1 + 1)) == Added(1, 1, 0, 1, 0)


def test_the_same_picture_twice_in_a_file_is_one_photo(catalogue: Catalogue) -> None:
    given = made(["", "Zola"])
    twice = replace(given, photo_hashes=[given.photo_hashes[0]] * 2)
    assert add(catalogue, twice) == Added(1, 1, 1, 0, 0)
    assert [p.individual for p in catalogue.photos()] == ["Zola"]
    assert add(catalogue, twice) == Added(0, 2, 0, 0, 0)
    with pytest.raises(CatalogueError, match="'Abu' and 'Zola'"):
        add(catalogue, replace(twice, photo_hashes=["c" * 64] * 2, identities=["Abu", "Zola"]))


def test_another_name_for_a_known_picture_is_refused_and_nothing_is_added(
    catalogue: Catalogue,
) -> None:
    add(catalogue, made(["Zola", "Abu"]))
    with pytest.raises(CatalogueError, match="'Abu' and 'Tao'") as caught:
        add(catalogue, made(["Zola", "Tao", "Newcomer"]))
    assert "photos/1.jpg" in caught.value.what
    assert catalogue.summary().photos == 2
    assert [one.name for one in catalogue.individuals()] == ["Abu", "Zola"]


def test_many_conflicts_are_counted(catalogue: Catalogue) -> None:
    add(catalogue, made(["Zola"] * 9))
    with pytest.raises(CatalogueError, match="and 4 more"):
        add(catalogue, made(["Abu"] * 9))


def test_an_unidentified_photo_takes_a_name_that_comes_later(catalogue: Catalogue) -> None:
    add(catalogue, made(["", ""]))
    assert add(catalogue, made(["Zola", ""])) == Added(0, 2, 1, 1, 0)
    assert [p.individual for p in catalogue.photos()] == ["Zola", ""]
    assert add(catalogue, made(["", ""])) == Added(0, 2, 0, 0, 0)
    assert [p.individual for p in catalogue.photos()] == ["Zola", ""]


def test_what_the_table_learned_replaces_what_it_said(catalogue: Catalogue) -> None:
    given = made(["Zola", "Abu"], sides=["unknown", "left"])
    add(catalogue, given)
    learned = replace(given, orientations=["right", "unknown"], encounters=["dusk", ""])
    assert catalogue.add(learned, files_of(learned, "moved")) == Added(0, 2, 0, 0, 2)
    first, second = catalogue.photos()
    assert (first.orientation, first.encounter) == ("right", "dusk")
    assert (second.orientation, second.encounter) == ("left", given.encounters[1])
    assert Path(second.path) == Path("moved/photos/1.jpg").absolute()


def test_another_model_is_refused_by_name(catalogue: Catalogue) -> None:
    add(catalogue, made(["Zola"]))
    other = made(["Abu"], start=5, model=OTHER)
    for refused in (lambda: add(catalogue, other), lambda: catalogue.require(OTHER)):
        with pytest.raises(CatalogueError, match=r"tiger-small.*yak-base") as caught:
            refused()
        assert "pawvit catalogue export" in str(caught.value.mend)
    assert catalogue.summary().photos == 1
    assert len(catalogue.matrix(OTHER.id)[1]) == 0
    wide = replace(made([]), vectors=np.empty((0, 7), np.float32))
    with pytest.raises(CatalogueError, match="descriptors of 7 numbers"):
        add(catalogue, replace(wide, part_weights=None))


def test_an_empty_catalogue_takes_any_model(catalogue: Catalogue) -> None:
    assert catalogue.model is None
    catalogue.require(OTHER)
    assert catalogue.summary().model is None
    assert catalogue.matrix(OTHER.id)[0].shape == (0, 0)


def test_history_only_grows_and_undo_goes_back_step_by_step(catalogue: Catalogue) -> None:
    add(catalogue, made(["Zola"]), by="table")
    catalogue.decide(1, "Abu", by="ana", note="torn ear")
    catalogue.decide(1, "Tao", by="bo")
    seen = [catalogue.history(1)]
    for name, after in (("Tao", "Abu"), ("Abu", "Zola"), ("Zola", "")):
        assert catalogue.photos()[0].individual == name
        assert catalogue.undo(1, by="cy") == after
        seen.append(catalogue.history(1))
        assert [d.id for d in seen[-1][:-1]] == [d.id for d in seen[-2]]
        assert (seen[-1][-1].kind, seen[-1][-1].individual) == ("undo", name)
    assert [d.author for d in seen[-1]] == ["table", "ana", "bo", "cy", "cy", "cy"]
    assert [d.standing for d in seen[-1]] == [False] * 3 + [True] * 3
    assert seen[-1][1].note == "torn ear"
    assert catalogue.individuals() == []
    with pytest.raises(CatalogueError, match="nothing to undo"):
        catalogue.undo(1, by="cy")
    catalogue.decide(1, "Zola", by="ana")
    assert catalogue.photos("Zola")[0].individual == "Zola"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["Abu", "Zola", "undo"]), max_size=12))
def test_any_course_of_decisions_is_a_stack(
    tmp_path_factory: pytest.TempPathFactory, course: list[str]
) -> None:
    catalogue = Catalogue.open(tmp_path_factory.mktemp("c") / "c.db", create=True)
    add(catalogue, made(["", "Tao"]))
    stack: list[str] = []
    for length, step in enumerate(course):
        if step != "undo":
            catalogue.decide(1, step, by="me")
            stack.append(step)
        elif stack:
            stack.pop()
            assert catalogue.undo(1, by="me") == (stack[-1] if stack else "")
        else:
            with pytest.raises(CatalogueError):
                catalogue.undo(1, by="me")
        assert len(catalogue.history(1)) <= length + 1
    assert [p.individual for p in catalogue.photos()] == [stack[-1] if stack else "", "Tao"]


@pytest.mark.parametrize("change", ["UPDATE decision SET note = 'x'", "DELETE FROM decision"])
def test_the_file_itself_refuses_to_change_history(
    catalogue: Catalogue, tmp_path: Path, change: str
) -> None:
    add(catalogue, made(["Zola"]))
    with (
        closing(sqlite3.connect(tmp_path / "catalogue.db")) as raw,
        pytest.raises(sqlite3.IntegrityError, match="never changed"),
    ):
        raw.execute(change)


def test_photos_and_names_that_are_not_there(catalogue: Catalogue) -> None:
    add(catalogue, made(["Zola"]))
    for asked in (
        lambda: catalogue.decide(9, "Abu", by=""),
        lambda: catalogue.undo(9, by=""),
        lambda: catalogue.history(9),
    ):
        with pytest.raises(CatalogueError, match="no photo 9"):
            asked()
    with pytest.raises(CatalogueError, match="needs a name"):
        catalogue.decide(1, " ", by="")
    with pytest.raises(CatalogueError) as caught:
        catalogue.photos("Zolla")
    assert "did you mean Zola?" in str(caught.value)
    assert [one.name for one in catalogue.individuals()] == ["Zola"]
    with pytest.raises(ValueError, match="2 files"):
        catalogue.add(made(["Abu"], start=5), [Path("a"), Path("b")])


def test_the_orientation_filter_is_that_of_anatomy(catalogue: Catalogue) -> None:
    add(catalogue, made(["Zola"] * 5, sides=ORIENTATIONS))
    for asked in ORIENTATIONS:
        vectors, photos = catalogue.matrix(MODEL.id, orientation=asked)
        expected = [side for side in ORIENTATIONS if comparable(asked, side)]
        assert [photo.orientation for photo in photos] == expected
        assert len(vectors) == len(expected)


def test_a_damaged_descriptor_is_named(catalogue: Catalogue, tmp_path: Path) -> None:
    add(catalogue, made(["Zola", "Abu"]))
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE descriptor SET vector = x'00' WHERE photo_id = 2")
    with pytest.raises(CatalogueError, match="photo 2 is damaged"):
        catalogue.matrix(MODEL.id)


def test_names_are_data_not_language(catalogue: Catalogue) -> None:
    names = ["Robert'); DROP TABLE photo;--", "ĭ 🐅", "[bold]", " Zola"]
    add(catalogue, made(names))
    assert [p.individual for p in catalogue.photos()] == names
    assert len(catalogue.photos(names[0])) == 1


def test_readers_see_whole_additions_while_one_writes(catalogue: Catalogue, tmp_path: Path) -> None:
    size, rounds = 20, 6
    add(catalogue, made(["Zola"] * size))
    done = threading.Event()
    sizes: list[int] = []
    errors: list[Exception] = []

    def read() -> None:
        mine = Catalogue.open(tmp_path / "catalogue.db")
        while not done.is_set():
            try:
                vectors, photos = mine.matrix(MODEL.id)
                assert len(vectors) == len(photos)
                assert all(photo.individual for photo in photos)
                sizes.append(len(photos))
            except Exception as error:
                errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(1, rounds):
        add(catalogue, made(["Zola"] * size, start=turn * size))
    done.set()
    for reader in readers:
        reader.join()
    assert not errors
    assert set(sizes) <= {size * turn for turn in range(1, rounds + 1)}
    assert catalogue.summary().photos == size * rounds


def test_two_that_add_the_same_photos_at_once_add_them_once(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    given = made(["Zola"] * 30)
    results: list[Added] = []

    def work() -> None:
        results.append(add(Catalogue.open(tmp_path / "catalogue.db"), given))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result.photos for result in results) == [0, 0, 30]
    assert catalogue.summary().photos == 30
