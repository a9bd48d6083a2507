"""The end of a training: a linear discriminant behind its best network, where that helps.

Knows the run folder and the training photos; how photos are described and measured is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from jaxtyping import Float32

from pawvit.images import Pixels
from pawvit.model import checkpoint
from pawvit.model.discriminant import fit, fit_pieces
from pawvit.model.network import Heads, Network
from pawvit.training.dataset import TrainingPhotos
from pawvit.training.run import BEST, LAST, Run

BATCH = 16

Pieces = tuple[Float32[np.ndarray, "N *R C"], Float32[np.ndarray, "N R"]]

Describe = Callable[[Network, Sequence[Pixels]], Pieces]
"""The network and N photos → what it compares them by, of length 1, and the pieces' weights."""


def add_discriminant(
    run: Run,
    photos: TrainingPhotos,
    size: int,
    *,
    describe: Describe,
    validate: Callable[[Network], dict[str, float]],
    progress: Callable[[int, int], None],
) -> tuple[float, float] | None:
    """Fits discriminants to the training photos; the selection individuals decide if one stays.

    Both the best checkpoint and the latest are tried: a network that was trained for longer can
    hold more of individuals, though its own descriptors don't yet show it. Nothing is fitted where
    the best checkpoint has a discriminant already, or where no entity has two photos.

    Args:
        run: its best checkpoint is replaced where mAP is the better for it.
        photos: the training set; mirrored photos count as in training.
        size: how many numbers are to be left; fewer where there are fewer entities.
        describe, validate: see `Describe` and `trainer.Validate`.
        progress: called with (photos looked at, all).

    Returns:
        mAP of the selection individuals without and with it, in [0, 1]; None if nothing was fitted.
    """
    best = checkpoint.load_card(run.folder / BEST)
    if best.config.discriminant or not any(len(own) > 1 for own in photos.shows):
        return None
    latest = checkpoint.load_card(run.folder / LAST)
    tried = [BEST] if latest.images_seen == best.images_seen else [BEST, LAST]
    total = len(tried) * len(photos)
    chosen: tuple[Network, Heads, checkpoint.Card] | None = None
    gained = 0.0
    for number, name in enumerate(tried):
        model, heads, card = checkpoint.load(run.folder / name)
        (vectors, weights), entities = _described(
            model, photos, describe, partial(_told, progress, number * len(photos), total)
        )
        width = min(size, len(photos.entities) - 1, model.width)
        if vectors.ndim == 3:
            model.with_discriminant(fit_pieces(vectors, weights, entities, width))
        else:
            model.with_discriminant(fit(vectors, entities, width))
        metrics = validate(model)
        run.log("discriminant", card.images_seen, metrics)
        if metrics["mAP"] > gained:
            gained = metrics["mAP"]
            own = {"config": model.config, "metrics": metrics}
            chosen = model, heads, card.model_copy(update=own)
    if chosen is not None and gained > best.metrics["mAP"]:
        checkpoint.save(run.folder / BEST, *chosen)
    return best.metrics["mAP"], gained


def _told(progress: Callable[[int, int], None], before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _described(
    model: Network,
    photos: TrainingPhotos,
    describe: Describe,
    progress: Callable[[int], None],
) -> tuple[Pieces, np.ndarray]:
    shown = {one: entity for entity, own in enumerate(photos.shows) for one in own}
    vectors: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    entities: list[int] = []

    def fail(index: int, error: Exception) -> None:
        raise error

    for indices, pictures in photos.table.batches(range(len(photos)), BATCH, fail):
        for mirrored in (False, True):
            kept = [place for place, index in enumerate(indices) if (index, mirrored) in shown]
            if kept:
                turned = [pictures[place][:, :: -1 if mirrored else 1] for place in kept]
                found, seen = describe(model, turned)
                vectors.append(found)
                weights.append(seen)
                entities += [shown[indices[place], mirrored] for place in kept]
        progress(indices[-1] + 1)
    return (np.concatenate(vectors), np.concatenate(weights)), np.array(entities)
