"""What a linear discriminant adds to a network, trained and untrained, on the same photos.

A trained network that has one keeps its own.

    python benchmarks/discriminant.py photos.csv RUN --split val

Fitted to the split `train` and its mirrored photos; leave-one-out, flank unknown and known.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from pawvit import evaluation, protocols
from pawvit.embedder import BEST, Embedder
from pawvit.model import checkpoint
from pawvit.model.discriminant import fit
from pawvit.photos import PhotoTable, entity_of, mirrored_entity
from pawvit.readers import read_table

Vectors = npt.NDArray[np.float32]


def described(embedder: Embedder, table: PhotoTable, *, mirrored: bool = False) -> Vectors:
    step = -1 if mirrored else 1
    photos = (table.read(index)[:, ::step] for index in range(len(table)))
    return np.concatenate([embedder.embed([photo]).vectors for photo in photos])


def unit(vectors: Vectors) -> Vectors:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--split", default="val")
    parser.add_argument("--size", type=int, default=64)
    given = parser.parse_args()
    table = read_table(given.photos)
    learn, asked = table.part("train"), table.part(given.split)
    sides = zip(learn.identities, learn.orientations, strict=True)
    plain, turned = zip(*[(entity_of(*one), mirrored_entity(*one)) for one in sides], strict=True)
    _, entities = np.unique(plain + turned, return_inverse=True)

    model, _, card = checkpoint.load(given.run / BEST)
    bare = card.config.model_copy(update={"discriminant": 0})
    trained = Embedder.load(given.run)
    model.config, model.discriminant = bare, None
    without = Embedder(model, bare, trained.stamp)
    untrained = Embedder.before_training(card.config, card.weights)
    rows: dict[str, Vectors] = {}
    for name, embedder in (("untrained", untrained), ("PAW-ViT", without)):
        rows[name] = described(embedder, asked)
        if embedder is without and card.config.discriminant:
            rows[f"{name}, discriminant"] = described(trained, asked)
            continue
        both = [described(embedder, learn, mirrored=turn) for turn in (False, True)]
        vectors = np.concatenate(both)
        found = fit(vectors, entities, min(given.size, entities.max(), vectors.shape[1]))
        rows[f"{name}, discriminant"] = unit(found(torch.from_numpy(rows[name])).numpy())
    for known in (False, True):
        rule = protocols.leave_one_out(asked, flank_known=known)
        results = {name: evaluation.evaluate(vectors, rule) for name, vectors in rows.items()}
        print(f"\nflank {'known' if known else 'unknown'}\n{evaluation.MARKDOWN_HEADER}")
        for name, result in results.items():
            print(result.markdown_row(name))
        trained_ones, plain_ones = list(results)[2:], list(results)[:2]
        for first, second in product(trained_ones, plain_ones):
            gain = evaluation.compare(results[first], results[second])
            said = f"{first} − {second}: mAP {gain.differences['map_queries']:+.1%}"
            if gain.intervals:  # one individual alone has none
                low, high = gain.intervals["map_queries"]
                said += f" ({low:+.1%} … {high:+.1%})"
            print(said)


if __name__ == "__main__":
    main()
