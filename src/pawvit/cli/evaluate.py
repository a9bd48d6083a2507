"""`pawvit evaluate`: a model and labelled photos → the field's numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pawvit.evaluation import Evaluation


def evaluate(
    photos: Annotated[Path, typer.Argument(help="Photo table or folder by identity.")],
    model: Annotated[Path, typer.Option("--model", "-m", help="Run folder or checkpoint.")],
    split: Annotated[
        str | None, typer.Option(help="Leave-one-out over the photos of this split.")
    ] = None,
    roles: Annotated[
        str | None,
        typer.Option(help="Query against gallery, by this column's cells `query` and `gallery`."),
    ] = None,
    untrained: Annotated[
        bool, typer.Option("--untrained", help="Also the backbone before any training.")
    ] = False,
    flip: Annotated[
        bool, typer.Option("--flip", help="Join the descriptors of a photo and its mirror image.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the numbers as JSON.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")] = None,
) -> None:
    """Measure how well a model finds the same animal again.

    Leave-one-out: every photo asks all others. With orientations both cases are reported: the flank
    unknown (all others are candidates) and known (opposite flanks are none). Intervals: 95 %, by
    resampling individuals.
    """
    from pawvit import evaluation, files, protocols
    from pawvit.embedder import Embedder
    from pawvit.errors import PhotoTableError
    from pawvit.model import checkpoint
    from pawvit.readers import read_photos
    from pawvit.training.run import BEST
    from pawvit.training.trainer import choose_device

    table = read_photos(photos)
    if split is not None:
        table = table.part(split)
    chosen = choose_device(device)
    embedders = [Embedder.load(model, device=chosen, flip=flip)]
    if untrained:
        card = checkpoint.load_card(model / BEST if model.is_dir() else model)
        before = Embedder.before_training(card.config, card.weights, device=chosen, flip=flip)
        embedders.append(before)
    known = [False, True] if table.has_orientation else [False]
    rules = [
        protocols.query_gallery(table, column=roles, flank_known=flank)
        if roles
        else protocols.leave_one_out(table, flank_known=flank)
        for flank in known
    ]
    found: dict[str, list[evaluation.Evaluation]] = {}
    for embedder in embedders:
        with bar(embedder.stamp.name) as progress:
            descriptors, unreadable = embedder.embed_table(table, progress=progress)
        if unreadable:
            raise PhotoTableError("photos can't be read", problems=unreadable, where=photos)
        found[embedder.stamp.name] = [
            evaluation.evaluate(descriptors.vectors, rule) for rule in rules
        ]
    for number in range(len(rules)):
        show({name: results[number] for name, results in found.items()})
    if untrained:
        trained, plain = found.values()
        for one, other in zip(trained, plain, strict=True):
            gain = evaluation.compare(one, other)
            low, high = gain.intervals["map_queries"]
            console.print(
                f"{one.name}: mAP {gain.differences['map_queries']:+.1%} over the untrained"
                f" backbone (95 % interval {low:+.1%} … {high:+.1%})"
            )
    if out is not None:
        results = {name: [one.as_dict() for one in all_] for name, all_ in found.items()}
        files.write_json(out, results)


def show(results: Mapping[str, Evaluation]) -> None:
    """Prints a table: a row a method with its intervals, and chance."""
    from rich.table import Table

    from pawvit.evaluation import METRICS

    titles = {
        "map_queries": "mAP",
        "map_entities": "mAP, entities",
        "rank1": "rank-1",
        "rank5": "rank-5",
        "rank10": "rank-10",
        "minp": "mINP",
    }
    first = next(iter(results.values()))
    console.print(
        f"{first.name}: {first.valid} of {first.queries} queries have an answer,"
        f" {first.entities} entities, {first.identities} individuals; in per cent"
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in METRICS:
        table.add_column(titles[name], justify="right")
    for label, result in results.items():
        cells = []
        for name in METRICS:
            cell = f"{100 * getattr(result, name):.1f}"
            if name in result.intervals:
                low, high = result.intervals[name]
                cell += f"\n{100 * low:.0f}–{100 * high:.0f}"
            cells.append(cell)
        table.add_row(label, *cells)
    table.add_row("chance", *[f"{100 * first.chance[name]:.1f}" for name in METRICS])
    console.print(table)
