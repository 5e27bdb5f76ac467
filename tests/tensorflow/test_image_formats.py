"""Images beyond the plain case: how the camera was held, depth, transparency, CMYK, files that end too soon."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from graduate.pipeline.data import seen_image
from graduate.pipeline.tasks import image, image_exif

RANDOM = np.random.default_rng(0)
# Four quarters of 8 x 12 pixels: whole blocks of a JPEG, so that what is compared is not blurred
QUARTERS = np.kron(np.array([[10, 90], [160, 240]], np.uint8), np.ones((16, 24), np.uint8))
ORIENTATION = 0x0112


def saved(picture: Image.Image, kind: str, **how) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def held(value: int, byte_order: str = "<", **how) -> bytes:
    """A JPEG with an EXIF orientation, among other entries."""
    exif = Image.Exif()
    exif.endian = byte_order
    exif.update({0x010F: "A maker", ORIENTATION: value, 0x0131: "Some software"})
    return saved(Image.fromarray(QUARTERS), "JPEG", exif=exif.tobytes(), quality=95, **how)


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("byte_order", ["<", ">"])
def test_an_image_comes_as_the_camera_was_held(value, byte_order):
    raw = held(value, byte_order)
    assert raw[raw.index(b"Exif\0\0") + 6 :][:2] == {"<": b"II", ">": b"MM"}[byte_order]
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(raw))))
    assert image_exif.orientation(tf.constant(raw)).numpy() == value
    given = image.decode_as_it_is(tf.constant(raw)).numpy()[:, :, 0]
    assert given.shape == wanted.shape
    assert np.abs(given.astype(int) - wanted).max() <= 2
    (seen,) = seen_image.seen_of([raw])
    assert (seen.features["height"], seen.features["width"]) == wanted.shape  # type: ignore[union-attr]


def test_other_segments_before_it_are_passed_over():
    raw = held(6, icc_profile=b"p" * 70_000)
    segments = b"\xff\xfe\0\x06note" + b"\xff\xff\xff\xe1\0\x08Exif\0x"  # a comment; fill bytes; an APP1 of others
    assert image_exif.orientation(tf.constant(raw[:2] + segments + raw[2:])).numpy() == 6


def broken() -> dict[str, bytes]:
    raw = held(6)
    tiff = raw.index(b"Exif\0\0") + 6
    none = saved(Image.fromarray(QUARTERS), "JPEG", quality=95)
    return {
        "no EXIF": none,
        "an offset beyond the end": raw[: tiff + 4] + b"\xff\xff\xff\xff" + raw[tiff + 8 :],
        "a count beyond the end": raw[: tiff + 8] + b"\xff\xff" + raw[tiff + 10 :].replace(b"\x12\x01", b"\x13\x01", 1),
        "a value that does not exist": held(9),
        "an order of bytes that does not exist": raw[:tiff] + b"XX" + raw[tiff + 2 :],
        "its name in a comment": none[:2] + b"\xff\xfe\0\x10Exif\0\0II*\0\x08\0\0\0" + none[2:],
    }


@pytest.mark.parametrize("name", broken())
def test_a_broken_orientation_is_upright(name):
    raw = broken()[name]
    assert image_exif.orientation(tf.constant(raw)).numpy() == 1
    given = image.decode_as_it_is(tf.constant(raw)).numpy()
    assert given.shape[:2] == QUARTERS.shape


@pytest.mark.parametrize("length", [0, 1, 2, 3, 5, 12, 30])
def test_the_beginning_of_a_jpeg_is_read_without_a_step_beyond_its_end(length):
    assert image_exif.orientation(tf.constant(held(6)[:length])).numpy() in (1, 6)


def png16(pixels: np.ndarray, kind: int) -> bytes:
    """A PNG of 16 bits a channel; kind: 0 grey, 2 colour, 4 grey and alpha, 6 colour and alpha."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    framed = (struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@pytest.mark.parametrize(("kind", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_sixteen_bits_are_rounded_not_cut_off(kind, channels):
    pixels = RANDOM.integers(0, 65536, (5, 4, channels)).astype(np.uint16)
    given = image.decode_as_it_is(tf.constant(png16(pixels, kind))).numpy()
    np.testing.assert_array_equal(given, np.round(pixels / 257).astype(np.uint8))
    assert (given != pixels >> 8).any()


def before(pixels: np.ndarray, background) -> np.ndarray:
    share = pixels[..., 3:] / 255
    return pixels[..., :3] * share + np.array(background) * (1 - share)


@pytest.mark.parametrize(
    ("name", "background"), [("white", (255, 255, 255)), ("black", (0, 0, 0)), ("#ff8000", (255, 128, 0))]
)
def test_what_is_transparent_shows_the_background(name, background):
    pixels = RANDOM.integers(0, 256, (6, 4, 4)).astype(np.uint8)
    pixels[0, 0, 3], pixels[0, 1, 3] = 0, 255
    files = {
        "colour": Image.fromarray(pixels),
        "grey": Image.fromarray(pixels[..., 2:].copy(), "LA"),
        "palette": Image.fromarray(pixels[..., :3].copy()).quantize(8),
    }
    for kind, file in files.items():
        how = {"transparency": bytes([0, 128, 255])} if kind == "palette" else {}
        raw = saved(file, "PNG", **how)
        whole = np.asarray(Image.open(io.BytesIO(raw)).convert("RGBA"))
        wanted = before(whole, background)
        given = image.decode(tf.constant(raw), (6, 4), 3, image.colour(name)).numpy()
        assert np.abs(given - wanted).max() <= 0.5 + 1e-3, kind
        grey = image.decode(tf.constant(raw), (6, 4), 1, image.colour(name)).numpy()[..., 0]
        assert np.abs(grey - wanted @ [0.299, 0.587, 0.114]).max() <= 1.01, kind


def test_the_fourth_byte_of_a_bmp_is_not_transparency():
    pixels = RANDOM.integers(0, 256, (6, 4, 4)).astype(np.uint8)
    pixels[..., 3] = 0
    given = image.decode(tf.constant(saved(Image.fromarray(pixels), "BMP")), (6, 4), 3).numpy()
    np.testing.assert_array_equal(given, pixels[..., :3])


def test_a_jpeg_of_printing_colours_is_read():
    smooth = np.asarray(Image.fromarray(RANDOM.integers(0, 256, (3, 3, 3)).astype(np.uint8)).resize((48, 48)))
    raw = saved(Image.fromarray(smooth).convert("CMYK"), "JPEG", quality=95)
    wanted = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB")).astype(int)
    assert np.abs(image.decode(tf.constant(raw), (48, 48), 3).numpy() - wanted).mean() < 4


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("left_out", [1, 100, 2000])
def test_a_jpeg_that_ends_too_soon_is_a_bad_row_and_no_prediction(progressive, left_out):
    noise = RANDOM.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    raw = saved(Image.fromarray(noise), "JPEG", progressive=progressive, quality=90)
    assert seen_image.seen_of([raw[:-left_out]]) == ["it is truncated or damaged"]
    with pytest.raises(tf.errors.InvalidArgumentError):
        image.decode(tf.constant(raw[:-left_out]), (8, 8), 3)
