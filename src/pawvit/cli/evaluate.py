"""`pawvit evaluate`: a model and labelled photos → the field's numbers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pawvit.embedder import Embedder
    from pawvit.evaluation import Evaluation
    from pawvit.photos import PhotoTable
    from pawvit.protocols import Benchmark, Protocol


TITLES = {
    "map_queries": "mAP",
    "map_entities": "mAP, entities",
    "rank1": "rank-1",
    "rank5": "rank-5",
    "rank10": "rank-10",
    "minp": "mINP",
}


COMPARED = ("map_queries", "map_entities", "rank1", "rank5")
"""What of it is told of differences: intervals take room."""

Cell = tuple[float, tuple[float, float] | None, str, str]
"""A share and its interval, and how both are written in per cent."""


class Rule(StrEnum):
    """Who may answer whom."""

    leave_one_out = "leave-one-out"
    cross_encounter = "cross-encounter"
    query_gallery = "query-gallery"
    atrw = "atrw"
    atrw_wild = "atrw-wild"
    yakreid_simple = "yakreid-simple"
    yakreid_hard = "yakreid-hard"


def evaluate(
    photos: Annotated[
        Path,
        typer.Argument(help="Photo table, folder by identity, or folder of ATRW, YakReID-103."),
    ],
    model: Annotated[Path, typer.Option("--model", "-m", help="Run folder or checkpoint.")],
    protocol: Annotated[
        Rule | None,
        typer.Option(
            help="leave-one-out (the default): every photo asks all others. cross-encounter: never"
            " those of its own encounter. query-gallery: by the cells of `--roles`. atrw,"
            " atrw-wild, yakreid-simple, yakreid-hard: the official tests; the folder holds their"
            " lists and pictures, and what is missing is named."
        ),
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            help="ATRW's ground truth, where PHOTOS is a table: gt_test_plain.json, or"
            " gt_test_wild.json for the boxes of a detector."
        ),
    ] = None,
    split: Annotated[str | None, typer.Option(help="Only the photos of this split.")] = None,
    roles: Annotated[
        str | None,
        typer.Option(
            help="Query against gallery, by this column's cells `query` and `gallery`; `split` for"
            " the protocol query-gallery unless given."
        ),
    ] = None,
    untrained: Annotated[
        bool, typer.Option("--untrained", help="Also the backbone before any training.")
    ] = False,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Also this model, and by how much MODEL is above it; may be repeated."),
    ] = None,
    flip: Annotated[
        bool | None,
        typer.Option(
            "--flip/--no-flip",
            help="Join the descriptors of a photo and its mirror image; as the protocol has it"
            " unless given: only ATRW's do.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the numbers as JSON.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")] = None,
) -> None:
    """Measure how well a model finds the same animal again.

    With orientations both cases are reported: the flank unknown (all others are candidates) and
    known (opposite flanks are none); the official tests know no flanks. Intervals: 95 %, by
    resampling individuals.
    """
    from pawvit import evaluation, files
    from pawvit.embedder import Embedder
    from pawvit.errors import PhotoTableError
    from pawvit.model import checkpoint
    from pawvit.training.run import BEST
    from pawvit.training.trainer import choose_device

    table, rules, official = asked(photos, protocol, truth=truth, split=split, roles=roles)
    if flip is None:
        flip = official is not None and official.flip
    chosen = choose_device(device)
    sources = [model, *(against or [])]
    loaded = [Embedder.load(source, device=chosen, flip=flip) for source in sources]
    embedders = dict(zip(labels(loaded, sources), loaded, strict=True))
    if untrained:
        card = checkpoint.load_card(model / BEST if model.is_dir() else model)
        before = Embedder.before_training(card.config, card.weights, device=chosen, flip=flip)
        embedders[before.stamp.name] = before
    found: dict[str, list[evaluation.Evaluation]] = {}
    for name, embedder in embedders.items():
        with bar(name) as progress:
            descriptors, unreadable = embedder.embed_table(table, progress=progress)
        if unreadable:
            raise PhotoTableError("photos can't be read", problems=unreadable, where=photos)
        found[name] = [evaluation.evaluate(descriptors.vectors, rule) for rule in rules]
    for number in range(len(rules)):
        show({name: results[number] for name, results in found.items()})
    if official is not None and len(rules) > 1:
        for name, groups in found.items():
            mean = sum(one.map_queries for one in groups) / len(groups)
            console.print(f"{name}: mmAP {mean:.1%}, the mean of both mAP")
    if len(found) > 1:
        show_gains(found)
    if out is not None:
        results = {name: [one.as_dict() for one in all_] for name, all_ in found.items()}
        files.write_json(out, results)


def labels(embedders: Sequence[Embedder], sources: Sequence[Path]) -> list[str]:
    """What to call models: by their own names, or as they were asked for where two have one name.

    Raises:
        InputError: one is there twice.
    """
    from pawvit.errors import InputError

    names = [embedder.stamp.name for embedder in embedders]
    if len(set(names)) == len(names):
        return names
    if len(set(sources)) < len(sources):
        raise InputError(
            "a model is compared with itself",
            where=", ".join(map(str, sources)),
            mend="give another one to --against",
        )
    return [str(source) for source in sources]


def asked(
    photos: Path,
    protocol: Rule | None,
    *,
    truth: Path | None = None,
    split: str | None = None,
    roles: str | None = None,
) -> tuple[PhotoTable, list[Protocol], Benchmark | None]:
    """The photos, who may answer whom, and which official test that is, if any."""
    from pawvit.protocols import BENCHMARKS
    from pawvit.readers import known_set, read_photos

    rule = _chosen(protocol, roles)
    if rule in BENCHMARKS:
        return *_official(photos, BENCHMARKS[rule], truth, split), BENCHMARKS[rule]
    table = read_photos(photos)
    if protocol is None and (known := known_set(photos)):
        official = ", ".join(name for name in BENCHMARKS if name.startswith(known))
        console.print(f"the official tests of this set: --protocol {official}", style="yellow")
    if split is not None:
        table = table.part(split)
    return table, _of_table(table, rule, roles or "split"), None


def _chosen(protocol: Rule | None, roles: str | None) -> str:
    """The rule's name; --roles alone means query-gallery."""
    from pawvit.errors import InputError

    if roles is not None and protocol not in (None, Rule.query_gallery):
        raise InputError(
            f"--roles says query against gallery, --protocol says {protocol}",
            mend="leave one of the two out",
        )
    return str(protocol or (Rule.query_gallery if roles else Rule.leave_one_out))


def _of_table(table: PhotoTable, rule: str, column: str) -> list[Protocol]:
    """A protocol with the flank unknown, and one with it known where there are orientations."""
    from pawvit import protocols

    known = [False, True] if table.has_orientation else [False]
    if rule == Rule.query_gallery:
        return [protocols.query_gallery(table, column=column, flank_known=flank) for flank in known]
    if rule == Rule.cross_encounter:
        return [protocols.cross_encounter(table, flank_known=flank) for flank in known]
    return [protocols.leave_one_out(table, flank_known=flank) for flank in known]


def _official(
    photos: Path, benchmark: Benchmark, truth: Path | None, split: str | None
) -> tuple[PhotoTable, list[Protocol]]:
    """The photos of an official test and its protocols; says what is not as officially."""
    from pawvit.readers import read_benchmark, read_photos

    if photos.is_dir() and truth is None:
        table, truth = read_benchmark(photos, benchmark.name)
        if benchmark.name == Rule.atrw_wild:
            console.print(
                "the boxes are the ground truth's own, as a perfect detector would find them;"
                " for a detector's, give a table of boxes and --truth",
                style="yellow",
            )
    else:
        table = read_photos(photos)
    if split is not None:
        table = table.part(split)
    table, rules = benchmark.on(table, truth)
    for difference in benchmark.differences(rules):
        console.print(f"not the official test: {difference}", style="yellow")
    return table, list(rules)


def show(results: Mapping[str, Evaluation]) -> None:
    """Prints a table: a row a method with its intervals, and chance."""
    first = next(iter(results.values()))
    console.print(
        f"{first.name}: {first.valid} of {first.queries} queries have an answer,"
        f" {first.entities} entities, {first.identities} individuals; in per cent"
    )
    rows = {
        label: [
            (getattr(one, name), one.intervals.get(name), "{:.1f}", "{:.0f}–{:.0f}")
            for name in TITLES
        ]
        for label, one in results.items()
    }
    _print(TITLES, rows | {"chance": [(first.chance[name], None, "{:.1f}", "") for name in TITLES]})


def show_gains(found: Mapping[str, Sequence[Evaluation]]) -> None:
    """Prints by how many points the first model is above each of the others, query by query."""
    from pawvit.evaluation import compare

    (own, results), *others = found.items()
    for number, one in enumerate(results):
        console.print(f"{one.name}: points by which {own} is above")
        rows = {}
        for other, theirs in others:
            gain = compare(one, theirs[number])
            rows[other] = [
                (gain.differences[name], gain.intervals.get(name), "{:+.1f}", "{:+.1f}…{:+.1f}")
                for name in COMPARED
            ]
        _print(COMPARED, rows)


def _print(names: Iterable[str], rows: Mapping[str, Sequence[Cell]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("", overflow="fold")
    for name in names:
        table.add_column(TITLES[name], justify="right", no_wrap=True)
    for label, cells in rows.items():
        shown = []
        for value, interval, figure, bounds in cells:
            text = figure.format(100 * value)
            # One individual alone has no interval.
            if interval is not None:
                text += "\n" + bounds.format(*(100 * bound for bound in interval))
            shown.append(text)
        table.add_row(label, *shown)
    console.print(table)
