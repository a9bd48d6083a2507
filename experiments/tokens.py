"""Do part tokens do what they should? A command a question; tables in Markdown, figures in JSON.

python experiments/tokens.py masks      photos.csv RUN … -m maps/ --split val -o out/
python experiments/tokens.py visibility photos.csv RUN … -m maps/ --split val -o out/
python experiments/tokens.py background photos.csv RUN … -m maps/ --split val -o out/
python experiments/tokens.py groups     photos.csv RUN … -m maps/ --split val -o out/

All intervals are 95 %, by resampling individuals.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console
from pawvit.cli.main import run as guarded

if TYPE_CHECKING:
    from pawvit.embedder import Embedder
    from pawvit.protocols import Protocol
    from subject import Subject

app = typer.Typer(no_args_is_help=True, add_completion=False)

Photos = Annotated[Path, typer.Argument(help="Photo table.")]
Runs = Annotated[list[str], typer.Argument(help="Run folders or checkpoints, side by side.")]
Maps = Annotated[Path, typer.Option("--maps", "-m", help="Part maps of the photos.")]
Split = Annotated[str, typer.Option(help="Whom to judge.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the figures, as JSON.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")]


@app.command()
def masks(
    photos: Photos,
    runs: Runs,
    maps: Maps,
    split: Split = "val",
    out: Out = None,
    device: Device = None,
) -> None:
    """Do the network's own masks lie where the part maps say? (IoU)"""
    from agreement import agreement, one_for_all
    from intervals import estimate, text
    from subject import check, see

    embedders, subject = _begin(photos, runs, maps, split, device)
    check(embedders, subject.parts)
    names, who = subject.parts.vocabulary, subject.photos.identities
    found = {}
    for name, embedder in embedders.items():
        with bar(name) as progress:
            seen = see(embedder, subject.photos, subject.parts.size, progress)
        found[name] = agreement(seen.labels, subject.labels, len(names), who)
    same = [one_for_all(subject.labels, len(names))] * len(subject.labels)
    found["one map for all"] = agreement(same, subject.labels, len(names), who)
    rows = [
        [name, text(one.mean), text(one.foreground), *map(text, one.parts.T)]
        for name, one in found.items()
    ]
    _table(["IoU, %", "mean", "foreground", *names], rows)
    figures = {
        name: {
            "mean": estimate(one.mean),
            "foreground": estimate(one.foreground),
            "parts": {part: estimate(one.parts[:, row]) for row, part in enumerate(names)},
        }
        for name, one in found.items()
    }
    _keep(out, "masks", subject, split, figures)


@app.command()
def visibility(
    photos: Photos,
    runs: Runs,
    maps: Maps,
    split: Split = "val",
    most: Annotated[
        int | None, typer.Option(help="Look at so many photos, spread over the split.", min=1)
    ] = None,
    out: Out = None,
    device: Device = None,
) -> None:
    """Does a part's weight follow what can be seen of it? Parts are covered one at a time."""
    from covering import Covered, Look, cover_parts
    from intervals import estimate, text
    from subject import Seen, check, see

    embedders, subject = _begin(photos, runs, maps, split, device, most)
    check(embedders, subject.parts)
    figures = {}
    for name, embedder in embedders.items():

        def look(pictures: list, what: str, embedder: Embedder = embedder) -> Seen:
            with bar(what) as progress:
                return see(embedder, subject.shown(pictures), subject.parts.size, progress)

        asked: Look = look
        found = cover_parts(subject, asked)
        _table(
            [
                f"{name}, %",
                "photos",
                "weight",
                "part covered",
                "as much elsewhere",
                "difference",
                "mask's area",
                "part covered",
                "as much elsewhere",
                "difference",
                "correlation of weight and area",
            ],
            [
                [
                    part,
                    str(one.photos),
                    *(text(column) for column in one.weight.T),
                    text(Covered.effect(one.weight), sign=True),
                    *(text(column) for column in one.mask.T),
                    text(Covered.effect(one.mask), sign=True),
                    text(one.correlation, percent=False),
                ]
                for part, one in found.items()
            ],
        )
        stages = ("before", "part covered", "as much elsewhere")
        figures[name] = {
            part: {
                "photos": one.photos,
                **{
                    what: {
                        **{stage: estimate(three[:, row]) for row, stage in enumerate(stages)},
                        "difference": estimate(Covered.effect(three)),
                    }
                    for what, three in (("weight", one.weight), ("mask", one.mask))
                },
                "correlation": estimate(one.correlation),
            }
            for part, one in found.items()
        }
    _keep(out, "visibility", subject, split, figures)


@app.command()
def background(
    photos: Photos,
    runs: Runs,
    maps: Maps,
    split: Split = "val",
    seeds: Annotated[int, typer.Option(help="How often backgrounds are drawn.", min=1)] = 5,
    out: Out = None,
    device: Device = None,
) -> None:
    """What is lost when each animal stands before another photo's background?"""
    import numpy as np
    from PIL import Image

    from backgrounds import Backgrounds
    from intervals import estimate, text
    from losing import losses
    from pawvit import files

    embedders, subject = _begin(photos, runs, maps, split, device)
    rules = _rules(subject)
    changed = Backgrounds(subject)
    if out is not None:
        with files.atomic(out / "background.png") as temporary:
            Image.fromarray(changed.sheet()).save(temporary)
    vectors: dict[str, list[np.ndarray]] = {name: [] for name in embedders}
    shown = [("clean", subject.pictures), ("own background", changed.own())]
    for what, pictures in shown:
        _described(embedders, subject, pictures, what, vectors)
    for seed in range(seeds):
        what = f"swapped, {seed + 1} of {seeds}"
        _described(embedders, subject, changed.swapped(seed), what, vectors)
    figures = {}
    for rule in rules:
        found = {name: losses(all_, rule) for name, all_ in vectors.items()}
        console.print(f"\n{rule.name}")
        _table(
            [
                "mAP, %",
                "clean",
                "own background",
                "swapped",
                "lost, points",
                "lost, of clean",
                "cosine clean–swapped",
                "cosine of two individuals",
            ],
            [
                [
                    name,
                    text(one.clean),
                    text(one.own),
                    text(one.swapped),
                    text(one.lost, sign=True),
                    text(one.relative, sign=True),
                    text(one.cosine, percent=False),
                    f"{one.strangers:.2f}",
                ]
                for name, one in found.items()
            ],
        )
        reference, *others = found
        differences = {
            f"{name} − {reference}": {
                "lost": found[name].lost - found[reference].lost,
                "relative": found[name].relative - found[reference].relative,
                "clean": found[name].clean - found[reference].clean,
                "swapped": found[name].swapped - found[reference].swapped,
            }
            for name in others
        }
        if differences:
            console.print()
            _table(
                ["difference, points", "clean mAP", "swapped mAP", "lost", "lost, of clean"],
                [
                    [
                        name,
                        *(
                            text(one[column], sign=True)
                            for column in ("clean", "swapped", "lost", "relative")
                        ),
                    ]
                    for name, one in differences.items()
                ],
            )
        figures[rule.name] = {
            "networks": {
                name: {
                    **{
                        column: estimate(getattr(one, column))
                        for column in ("clean", "own", "swapped", "lost", "relative", "cosine")
                    },
                    "seeds": one.seeds,
                    "strangers": one.strangers,
                }
                for name, one in found.items()
            },
            "differences": {
                name: {column: estimate(quantity) for column, quantity in one.items()}
                for name, one in differences.items()
            },
        }
    _keep(out, "background", subject, split, figures)


@app.command()
def groups(
    photos: Photos,
    runs: Runs,
    maps: Maps,
    split: Split = "val",
    coats: Annotated[str, typer.Option(help="Split that tells dark coats from red.")] = "train",
    out: Out = None,
    device: Device = None,
) -> None:
    """Whom does a network find: by flank, colour of the coat, number of photos at hand."""
    from groups import Coats, groups
    from intervals import estimate, text
    from pawvit.evaluation import evaluate
    from pawvit.partmaps import PartMaps
    from pawvit.readers import read_photos
    from subject import subject as taken

    embedders, subject = _begin(photos, runs, maps, split, device)
    small = (64, 64)
    with bar(f"coats of {coats}") as progress:
        others = read_photos(photos).part(coats)
        told = Coats.learn(taken(others, PartMaps.open(maps), small, progress))
    kinds = {"coat": told.of(subject)}
    if subject.photos.has_orientation:
        kinds = {"flank": subject.photos.orientations, **kinds}
    vectors: dict[str, list] = {name: [] for name in embedders}
    _described(embedders, subject, subject.pictures, split, vectors)
    figures = {}
    for rule in _rules(subject):
        evaluations = {name: evaluate(one[0], rule, bootstrap=0) for name, one in vectors.items()}
        found = groups(evaluations, rule, kinds)
        console.print(f"\n{rule.name}")
        titles = [title for name in embedders for title in (f"mAP {name}", f"rank-1 {name}")]
        _table(
            ["group", "", "queries", "individuals", "chance mAP", *titles],
            [
                [
                    one.kind,
                    one.name,
                    str(one.queries),
                    str(one.individuals),
                    f"{100 * one.chance:.1f}",
                    *(text(way[name]) for name in embedders for way in (one.map, one.rank1)),
                ]
                for one in found
            ],
        )
        figures[rule.name] = [
            {
                "kind": one.kind,
                "name": one.name,
                "queries": one.queries,
                "individuals": one.individuals,
                "chance": one.chance,
                "map": {name: estimate(quantity) for name, quantity in one.map.items()},
                "rank1": {name: estimate(quantity) for name, quantity in one.rank1.items()},
            }
            for one in found
        ]
    _keep(out, "groups", subject, split, figures)


def _begin(
    photos: Path,
    runs: Sequence[str],
    maps: Path,
    split: str,
    device: str | None,
    most: int | None = None,
) -> tuple[dict[str, Embedder], Subject]:
    import numpy as np

    from pawvit.partmaps import PartMaps
    from pawvit.readers import read_photos
    from pawvit.training.trainer import choose_device
    from subject import largest, networks, subject

    folder = PartMaps.open(maps)
    table = read_photos(photos).part(split)
    if most is not None and most < len(table):
        table = table.take(np.linspace(0, len(table) - 1, most).round().astype(int))
    embedders = networks(runs, choose_device(device))
    with bar(f"photos of {split}") as progress:
        return embedders, subject(table, folder, largest(embedders), progress)


def _rules(subject: Subject) -> list[Protocol]:
    """The flank unknown, and known where the table tells flanks."""
    from pawvit.protocols import leave_one_out

    known = [False, True] if subject.photos.has_orientation else [False]
    return [leave_one_out(subject.photos, flank_known=flank) for flank in known]


def _described(
    embedders: dict[str, Embedder],
    subject: Subject,
    pictures: list,
    what: str,
    into: dict[str, list],
) -> None:
    for name, embedder in embedders.items():
        with bar(f"{name}: {what}") as progress:
            found, _ = embedder.embed_table(subject.shown(pictures), progress=progress)
        into[name].append(found.vectors)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [titles, ["---"] * len(titles), *rows]
    for cells in lines:
        console.print(f"| {' | '.join(cells)} |", markup=False, soft_wrap=True)


def _keep(out: Path | None, name: str, subject: Subject, split: str, figures: object) -> None:
    from pawvit import files

    if out is None:
        return
    facts = {"photos": len(subject.photos), "split": split, "figures": figures}
    files.write_json(out / f"{name}.json", facts)
    console.print(f"→ {out / name}.json", markup=False, soft_wrap=True)


if __name__ == "__main__":
    guarded(app)
