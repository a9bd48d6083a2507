from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageEnhance

from pawvit.audit.likeness import difference, hashes, near_codes, near_duplicates, thumbnail

Pixels = npt.NDArray[np.uint8]


def scene(seed: int) -> Image.Image:
    """A picture with structure of every size, as photos have."""
    random = np.random.default_rng(seed)
    layers = np.zeros((240, 320))
    for side in (3, 6, 12, 48):
        noise = random.normal(size=(side, side)).astype(np.float32)
        layers += np.asarray(Image.fromarray(noise).resize((320, 240), Image.Resampling.BICUBIC))
    grey = np.clip(128 + 30 * layers, 0, 255).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")


def jpeg(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(io.BytesIO(buffer.getvalue()))


ALTERED = {
    "jpeg": lambda picture: jpeg(picture, 20),
    "half": lambda picture: picture.resize((160, 120), Image.Resampling.BICUBIC),
    "wider": lambda picture: picture.resize((640, 400), Image.Resampling.BICUBIC),
    "dark": lambda picture: ImageEnhance.Brightness(picture).enhance(0.6),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "edge": lambda picture: picture.crop((2, 1, 319, 239)),
}


@pytest.mark.parametrize("way", ALTERED)
def test_altered_copies_are_found_and_others_are_not(way: str) -> None:
    scenes = [scene(seed) for seed in range(40)]
    pictures = [*scenes, *[ALTERED[way](picture) for picture in scenes[:20]]]
    thumbnails = [thumbnail(np.asarray(picture)) for picture in pictures]
    assert near_duplicates(thumbnails).tolist() == [[i, 40 + i] for i in range(20)]


def test_another_animal_before_the_same_camera_is_another_picture() -> None:
    background = scene(0)
    first, second = background.copy(), background.copy()
    # 40 × 96 pixels are 5 % of the picture: dark here, bright there.
    first.paste((20, 20, 20), (60, 80, 156, 120))
    second.paste((230, 230, 230), (180, 100, 276, 140))
    thumbnails = [thumbnail(np.asarray(picture)) for picture in (first, second, jpeg(first, 50))]
    assert near_duplicates(thumbnails).tolist() == [[0, 2]]


def test_flat_pictures_are_like_nothing() -> None:
    flat = thumbnail(np.full((40, 40, 3), 90, np.uint8))
    assert flat is None
    assert near_duplicates([flat, flat]).shape == (0, 2)
    assert near_duplicates([]).shape == (0, 2)


@pytest.mark.parametrize("max_bits", [0, 3, 8])
def test_near_codes_against_all_pairs(max_bits: int) -> None:
    random = np.random.default_rng(max_bits)
    codes = random.integers(0, 2**64, 300, dtype=np.uint64)
    for index in range(100, 300):  # copies with up to ten bits turned
        flips = random.choice(64, random.integers(0, 11), replace=False)
        codes[index] = codes[index - 100] ^ np.uint64(sum(1 << int(bit) for bit in flips))
    naive = [
        [i, j]
        for i in range(300)
        for j in range(i + 1, 300)
        if (int(codes[i]) ^ int(codes[j])).bit_count() <= max_bits
    ]
    found = np.concatenate(list(near_codes(codes, max_bits))).tolist()
    assert len(naive) > 10
    assert sorted(found) == naive  # each once


def test_the_hash_against_a_naive_cosine_transform() -> None:
    small = np.random.default_rng(0).integers(0, 256, (32, 32)).astype(np.uint8)
    place = (2 * np.arange(32) + 1) * np.pi / 64
    values = [
        float((small * np.cos(u * place)[:, None] * np.cos(v * place)[None]).sum())
        for u in range(8)
        for v in range(8)
    ]
    code = 0
    for value in values:
        code = code * 2 + int(value > np.median(values))
    assert hashes(small[None])[0] == code


def test_difference_is_blind_to_exposure_and_sees_the_worst_block() -> None:
    random = np.random.default_rng(0)
    one = random.integers(20, 90, (32, 32)).astype(np.uint8)
    changed = one.copy()
    changed[4:8, 8:12] = 255 - changed[4:8, 8:12]
    apart = difference(np.stack([one, 2 * one + 10, changed]), np.array([[0, 1], [0, 2]]))
    assert apart[0] == pytest.approx(0, abs=1e-5)
    assert apart[1] > 2
