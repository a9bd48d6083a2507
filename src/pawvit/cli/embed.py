"""`pawvit embed`: photos → descriptors in a Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pawvit.cli.console import bar, console
from pawvit.cli.loading import MODEL, load_embedder, say_untrained


def embed(
    photos: Annotated[Path, typer.Argument(help="Photo table or folder by identity.")],
    model: Annotated[str, typer.Option("--model", "-m", help=f"{MODEL}.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Parquet file of descriptors.")],
    split: Annotated[str | None, typer.Option(help="Only the photos of this split.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda, mps; default: the best.")] = None,
) -> None:
    """Describe every photo by a vector.

    Flanks that the table leaves open are predicted, where the model can tell them. Photos that the
    file has already are not looked at again; a file of another model is refused.
    """
    from pawvit.descriptors import Descriptors, refuse_other_model
    from pawvit.errors import PhotoTableError
    from pawvit.readers import read_photos

    table = read_photos(photos)
    if split is not None:
        table = table.part(split)
    embedder = load_embedder(model, device)
    before = Descriptors.read(out) if out.exists() else None
    if before is not None:
        refuse_other_model(before.model, embedder.stamp, holder=str(out))
    with bar("embedding") as progress:
        descriptors, fresh, unreadable = embedder.extend(table, before, progress=progress)
    descriptors.write(out)
    console.print(
        f"{fresh} photos embedded by {embedder.stamp}, {len(descriptors) - fresh} kept → {out}",
        soft_wrap=True,
        markup=False,
    )
    say_untrained(embedder)
    if unreadable:
        raise PhotoTableError(
            f"{len(unreadable)} photos could not be read; all others are in {out}",
            problems=unreadable,
            where=photos,
        )
