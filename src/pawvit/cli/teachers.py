"""What `pawvit masks` makes maps from: keypoints of files and networks, and a foreground.

Wires what was asked for on the command line; it knows no geometry and no networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pawvit.cli.console import console, errors

if TYPE_CHECKING:
    from pawvit.photos import PhotoTable
    from pawvit.teacher.geometry import Geometry
    from pawvit.teacher.hub import Source
    from pawvit.teacher.job import Made, Progress
    from pawvit.teacher.pose import Keypoints
    from pawvit.teacher.shapes import Shape

OWN_HEADS = ".safetensors"
"""How files of keypoint heads that were trained here end."""


@dataclass(frozen=True)
class Asked:
    """The options that say where keypoints and foreground come from.

    Attributes:
        files: keypoint files.
        pose: a pose network: hub name, folder, the ViTPose authors' `.pth`, or the file of a
            keypoint head that was trained here.
        foreground: "saliency", "file", a folder of masks, or a segmentation network.
        labels: of the network's labels, those that are foreground, between commas.
        remote_code: whether a segmentation network's own code may run.
        device: None for the best.
    """

    files: Sequence[Path]
    pose: str | None
    foreground: str
    labels: str | None
    remote_code: bool
    device: str | None


def make_maps_from_keypoints(
    table: PhotoTable,
    out: Path,
    asked: Asked,
    *,
    parts: str,
    geometry: Geometry,
    progress: Progress,
) -> Made:
    """Makes the maps; raises InputError for options that don't go together."""
    from pawvit.errors import InputError
    from pawvit.teacher.ensemble import Ensemble
    from pawvit.teacher.keypointfiles import read_keypoints
    from pawvit.teacher.pose import make_pose_maps
    from pawvit.teacher.shapes import SALIENT

    if len(asked.files) + bool(asked.pose) > 2:
        raise InputError(
            "at most two givers of keypoints go together",
            mend="SuperAnimal's and AP-10K's: --keypoints twice, or --keypoints and --pose",
        )
    shape = _shape(asked)
    given: list[Keypoints] = [read_keypoints(file) for file in asked.files]
    note = {"foreground": Path(asked.foreground).name}
    if asked.foreground == "saliency":
        # The paper's 0.2 is for a network that is surer of itself.
        geometry = replace(geometry, foreground=SALIENT)
    if asked.labels:
        note["labels"] = asked.labels
    if asked.pose is not None:
        # A keypoint file's segmentations belong to its animals, whom the network does not know.
        place = None if asked.foreground == "file" else shape
        network, note["pose"] = _network(asked.pose, table, place, asked.device)
        given.append(network)
    found = given[0] if len(given) == 1 else Ensemble(*given)
    note["keypoints"] = " + ".join(sorted(one.vocabulary.name for one in given))
    return make_pose_maps(
        table, out, found, shape, parts=parts, geometry=geometry, note=note, progress=progress
    )


def given_shape(asked: Asked) -> Shape | None:
    """The foreground for parts that are discovered: None for saliency."""
    return None if asked.foreground == "saliency" else _shape(asked)


def _network(
    pose: str, table: PhotoTable, shape: Shape | None, device: str | None
) -> tuple[Keypoints, str]:
    """The giver of keypoints, and what `parts.json` shall say of it."""
    from pawvit.teacher.boxes import box_finder

    if pose.lower().endswith(OWN_HEADS):
        from pawvit.teacher.head.posehead import HeadKeypoints
        from pawvit.teacher.shapes import SalientAnimal

        # It has learned what animals look like in boxes, not in whole pictures.
        own = HeadKeypoints.load(pose, box_finder(shape or SalientAnimal(), table))
        return own, f"{Path(pose).name} {own.head.id}"
    from pawvit.teacher.vitpose import PoseNetwork
    from pawvit.training.trainer import choose_device

    network = PoseNetwork.load(pose, box_finder(shape, table), device=choose_device(device))
    _say(network.source)
    return network, Path(pose).name


def _shape(asked: Asked) -> Shape:
    from pawvit.errors import InputError
    from pawvit.teacher.hub import CONFIG
    from pawvit.teacher.shapes import MaskFolder, SalientAnimal, from_outline

    if asked.foreground == "file" and not asked.files:
        raise InputError(
            "--foreground file is for segmentations in a keypoint file, and there is none",
            mend="choose another foreground, or give --keypoints",
        )
    folder = Path(asked.foreground)
    named = asked.foreground in ("saliency", "file")
    if named or (folder.is_dir() and not (folder / CONFIG).exists()):
        if asked.labels or asked.remote_code:
            raise InputError(
                "--foreground-labels and --remote-code are for a segmentation network",
                mend="name one: --foreground NAME_OR_FOLDER, or leave them out",
            )
        if not named:
            return MaskFolder(folder)
        return SalientAnimal() if asked.foreground == "saliency" else from_outline
    from pawvit.teacher.segmentation import SegmentationNetwork
    from pawvit.training.trainer import choose_device

    if asked.remote_code:
        errors.print(
            f"--remote-code: if {asked.foreground} brings Python code, it runs on this machine with"
            " all your rights",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
    labels = [word.strip() for word in (asked.labels or "").split(",") if word.strip()]
    network = SegmentationNetwork(
        asked.foreground,
        labels=labels,
        remote_code=asked.remote_code,
        device=choose_device(asked.device),
    )
    _say(network.source)
    return network


def _say(source: Source) -> None:
    """A network's licence: RMBG's weights, for one, may not be used commercially."""
    from pawvit.teacher.hub import HUB

    here = Path(source.name).exists()
    page = "the page that it came from" if here else f"{HUB}/{source.name}"
    told = source.licence or f"not told; see {page}"
    console.print(f"{source.name}: licence {told}", markup=False, soft_wrap=True)
