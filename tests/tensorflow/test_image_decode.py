"""One decode for every format that may come in."""

from __future__ import annotations

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from graduate.pipeline.tasks import image, labels
from tests.tensorflow.tiny_images import encode

GREY = np.random.default_rng(0).integers(0, 256, (8, 6), np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (8, 6, 3), np.uint8)
FILES = {
    "grey PNG": encode(GREY),
    "colour PNG": encode(COLOUR),
    "PNG with transparency": encode(COLOUR, mode="RGBA"),
    "grey PNG with transparency": encode(GREY, mode="LA"),
    "PNG with a palette": encode(COLOUR, mode="P"),
    "grey BMP": encode(GREY, "BMP"),
    "colour BMP": encode(COLOUR, "BMP"),
    "BMP with a palette": encode(COLOUR, "BMP", "P"),
    "grey GIF": encode(GREY, "GIF"),
    "colour GIF": encode(COLOUR, "GIF"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_lossless_file_gives_its_pixels(name, channels, mode):
    wanted = np.asarray(Image.open(io.BytesIO(FILES[name])).convert(mode)).reshape(8, 6, channels)
    given = image.decode(tf.constant(FILES[name]), (8, 6), channels).numpy()
    assert given.dtype == np.uint8
    assert np.abs(given.astype(int) - wanted).max() <= 1  # PIL rounds its luma down


def test_a_jpeg_gives_about_its_pixels():
    smooth = np.linspace(0, 255, 64).reshape(8, 8).astype(np.uint8)
    given = image.decode(tf.constant(encode(smooth, "JPEG")), (8, 8), 1).numpy()[:, :, 0]
    assert np.abs(given.astype(int) - smooth).max() <= 8


def test_sixteen_bits_become_eight():
    out = io.BytesIO()
    Image.fromarray(GREY.astype(np.uint16) * 257).save(out, "PNG")
    np.testing.assert_array_equal(image.decode(tf.constant(out.getvalue()), (8, 6), 1).numpy()[:, :, 0], GREY)


def test_an_animated_gif_gives_its_first_frame():
    frames, out = [Image.fromarray(np.full((4, 4), level, np.uint8)) for level in (10, 200)], io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert image.decode(tf.constant(out.getvalue()), (4, 4), 1).numpy().max() == 10


def test_another_size_is_resized_without_aliasing():
    stripes = np.tile(np.array([0, 255], np.uint8), (32, 16))  # columns black, white, black, …
    given = image.decode(tf.constant(encode(stripes)), (8, 8), 1).numpy()
    assert given.min() > 90
    assert given.max() < 165


@pytest.mark.parametrize("name", ["colour PNG", "colour BMP", "colour GIF", "BMP with a palette"])
def test_a_file_that_is_cut_short_is_an_error(name):
    with pytest.raises(tf.errors.InvalidArgumentError):
        image.decode(tf.constant(FILES[name][: len(FILES[name]) // 2]), (8, 6), 3)


@pytest.mark.parametrize("raw", [b"", b"x", b"not an image", b"BM", b"GIF89a", b"\xff\xd8\xff"])
def test_what_is_no_image_is_an_error_in_a_graph_too(raw):
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.function(lambda one: image.decode(one, (8, 6), 3))(tf.constant(raw))


def test_a_class_name_survives_the_vocabulary_file():
    for name in ("plain", "two\nlines", "c:\\new\\r", "\\", "\r\n", "ünï'\""):
        (written,) = labels.escape(tf.constant([name])).numpy()
        assert b"\n" not in written
        assert b"\r" not in written
        assert labels.unescape(written.decode()) == name
