"""`pawvit masks`: photos → part maps, with a contact sheet to look at."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pawvit.cli.console import bar, console

if TYPE_CHECKING:
    from pawvit.partmaps import PartMaps
    from pawvit.photos import PhotoTable
    from pawvit.teacher.job import Made

SHEET = "contact-sheet.jpg"


class PartNames(StrEnum):
    """The vocabularies of parts that keypoints can be told in."""

    tiger = "tiger"
    yak = "yak"


class GeometryName(StrEnum):
    """How keypoints become parts."""

    inside = "inside"
    paper = "paper"


def masks(
    photos: Annotated[Path, typer.Argument(help="Photo table or folder by identity.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the part maps.")],
    split: Annotated[str | None, typer.Option(help="Only the photos of this split.")] = None,
    teacher: Annotated[
        Path | None,
        typer.Option(help="Apply the teacher of another folder of maps, without a fit."),
    ] = None,
    sample: Annotated[int, typer.Option(help="Photos that the fit looks at.", min=10)] = 300,
    number: Annotated[
        int | None,
        typer.Option(
            "--number",
            "-k",
            min=3,
            max=8,
            help="Parts to find; without it as many as two halves of the photos agree on.",
        ),
    ] = None,
    companion: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Pieces of foreground smaller than this share of the largest are other animals:"
            " 1 keeps the largest alone, 0 keeps all.",
        ),
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="Of the sample and the clustering.")] = 0,
    keypoints: Annotated[
        list[Path] | None,
        typer.Option(
            help="Parts from keypoints instead: COCO keypoints (.json) or DeepLabCut (.csv). Given"
            " twice, AP-10K's improve SuperAnimal's."
        ),
    ] = None,
    pose: Annotated[
        str | None,
        typer.Option(
            help="Parts from the keypoints of a network: your own head, made by `pawvit pose train`"
            " (.safetensors), or a ViTPose: hub name, folder, or the authors' .pth file."
        ),
    ] = None,
    parts: Annotated[
        PartNames, typer.Option(help="With keypoints: the tiger's five parts, the yak's four.")
    ] = PartNames.tiger,
    foreground: Annotated[
        str,
        typer.Option(
            help="`saliency`, a folder of masks (PNG, animal white), a segmentation network (hub"
            " name or folder), or with --keypoints `file` for the segmentations in it."
        ),
    ] = "saliency",
    foreground_labels: Annotated[
        str | None,
        typer.Option(help="Labels of that network that are foreground, between commas."),
    ] = None,
    remote_code: Annotated[
        bool,
        typer.Option(
            "--remote-code", help="Let Python code that the network brings run on this machine."
        ),
    ] = False,
    geometry: Annotated[
        GeometryName,
        typer.Option(
            help="With keypoints: `inside` measures along the body and keeps heads small,"
            " `paper` does as the paper's code."
        ),
    ] = GeometryName.inside,
    device: Annotated[
        str | None, typer.Option(help="Of named networks: cpu, cuda, mps; default: the best.")
    ] = None,
) -> None:
    """Find the parts of the animal in every photo.

    The parts are discovered, or follow from keypoints where you have some. A folder that was begun
    before is gone on with, and a fitted teacher is applied to new photos as it is. Look at the
    contact sheet.
    """
    from contextlib import ExitStack

    from pawvit.errors import InputError
    from pawvit.readers import read_photos

    posed = bool(keypoints) or pose is not None
    if posed and teacher is not None:
        raise InputError("--teacher is of discovered parts: it can't go with keypoints")
    table = read_photos(photos)
    if split is not None:
        table = table.part(split)
    with ExitStack() as bars:

        def progress(label: str) -> Callable[[int, int], None]:
            return bars.enter_context(bar(label))

        from pawvit.cli.teachers import Asked, given_shape, make_maps_from_keypoints

        asked = Asked(keypoints or (), pose, foreground, foreground_labels, remote_code, device)
        if posed:
            from pawvit.teacher.geometry import INSIDE, PAPER

            made = make_maps_from_keypoints(
                table,
                out,
                asked,
                parts=parts.value,
                geometry=PAPER if geometry is GeometryName.paper else INSIDE,
                progress=progress,
            )
        else:
            from pawvit.teacher.masks import make_maps

            made = make_maps(
                table,
                out,
                teacher=teacher,
                sample=sample,
                number=number,
                companion=companion,
                seed=seed,
                shape=given_shape(asked),
                foreground=Path(foreground).name,
                progress=progress,
            )
    if not posed:
        _say_agreement(out)
    sheet = out / SHEET
    _draw(table, made.maps, sheet)
    console.print(
        f"{made.written} part maps made, {made.kept} kept;"
        f" parts: {', '.join(made.maps.parts.vocabulary)}"
    )
    if made.written or made.kept:
        console.print(f"look at {sheet}", soft_wrap=True)
    _say_what_failed(made, photos)


def _say_agreement(out: Path) -> None:
    """How many parts two halves of the photos agree on."""
    from pawvit.teacher.discover import DiscoveredParts
    from pawvit.teacher.masks import TEACHER

    fitted = DiscoveredParts.load(out / TEACHER)
    console.print("parts, and how well two halves of the photos agree on them (1 is perfectly):")
    for number, agreement in enumerate(fitted.curve, 3):
        taken = "  taken" if number == fitted.number else ""
        console.print(f"  {number}  {agreement:.2f} {'━' * round(40 * agreement)}{taken}")


def _say_what_failed(made: Made, photos: Path) -> None:
    """Raises PhotoTableError where photos have no map."""
    from pawvit.errors import PhotoTableError, first_of
    from pawvit.teacher.job import FLAGGED

    problems = [*made.unreadable, *(f"{path}: {reason}" for path, reason in made.flagged)]
    if not problems:
        return
    what = f"{len(problems)} photos could not be used and have no map; all others do"
    if not made.flagged:
        what = f"{len(problems)} photos could not be read and have no map; all others do"
        raise PhotoTableError(what, problems=problems, where=photos)
    raise PhotoTableError(
        what,
        problems=first_of(problems, 20),
        where=photos,
        mend=f"{made.maps.root / FLAGGED} lists them; train on the others, or mend these and"
        " run again",
    )


def _draw(table: PhotoTable, maps: PartMaps, path: Path, number: int = 60) -> None:
    from pawvit import files
    from pawvit.report.sheets import contact_sheet

    mapped = [i for i, photo in enumerate(table.paths) if photo in maps]
    if not mapped:
        return
    step = max(1, len(mapped) // number)
    chosen = mapped[::step][:number]
    sheet = contact_sheet(
        [table.read(i) for i in chosen],
        [maps.read(table.paths[i]) for i in chosen],
        maps.parts.vocabulary,
    )
    with files.atomic(path) as temporary:
        sheet.save(temporary, quality=90)
