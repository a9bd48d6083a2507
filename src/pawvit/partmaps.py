"""Part maps on disk and in memory: the contract between a teacher and the training.

A part map is a uint8 label image: 0 … K−1 the parts in the vocabulary's order, K background,
255 ignore. Knows labels and files; it does not know where the labels came from.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pawvit import files
from pawvit.anatomy import IGNORE, MAX_PARTS, palette
from pawvit.errors import PartMapError

Labels = npt.NDArray[np.uint8]

SHEET = "parts.json"
DEFAULT_SIZE = (64, 64)


@dataclass(frozen=True)
class Parts:
    """What `parts.json` says of a folder of maps.

    Args:
        vocabulary: the K names of the parts, in label order (background is not among them).
        size: height and width of each map.
        teacher: the name of what made the maps ("discovered", "herd", …).
        settings: how it was set, enough to do it again.
        versions: package → version.
    """

    vocabulary: tuple[str, ...]
    size: tuple[int, int] = DEFAULT_SIZE
    teacher: str = "unknown"
    settings: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= len(self.vocabulary) <= MAX_PARTS:
            raise PartMapError(
                f"{len(self.vocabulary)} parts: between 1 and {MAX_PARTS} can be used"
            )
        if len(set(self.vocabulary)) != len(self.vocabulary):
            raise PartMapError(f"a part is named twice: {', '.join(self.vocabulary)}")

    @property
    def background(self) -> int:
        """The label of the background, K."""
        return len(self.vocabulary)


class PartMaps:
    """A folder of part maps with its `parts.json`.

    `root / <path of the photo in the table>.png` is the map of a photo. Paths that lead out of the
    table's folder are folded under `root`: `..` becomes `up`, and a folder `up` becomes `up_`.
    """

    def __init__(self, root: str | os.PathLike[str], parts: Parts) -> None:
        self.root = Path(root)
        self.parts = parts

    @classmethod
    def open(cls, root: str | os.PathLike[str]) -> PartMaps:
        """Opens a folder written before.

        Raises:
            PartMapError: there is no readable `parts.json`.
        """
        sheet = Path(root) / SHEET
        try:
            raw = json.loads(sheet.read_text(encoding="utf-8"))
            if isinstance(raw["vocabulary"], str):
                raise TypeError("the vocabulary is a list of names")
            parts = Parts(
                vocabulary=tuple(raw["vocabulary"]),
                size=(int(raw["size"][0]), int(raw["size"][1])),
                teacher=str(raw.get("teacher", "unknown")),
                settings=dict(raw.get("settings", {})),
                versions=dict(raw.get("versions", {})),
            )
        except FileNotFoundError:
            raise PartMapError(
                "the folder holds no part maps: parts.json is missing",
                where=sheet.parent,
                mend="make them with: pawvit masks photos.csv -o FOLDER",
            ) from None
        except (KeyError, TypeError, ValueError, IndexError, OSError) as error:
            raise PartMapError(f"parts.json can't be read: {error!r}", where=sheet) from None
        return cls(root, parts)

    @classmethod
    def create(cls, root: str | os.PathLike[str], parts: Parts) -> PartMaps:
        """Makes the folder, or goes on with one whose vocabulary and size are the same.

        Raises:
            PartMapError: the folder holds maps of other parts or of another size.
        """
        maps = cls(root, parts)
        if (maps.root / SHEET).exists():
            before = cls.open(root).parts
            if (before.vocabulary, before.size) != (parts.vocabulary, parts.size):
                raise PartMapError(
                    f"the folder holds maps of other parts ({', '.join(before.vocabulary)};"
                    f" {before.size[0]} × {before.size[1]})",
                    where=maps.root,
                    mend="choose another folder, or remove this one",
                )
        files.write_json(maps.root / SHEET, parts.__dict__)
        return maps

    def path_of(self, photo: str) -> Path:
        """Where the map of a photo lies; `photo` is its path as the table gives it."""
        pieces = photo.replace("\\", "/").replace(":", "").split("/")
        folded = [_folded(piece) for piece in pieces if piece not in ("", ".")]
        if not folded:
            raise PartMapError(f"{photo!r} is not the path of a photo", where=self.root)
        return self.root.joinpath(*folded[:-1], folded[-1] + ".png")

    def photos(self) -> list[str]:
        """The photos that have a map, sorted, by paths that `path_of` folds to the same files.

        The path that a table gives can differ in what folding drops: a first `/`, a drive's `:`.
        """
        found = (path.relative_to(self.root) for path in self.root.rglob("*.png"))
        # Half-written files begin with a dot.
        named = [path for path in found if not path.name.startswith(".")]
        return sorted(
            "/".join((*map(_unfolded, path.parts[:-1]), _unfolded(path.name[:-4])))
            for path in named
        )

    def __contains__(self, photo: str) -> bool:
        return self.path_of(photo).exists()

    def read(self, photo: str) -> Labels:
        """The map of a photo, H × W uint8.

        Raises:
            PartMapError: it is missing, unreadable, of another size, or holds labels that the
                vocabulary does not have.
        """
        path = self.path_of(photo)
        try:
            with Image.open(path) as image:
                labels = np.asarray(image)
        except FileNotFoundError:
            raise PartMapError(
                f"the photo {photo} has no part map",
                where=path,
                mend=f"run again: pawvit masks … -o {self.root}",
            ) from None
        except Exception as error:  # decoders raise whatever they stumble over
            raise PartMapError(
                f"the part map can't be read: {error}",
                where=path,
                mend="delete it and make it again",
            ) from None
        self._check(labels, path)
        return labels

    def write(self, photo: str, labels: Labels) -> Path:
        """Writes a map as a palette PNG, atomically; raises PartMapError as `read` does."""
        path = self.path_of(photo)
        self._check(labels, path)
        image = Image.fromarray(labels)
        image.putpalette(palette(self.parts.vocabulary))
        with files.atomic(path) as temporary:
            image.save(temporary, optimize=True)
        return path

    def _check(self, labels: npt.NDArray[Any], path: Path) -> None:
        height, width = self.parts.size
        if labels.dtype != np.uint8 or labels.shape != (height, width):
            shape = " × ".join(map(str, labels.shape))
            raise PartMapError(
                f"a part map of {shape} {labels.dtype};"
                f" {height} × {width} uint8 labels are expected",
                where=path,
                mend="delete it and make it again, or correct the size in parts.json",
            )
        strange = np.unique(labels[(labels > self.parts.background) & (labels != IGNORE)])
        if strange.size:
            raise PartMapError(
                f"the part map holds the labels {strange.tolist()}; the parts are"
                f" 0 … {self.parts.background - 1}, the background is {self.parts.background}",
                where=path,
                mend="use the folder's own parts.json, or make the map again",
            )


def _folded(piece: str) -> str:
    """One piece of a path inside the folder of maps; different pieces stay different."""
    if piece == "..":
        return "up"
    # In any case: on Windows and macOS `Up` is the folder `up`.
    return piece + "_" if re.fullmatch("up_*", piece, re.IGNORECASE) else piece


def _unfolded(piece: str) -> str:
    if piece.lower() == "up":
        return ".."
    return piece[:-1] if re.fullmatch("up_+", piece, re.IGNORECASE) else piece
