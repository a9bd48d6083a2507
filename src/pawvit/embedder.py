"""Photos → unit descriptors, the same way everywhere. Knows one network; it ranks nothing."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float32
from torch import Tensor, nn

from pawvit.descriptors import Descriptors, ModelStamp, photo_hash, photo_hashes
from pawvit.errors import InputError
from pawvit.images import Pixels, resize
from pawvit.model import available, baselines, checkpoint, wildlife
from pawvit.model.config import ModelConfig
from pawvit.model.network import Heads, Network
from pawvit.photos import PhotoTable, box_text

BATCH = 16
AT_ONCE = 4 * BATCH
SAVE_EVERY = 30.0
"""Seconds between two savings of a long work, and twenty times what a saving takes at least."""
SUFFIX = ".safetensors"
BEST = f"best{SUFFIX}"

Foreground = Callable[[Sequence[Pixels]], Float32[np.ndarray, "N h w"]]


@dataclass(frozen=True)
class Embedded:
    """N photos as a network sees them.

    Attributes:
        vectors: N × C, float32, rows of length 1.
        part_weights: N × K, rows sum to 1; None for a network without parts.
        right: N, the probability that the right flank is seen and not the left, in [0, 1]; None for
            a network that can't tell flanks.
    """

    vectors: Float32[np.ndarray, "N C"]
    part_weights: Float32[np.ndarray, "N K"] | None
    right: Float32[np.ndarray, "N"] | None = None


class Embedder:
    """A network ready to describe photos.

    Args:
        model: a `Network`, a `ForegroundViT`, or a network that returns (B, C) descriptors.
        config: the image size.
        stamp: what tells its descriptors from another network's.
        device: where to compute.
        flip: describe the photo and its mirror image and join the two, as the paper does for ATRW
            (§4.3.1); the descriptor has 2C numbers.
        heads: of a `Network`: they tell which flank is seen.
        foreground: where the animal is, for a `ForegroundViT`: N photos → (N, h, w) in [0, 1].
    """

    def __init__(
        self,
        model: nn.Module,
        config: ModelConfig,
        stamp: ModelStamp,
        *,
        device: torch.device | None = None,
        flip: bool = False,
        heads: Heads | None = None,
        foreground: Foreground | None = None,
    ) -> None:
        self.device = device or torch.device("cpu")
        self.model = model.to(self.device).eval()
        self.heads = None if heads is None else heads.to(self.device).eval()
        self.size, self.flip = config.image_size, flip
        self.stamp, self.foreground = stamp, foreground

    @property
    def untrained(self) -> bool:
        """Whether the network is as it comes, and has learned no individual animals."""
        return not isinstance(self.model, Network)

    @classmethod
    def load(
        cls,
        source: str | os.PathLike[str],
        *,
        device: torch.device | None = None,
        flip: bool = False,
        foreground: Foreground | None = None,
    ) -> Embedder:
        """The network of a run folder (its best checkpoint), of a file, or one by its name.

        Args:
            source: a run folder, a `.safetensors` file, a short name of `model.available`, any
                model of timm by timm's name, or what `model.wildlife` takes: a network of the hub
                in a folder, MegaDescriptor, MiewID.
            device, flip, foreground: as for the class. The foreground is for networks by name;
                without it a ViT is described by its class token.

        Raises:
            CheckpointError: there is none, or it can't be used.
            ConfigError: there is no model of that name, or its weights can't be downloaded.
            MissingExtraError: its weights come from a package that is not installed.
        """
        text, path = os.fspath(source), Path(source)
        if not (path / BEST).exists() and (released := wildlife.find(text)) is not None:
            return cls._of_others(released, device, flip)
        short = any(text == one.name for one in available.BACKBONES)
        hub = text.startswith("hf-hub:")
        if short or hub or not (path.exists() or path.suffix == SUFFIX or len(path.parts) > 1):
            return cls._as_it_comes(available.find(text), device, flip, foreground)
        path = path / BEST if path.is_dir() else path
        model, heads, card = checkpoint.load(path)
        stamp = ModelStamp(
            card.id + ("+flip" if flip else ""),
            path.parent.name if path.name == BEST else path.stem,
            card.config.parts,
            _preprocessing(card.config),
            str(Path(source).absolute()),
        )
        return cls(model, card.config, stamp, device=device, flip=flip, heads=heads)

    @classmethod
    def _of_others(
        cls, source: wildlife.Source, device: torch.device | None, flip: bool
    ) -> Embedder:
        network, config = wildlife.load(source)
        model = baselines.OwnPooling(network, config.mean, config.std).eval()
        facts = [config.image_size, config.mean, config.std, "pooled its own way"]
        stamp = ModelStamp(
            checkpoint.digest(model, facts) + ("+flip" if flip else ""),
            source.name,
            (),
            f"{_preprocessing(config)}; pooled its own way",
            source.text if source.place is None else str(Path(source.text).absolute()),
        )
        return cls(model, config, stamp, device=device, flip=flip)

    @classmethod
    def _as_it_comes(
        cls,
        chosen: available.Backbone,
        device: torch.device | None,
        flip: bool,
        foreground: Foreground | None,
    ) -> Embedder:
        model, config, pooling = baselines.as_it_comes(chosen, foreground=foreground is not None)
        if not isinstance(model, baselines.ForegroundViT):
            foreground = None
        facts = [config.image_size, config.mean, config.std, pooling]
        stamp = ModelStamp(
            checkpoint.digest(model, facts) + ("+flip" if flip else ""),
            f"{chosen.name} untrained",
            (),
            f"{_preprocessing(config)}; {pooling}",
            chosen.name,
        )
        return cls(model, config, stamp, device=device, flip=flip, foreground=foreground)

    @classmethod
    def before_training(
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
        images = self._images(photos)
        place = None
        if self.foreground is not None:
            place = torch.from_numpy(self.foreground(photos)).to(self.device)
        with torch.inference_mode():
            vectors, weights, right = self._describe(images, place)
            if self.flip:
                mirrored = self._describe(
                    images.flip(-1), None if place is None else place.flip(-1)
                )[0]
                vectors = torch.cat([vectors, mirrored], dim=1)
            vectors = F.normalize(vectors.float(), dim=1)
        return Embedded(
            _array(vectors),
            None if weights is None else _array(weights),
            None if right is None else _array(right),
        )

    def pieces(
        self, photos: Sequence[Pixels]
    ) -> tuple[Float32[np.ndarray, "N *R C"], Float32[np.ndarray, "N R"]]:
        """What a `Network` compares photos by before any discriminant, and the pieces' weights.

        One vector a photo, or R pieces of it; all of length 1.
        """
        assert isinstance(self.model, Network)
        with torch.inference_mode():
            features = self.model(self._images(photos))
            vectors = F.normalize(self.model.chosen(features).float(), dim=-1)
        return _array(vectors), _array(self.model.piece_weights(features))

    def _images(self, photos: Sequence[Pixels]) -> Tensor:
        stacked = np.stack([resize(photo, self.size) for photo in photos])
        return torch.from_numpy(stacked).permute(0, 3, 1, 2).to(self.device).float() / 255

    def _describe(
        self, images: Tensor, place: Tensor | None
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        if not isinstance(self.model, Network):
            return self.model(images) if place is None else self.model(images, place), None, None
        features = self.model(images)
        right = None
        if self.heads is not None:
            right = self.heads.orientations(features).mean(dim=1).sigmoid()
        return self.model.compared(features), features.part_weights, right

    def embed_table(
        self,
        table: PhotoTable,
        *,
        hashes: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Descriptors, list[str]]:
        """Describes the photos of a table.

        Args:
            table: photos.
            hashes: `photo_hash` of each, where the caller has it already.
            progress: called with (photos looked at, photos to look at).

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
        right = [one.right for one in found if one.right is not None]
        sure = np.concatenate(right) if right else np.zeros(0, np.float32)
        boxes = [chosen.box(index) for index in range(len(chosen))]
        width = found[0].vectors.shape[1] if found else 1
        descriptors = Descriptors(
            paths=chosen.paths,
            vectors=np.concatenate([one.vectors for one in found])
            if found
            else np.zeros((0, width), np.float32),
            identities=chosen.identities,
            orientations=chosen.orientations,
            photo_hashes=[photo_hash(*one) for one in zip(chosen.files, boxes, strict=True)]
            if hashes is None
            else [hashes[index] for index in kept],
            model=self.stamp,
            cameras=chosen.column("camera"),
            encounters=chosen.column("encounter"),
            part_weights=np.concatenate(weights) if weights else None,
            root=str(table.root.absolute()),
            boxes=["" if box is None else box_text(box) for box in boxes],
            predicted=["right" if p >= 0.5 else "left" for p in sure],
            confidences=[float(max(p, 1 - p)) for p in sure],
        )
        return descriptors, unreadable

    def extend(
        self,
        table: PhotoTable,
        before: Descriptors | None,
        *,
        save: Callable[[Descriptors], None] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple[Descriptors, int, list[str]]:
        """As `embed_table`, but photos that `before` has are not looked at again.

        Labels are the table's, also for photos that were there. Photos that are no longer in the
        table stay, and come first. The photos of the table follow in its order; what was
        interrupted and went on ends as if it had not been.

        Args:
            table: photos.
            before: what is there.
            save: keeps what is done so far. It is called now and then (`SAVE_EVERY`), when the work
                is interrupted, and at the end.
            progress: called with (photos looked at, photos to look at).

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
        hashes = photo_hashes(table)
        found = np.full(len(table), -1) if before is None else before.find(table.paths, hashes)
        missing = [index for index in range(len(table)) if found[index] < 0]
        tell = progress or (lambda done, total: None)

        def since(before: int) -> Callable[[int, int], None]:
            return lambda now, _: tell(before + now, len(missing))

        done = [before] if before is not None and len(before) else []
        unreadable: list[str] = []
        made = looked = 0
        saved, cost = time.monotonic(), 0.0
        # By place in the whole table: an interrupted work goes on with the same batches.
        groups = itertools.groupby(missing, key=lambda index: index // AT_ONCE)
        try:
            for chunk in (list(group) for _, group in groups):
                fresh, failed = self.embed_table(
                    table.take(chunk),
                    hashes=[hashes[index] for index in chunk],
                    progress=since(looked),
                )
                if len(fresh):
                    done.append(fresh)
                made += len(fresh)
                looked += len(chunk)
                unreadable += failed
                if save and done and time.monotonic() - saved > max(SAVE_EVERY, 20 * cost):
                    start = time.monotonic()
                    save(_as_in(table, hashes, done))
                    saved = time.monotonic()
                    cost = saved - start
        except KeyboardInterrupt:
            if save and done:
                save(_as_in(table, hashes, done))
            raise
        descriptors = _as_in(table, hashes, done or [self.embed_table(table.take([]))[0]])
        if save:
            save(descriptors)
        return descriptors, made, unreadable


def _as_in(table: PhotoTable, hashes: Sequence[str], pieces: Sequence[Descriptors]) -> Descriptors:
    """Rows and labels in the table's order, after those of photos that it does not hold.

    A picture that was replaced under its old name does not stay twice; one that can't be read now
    keeps the descriptor that it had.
    """
    done = pieces[0].merge(*pieces[1:])
    found = done.find(table.paths, hashes)
    there = np.flatnonzero(found >= 0)
    kept = table.take(there)
    labelled = replace(
        done.take(found[there]),
        identities=kept.identities,
        orientations=kept.orientations,
        cameras=kept.column("camera"),
        encounters=kept.column("encounter"),
    )
    paths = set(kept.paths)
    gone = [row for row, path in enumerate(done.paths) if path not in paths]
    return done.take(gone).merge(labelled) if gone else labelled


def _preprocessing(config: ModelConfig) -> str:
    height, width = config.image_size
    return f"squeezed to {height} × {width}, RGB mean {config.mean}, std {config.std}"


def _array(values: Tensor) -> Float32[np.ndarray, "..."]:
    return np.asarray(values.float().cpu().numpy(), dtype=np.float32)
