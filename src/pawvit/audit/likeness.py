"""Which pictures are nearly the same: a thumbnail each, and pairs of them. Knows pixels only.

Pairs are found by a 64-bit hash of low frequencies and vouched for by the thumbnails: before a
camera trap that never moves, two photos of different animals have nearly one hash.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from PIL import Image

from pawvit.images import Pixels

Thumbnail = npt.NDArray[np.uint8]
Pairs = npt.NDArray[np.int64]

SIDE = 32
"""Pixels a side of a thumbnail."""

MAX_BITS = 8
"""Of 64: how many bits the hashes of near-duplicates may differ in."""

MAX_DIFFERENCE = 0.6
"""How far the thumbnails of near-duplicates may lie apart in any of 8 × 8 blocks: the mean absolute
difference of the standardised pixels. Chosen on altered copies of real photos and on animals pasted
on one background (docs/decisions.md)."""

_FLAT = 3.0  # grey levels; a picture that varies less shows nothing to compare
_BLOCK = 4  # pixels of a thumbnail
_CHUNK = 4096  # thumbnails or pairs of them that are floats at once: 16 MB each
_ONCE = 1 << 21  # pairs that are compared at once: bounds the memory at some 100 MB


def thumbnail(pixels: Pixels) -> Thumbnail | None:
    """H × W × 3 uint8 RGB → 32 × 32 uint8 grey; None where the picture is one flat colour."""
    grey = Image.fromarray(pixels).convert("L")
    small = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BOX))
    return small if small.std() > _FLAT else None


def hashes(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """N × 32 × 32 → N codes of 64 bits: which of 8 × 8 low frequencies exceed their median."""
    waves = np.arange(8)[:, None] * (2 * np.arange(SIDE) + 1)
    basis = np.cos(np.pi / (2 * SIDE) * waves).astype(np.float32)
    codes = np.empty(len(thumbnails), np.uint64)
    for start in range(0, len(thumbnails), _CHUNK):
        some = thumbnails[start : start + _CHUNK].astype(np.float32)
        frequencies = (basis @ some @ basis.T).reshape(len(some), 64)
        bits = frequencies > np.median(frequencies, axis=1, keepdims=True)
        codes[start : start + _CHUNK] = np.packbits(bits, axis=1).view(">u8").ravel()
    return codes


def near_codes(codes: npt.NDArray[np.uint64], max_bits: int = MAX_BITS) -> Iterator[Pairs]:
    """All pairs of codes that differ in `max_bits` bits or fewer, each once; M × 2 at a time.

    Codes that differ in d bits agree in at least one of d + 1 bands of bits: only codes with an
    equal band are compared, never all with all.
    """
    edges = [int(edge) for edge in np.linspace(0, 64, max_bits + 2)]
    masks = [np.uint64((1 << high) - (1 << low)) for low, high in pairwise(edges)]
    for number, mask in enumerate(masks):
        order = np.argsort(codes & mask, kind="stable")
        band = (codes & mask)[order]
        # Each code in this order is compared with those after it in its bucket: `ahead` many.
        ahead = np.searchsorted(band, band, side="right") - np.arange(len(codes)) - 1
        for first, second in _runs(ahead):
            pairs = np.stack([order[first], order[second]], axis=1)
            differ = codes[pairs[:, 0]] ^ codes[pairs[:, 1]]
            new = np.bitwise_count(differ) <= max_bits
            for earlier in masks[:number]:  # where they agree there too, they were found there
                new &= (differ & earlier) != 0
            yield np.sort(pairs[new], axis=1)


def difference(thumbnails: npt.NDArray[np.uint8], pairs: Pairs) -> npt.NDArray[np.float32]:
    """How far the thumbnails of each pair lie apart in the block where they differ most.

    Args:
        thumbnails: N × 32 × 32 grey.
        pairs: M × 2 positions.

    Returns:
        M mean absolute differences, in standard deviations of a thumbnail's pixels.
    """
    found = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), _CHUNK):
        one, other = (_standardised(thumbnails[side]) for side in pairs[start : start + _CHUNK].T)
        found[start : start + _CHUNK] = _blocks(np.abs(one - other)).max(axis=1)
    return found


def near_duplicates(thumbnails: Sequence[Thumbnail | None]) -> Pairs:
    """The pairs of pictures that are nearly the same; M × 2 positions, first < second, sorted."""
    there = np.flatnonzero([small is not None for small in thumbnails])
    found = [np.empty((0, 2), np.int64)]
    if len(there):
        stack = np.stack([small for small in thumbnails if small is not None])
        means = np.concatenate(
            [
                _blocks(_standardised(stack[start : start + _CHUNK]))
                for start in range(0, len(stack), _CHUNK)
            ]
        )
        for pairs in near_codes(hashes(stack)):
            for start in range(0, len(pairs), 16 * _CHUNK):
                some = pairs[start : start + 16 * _CHUNK]
                # Means of blocks lie no further apart than their pixels do: most pairs, of one
                # camera trap, fall here, at a sixteenth of the work.
                apart = np.abs(means[some[:, 0]] - means[some[:, 1]]).max(axis=1)
                some = some[apart <= MAX_DIFFERENCE]
                found.append(some[difference(stack, some) <= MAX_DIFFERENCE])
    pairs = np.concatenate(found)
    close: Pairs = there[pairs[np.lexsort(pairs.T[::-1])]]
    return close


def _runs(ahead: npt.NDArray[np.int64]) -> Iterator[tuple[Pairs, Pairs]]:
    """Positions i and i+1 … i+ahead[i] for every i, some million pairs at a time."""
    ends = np.cumsum(ahead)
    start = 0
    while start < len(ahead):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _ONCE, side="right")))
        counts = ahead[start:stop]
        first = np.repeat(np.arange(start, stop), counts)
        # 1 … ahead[i] within each run.
        steps = np.arange(1, len(first) + 1) - np.repeat(np.cumsum(counts) - counts, counts)
        yield first, first + steps
        start = stop


def _standardised(thumbnails: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    pixels = thumbnails.astype(np.float32)
    pixels -= pixels.mean((1, 2), keepdims=True)
    # Exposure and contrast are no difference.
    standardised: npt.NDArray[np.float32] = pixels / pixels.std((1, 2), keepdims=True)
    return standardised


def _blocks(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """N × 32 × 32 → N × 64 means of blocks."""
    blocks = SIDE // _BLOCK
    split = pixels.reshape(-1, blocks, _BLOCK, blocks, _BLOCK)
    means: npt.NDArray[np.float32] = split.mean((2, 4)).reshape(-1, blocks**2)
    return means
