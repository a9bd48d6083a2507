"""`pawvit import-released`: a model of the paper's authors → a run folder like one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import console


def import_released(
    file: Annotated[Path, typer.Argument(help="The authors' .pth file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="New run folder.")],
    parts: Annotated[
        str | None,
        typer.Option(
            help="Names of its parts in the order of its tokens, between commas; default: the"
            " authors' for four (yaks) and five (tigers)."
        ),
    ] = None,
    heads: Annotated[
        int | None,
        typer.Option(help="Attention heads, of a network that is not one of the authors'.", min=1),
    ] = None,
) -> None:
    """Take over a model that the paper's authors released.

    The file is opened so that nothing in it can run; what holds more than weights is refused. The
    run folder evaluates, embeds and identifies like one of yours; photos are prepared as the
    authors do.
    """
    from pawvit.errors import ConfigError
    from pawvit.model import checkpoint
    from pawvit.model.heads import TrainingHeads
    from pawvit.model.pretrained import build
    from pawvit.model.released import config_of, load_released, read_released
    from pawvit.training.run import BEST

    if (out / BEST).exists():
        raise ConfigError(
            "the folder already holds a model", where=out, mend="choose another folder: --out"
        )
    state = read_released(file)
    names = [name.strip() for name in (parts or "").split(",") if name.strip()]
    config = config_of(state, parts=names, heads=heads)
    entities = len(state["fc.weight"])
    model = build(config, "none")
    training_heads = TrainingHeads(model, entities)
    load_released(state, model, training_heads)
    card = checkpoint.Card(
        config=config,
        entities=tuple(f"entity {number}" for number in range(entities)),
        images_seen=0,
        weights=f"released: {file.name}",
    )
    checkpoint.save(out / BEST, model, training_heads, card)
    height, width = config.image_size
    console.print(
        f"{height} × {width} pixels, {entities} entities, parts: {', '.join(config.parts)}"
        f" → {out / BEST}",
        soft_wrap=True,
    )
