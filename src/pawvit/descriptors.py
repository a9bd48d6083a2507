"""Descriptors on disk: which model saw which photo, and what it saw, in one Parquet file.

Knows arrays, labels and files; it knows no networks and no catalogue. A file is stamped with the
model that made it: descriptors of two models can't be compared, so they are never mixed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Bool, Float32, Int

from pawvit import files
from pawvit.anatomy import FLANKS, ORIENTATIONS, side_shown
from pawvit.errors import CatalogueError, ImageError, InputError
from pawvit.images import Box
from pawvit.photos import PhotoTable

UNIT_TOLERANCE = 1e-3
"""How far the length of a descriptor may be from 1: half-precision networks round that much."""

_STAMP = b"pawvit.descriptors"
_FORMAT = 2
# Column of the file → attribute; a file of format 1 lacks the optional ones.
_LABELS = {
    "path": "paths",
    "identity": "identities",
    "orientation": "orientations",
    "sha256": "photo_hashes",
    "camera": "cameras",
    "encounter": "encounters",
}
_OPTIONAL = {"bbox": "boxes", "predicted_orientation": "predicted"}
_CONFIDENCE = "orientation_confidence"


@dataclass(frozen=True)
class ModelStamp:
    """What tells one model's descriptors from another's.

    Args:
        id: a hash of the weights and the preprocessing; equal ids mean comparable descriptors.
        name: how people call the model.
        parts: the K names of its parts, in the order of `part_weights`; empty for a baseline.
        preprocessing: how pictures are made ready, in words or JSON, for people to read.
        source: what loads it again: a name that `pawvit models` lists, or an absolute path; ""
            where nothing is known to.
    """

    id: str
    name: str
    parts: tuple[str, ...] = ()
    preprocessing: str = ""
    source: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.id[:12]})"


@dataclass(frozen=True)
class Descriptors:
    """Unit descriptors of N photos, all made by one model.

    Args:
        paths: as the photo table gives them.
        vectors: N × C, float32, rows of length 1.
        identities: an unknown one is "".
        orientations: as given, each one of `anatomy.ORIENTATIONS`.
        photo_hashes: of each photo, as `photo_hash` makes it.
        model: the model that made the vectors.
        cameras, encounters: "" where unknown; an empty list means that none is known.
        part_weights: N × K, float32, the attention on each part; None for models without parts.
        root: the folder that relative paths start from; "" means the folder of the file.
        boxes: where on the picture the animal is, as in a photo table; "" is the whole picture.
        predicted: the flank that the model believes to see, "" where it can't tell flanks.
        confidences: how sure of it the model is, in [0.5, 1]; 0 where nothing is predicted.

    Raises:
        InputError: lengths differ, vectors are not finite, not float32 or not of length 1.
    """

    paths: list[str]
    vectors: Float32[np.ndarray, "N C"]
    identities: list[str]
    orientations: list[str]
    photo_hashes: list[str]
    model: ModelStamp
    cameras: list[str] = field(default_factory=list)
    encounters: list[str] = field(default_factory=list)
    part_weights: Float32[np.ndarray, "N K"] | None = None
    root: str = ""
    boxes: list[str] = field(default_factory=list)
    predicted: list[str] = field(default_factory=list)
    confidences: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("cameras", "encounters", "boxes", "predicted"):
            if not getattr(self, name):
                object.__setattr__(self, name, [""] * len(self.paths))
        if not self.confidences:
            object.__setattr__(self, "confidences", [0.0] * len(self.paths))
        problem = self._problem()
        if problem:
            raise InputError(problem, mend="make the descriptors again with: pawvit embed")

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def _lists(self) -> tuple[str, ...]:
        """The attributes that hold a value a photo."""
        return (*_LABELS.values(), *_OPTIONAL.values(), "confidences")

    @property
    def sides(self) -> list[str]:
        """The orientation to go by: as given, else as predicted with confidence."""
        told = zip(self.orientations, self.predicted, self.confidences, strict=True)
        return [side_shown(*one) for one in told]

    def _problem(self) -> str | None:
        count = len(self)
        for name in self._lists:
            if len(getattr(self, name)) != count:
                return f"{count} photos, but {len(getattr(self, name))} {name.replace('_', ' ')}"
        if self.vectors.dtype != np.float32 or self.vectors.ndim != 2 or len(self.vectors) != count:
            shape = " × ".join(map(str, self.vectors.shape))
            return f"vectors of {shape} {self.vectors.dtype}; {count} × C float32 are expected"
        strange = sorted(set(self.orientations) - set(ORIENTATIONS))
        if strange:
            return f"unknown orientations: {', '.join(strange)}"
        strange = sorted(set(self.predicted) - {*FLANKS, ""})
        if strange:
            return f"predicted orientations that are no flanks: {', '.join(strange)}"
        if not all(0 <= confidence <= 1 for confidence in self.confidences):
            return "a confidence lies outside of [0, 1]"
        row = _first(~np.isfinite(self.vectors).all(axis=1))
        if row is not None:
            return f"the descriptor of {self.paths[row]} is not finite (NaN or infinite)"
        lengths = np.linalg.norm(self.vectors, axis=1)
        row = _first(np.abs(lengths - 1) > UNIT_TOLERANCE)
        if row is not None:
            return f"the descriptor of {self.paths[row]} has the length {lengths[row]:.4g}, not 1"
        weights = self.part_weights
        if weights is not None:
            if weights.dtype != np.float32 or weights.shape != (count, len(self.model.parts)):
                shape = " × ".join(map(str, weights.shape))
                expected = f"{count} × {len(self.model.parts)} float32"
                return f"part weights of {shape} {weights.dtype}; {expected} are expected"
            row = _first(~np.isfinite(weights).all(axis=1))
            if row is not None:
                return f"the part weights of {self.paths[row]} are not finite (NaN or infinite)"
        return None

    def find(self, paths: Sequence[str], hashes: Sequence[str]) -> Int[np.ndarray, "M"]:
        """The row of each of M photos here, −1 where it is not: same path and same content."""
        rows = {key: row for row, key in enumerate(zip(self.paths, self.photo_hashes, strict=True))}
        found = [rows.get(key, -1) for key in zip(paths, hashes, strict=True)]
        return np.array(found, dtype=np.intp)

    def known(self, paths: Sequence[str], hashes: Sequence[str]) -> Bool[np.ndarray, "M"]:
        """Which of M photos are here already, so that they need not be embedded again."""
        return self.find(paths, hashes) >= 0

    def take(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> Descriptors:
        """The descriptors at these rows, in this order."""
        chosen = np.asarray(rows, dtype=np.intp)

        lists: dict[str, Any] = {
            name: [getattr(self, name)[row] for row in chosen] for name in self._lists
        }
        return replace(
            self,
            vectors=self.vectors[chosen],
            part_weights=None if self.part_weights is None else self.part_weights[chosen],
            **lists,
        )

    def merge(self, *others: Descriptors) -> Descriptors:
        """These rows, then those of `others`; photos in several, and `root`, are of the last.

        Raises:
            CatalogueError: another model made some of them.
        """
        every = [self, *others]
        for other in others:
            refuse_other_model(self.model, other.model, holder="the descriptors")
        weights = [one.part_weights for one in every if one.part_weights is not None]
        if len(weights) not in (0, len(every)):
            raise InputError("part weights are there for some of the photos only")
        lists: dict[str, Any] = {
            name: list(chain.from_iterable(getattr(one, name) for one in every))
            for name in self._lists
        }
        joined = replace(
            every[-1],
            vectors=np.concatenate([one.vectors for one in every]),
            part_weights=np.concatenate(weights) if weights else None,
            **lists,
        )
        rows = {
            key: row for row, key in enumerate(zip(joined.paths, joined.photo_hashes, strict=True))
        }
        return joined if len(rows) == len(joined) else joined.take(sorted(rows.values()))

    def files(self, root: str | os.PathLike[str] | None = None) -> list[Path]:
        """The photo files; relative paths start from `root`, or from the folder noted in the file.

        Raises:
            InputError: some of them are not there.
        """
        start = Path(self.root if root is None else root)
        found = [start / path for path in self.paths]
        missing = [path for path in found if not path.is_file()]
        if missing:
            raise InputError(
                f"{len(missing)} of {len(found)} photo files are not there",
                where=missing[0],
                mend="say where the photos lie now: --root FOLDER",
            )
        return found

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes one Parquet file, atomically; raises PawvitError if the disk is full."""
        columns = {
            name: pa.array(getattr(self, attribute), pa.string())
            for name, attribute in (_LABELS | _OPTIONAL).items()
        }
        columns[_CONFIDENCE] = pa.array(self.confidences, pa.float32())
        columns["vector"] = _as_lists(self.vectors)
        if self.part_weights is not None:
            columns["part_weights"] = _as_lists(self.part_weights)
        stamp = {
            "format": _FORMAT,
            "id": self.model.id,
            "name": self.model.name,
            "parts": list(self.model.parts),
            "preprocessing": self.model.preprocessing,
            "source": self.model.source,
            "root": self.root,
        }
        metadata = {_STAMP: json.dumps(stamp, ensure_ascii=False).encode()}
        with files.atomic(path) as temporary:
            table = pa.table(columns).replace_schema_metadata(metadata)
            pq.write_table(table, temporary, write_page_checksum=True)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Descriptors:
        """Reads a file that `write` made.

        Raises:
            InputError: it is missing, not Parquet, cut short, not stamped by a model, of a newer
                format, or holds vectors that are not finite or not of length 1.
        """
        where = Path(path)
        try:
            with where.open("rb") as handle:
                table = pq.read_table(handle, page_checksum_verification=True)
        except FileNotFoundError:
            raise InputError(
                "no such file", where=where, mend="make it with: pawvit embed photos.csv"
            ) from None
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(
                f"not a Parquet file, or cut short: {reason}",
                where=where,
                mend="copy it again, or make it again with: pawvit embed",
            ) from None
        raw = (table.schema.metadata or {}).get(_STAMP)
        lacking = [name for name in (*_LABELS, "vector") if name not in table.column_names]
        if raw is None or lacking:
            what = f"lacks {', '.join(lacking)}" if lacking else "is not stamped by a model"
            raise InputError(
                f"the Parquet file holds no descriptors of pawvit: it {what}",
                where=where,
                mend="give a file that pawvit embed has written",
            )
        stamp = _stamp(raw, where)
        lists: dict[str, Any] = {
            attribute: [value or "" for value in table[name].to_pylist()]
            for name, attribute in (_LABELS | _OPTIONAL).items()
            if name in table.column_names
        }
        if _CONFIDENCE in table.column_names:
            lists["confidences"] = [value or 0.0 for value in table[_CONFIDENCE].to_pylist()]
        try:
            weighted = "part_weights" in table.column_names
            return cls(
                vectors=_as_matrix(table["vector"]),
                model=ModelStamp(
                    stamp["id"],
                    stamp["name"],
                    tuple(stamp["parts"]),
                    stamp["preprocessing"],
                    stamp.get("source", ""),
                ),
                part_weights=_as_matrix(table["part_weights"]) if weighted else None,
                root=stamp["root"] or str(where.absolute().parent),
                **lists,
            )
        except InputError as error:
            raise InputError(error.what, where=where, mend=error.mend) from None


def is_descriptors(path: str | os.PathLike[str]) -> bool:
    """Whether the file is one that `Descriptors.write` made, and not a photo table, say."""
    try:
        with open(path, "rb") as handle:
            return _STAMP in (pq.read_schema(handle).metadata or {})
    except (OSError, pa.ArrowException):
        return False


def refuse_other_model(
    expected: ModelStamp, given: ModelStamp, *, holder: str, mend: str = ""
) -> None:
    """Raises CatalogueError, naming both, if `given` is another model than that of `holder`.

    `mend` says how to put it right; without it, to embed again or to use another file.
    """
    if expected.id != given.id:
        raise CatalogueError(
            f"{holder} were made by the model {expected}, these by the model {given};"
            " descriptors of two models can't be compared",
            mend=mend
            or f"embed the photos again with {expected.name}, or use another file or catalogue",
        )


def photo_hash(path: str | os.PathLike[str], box: Box | None = None) -> str:
    """The SHA-256 of a photo file's bytes, 64 hexadecimal digits.

    Where the animal is cut out by a box, the box is hashed along: two animals on one picture are
    two photos.

    Raises:
        ImageError: the file can't be read.
    """
    try:
        with open(path, "rb") as handle:
            digest = hashlib.file_digest(handle, "sha256")
    except OSError as error:
        raise ImageError(
            f"the file can't be read: {error.strerror or error}", where=Path(path)
        ) from None
    if box is not None:
        digest.update(",".join(f"{number:.2f}" for number in box).encode())
    return digest.hexdigest()


def photo_hashes(table: PhotoTable) -> list[str]:
    """The `photo_hash` of every photo; "" where the file can't be read."""
    hashes = []
    for index, file in enumerate(table.files):
        try:
            hashes.append(photo_hash(file, table.box(index)))
        except ImageError:
            hashes.append("")
    return hashes


def _first(wrong: npt.NDArray[np.bool_]) -> int | None:
    return int(np.argmax(wrong)) if wrong.any() else None


def _as_lists(matrix: npt.NDArray[np.float32]) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(
        pa.array(np.ascontiguousarray(matrix).reshape(-1)), matrix.shape[1]
    )


def _as_matrix(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    kind = column.type
    if not pa.types.is_fixed_size_list(kind) or kind.value_type != pa.float32():
        raise InputError(f"vectors are stored as {kind}, not as float32 lists of one size")
    if column.null_count:
        raise InputError(f"{column.null_count} vectors are missing")
    chunks = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks]
    flat = np.concatenate([np.empty(0, np.float32), *chunks])
    return flat.astype(np.float32, copy=False).reshape(len(column), kind.list_size)


def _stamp(raw: bytes, where: Path) -> dict[str, Any]:
    try:
        stamp: dict[str, Any] = json.loads(raw)
        if stamp["format"] > _FORMAT:
            raise InputError(
                f"the file is of format {stamp['format']}; this pawvit knows {_FORMAT}",
                where=where,
                mend="pip install --upgrade pawvit",
            )
        missing = {"id", "name", "parts", "preprocessing", "root"} - stamp.keys()
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"the model's stamp can't be read: {error!r}", where=where) from None
    if missing:
        raise InputError(f"the model's stamp lacks {', '.join(sorted(missing))}", where=where)
    return stamp
