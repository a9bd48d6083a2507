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
    from pawvit.teacher.job import Made, Progress

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
    clusters: Annotated[int, typer.Option(help="Clusters to begin with.", min=2, max=32)] = 7,
    seed: Annotated[int, typer.Option(help="Of the sample and the clustering.")] = 0,
    keypoints: Annotated[
        Path | None,
        typer.Option(
            help="Parts from keypoints instead: COCO keypoints (.json) or DeepLabCut (.csv)."
        ),
    ] = None,
    pose: Annotated[
        Path | None,
        typer.Option(help="Parts from keypoints that a head of `pawvit pose train` finds."),
    ] = None,
    parts: Annotated[
        PartNames, typer.Option(help="With keypoints: the tiger's five parts, the yak's four.")
    ] = PartNames.tiger,
    foreground: Annotated[
        str,
        typer.Option(
            help="With keypoints: `saliency`, `file` for the segmentations in the keypoint file,"
            " or a folder of masks (PNG, animal white)."
        ),
    ] = "saliency",
    geometry: Annotated[
        GeometryName,
        typer.Option(
            help="With keypoints: `inside` measures along the body and keeps heads small,"
            " `paper` does as the paper's code."
        ),
    ] = GeometryName.inside,
) -> None:
    """Find the parts of the animal in every photo.

    The parts are discovered, or follow from keypoints where you have some. A folder that was begun
    before is gone on with, and a fitted teacher is applied to new photos as it is. Look at the
    contact sheet.
    """
    from contextlib import ExitStack

    from pawvit.errors import InputError
    from pawvit.readers import read_photos

    given = {"--keypoints": keypoints, "--pose": pose, "--teacher": teacher}
    if len([path for path in given.values() if path is not None]) > 1:
        both = " and ".join(name for name, path in given.items() if path is not None)
        raise InputError(f"{both} are of different teachers: --teacher is of discovered parts")
    table = read_photos(photos)
    if split is not None:
        table = table.part(split)
    with ExitStack() as bars:

        def progress(label: str) -> Callable[[int, int], None]:
            return bars.enter_context(bar(label))

        if keypoints is not None or pose is not None:
            made = _from_keypoints(
                table, out, keypoints, pose, parts, foreground, geometry, progress
            )
        else:
            from pawvit.teacher.masks import make_maps

            made = make_maps(
                table,
                out,
                teacher=teacher,
                sample=sample,
                clusters=clusters,
                seed=seed,
                progress=progress,
            )
    sheet = out / SHEET
    _draw(table, made.maps, sheet)
    console.print(
        f"{made.written} part maps made, {made.kept} kept;"
        f" parts: {', '.join(made.maps.parts.vocabulary)}"
    )
    if made.written or made.kept:
        console.print(f"look at {sheet}", soft_wrap=True)
    _say_what_failed(made, photos)


def _from_keypoints(
    table: PhotoTable,
    out: Path,
    keypoints: Path | None,
    pose: Path | None,
    parts: PartNames,
    foreground: str,
    geometry: GeometryName,
    progress: Progress,
) -> Made:
    from dataclasses import replace

    from pawvit.teacher.geometry import INSIDE, PAPER
    from pawvit.teacher.keypoints import read_keypoints
    from pawvit.teacher.pose import Keypoints, make_pose_maps
    from pawvit.teacher.shapes import SALIENT, MaskFolder, SalientAnimal, Shape, from_outline

    found: Keypoints
    if keypoints is not None:
        found = read_keypoints(keypoints)
        named = found.vocabulary.name
    else:
        assert pose is not None
        from pawvit.teacher.head.posehead import HeadKeypoints

        found = HeadKeypoints.load(pose, table)
        named = f"{found.words.name}, {pose.name} {found.head.id}"
    how = PAPER if geometry is GeometryName.paper else INSIDE
    shape: Shape
    if foreground == "file":
        shape = from_outline
    elif foreground == "saliency":
        # The paper's 0.2 is for a network that is surer of itself.
        shape, how = SalientAnimal(), replace(how, foreground=SALIENT)
    else:
        shape = MaskFolder(Path(foreground))
    return make_pose_maps(
        table,
        out,
        found,
        shape,
        parts=parts.value,
        geometry=how,
        note={"keypoints": named, "foreground": Path(foreground).name},
        progress=progress,
    )


def _say_what_failed(made: Made, photos: Path) -> None:
    """Raises PhotoTableError where photos have no map."""
    from pawvit.errors import PhotoTableError, first_of
    from pawvit.teacher.pose import FLAGGED

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
