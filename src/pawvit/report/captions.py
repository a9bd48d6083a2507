"""What stands below a figure: what it shows, what its signs mean, and how that was chosen."""

from __future__ import annotations

from collections.abc import Sequence

from pawvit.report.answers import Group

SPREAD = "Photos from all over the table, of different individuals where possible, not by hand."
BY_HAND = "Photos chosen by hand."
GIVEN = "Photos as given."


_WEIGHTS = {
    "descriptor": "Per cent: the part's weight in the aggregation.",
    "parts": "Per cent: the part's weight in the aggregation, which this model does not compare by:"
    " all parts count alike.",
    "regions": "Per cent: the part's share of the animal, by which its region counts.",
}


def tokens_caption(model: str, where: str, rule: str, *, weighed: bool, retrieval: str) -> str:
    """Of a figure of token masks.

    Args:
        model: its name.
        where: the photos come from; "" where they are single files.
        rule: how they were chosen.
        weighed: whether there are part weights.
        retrieval: what photos are compared by; see `ModelConfig`.
    """
    photos = f"photos of {where}" if where else "photos"
    said = [
        f"Masks of the tokens of {model} on {photos}: the brighter in the token's colour, the"
        " surer.",
    ]
    if weighed:
        said.append(_WEIGHTS[retrieval])
    return " ".join([*said, rule])


def maps_caption(where: str, teacher: str, parts: int, rule: str) -> str:
    """Of a figure of part maps, `parts` of them, made by a teacher."""
    return (
        f"Photos of {where} beside their part maps (K = {parts}; teacher: {teacher}), background"
        f" dark. {rule}"
    )


def answers_caption(
    methods: Sequence[str], where: str, protocol: str, rule: str, groups: Sequence[Group]
) -> str:
    """Of a figure of answers.

    Args:
        methods: their names, as their rows stand.
        where: the photos come from.
        protocol: its name.
        rule: how the queries were chosen.
        groups: what is shown.
    """
    rows = f"{methods[0]} above, {methods[1]} below" if len(methods) > 1 else methods[0]
    signs = "✓, thick frame: right; ✗, dashed: wrong"
    queries = [query for group in groups for query in group.asked]
    answers = [one for query in queries for method in query.answers for one in method]
    if any(one.verdict == "other side" for one in answers):
        signs += "; ↔, dotted: the same animal's other side, which counts as wrong"
    return (
        f"Queries and the photos most similar to them, best first: {rows}. {where}, {protocol}."
        f" {rule} {signs}. Numbers: cosine similarity, to compare within a row only."
    )
