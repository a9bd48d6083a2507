"""Who is this: ranking and flanks against naive loops, and what the answer says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pawvit.anatomy import ORIENTATIONS, comparable
from pawvit.catalogue import Catalogue
from pawvit.descriptors import Descriptors, ModelStamp
from pawvit.errors import CatalogueError
from pawvit.identify import Answer, Candidate, agreement, identify, identify_encounter

MODEL = ModelStamp("a" * 64, "tiger-small")


def made(
    angles: Sequence[float],
    names: Sequence[str],
    sides: Sequence[str],
    *,
    kind: str = "gallery",
    model: ModelStamp = MODEL,
) -> Descriptors:
    """Unit vectors in the plane at these angles, in degrees: cosines can be told by hand."""
    radians = np.deg2rad(np.asarray(angles, float))
    labels = [f"{kind} {n}" for n in range(len(angles))]
    return Descriptors(
        paths=[f"{label}.jpg" for label in labels],
        vectors=np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32),
        identities=list(names),
        orientations=list(sides),
        photo_hashes=[hashlib.sha256(label.encode()).hexdigest() for label in labels],
        model=model,
        cameras=[f"camera {n}" for n in range(len(angles))],
        encounters=[f"night {n}" for n in range(len(angles))],
    )


def asked(angles: Sequence[float], sides: Sequence[str], model: ModelStamp = MODEL) -> Descriptors:
    return made(angles, [""] * len(angles), sides, kind="query", model=model)


def filled(folder: Path, gallery: Descriptors) -> Catalogue:
    catalogue = Catalogue.open(folder / "catalogue.db", create=True)
    catalogue.add(gallery, [folder / path for path in gallery.paths])
    return catalogue


def test_by_hand(tmp_path: Path) -> None:
    gallery = made(
        [0, 60, 30, 90, 10],
        ["Zola", "Zola", "Abu", "Tao", ""],
        ["left", "right", "left", "right", "left"],
    )
    catalogue = filled(tmp_path, gallery)
    answer = identify(asked([10], ["left"]), catalogue)[0]
    assert [c.individual for c in answer.candidates] == ["Zola", "Abu"]
    best = answer.candidates[0]
    assert best.similarity == pytest.approx(np.cos(np.deg2rad(10)), abs=1e-6)
    assert best.photo == str(tmp_path / "gallery 0.jpg")
    assert (best.orientation, best.camera, best.encounter) == ("left", "camera 0", "night 0")
    assert (best.query, best.compared) == ("query 0.jpg", 1)
    assert answer.not_comparable == ("Tao",)
    assert answer.already == ""
    assert "Most like Zola: similarity 0.985, 1 photo compared; next Abu: 0.940." in answer.line
    assert "not a probability" in answer.line


def test_an_unknown_flank_is_compared_with_both_and_says_so(tmp_path: Path) -> None:
    catalogue = filled(
        tmp_path, made([0, 60, 90], ["Zola", "Zola", "Tao"], ["left", "right", "right"])
    )
    answer = identify(asked([80], ["unknown"]), catalogue)[0]
    assert [(c.individual, c.compared) for c in answer.candidates] == [("Tao", 1), ("Zola", 2)]
    assert answer.not_comparable == ()
    assert "both flanks were compared" in answer.line
    assert "flank is unknown" not in identify(asked([80], ["left"]), catalogue)[0].line


@settings(max_examples=25, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_the_ranking_is_that_of_a_naive_loop(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    side = st.sampled_from(ORIENTATIONS)
    name = st.sampled_from(["", "Abu", "Tao", "Uma", "Zola"])
    labels = data.draw(st.lists(st.tuples(name, side), max_size=14))
    query_sides = data.draw(st.lists(side, min_size=1, max_size=4))
    top = data.draw(st.integers(1, 5))
    gallery = made(rng.uniform(0, 360, len(labels)), [n for n, _ in labels], [s for _, s in labels])
    queries = asked(rng.uniform(0, 360, len(query_sides)), query_sides)
    catalogue = filled(tmp_path_factory.mktemp("c"), gallery)

    def naive(rows: Sequence[int]) -> tuple[list[tuple[str, float, int]], list[str]]:
        best: dict[str, float] = {}
        counted: dict[str, set[int]] = {}
        for photo, (who, where) in enumerate(labels):
            for row in rows:
                if who and comparable(query_sides[row], where):
                    cosine = float(queries.vectors[row].astype(float) @ gallery.vectors[photo])
                    best[who] = max(best.get(who, -2), cosine)
                    counted.setdefault(who, set()).add(photo)
        ranked = sorted(best, key=lambda who: -best[who])
        hidden = sorted({who for who, _ in labels if who} - best.keys())
        return [(who, best[who], len(counted[who])) for who in ranked], hidden

    answers = [
        *identify(queries, catalogue, top=top),
        identify_encounter(queries, catalogue, top=top),
    ]
    groups = [*([row] for row in range(len(queries))), list(range(len(queries)))]
    for answer, rows in zip(answers, groups, strict=True):
        ranked, hidden = naive(rows)
        assert [c.individual for c in answer.candidates] == [who for who, _, _ in ranked[:top]]
        assert [c.compared for c in answer.candidates] == [count for _, _, count in ranked[:top]]
        for candidate, (_, cosine, _) in zip(answer.candidates, ranked, strict=False):
            assert candidate.similarity == pytest.approx(cosine, abs=1e-6)
            photo = gallery.paths.index(Path(candidate.photo).name)
            query = queries.paths.index(candidate.query)
            assert gallery.vectors[photo] @ queries.vectors[query] == pytest.approx(
                cosine, abs=1e-6
            )
            assert candidate.orientation == gallery.orientations[photo]
            assert comparable(candidate.orientation, query_sides[query])
        assert list(answer.not_comparable) == hidden
        assert answer.queries == tuple(queries.paths[row] for row in rows)


def test_many_queries_are_answered_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery = made(range(0, 90, 10), [f"tiger {n}" for n in range(9)], ["left"] * 9)
    queries = asked(range(1, 90, 10), ["left"] * 9)
    catalogue = filled(tmp_path, gallery)
    for block in (256, 2):
        monkeypatch.setattr("pawvit.identify._QUERIES", block)
        answers = identify(queries, catalogue)
        assert [a.queries[0] for a in answers] == queries.paths
        assert [a.candidates[0].individual for a in answers] == gallery.identities


def test_equal_similarities_come_by_name(tmp_path: Path) -> None:
    catalogue = filled(tmp_path, made([0, 0, 0], ["Zola", "Abu", "Tao"], ["left"] * 3))
    answer = identify(asked([5], ["left"]), catalogue)[0]
    assert [c.individual for c in answer.candidates] == ["Abu", "Tao", "Zola"]


def test_an_encounter_with_both_flanks_leaves_nobody_out(tmp_path: Path) -> None:
    catalogue = filled(tmp_path, made([0, 90], ["Zola", "Tao"], ["left", "right"]))
    queries = asked([20, 80], ["left", "right"])
    answer = identify_encounter(queries, catalogue)
    assert [(c.individual, c.query) for c in answer.candidates] == [
        ("Tao", "query 1.jpg"),
        ("Zola", "query 0.jpg"),
    ]
    assert answer.not_comparable == ()
    assert [a.not_comparable for a in identify(queries, catalogue)] == [("Tao",), ("Zola",)]


def test_a_picture_is_not_compared_with_itself(tmp_path: Path) -> None:
    gallery = made([0, 10, 20], ["Zola", "Abu", "Zola"], ["left"] * 3)
    catalogue = filled(tmp_path, gallery)
    first, second, _ = identify(gallery, catalogue)
    assert [c.individual for c in first.candidates] == ["Abu", "Zola"]
    assert first.already == "Zola"
    assert first.line.startswith("This very picture is in the catalogue as Zola.")
    # Abu's only photo is the query: nothing is left to compare, but that is no matter of flanks.
    assert [c.individual for c in second.candidates] == ["Zola"]
    assert second.candidates[0].compared == 2
    assert second.not_comparable == ()


def test_nobody_to_compare_with(tmp_path: Path) -> None:
    empty = Catalogue.open(tmp_path / "empty.db", create=True)
    answer = identify(asked([0], ["left"]), empty)[0]
    assert (answer.candidates, answer.not_comparable) == ((), ())
    assert "no other identified photo" in answer.line
    catalogue = filled(tmp_path, made([0, 1], ["Zola", ""], ["right", "left"]))
    answer = identify(asked([0], ["left"]), catalogue)[0]
    assert answer.candidates == ()
    assert answer.not_comparable == ("Zola",)
    assert "other flank" in answer.line
    assert identify(asked([], []), catalogue) == []


def test_a_name_that_was_undone_is_no_candidate(tmp_path: Path) -> None:
    catalogue = filled(tmp_path, made([0, 40], ["Zola", "Abu"], ["left"] * 2))
    catalogue.undo(1, by="me")
    assert [c.individual for c in identify(asked([0], ["left"]), catalogue)[0].candidates] == [
        "Abu"
    ]


def test_another_model_is_refused(tmp_path: Path) -> None:
    catalogue = filled(tmp_path, made([0], ["Zola"], ["left"]))
    with pytest.raises(CatalogueError, match=r"tiger-small.*yak-base"):
        identify(asked([0], ["left"], ModelStamp("b" * 64, "yak-base")), catalogue)


def test_agreement_counts_known_truths_only() -> None:
    def answer(*names: str) -> Answer:
        found = tuple(Candidate(name, 0.5, "p", "left", "", "", "q", 1) for name in names)
        return Answer(("q",), ("left",), found, (), "")

    answers = [answer("a", "b"), answer("b", "a"), answer("b"), answer("a"), answer()]
    found = agreement(answers, ["a", "a", "a", "", "a"])
    assert (found.asked, found.first, found.listed) == (4, 1, 2)


def test_confident_predictions_count_as_given_and_others_do_not(tmp_path: Path) -> None:
    gallery = replace(
        made([0, 10, 20], ["Zola", "Abu", "Tao"], ["unknown"] * 3),
        predicted=["left", "right", "right"],
        confidences=[0.999, 0.999, 0.7],
    )
    catalogue = filled(tmp_path, gallery)
    query = replace(asked([0], ["unknown"]), predicted=["left"], confidences=[0.995])
    answer = identify(query, catalogue)[0]
    assert [c.individual for c in answer.candidates] == ["Zola", "Tao"]  # Tao's flank is unsure
    assert answer.not_comparable == ("Abu",)
    assert (answer.orientations, answer.confidences) == (("left",), (0.995,))
    assert "left (predicted, 99.5%)" in answer.line
    zola, tao = answer.candidates
    assert zola.confidence == pytest.approx(0.999)
    assert (tao.orientation, tao.confidence) == ("unknown", None)

    unsure = replace(query, confidences=[0.8])
    answer = identify(unsure, catalogue)[0]
    assert [c.individual for c in answer.candidates] == ["Zola", "Abu", "Tao"]
    assert "both flanks were compared" in answer.line

    told = replace(query, orientations=["right"])  # people are believed before the model
    answer = identify(told, catalogue)[0]
    assert [c.individual for c in answer.candidates] == ["Abu", "Tao"]
    assert answer.confidences == (None,)


@pytest.mark.parametrize("side", ["front", "back"])
def test_from_the_front_both_flanks_are_compared_and_the_answer_says_so(
    tmp_path: Path, side: str
) -> None:
    catalogue = filled(tmp_path, made([0, 10], ["Zola", "Abu"], ["left", "right"]))
    answer = identify(asked([0], [side]), catalogue)[0]
    assert len(answer.candidates) == 2
    assert f"Seen from the {side}: both flanks were compared." in answer.line


def test_a_candidate_of_unknown_flank_is_named_as_such(tmp_path: Path) -> None:
    catalogue = filled(tmp_path, made([0], ["Zola"], ["unknown"]))
    assert "may be the other one" in identify(asked([0], ["left"]), catalogue)[0].line
