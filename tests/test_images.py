from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pawvit.errors import ImageError
from pawvit.images import MAX_PIXELS, Pixels, crop, picture_size, read_image, resize

HEIGHT, WIDTH = 40, 60
ORIENTATION = 0x0112


def picture() -> Pixels:
    """Red grows to the right, green downwards; blue marks the upper left corner."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 200, WIDTH)
    pixels[..., 1] = np.linspace(0, 200, HEIGHT)[:, None]
    pixels[:10, :10, 2] = 255
    return pixels


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int, bits: int = 8) -> bytes:
    fields = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", fields)


def test_pixels_come_as_they_are(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    pixels = read_image(tmp_path / "a.png")
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, picture())


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif"])
@pytest.mark.parametrize("tag", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, tag: int, suffix: str) -> None:
    # What a camera held in each of the eight ways stores of one upright scene.
    stored = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[tag](picture())
    exif = Image.Exif()
    exif[ORIENTATION] = tag
    path = tmp_path / f"a{suffix}"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif, quality=95)
    error = read_image(path).astype(int) - picture()
    assert np.abs(error).mean() < 8  # JPEG smears the corner's colour
    assert picture_size(path) == (HEIGHT, WIDTH)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow remarks on the broken block
@pytest.mark.parametrize("block", [b"II*\0\xff\xff\xff\xff broken", b"no header", b"II*\0"])
def test_a_broken_exif_block_does_not_lose_the_photo(tmp_path: Path, block: bytes) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(picture()).save(path, exif=b"Exif\0\0" + block)
    assert read_image(path).shape == (HEIGHT, WIDTH, 3)
    assert picture_size(path) == (HEIGHT, WIDTH)


def test_cmyk(tmp_path: Path) -> None:
    Image.new("CMYK", (20, 20), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    red, green, blue = read_image(tmp_path / "a.jpg")[10, 10].astype(int)
    assert red > 200
    assert max(green, blue) < 60


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize(("value", "expected"), [(0, 0), (4112, 16), (65535, 255)])
def test_16_bit_grey(tmp_path: Path, suffix: str, value: int, expected: int) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(np.full((20, 30), value, np.uint16)).save(path)
    pixels = read_image(path)
    assert pixels.shape == (20, 30, 3)
    assert (pixels == expected).all()


def test_16_bit_colour(tmp_path: Path) -> None:
    row = b"\0" + struct.pack(">HHH", 65535, 32896, 0) * 20
    content = png_header(20, 20, bits=16) + chunk(b"IDAT", zlib.compress(row * 20))
    (tmp_path / "a.png").write_bytes(content + chunk(b"IEND", b""))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png")[0, 0], [255, 128, 0])


def test_float_pictures_use_their_own_range(tmp_path: Path) -> None:
    values = np.linspace(-3, 5, 400, dtype=np.float32).reshape(20, 20)
    Image.fromarray(values).save(tmp_path / "a.tif")
    pixels = read_image(tmp_path / "a.tif")
    assert (pixels.min(), pixels.max()) == (0, 255)
    assert (np.diff(pixels[..., 0].ravel().astype(int)) >= 0).all()


@pytest.mark.parametrize("value", [0.0, np.nan])
def test_float_pictures_of_one_value(tmp_path: Path, value: float) -> None:
    Image.fromarray(np.full((20, 20), value, np.float32)).save(tmp_path / "a.tif")
    assert not read_image(tmp_path / "a.tif").any()


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp"])
def test_of_an_animated_picture_the_first_frame(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime", "blue")]
    path = tmp_path / f"a{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], lossless=True)
    np.testing.assert_array_equal(read_image(path)[5, 5], [255, 0, 0])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_laid_on_white(tmp_path: Path, mode: str) -> None:
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[:10, :, 3] = 255
    image = Image.fromarray(pixels)
    if mode == "P":
        image = Image.fromarray((pixels[..., 3] == 0).astype(np.uint8), "P")
        image.putpalette([0, 0, 0, 9, 9, 9])
        image.info["transparency"] = 1
    else:
        image = image.convert(mode)
    image.save(tmp_path / "a.png")
    read = read_image(tmp_path / "a.png")
    assert (read[:10] == 0).all()
    assert (read[10:] == 255).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "LAB", "YCbCr"])
def test_other_modes(tmp_path: Path, mode: str) -> None:
    image = Image.new(mode, (20, 20))
    image.save(tmp_path / "a.tif")
    try:
        assert read_image(tmp_path / "a.tif").shape == (20, 20, 3)
    except ImageError:
        assert mode == "LAB"  # Pillow doesn't convert it: refused, not crashed upon


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a picture"),
        (b"path,identity\n", "not a picture"),
        (png_header(20, 20), "can't be read"),
        (png_header(20, 20) + chunk(b"IDAT", b""), "cut short"),
        (png_header(15_000, 15_000) + chunk(b"IDAT", b""), "million pixels"),
        (png_header(30_000, 30_000) + chunk(b"IDAT", b""), "million pixels"),
        (png_header(2**31 - 1, 2**31 - 1) + chunk(b"IDAT", b""), "million pixels"),
    ],
    ids=["zero bytes", "text", "header only", "no pixels", "small bomb", "bomb", "huge bomb"],
)
def test_files_that_are_no_pictures(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=message) as caught:
        read_image(path)
    assert caught.value.where == str(path)
    assert caught.value.mend


def test_a_picture_below_the_limit_is_read_without_a_warning(tmp_path: Path) -> None:
    # Pillow's own limit would warn of 89 million pixels, and warnings are errors here.
    side = 10_000
    assert 89_478_485 < side * side < MAX_PIXELS
    path = tmp_path / "a.png"
    path.write_bytes(png_header(side, side) + chunk(b"IDAT", b""))
    with pytest.raises(ImageError, match="can't be read"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".gif", ".webp", ".tif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_cut_short(tmp_path: Path, suffix: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / f"a{suffix}"
    Image.fromarray(noise).save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ImageError):
        read_image(path)


def test_a_jpeg_cut_short_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(picture()).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ImageError, match="cut short"):
        read_image(path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow remarks on the broken files
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_damaged_bytes_never_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, kind: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    Image.fromarray(picture()).save(path, kind)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        # Headers hold what decoders trust.
        place = data.draw(st.integers(0, min(len(content), 400) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with suppress(ImageError):
        pixels = read_image(path)
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3


@pytest.mark.parametrize("size", [(1, 1), (15, 100), (100, 15)])
def test_too_small(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=f"{size[0]} × {size[1]} pixels, too small"):
        read_image(tmp_path / "a.png")


def test_the_size_of_what_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        picture_size(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(ImageError, match="not a picture"):
        picture_size(tmp_path / "a.jpg")


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        read_image(tmp_path / "none.jpg")
    with pytest.raises(ImageError, match="can't be read"):
        read_image(tmp_path)


def test_a_box_is_cut_out_of_the_upright_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    turned = np.ascontiguousarray(np.rot90(picture(), 1))
    Image.fromarray(turned).save(tmp_path / "a.png", exif=exif)
    pixels = read_image(tmp_path / "a.png", bbox=(5, 10, 30, 20))
    np.testing.assert_array_equal(pixels, picture()[10:30, 5:35])


def test_boxes_are_clipped_or_refused() -> None:
    np.testing.assert_array_equal(crop(picture(), (-5, -5, 25, 25)), picture()[:20, :20])
    np.testing.assert_array_equal(crop(picture(), (50, 30, 99, 99)), picture()[30:, 50:])
    np.testing.assert_array_equal(crop(picture(), (1.6, 0.4, 10, 10)), picture()[0:10, 2:12])
    for box in [(60, 0, 5, 5), (0, 40, 5, 5), (-9, 0, 5, 5), (0, -9, 5, 5), (3, 3, 0, 4)]:
        with pytest.raises(ImageError, match="outside"):
            crop(picture(), box)


def test_resize_is_antialiased() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    small = resize(stripes, (16, 32))
    assert small.shape == (16, 32, 3)
    assert np.abs(small.astype(int) - 128).max() < 45  # bilinear sampling alone would give 0 or 255
    assert resize(stripes, (64, 64)) is stripes
