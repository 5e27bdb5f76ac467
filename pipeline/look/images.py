"""A look at a folder of images: sizes and channels from their headers; an even share is decoded as well."""

from __future__ import annotations

import io
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from graduate.leakage import images as leakage
from graduate.pipeline.look import folder, near
from graduate.pipeline.look.found import Look, Pair, quantiles
from graduate.pipeline.look.place import Place
from graduate.pipeline.look.progress import Progress

_PIXELS = 400_000_000  # that are decoded in all: some seconds
_DECODED = 6_000  # images
_MOST_SIDE, _LEAST_SIDE = 10_000, 4  # pixels: beyond, an image is doubtful
_APART = 4.0  # times the median side, or its fourth: an outlier
_FORMATS = ("PNG", "JPEG", "BMP", "GIF")
_GREY_MODES = ("L", "1", "I", "I;16", "I;16B", "F", "LA")


@dataclass
class _Seen:
    """By path."""

    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)  # height, width
    modes: Counter[str] = field(default_factory=Counter)
    looks: dict[str, str | None] = field(default_factory=dict)
    coloured: int = 0
    levels: dict[str, float] = field(default_factory=dict)


def look_at(place: Place, path: str, progress: Progress) -> Look:
    """Everything that is seen of a folder of images.

    Raises:
        DataError: see `folder.begin`.
    """
    look, listing = folder.begin(place, path, progress)
    seen = _Seen()
    for file in progress.over(listing.files, "headers read"):
        if file.path not in look.bad and (reason := _header(os.path.join(listing.root, file.path), file.path, seen)):
            look.bad[file.path] = reason
    paths = [file.path for file in listing.files if file.path in seen.sizes]
    decoded = [paths[at] for at in near.evenly(len(paths), _share(seen, paths))]
    for one in progress.over(decoded, "decoded"):
        if reason := _decode(os.path.join(listing.root, one), one, seen):
            look.bad[one] = reason
    if len(decoded) < len(paths):
        look.find("sampled", "note", f"{len(decoded):,} of {len(paths):,} images were decoded, evenly spread")
    _measure(look, seen, len(decoded))
    _near(look, seen)
    _outliers(look, seen)
    return folder.end(look, listing)


def _share(seen: _Seen, paths: list[str]) -> int:
    """How many images may be decoded."""
    pixels = sum(height * width for height, width in seen.sizes.values())
    return max(200, min(_DECODED, int(_PIXELS / max(1.0, pixels / max(1, len(paths))))))


def _header(file: str, path: str, seen: _Seen) -> str | None:
    """Take note of an image's size; in words why it is none."""
    from PIL import Image

    if not os.path.getsize(file):
        return "it is empty (0 bytes)"
    Image.MAX_IMAGE_PIXELS = None  # headers alone are read here; what is too large is told below
    try:
        with Image.open(file) as image:
            if image.format not in _FORMATS and image.format != "MPO":  # MPO: JPEG of some cameras
                return f"it is a {image.format} image, whatever its ending says"
            width, height = image.size
            # EXIF orientation, lies on its side; of others than JPEG, Pillow would decode everything to tell
            if image.format in ("JPEG", "MPO") and image.getexif().get(0x0112, 1) >= 5:
                width, height = height, width
            seen.sizes[path] = (height, width)
            seen.modes[image.mode] += 1
    except (OSError, ValueError, SyntaxError, EOFError):
        return "it is not a PNG, JPEG, BMP or GIF image"
    return None


def _decode(file: str, path: str, seen: _Seen) -> str | None:
    import numpy as np
    from PIL import Image

    height, width = seen.sizes[path]
    if height * width > _PIXELS:
        return None
    try:
        with Image.open(file) as image:
            image.draft("RGB", (64, 64))  # JPEG: decoded at an eighth of its size, several times faster
            small = image.convert("RGB" if image.mode not in _GREY_MODES else "L")
            coloured = small.mode == "RGB"
            tiny = np.asarray(small.resize((leakage.SIDE, leakage.SIDE), Image.Resampling.BOX), np.int16)
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError):
        return "it is truncated or damaged"
    if coloured:
        seen.coloured += bool((tiny.max(axis=2) - tiny.min(axis=2)).max() > 8)
        tiny = tiny.mean(axis=2)
    seen.levels[path] = float(tiny.std())
    seen.looks[path] = leakage.look(np.round(tiny).astype(np.uint8))
    return None


def _measure(look: Look, seen: _Seen, decoded: int) -> None:
    sizes = Counter(seen.sizes.values())
    look.measured |= {
        "height": quantiles([height for height, _ in seen.sizes.values()]),
        "width": quantiles([width for _, width in seen.sizes.values()]),
        "sizes": [[*size, count] for size, count in sizes.most_common(5)],
        "different_sizes": len(sizes),
        "modes": dict(seen.modes.most_common()),
        "coloured": round(seen.coloured / decoded, 4) if decoded else 0.0,
        "_sizes": seen.sizes,
    }
    odd = [mode for mode in seen.modes if mode not in ("L", "RGB")]
    if odd:
        named = {"RGBA": "transparency", "LA": "transparency", "P": "a palette", "I;16": "16 bits", "CMYK": "CMYK inks"}
        said = ", ".join(f"{seen.modes[mode]:,} with {named.get(mode, 'mode ' + mode)}" for mode in odd)
        look.find("modes", "note", f"not all are plain grey or colour: {said}")


def _near(look: Look, seen: _Seen) -> None:
    first_of: dict[str, str] = {}  # one image of each content
    for path in seen.looks:
        first_of.setdefault(look.hashes.get(path, path), path)
    paths = [path for path in first_of.values() if seen.looks[path]]
    looks = [seen.looks[path] for path in paths]
    pairs = near.within(len(paths), lambda a, b: leakage.near_images([looks[at] for at in a], [looks[at] for at in b]))
    look.near = [Pair(paths[first], paths[second], round(like, 4)) for first, second, like in pairs]


def _outliers(look: Look, seen: _Seen) -> None:
    flat = sorted(path for path, level in seen.levels.items() if level < 1.0)
    for path in flat:
        look.outliers[path] = "of one colour: nothing is to be seen"
    middle: dict[str, Any] = {name: look.measured[name]["median"] for name in ("height", "width")}
    for path, (height, width) in sorted(seen.sizes.items(), key=lambda item: -item[1][0] * item[1][1]):
        if max(height, width) > _MOST_SIDE or min(height, width) < _LEAST_SIDE:
            look.outliers[path] = f"{width} × {height} pixels"
        elif not all(
            1 / _APART <= side / max(1, middle[name]) <= _APART for name, side in (("height", height), ("width", width))
        ):
            look.outliers[path] = f"{width} × {height} pixels, where the middle is {_size(middle)}"


def _size(middle: dict[str, Any]) -> str:
    return f"{middle['width']:.0f} × {middle['height']:.0f}"


def thumbnail(file: str, side: int = 96) -> tuple[str, bytes] | None:
    """A small picture of an image for a page: media type and bytes; None where it cannot be read."""
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as image:
            image.draft("RGB", (side * 2, side * 2))
            turned = ImageOps.exif_transpose(image).convert("RGB")
            turned.thumbnail((side, side))
            if max(turned.size) <= side // 2:  # tiny ones are drawn larger, pixel by pixel
                times = max(1, side // max(turned.size))
                turned = turned.resize((turned.width * times, turned.height * times), Image.Resampling.NEAREST)
            written = io.BytesIO()
            turned.save(written, "PNG" if max(image.size) <= side else "JPEG", quality=80)
            return ("image/png" if max(image.size) <= side else "image/jpeg"), written.getvalue()
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError):
        return None
