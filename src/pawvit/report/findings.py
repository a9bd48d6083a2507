"""A run folder and its photos → everything that a report shows, each thing computed once.

Knows the run, the network and the protocol; it knows no HTML and draws nothing.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from pawvit.audit import Problem, check_labels
from pawvit.descriptors import Descriptors, ModelStamp
from pawvit.embedder import Embedder
from pawvit.errors import ConfigError, PartMapError
from pawvit.evaluation import Evaluation, MatchCurve, evaluate, match_curve
from pawvit.model import checkpoint
from pawvit.partmaps import PartMaps
from pawvit.photos import PhotoTable
from pawvit.protocols import leave_one_out
from pawvit.report.choice import spread
from pawvit.report.history import History, read_history
from pawvit.report.tokens import Masks, look
from pawvit.training.config import TrainConfig
from pawvit.training.run import BEST, DONE, open_run

EXAMPLES = 6
"""Photos whose masks are shown."""


@dataclass(frozen=True, eq=False)
class Size:
    """How large a model is: parameters of the network and of its training heads, and file bytes."""

    network: int
    heads: int
    file: int


@dataclass(frozen=True, eq=False)
class Findings:
    """What is known of a run.

    Attributes:
        folder: the run's.
        config, facts: as the run was set and begun.
        card: of its best checkpoint.
        history: its log.
        finished: whether the training came to its end.
        table: all photos that the run was given.
        learn, asked: the photos trained on, and those that the model was asked about.
        split: what the latter are called.
        chose: whether they are the ones that chose the checkpoint.
        maps: the training's part maps; None where they can't be opened any more.
        problems: what is wrong with the table, as far as labels tell.
        descriptors: of `asked`, in its order.
        masks: K + 1 of h × w (`tokens.token_masks`) of `EXAMPLES` of them, by position; none
            of a network without parts.
        results: leave-one-out over `asked`: flank unknown, and flank known where it is.
        curves: the CMC of each result.
        seconds: a photo, from the file to the descriptor.
        device: where that was measured.
        size: of the model.
    """

    folder: Path
    config: TrainConfig
    facts: dict[str, Any]
    card: checkpoint.Card
    history: History
    finished: bool
    table: PhotoTable
    learn: PhotoTable
    asked: PhotoTable
    split: str
    chose: bool
    maps: PartMaps | None
    problems: list[Problem]
    descriptors: Descriptors
    masks: dict[int, Masks]
    results: list[Evaluation]
    curves: list[MatchCurve]
    seconds: float
    device: str
    size: Size


def gather(
    run: str | os.PathLike[str],
    table: PhotoTable,
    learn: PhotoTable,
    asked: PhotoTable,
    *,
    split: str,
    device: torch.device,
    progress: Callable[[int, int], None] | None = None,
) -> Findings:
    """Looks once at every photo of `asked` and measures the model on them.

    Args:
        run: a run folder with a best checkpoint.
        table, learn, asked: all photos, those trained on, those to ask about.
        split: the name of the latter.
        device: where to compute.
        progress: called with (photos done, photos).

    Raises:
        ConfigError: the folder holds no training, or one without a checkpoint yet.
        CheckpointError: the checkpoint can't be used.
        PhotoTableError: photos can't be read, or none of them has an identity.
    """
    folder = Path(run)
    config, facts = open_run(folder)
    best = folder / BEST
    if not best.is_file():
        raise ConfigError(
            "the training has no best checkpoint yet",
            where=folder,
            mend="the first one is written after the first evaluation (evaluate_every in"
            f" config.yaml: {config.evaluate_every} images); ask again then",
        )
    model, heads, card = checkpoint.load(best)
    size = Size(_parameters(model), _parameters(heads), best.stat().st_size)
    stamp = ModelStamp(card.id, folder.resolve().name, card.config.parts)
    embedder = Embedder(model, card.config, stamp, device=device)
    begun = time.perf_counter()
    descriptors, masks = look(embedder, heads, asked, spread(asked, EXAMPLES), progress)
    seconds = (time.perf_counter() - begun) / len(asked)
    known = [False, True] if asked.has_orientation else [False]
    results = [
        evaluate(descriptors.vectors, leave_one_out(asked, flank_known=flank)) for flank in known
    ]
    return Findings(
        folder=folder,
        config=config,
        facts=facts,
        card=card,
        history=read_history(folder),
        finished=(folder / DONE).exists(),
        table=table,
        learn=learn,
        asked=asked,
        split=split,
        chose=split == facts["select_split"],
        maps=_maps(facts["maps"]),
        problems=check_labels(table),
        descriptors=descriptors,
        masks=masks,
        results=results,
        curves=[match_curve(result) for result in results],
        seconds=seconds,
        device=device.type,
        size=size,
    )


def confusions(found: Evaluation, identities: list[str]) -> list[Confusion]:
    """Pairs of individuals of which one was the best answer to a query of the other, worst first.

    Args:
        found: an evaluation.
        identities: of all its photos, by position.
    """
    asked = Counter(identities[position] for position in found.position)
    pairs: dict[tuple[str, str], list[tuple[float, int, int]]] = {}
    for query, best, similarity in zip(
        found.position, found.scores.top[:, 0], found.scores.similarity[:, 0], strict=True
    ):
        one, other = identities[query], identities[best]
        if best >= 0 and other and one != other:
            pair = (min(one, other), max(one, other))
            pairs.setdefault(pair, []).append((float(similarity), int(query), int(best)))
    listed = [
        Confusion(pair, len(cases), asked[pair[0]] + asked[pair[1]], *max(cases))
        for pair, cases in pairs.items()
    ]
    return sorted(listed, key=lambda one: (-one.cases, -one.similarity))


@dataclass(frozen=True)
class Confusion:
    """Two individuals that were taken for each other.

    Attributes:
        pair: their names.
        cases: how many queries of either had a photo of the other as the best answer.
        queries: how many queries there were of both.
        similarity, query, answer: of the most similar such photos: cosine and positions.
    """

    pair: tuple[str, str]
    cases: int
    queries: int
    similarity: float
    query: int
    answer: int


def _maps(folder: str) -> PartMaps | None:
    if not folder:
        return None
    try:
        return PartMaps.open(folder)
    except PartMapError:
        return None


def _parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
