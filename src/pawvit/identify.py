"""Who is this? Descriptors of a photo or an encounter → ranked candidates from the catalogue.

Knows descriptors, flanks and the catalogue; it knows no pixels and no networks. The score is the
raw cosine similarity of two photos: it ranks candidates of one query, but it is no probability,
and no value of it means "this is the one" or "this is someone new".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int

from pawvit.anatomy import ORIENTATIONS, comparable, side_label
from pawvit.catalogue import Catalogue, Photo
from pawvit.catalogue.search import best_of_each
from pawvit.descriptors import Descriptors, ModelStamp

_QUERIES = 256  # at a time: against 100,000 photos their comparison takes some 150 MB


@dataclass(frozen=True)
class Candidate:
    """An individual that the query may show.

    Args:
        individual: its name.
        similarity: cosine of the query and the best comparable photo, in [−1, 1]; no probability.
        photo: the absolute path of that photo, with its orientation, camera and encounter ("" is
            unknown): the evidence to look at.
        query: the query photo that it is most like.
        compared: how many photos of the individual were compared.
        box: where on the photo it is, as in a photo table; "" is the whole picture.
        confidence: of the model in that orientation, in [0, 1]; None where people gave it, or
            nobody knows it.
    """

    individual: str
    similarity: float
    photo: str
    orientation: str
    camera: str
    encounter: str
    query: str
    compared: int
    box: str = ""
    confidence: float | None = None


@dataclass(frozen=True)
class Agreement:
    """How often answers were right: of `asked` photos, `first` in place 1, `listed` in any."""

    asked: int
    first: int
    listed: int


@dataclass(frozen=True)
class Answer:
    """What the catalogue knows about one photo, or about one encounter.

    Args:
        queries: the paths of the photos asked about.
        orientations: of each of them, as given or as predicted with confidence.
        candidates: the most similar individual first; equal ones by name.
        not_comparable: individuals of whom the catalogue has the other flank only, by name. They
            may well be the one: nothing speaks for or against them.
        already: the name under which one of these very pictures is in the catalogue, else "". It
            is not compared with itself.
        confidences: of the model in each of the orientations; None where it was given or is
            unknown. An empty tuple means that none was predicted.
    """

    queries: tuple[str, ...]
    orientations: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    not_comparable: tuple[str, ...]
    already: str
    confidences: tuple[float | None, ...] = ()

    @property
    def line(self) -> str:
        """The answer in plain words."""
        said = []
        if self.already:
            said.append(f"This very picture is in the catalogue as {self.already}.")
        if self.candidates:
            best = self.candidates[0]
            photos = "1 photo" if best.compared == 1 else f"{best.compared} photos"
            said.append(
                f"Most like {best.individual}: similarity {best.similarity:.3f}, {photos} compared"
                f"{self._next()}. Compare the pictures: similarity is not a probability."
            )
        elif self.not_comparable:
            said.append("Nobody to compare with: the catalogue has other flanks only.")
        else:
            said.append("Nobody to compare with: the catalogue has no other identified photo.")
        return " ".join(said + self._flanks())

    def _next(self) -> str:
        """How close the second individual comes: a lead of nothing should not look like one."""
        if len(self.candidates) < 2:
            return ""
        second = self.candidates[1]
        return f"; next {second.individual}: {second.similarity:.3f}"

    def _flanks(self) -> list[str]:
        """What is said of the sides that the photos show."""
        said = []
        for number, side in enumerate(self.orientations):
            confidence = self.confidences[number] if self.confidences else None
            if confidence is not None:
                said.append(
                    f"The flank is taken for {side_label(side, confidence)}, nobody gave it;"
                    " the other flank was left out."
                )
            elif side == "unknown":
                said.append("The flank is unknown: both flanks were compared.")
            elif side in ("front", "back"):
                said.append(f"Seen from the {side}: both flanks were compared.")
        if self.candidates and self.candidates[0].orientation == "unknown":
            said.append("Its best photo's flank is unknown: it may be the other one.")
        return list(dict.fromkeys(said))


def identify(queries: Descriptors, catalogue: Catalogue, *, top: int = 5) -> list[Answer]:
    """Ranks the individuals of the catalogue for each query photo.

    Photos of opposite flanks, given or predicted with confidence, are never compared
    (`anatomy.comparable`); a photo of unknown orientation, or from the front or the back, is
    compared with all. Unidentified photos of the
    catalogue are no candidates.

    Args:
        queries: of N photos; their identities are not looked at.
        catalogue: of the same model.
        top: how many candidates an answer lists at most.

    Returns:
        N answers, in the order of the queries.

    Raises:
        CatalogueError: another model made the queries' descriptors.
    """
    gallery = _Gallery.of(catalogue, queries.model)
    answers = []
    for start in range(0, len(queries), _QUERIES):
        block = queries.take(range(start, min(start + _QUERIES, len(queries))))
        comparison = _compare(block, gallery)
        answers += [_answer(comparison, block, [row], top) for row in range(len(block))]
    return answers


def agreement(answers: Sequence[Answer], identities: Sequence[str]) -> Agreement:
    """How often the answers have the right individual, where the truth is known.

    Args:
        answers: each about one photo.
        identities: the truth, one an answer; "" is unknown and is not counted.
    """
    ranks = [
        [candidate.individual for candidate in answer.candidates].index(truth) + 1
        if truth in [candidate.individual for candidate in answer.candidates]
        else 0
        for answer, truth in zip(answers, identities, strict=True)
        if truth
    ]
    return Agreement(len(ranks), ranks.count(1), len(ranks) - ranks.count(0))


def identify_encounter(queries: Descriptors, catalogue: Catalogue, *, top: int = 5) -> Answer:
    """As `identify`, for photos that are known to show one animal: one answer for all of them.

    An individual's similarity is the best over all pairs of a query photo and a comparable photo
    of it; so an encounter with both flanks leaves nobody out as not comparable.
    """
    comparison = _compare(queries, _Gallery.of(catalogue, queries.model))
    return _answer(comparison, queries, list(range(len(queries))), top)


@dataclass(frozen=True)
class _Gallery:
    """The N identified photos of the catalogue and their M individuals."""

    photos: list[Photo]
    vectors: Float32[np.ndarray, "N C"]
    names: list[str]  # M, sorted
    owners: Int[np.ndarray, "N"]  # positions in `names`

    @classmethod
    def of(cls, catalogue: Catalogue, model: ModelStamp) -> _Gallery:
        catalogue.require(model)
        vectors, photos = catalogue.matrix(model.id)
        named = [row for row, photo in enumerate(photos) if photo.individual]
        names = sorted({photos[row].individual for row in named})
        number_of = {name: number for number, name in enumerate(names)}
        owners = np.array([number_of[photos[row].individual] for row in named], dtype=np.intp)
        return cls([photos[row] for row in named], vectors[named], names, owners)


@dataclass(frozen=True)
class _Comparison:
    """Q queries against a gallery."""

    gallery: _Gallery
    same_side: Bool[np.ndarray, "Q N"]
    allowed: Bool[np.ndarray, "Q N"]  # same side, and not the very same picture
    scores: Float32[np.ndarray, "Q M"]
    rows: Int[np.ndarray, "Q M"]  # of the best photo in the gallery


def _compare(queries: Descriptors, gallery: _Gallery) -> _Comparison:
    sides = np.array([photo.side for photo in gallery.photos], dtype=np.str_)
    seen_with = {
        side: np.isin(sides, [other for other in ORIENTATIONS if comparable(side, other)])
        for side in set(queries.sides)
    }
    same_side = np.zeros((len(queries), len(sides)), dtype=np.bool_)
    for row, side in enumerate(queries.sides):
        same_side[row] = seen_with[side]
    allowed = same_side.copy()
    picture = {photo.sha256: row for row, photo in enumerate(gallery.photos)}
    for row, digest in enumerate(queries.photo_hashes):
        if digest in picture:
            allowed[row, picture[digest]] = False
    scores, rows = best_of_each(
        queries.vectors, gallery.vectors, gallery.owners, allowed, len(gallery.names)
    )
    return _Comparison(gallery, same_side, allowed, scores, rows)


def _answer(found: _Comparison, queries: Descriptors, asked: list[int], top: int) -> Answer:
    """One answer for the queries at these rows together."""
    names, photos, owners = found.gallery.names, found.gallery.photos, found.gallery.owners
    compared = np.bincount(owners[found.allowed[asked].any(axis=0)], minlength=len(names))
    visible = np.bincount(owners[found.same_side[asked].any(axis=0)], minlength=len(names))
    best = found.scores[asked].max(axis=0, initial=-np.inf)
    # The names are sorted and the sort is stable: equal scores come by name.
    ranking = [int(who) for who in np.argsort(-best, kind="stable") if compared[who]]
    candidates = []
    for who in ranking[:top]:
        query = asked[int(found.scores[asked, who].argmax())]
        photo = photos[found.rows[query, who]]
        candidates.append(
            Candidate(
                individual=photo.individual,
                similarity=float(best[who]),
                photo=photo.path,
                orientation=photo.side,
                camera=photo.camera,
                encounter=photo.encounter,
                query=queries.paths[query],
                compared=int(compared[who]),
                box=photo.box,
                confidence=photo.confidence if photo.was_predicted else None,
            )
        )
    hashes = {queries.photo_hashes[query] for query in asked}
    sides = queries.sides
    already = [photo.individual for photo in photos if photo.sha256 in hashes]
    return Answer(
        queries=tuple(queries.paths[query] for query in asked),
        orientations=tuple(sides[query] for query in asked),
        candidates=tuple(candidates),
        not_comparable=tuple(names[who] for who in np.flatnonzero(visible == 0)),
        already=already[0] if already else "",
        confidences=tuple(
            queries.confidences[query] if sides[query] != queries.orientations[query] else None
            for query in asked
        ),
    )
