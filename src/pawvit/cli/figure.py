"""`pawvit figure …`: the paper's figures, of your own photos and models, for print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console
from pawvit.cli.evaluate import Rule, asked
from pawvit.cli.loading import holds_photos

if TYPE_CHECKING:
    import torch

    from pawvit.embedder import Embedder
    from pawvit.evaluation import Evaluation
    from pawvit.photos import PhotoTable
    from pawvit.protocols import Protocol
    from pawvit.report.answers import Choice
    from pawvit.report.canvas import Canvas

UNTRAINED = "untrained"

app = typer.Typer(
    no_args_is_help=True,
    help="Figures for print: what part tokens see, part maps, answers beside a baseline's.",
)

Out = Annotated[
    Path, typer.Option("--out", "-o", help="The figure: .pdf, .svg (words stay text) or .png.")
]
Width = Annotated[
    str, typer.Option(help="one-column (86 mm), two-column (178 mm), or millimetres.")
]
Split = Annotated[str | None, typer.Option(help="Only the photos of this split.")]
ByName = Annotated[
    list[str] | None,
    typer.Option("--photo", help="Show this photo of the table, and only such. Repeatable."),
]
Captioned = Annotated[
    bool,
    typer.Option(
        "--caption/--no-caption", help="Write the caption below the figure; it is printed anyway."
    ),
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")]


@app.command()
def tokens(
    run: Annotated[Path, typer.Argument(help="Run folder or checkpoint.")],
    photos: Annotated[
        list[Path], typer.Argument(help="Pictures, or one photo table or folder of them.")
    ],
    out: Out,
    split: Split = None,
    photo: ByName = None,
    number: Annotated[int, typer.Option(help="How many photos of a table.", min=1)] = 4,
    width: Width = "two-column",
    caption: Captioned = True,
    device: Device = None,
) -> None:
    """Draw what each part token sees on photos, and the part's weight (the paper's figure 2)."""
    from pawvit.embedder import Embedder
    from pawvit.errors import CheckpointError
    from pawvit.model.network import Network
    from pawvit.readers import read_pictures
    from pawvit.report import captions
    from pawvit.report.canvas import check_suffix, width_of
    from pawvit.report.figures import Seen, tokens_figure
    from pawvit.report.pictures import PRINT_SIDE, shrink
    from pawvit.report.tokens import draws_masks, look
    from pawvit.training.trainer import choose_device

    check_suffix(out)
    wide = width_of(width)
    if len(photos) == 1 and holds_photos(photos[0]):
        table, rule = _chosen(_photos(photos[0], split), photo, number)
        where = _where(table, split)
    else:
        table, rule, where = read_pictures(photos, "unknown"), captions.GIVEN, ""
    embedder = Embedder.load(run, device=choose_device(device))
    heads = embedder.heads
    if heads is None or not draws_masks(heads):
        raise CheckpointError(
            "this network has no part tokens, so there are no masks of them",
            where=run,
            mend="give the run of a training with part maps; what any network answers is drawn by:"
            " pawvit figure answers",
        )
    assert isinstance(embedder.model, Network)  # only networks of ours have heads
    with bar("looking at the photos") as progress:
        found, masks = look(embedder, heads, table, range(len(table)), progress)
    weights = found.part_weights
    rows = [
        Seen(
            shrink(table.read(row), PRINT_SIDE),
            _name(table, row),
            masks[row],
            () if weights is None else weights[row].tolist(),
        )
        for row in range(len(table))
    ]
    said = captions.tokens_caption(
        embedder.stamp.name,
        where,
        rule,
        weighed=weights is not None,
        retrieval=embedder.model.config.retrieval,
    )
    parts = embedder.stamp.parts
    _write(tokens_figure(rows, parts, width=wide, caption=said if caption else ""), out, said)


@app.command()
def maps(
    photos: Annotated[Path, typer.Argument(help="Photo table, or folder by identity.")],
    maps: Annotated[Path, typer.Argument(help="Folder of their part maps.")],
    out: Out,
    split: Split = None,
    photo: ByName = None,
    number: Annotated[int, typer.Option(help="How many photos.", min=1)] = 8,
    width: Width = "two-column",
    caption: Captioned = True,
) -> None:
    """Draw photos beside their part maps, with a legend (the paper's figures 6 and 8)."""
    import numpy as np

    from pawvit.errors import PartMapError
    from pawvit.partmaps import PartMaps
    from pawvit.report import captions
    from pawvit.report.canvas import check_suffix, width_of
    from pawvit.report.figures import Mapped, maps_figure
    from pawvit.report.pictures import PRINT_SIDE, shrink

    check_suffix(out)
    wide = width_of(width)
    opened = PartMaps.open(maps)
    table = _photos(photos, split)
    if photo is None:
        there = np.array([path in opened for path in table.paths], dtype=np.bool_)
        if not there.any():
            raise PartMapError(
                f"none of the {len(table)} photos has a part map there",
                where=maps,
                mend=f"make them with: pawvit masks {photos} -o {maps}",
            )
        if not there.all():
            console.print(f"{len(table) - int(there.sum())} photos have no part map: left out")
        table = table.take(there)
    table, rule = _chosen(table, photo, number)
    pairs = [
        Mapped(shrink(table.read(row), PRINT_SIDE), _name(table, row), opened.read(path))
        for row, path in enumerate(table.paths)
    ]
    parts = opened.parts.vocabulary
    said = captions.maps_caption(_where(table, split), opened.parts.teacher, len(parts), rule)
    _write(maps_figure(pairs, parts, width=wide, caption=said if caption else ""), out, said)


@app.command()
def answers(
    photos: Annotated[
        Path, typer.Argument(help="Photo table or folder; also of ATRW or YakReID-103.")
    ],
    run: Annotated[Path, typer.Argument(help="Run folder or checkpoint.")],
    out: Out,
    against: Annotated[
        str | None,
        typer.Option(
            help="The baseline: another run, a name that `pawvit models` lists, or `untrained`, the"
            " run's own backbone before any training."
        ),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(help="Ask with this photo of the table, and only such. Repeatable."),
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(
            help="How many queries: of each kind beside a baseline (1 unless given; only ours right"
            " at rank 1, only the baseline, neither), in all without one (4).",
            min=1,
        ),
    ] = None,
    top: Annotated[int, typer.Option(help="How many answers to each.", min=1, max=10)] = 5,
    split: Split = None,
    protocol: Annotated[
        Rule | None, typer.Option(help="Who may answer, as for `pawvit evaluate`.")
    ] = None,
    case: Annotated[
        str | None,
        typer.Option(
            help="Of a protocol with several tests, the one whose name has these words (`flank"
            " known`, `cross_cam`); the first unless given."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="What to call the model.")] = None,
    against_name: Annotated[str | None, typer.Option(help="What to call the baseline.")] = None,
    width: Width = "two-column",
    caption: Captioned = True,
    device: Device = None,
) -> None:
    """Draw queries with their best answers, beside a baseline's (the paper's figures 7 and 9).

    Without `--query` they are chosen by a rule, which the caption tells.
    """
    from pawvit.errors import InputError
    from pawvit.report.answers import choose, choose_by_name, read_groups
    from pawvit.report.canvas import check_suffix, width_of
    from pawvit.report.captions import answers_caption
    from pawvit.report.choice import named
    from pawvit.report.figures import answers_figure
    from pawvit.training.trainer import choose_device

    check_suffix(out)
    wide = width_of(width)
    table, rules, official = asked(photos, protocol, split=split)
    fitting = [one for one in rules if case is None or case.lower() in one.name.lower()]
    if not fitting:
        raise InputError(
            f"no test is called {case!r}",
            where="--case",
            mend=f"there are: {'; '.join(one.name for one in rules)}",
        )
    rule = fitting[0]
    if query:
        named(table, query)  # before minutes are spent on looking
    embedders = _embedders(
        run, against, choose_device(device), flip=official is not None and official.flip
    )
    results = [_result(embedder, table, rule) for embedder in embedders]
    names = [embedder.stamp.name for embedder in embedders]
    names = [given or own for given, own in zip((name, against_name), names, strict=False)]
    chosen: Choice
    if query:
        chosen = choose_by_name(results[0], table, query)
    else:
        chosen = choose(results, names, number or (1 if against else 4))
    groups = read_groups(chosen, results, table, rule, top)
    said = answers_caption(names, _where(table, split), rule.name, chosen.rule, groups)
    drawn = answers_figure(groups, names, width=wide, caption=said if caption else "")
    _write(drawn, out, said)


def _photos(photos: Path, split: str | None) -> PhotoTable:
    from pawvit.readers import read_photos

    table = read_photos(photos)
    return table if split is None else table.part(split)


def _chosen(table: PhotoTable, photo: list[str] | None, number: int) -> tuple[PhotoTable, str]:
    """The photos to show, and by which rule, in a sentence."""
    from pawvit.report import captions
    from pawvit.report.choice import named, spread

    if photo:
        return table.take(named(table, photo)), captions.BY_HAND
    return table.take(spread(table, number)), captions.SPREAD


def _embedders(
    run: Path, against: str | None, device: torch.device, *, flip: bool
) -> list[Embedder]:
    """The model, and the baseline where there is one."""
    from pawvit.embedder import BEST, Embedder
    from pawvit.model import checkpoint

    found = [Embedder.load(run, device=device, flip=flip)]
    if against == UNTRAINED:
        card = checkpoint.load_card(run / BEST if run.is_dir() else run)
        found.append(Embedder.before_training(card.config, card.weights, device=device, flip=flip))
    elif against is not None:
        found.append(Embedder.load(against, device=device, flip=flip))
    return found


def _result(embedder: Embedder, table: PhotoTable, rule: Protocol) -> Evaluation:
    from pawvit.errors import PhotoTableError, first_of
    from pawvit.evaluation import evaluate

    with bar(embedder.stamp.name) as progress:
        descriptors, unreadable = embedder.embed_table(table, progress=progress)
    if unreadable:
        raise PhotoTableError(
            "photos can't be read", problems=first_of(unreadable), where=table.source
        )
    return evaluate(descriptors.vectors, rule, bootstrap=0)


def _name(table: PhotoTable, row: int) -> str:
    """Who is on a photo; the file's name where nobody knows."""
    from pawvit.report.choice import who_is_on

    return who_is_on(table, row) if table.identities[row] else Path(table.paths[row]).name


def _where(table: PhotoTable, split: str | None) -> str:
    return table.source.name + (f", split {split}" if split else "")


def _write(canvas: Canvas, out: Path, caption: str) -> None:
    canvas.save(out)
    size = f"{out.stat().st_size / 1e6:.1f} MB"
    console.print(f"figure → {out} ({size})", soft_wrap=True, markup=False)
    console.print(caption, soft_wrap=True, markup=False)
