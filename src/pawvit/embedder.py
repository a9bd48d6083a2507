"""Photos → unit descriptors, the same way everywhere. Knows one network; it ranks nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float32
from torch import Tensor, nn

from pawvit.descriptors import Descriptors, ModelStamp, photo_hash
from pawvit.errors import InputError
from pawvit.images import Pixels, resize
from pawvit.model import baselines, checkpoint
from pawvit.model.config import ModelConfig
from pawvit.model.pawvit import PawViT
from pawvit.photos import PhotoTable

BATCH = 16
BEST = "best.safetensors"


@dataclass(frozen=True)
class Embedded:
    """N photos as a network sees them.

    Attributes:
        vectors: N × C, float32, rows of length 1.
        part_weights: N × K, rows sum to 1; None for a network without parts.
    """

    vectors: Float32[np.ndarray, "N C"]
    part_weights: Float32[np.ndarray, "N K"] | None


class Embedder:
    """A network ready to describe photos.

    Args:
        model: `PawViT`, or a network that returns (B, C) descriptors.
        config: the image size.
        stamp: what tells its descriptors from another network's.
        device: where to compute.
        flip: describe the photo and its mirror image and join the two, as the paper does for ATRW
            (§4.3.1); the descriptor has 2C numbers.
    """

    def __init__(
        self,
        model: nn.Module,
        config: ModelConfig,
        stamp: ModelStamp,
        *,
        device: torch.device | None = None,
        flip: bool = False,
    ) -> None:
        self.device = device or torch.device("cpu")
        self.model = model.to(self.device).eval()
        self.size, self.flip = config.image_size, flip
        self.stamp = stamp

    @classmethod
    def load(
        cls,
        source: str | os.PathLike[str],
        *,
        device: torch.device | None = None,
        flip: bool = False,
    ) -> Embedder:
        """The network of a run folder (its best checkpoint) or of a `.safetensors` file.

        Raises:
            CheckpointError: there is none, or it can't be used.
        """
        path = Path(source)
        path = path / BEST if path.is_dir() else path
        model, _, card = checkpoint.load(path)
        name = path.parent.name if path.name == BEST else path.stem
        stamp = ModelStamp(
            card.id + ("+flip" if flip else ""),
            name,
            card.config.parts,
            _preprocessing(card.config),
        )
        return cls(model, card.config, stamp, device=device, flip=flip)

    @classmethod
    def untrained(
        cls,
        config: ModelConfig,
        weights: str,
        *,
        device: torch.device | None = None,
        flip: bool = False,
    ) -> Embedder:
        """The backbone before any training, its class token the descriptor: the line to beat."""
        model = baselines.untrained(config, weights)
        name = f"{config.backbone} untrained"
        number = f"{name} {weights} {config.image_size}{'+flip' if flip else ''}"
        stamp = ModelStamp(number, name, (), _preprocessing(config))
        return cls(model, config, stamp, device=device, flip=flip)

    def embed(self, photos: Sequence[Pixels]) -> Embedded:
        """Describes photos in one batch.

        Args:
            photos: N pictures, H × W × 3 uint8 RGB, of any size; each is squeezed to the network's.
        """
        stacked = np.stack([resize(photo, self.size) for photo in photos])
        images = torch.from_numpy(stacked).permute(0, 3, 1, 2).to(self.device).float() / 255
        with torch.inference_mode():
            vectors, weights = self._describe(images)
            if self.flip:
                vectors = torch.cat([vectors, self._describe(images.flip(-1))[0]], dim=1)
            vectors = F.normalize(vectors.float(), dim=1)
        return Embedded(_array(vectors), None if weights is None else _array(weights))

    def _describe(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        if isinstance(self.model, PawViT):
            features = self.model(images)
            if self.model.config.retrieval == "parts":
                return features.part_tokens.mean(dim=1), features.part_weights
            return features.descriptor, features.part_weights
        return self.model(images), None

    def embed_table(
        self, table: PhotoTable, *, progress: Callable[[int, int], None] | None = None
    ) -> tuple[Descriptors, list[str]]:
        """Describes the photos of a table.

        Returns:
            The descriptors of all photos that could be read, in the table's order, and a message
            for each that could not.
        """
        kept: list[int] = []
        found: list[Embedded] = []
        unreadable: list[str] = []
        batches = table.batches(
            range(len(table)), BATCH, lambda index, error: unreadable.append(str(error))
        )
        for indices, photos in batches:
            found.append(self.embed(photos))
            kept += indices
            if progress:
                progress(len(kept) + len(unreadable), len(table))
        chosen = table.take(kept)
        weights = [one.part_weights for one in found if one.part_weights is not None]
        width = found[0].vectors.shape[1] if found else 1
        descriptors = Descriptors(
            paths=chosen.paths,
            vectors=np.concatenate([one.vectors for one in found])
            if found
            else np.zeros((0, width), np.float32),
            identities=chosen.identities,
            orientations=chosen.orientations,
            photo_hashes=[photo_hash(f, chosen.box(i)) for i, f in enumerate(chosen.files)],
            model=self.stamp,
            cameras=chosen.column("camera"),
            encounters=chosen.column("encounter"),
            part_weights=np.concatenate(weights) if weights else None,
            root=str(table.root.absolute()),
        )
        return descriptors, unreadable

    def extend(
        self,
        table: PhotoTable,
        before: Descriptors | None,
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Descriptors, int, list[str]]:
        """As `embed_table`, but photos that `before` has are not looked at again.

        Labels are the table's, also for photos that were there. Photos that are no longer in the
        table stay.

        Returns:
            The descriptors, how many were made now, and a message for each unreadable photo.

        Raises:
            InputError: `before` is of photos of another folder.
        """
        if before is not None and before.root != str(table.root.absolute()):
            raise InputError(
                "the descriptors there are of photos of another folder",
                where=before.root,
                mend="write the descriptors of each folder's photos into a file of their own",
            )
        if before is None:
            fresh, unreadable = self.embed_table(table, progress=progress)
            return fresh, len(fresh), unreadable
        there = [i for i, file in enumerate(table.files) if file.is_file()]
        hashes = {i: photo_hash(table.files[i], table.box(i)) for i in there}
        found = before.find([table.paths[i] for i in there], [hashes[i] for i in there])
        had = {i: int(row) for i, row in zip(there, found, strict=True) if row >= 0}
        fresh, unreadable = self.embed_table(
            table.take([i for i in range(len(table)) if i not in had]), progress=progress
        )
        kept = table.take(list(had))
        labelled = replace(
            before.take(list(had.values())),
            paths=kept.paths,
            identities=kept.identities,
            orientations=kept.orientations,
            cameras=kept.column("camera"),
            encounters=kept.column("encounter"),
        )
        # A picture that was replaced under its old name does not stay twice; one that can't be
        # read now keeps the descriptor that it had.
        replaced = set(fresh.paths) | set(kept.paths)
        gone = before.take([i for i, path in enumerate(before.paths) if path not in replaced])
        old = gone.merge(labelled)
        return old.merge(fresh) if len(fresh) else old, len(fresh), unreadable


def _preprocessing(config: ModelConfig) -> str:
    height, width = config.image_size
    return f"squeezed to {height} × {width}, RGB mean {config.mean}, std {config.std}"


def _array(values: Tensor) -> Float32[np.ndarray, "..."]:
    return np.asarray(values.float().cpu().numpy(), dtype=np.float32)
