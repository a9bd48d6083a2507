"""Evaluations → queries with their answers, chosen by a rule that is said, and their photos.

Knows evaluations, protocols and photo tables; it knows no network, and draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pawvit.errors import InputError
from pawvit.evaluation import Evaluation
from pawvit.images import Pixels
from pawvit.photos import PhotoTable
from pawvit.protocols import Protocol
from pawvit.report.choice import by_outcome, even_steps, named, who_is_on
from pawvit.report.pictures import PRINT_SIDE, shrink

Verdict = Literal["right", "wrong", "other side"]


@dataclass(frozen=True)
class Ranked:
    """An answer: its position among the photos, its cosine similarity, and what it is worth."""

    place: int
    similarity: float
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Answered:
    """One answer: its photo, who is on it, its cosine similarity, and what it is worth."""

    photo: Pixels
    who: str
    similarity: float
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Asked:
    """A query with the answers of each method, best first."""

    photo: Pixels
    who: str
    answers: Sequence[Sequence[Answered]]


@dataclass(frozen=True)
class Group:
    """Queries under one title; "" is none."""

    title: str
    asked: Sequence[Asked]


@dataclass(frozen=True)
class Choice:
    """Queries to show.

    Attributes:
        groups: rows of the evaluations under a title; "" is none.
        rule: how they were chosen, in a sentence.
    """

    groups: tuple[tuple[str, list[int]], ...]
    rule: str


def ranked(
    result: Evaluation,
    row: int,
    top: int,
    entities: Sequence[object],
    identities: Sequence[object],
) -> list[Ranked]:
    """The best answers to the query in a row of an evaluation, at most `top` of those it kept.

    Args:
        result: an evaluation.
        row: of its arrays.
        top: how many.
        entities, identities: of all photos, by position: names, or a protocol's codes.
    """
    query = int(result.position[row])
    found = []
    for rank, place in enumerate(result.scores.top[row, :top].tolist()):
        if place < 0:
            continue
        verdict: Verdict = "wrong"
        if entities[place] == entities[query]:
            verdict = "right"
        elif identities[place] == identities[query]:
            verdict = "other side"
        found.append(Ranked(place, float(result.scores.similarity[row, rank]), verdict))
    return found


def choose(results: Sequence[Evaluation], names: Sequence[str], number: int) -> Choice:
    """Queries that are chosen by rule.

    Of one method, at even steps of its average precision; of two, `number` each of those that only
    the first answers right at rank 1, only the second, and neither.

    Args:
        results: of one method, or of two under the same protocol.
        names: of the methods.
        number: of queries, in all or of each kind.
    """
    if len(results) == 1:
        rows = even_steps(results[0], number)
        return Choice(
            (("", rows),),
            f"Queries at even steps from the best to the worst average precision"
            f" ({len(rows)} of {results[0].valid}), of different individuals where possible.",
        )
    one, other = names
    outcomes = by_outcome(results[0], results[1], number)
    titles = {
        (True, False): f"only {one} right at rank 1",
        (False, True): f"only {other} right at rank 1",
        (False, False): "neither right at rank 1",
    }
    valid = results[0].valid
    if not outcomes:
        rows = even_steps(results[0], number)
        return Choice(
            ((f"Both right at rank 1: {valid} of {valid} queries", rows),),
            "Queries at even steps from the best to the worst average precision"
            f" of {one}: there is none that either method gets wrong.",
        )
    counts = [f"{titles[o.first, o.second]}: {o.total}" for o in outcomes]
    both = int((results[0].scores.within(1) & results[1].scores.within(1)).sum())
    steps = "the middle one" if number == 1 else f"up to {number} at even steps"
    return Choice(
        tuple(
            (
                f"{_capital(titles[o.first, o.second])}: {o.total} of {valid} queries",
                o.rows,
            )
            for o in outcomes
        ),
        f"Queries by rule, not by hand: of each kind {steps} by the average precision of {one}."
        f" Of {valid} queries: {'; '.join(counts)}; both right: {both} (not shown).",
    )


def choose_by_name(result: Evaluation, table: PhotoTable, paths: Sequence[str]) -> Choice:
    """The queries with these paths.

    Raises:
        PhotoTableError: the table has no such photo.
        InputError: a photo is no query with a right answer under the protocol.
    """
    row_of = {int(position): row for row, position in enumerate(result.position)}
    places = named(table, paths)
    unasked = [table.paths[place] for place in places if place not in row_of]
    if unasked:
        raise InputError(
            f"no right answer to be found under {result.name!r} for: {', '.join(unasked)}",
            where=table.source,
            mend="ask with a photo of an individual that has another one there that may answer",
        )
    return Choice((("", [row_of[place] for place in places]),), "Queries chosen by hand.")


def read_groups(
    chosen: Choice,
    results: Sequence[Evaluation],
    table: PhotoTable,
    protocol: Protocol,
    top: int,
) -> list[Group]:
    """The chosen queries with the `top` best answers of each method; raises ImageError.

    Args:
        chosen: rows of the results.
        results: one a method.
        table: the photos, in the order of the protocol's.
        protocol: that of the results.
        top: how many answers.
    """
    entities, identities = protocol.entity.tolist(), protocol.identity.tolist()

    def answered(one: Ranked) -> Answered:
        photo = shrink(table.read(one.place), PRINT_SIDE)
        return Answered(photo, who_is_on(table, one.place), one.similarity, one.verdict)

    def asked(row: int) -> Asked:
        place = int(results[0].position[row])
        answers = [
            [answered(one) for one in ranked(result, row, top, entities, identities)]
            for result in results
        ]
        return Asked(shrink(table.read(place), PRINT_SIDE), who_is_on(table, place), answers)

    return [Group(title, [asked(row) for row in rows]) for title, rows in chosen.groups]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
