"""`pawvit demo`: the main job from end to end on a drawn herd, by the other verbs' stages."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    from pawvit.embedder import Embedder
    from pawvit.photos import PhotoTable

ASKED = 5


def demo(
    out: Annotated[Path, typer.Argument(help="Folder for everything that the demo makes.")] = Path(
        "demo"
    ),
    animals: Annotated[int, typer.Option(help="Individuals to draw.", min=12)] = 60,
    photos: Annotated[int, typer.Option(help="Photos of each flank of each.", min=2)] = 8,
    setting: Annotated[
        list[str] | None, typer.Option("--set", "-s", help="Override of the preset `herd`.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another herd.")] = 0,
) -> None:
    """Draw a herd, learn its parts and individuals, and recognise animals never seen in training.

    Takes minutes on two cores; nothing is downloaded. A demo that was interrupted goes on.
    """
    from pawvit.catalogue import Catalogue
    from pawvit.cli.answers import render
    from pawvit.cli.identify import draw
    from pawvit.cli.report import PAGE, attempt
    from pawvit.cli.train import train
    from pawvit.embedder import Embedder
    from pawvit.herd import write_herd
    from pawvit.identify import identify
    from pawvit.readers import read_photos
    from pawvit.training.run import CONFIG, DONE

    herd, run = out / "herd", out / "run"
    console.rule("1  a herd and its part maps")
    with bar("drawing") as progress:
        write_herd(herd, animals=animals, photos_per_flank=photos, seed=seed, progress=progress)
    table = read_photos(herd / "photos.csv")

    console.rule("2  training")
    if (run / DONE).exists():
        console.print(f"{run} holds a finished training")
        if not (run / PAGE).exists():
            attempt(run)
    elif (run / CONFIG).exists():
        train(resume=run)
    else:
        train(herd / "photos.csv", maps=herd / "maps", out=run, preset="herd", setting=setting)

    console.rule("3  how good is it? individuals never seen, photos from other cameras")
    embedder = Embedder.load(run)
    strangers = table.part("val")
    _measure(embedder, strangers)

    console.rule("4  a catalogue, and five questions")
    roles = strangers.column("role")
    known = strangers.take([i for i, role in enumerate(roles) if role == "gallery"])
    asked = [i for i, role in enumerate(roles) if role == "query"]
    drawn = random.Random(seed).sample(asked, min(ASKED, len(asked)))
    queries = strangers.take(sorted(drawn))
    database = out / "catalogue.db"
    with Catalogue.open(str(database), create=True) as catalogue:
        descriptors, _ = embedder.embed_table(known)
        added = catalogue.add(descriptors, descriptors.files())
        console.print(f"{added.photos} photos of {len(set(known.identities))} animals added")
        described, _ = embedder.embed_table(queries)
        answers = identify(described, catalogue, top=3)
    for truth, answer in zip(queries.identities, answers, strict=True):
        console.print()
        console.print(render(answer))
        right = bool(answer.candidates) and answer.candidates[0].individual == truth
        console.print(f"in truth {truth}: {'right' if right else 'wrong'}")
    draw(answers, described, out / "answers.png")

    console.rule("what lies where")
    for path, what in (
        (herd / "images", "the photos, by individual"),
        (herd / "maps", "their part maps"),
        (run / "best.safetensors", "the trained model"),
        (run / PAGE, "its report: open it in a browser"),
        (run / "log.jsonl", "its log (also for TensorBoard)"),
        (database, "the catalogue"),
        (out / "answers.png", "the five questions with their evidence"),
    ):
        console.print(f"  {path}  {what}", soft_wrap=True)
    console.rule("next, with your own photos")
    console.print("  pawvit data check photos.csv")
    console.print("  pawvit masks photos.csv -o maps/")
    console.print("  pawvit train photos.csv -m maps/ -o run/")


def _measure(embedder: Embedder, strangers: PhotoTable) -> None:
    import numpy as np

    from pawvit.cli.evaluate import show
    from pawvit.evaluation import evaluate
    from pawvit.model.baselines import colour_histogram
    from pawvit.protocols import query_gallery

    rule = query_gallery(strangers, column="role")
    with bar("embedding") as progress:
        descriptors, _ = embedder.embed_table(strangers, progress=progress)
    colours = np.stack([colour_histogram(strangers.read(i)) for i in range(len(strangers))])
    show(
        {
            "PAW-ViT": evaluate(descriptors.vectors, rule),
            "colour histogram": evaluate(colours, rule),
        }
    )
