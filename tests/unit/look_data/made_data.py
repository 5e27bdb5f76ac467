"""Small data of every kind, drawn and written by a seeded generator."""

from __future__ import annotations

import csv
import random
import wave
from pathlib import Path

WORDS = {
    "sea": "wave tide salt ship sail harbour gull current anchor reef",
    "wood": "tree leaf moss bark fern owl root branch path deer",
}


def images(folder: Path, counts: dict[str, int], size: tuple[int, int] = (24, 24), *, grey: bool = False) -> Path:
    """PNGs of rectangles, another place and colour each; `counts` says how many of each class."""
    from PIL import Image, ImageDraw

    for name, count in counts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        dice = random.Random(name)
        for number in range(count):
            picture = Image.new("RGB", size, tuple(dice.randrange(90) for _ in range(3)))
            draw = ImageDraw.Draw(picture)
            for _ in range(6):
                x, y = dice.randrange(size[0] - 4), dice.randrange(size[1] - 4)
                colour = tuple(dice.randrange(256) for _ in range(3))
                draw.rectangle((x, y, x + dice.randrange(3, 12), y + dice.randrange(3, 12)), fill=colour)
            (picture.convert("L") if grey else picture).save(folder / name / f"{number:03d}.png")
    return folder


def texts(folder: Path, each: int = 30, words: int = 20) -> Path:
    """Texts of two classes, of words that the other does not use."""
    for name, vocabulary in WORDS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        dice = random.Random(name)
        for number in range(each):
            line = " ".join(dice.choices(vocabulary.split(), k=words + number % 5))
            (folder / name / f"{number:03d}.txt").write_text(line + "\n", encoding="utf-8")
    return folder


def recordings(folder: Path, each: int = 12, rate: int = 8000, seconds: float = 0.3) -> Path:
    """WAVs of a low and a high class of noise."""
    for name, step in (("low", 8), ("high", 1)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        dice = random.Random(name)
        for number in range(each):
            frames = bytearray()
            for at in range(int(rate * seconds)):
                if at % step == 0:
                    value = dice.randrange(-9000, 9000)
                frames += value.to_bytes(2, "little", signed=True)
            with wave.open(str(folder / name / f"{number:03d}.wav"), "wb") as opened:
                opened.setnchannels(1)
                opened.setsampwidth(2)
                opened.setframerate(rate)
                opened.writeframes(bytes(frames))
    return folder


def table(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    """A CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    return path


def flowers(path: Path, rows: int = 120) -> Path:
    """Three classes by two numbers, a category, an id and a date."""
    dice = random.Random(3)
    made = []
    for number in range(rows):
        kind = dice.choice(["iris", "rose", "tulip"])
        centre = {"iris": 1.0, "rose": 3.0, "tulip": 5.0}[kind]
        day = f"2024-0{1 + number % 9}-{1 + dice.randrange(27):02d}"
        made.append(
            [
                1000 + number,
                round(dice.gauss(centre, 1), 3),
                round(dice.gauss(-centre, 2), 3),
                dice.choice("abc"),
                day,
                kind,
            ]
        )
    return table(path, ["id", "length", "width", "soil", "picked", "species"], made)


def notes(path: Path, each: int = 40) -> Path:
    """A table of texts of two classes."""
    dice = random.Random(4)
    made = [[" ".join(dice.choices(words.split(), k=12)), name] for name, words in WORDS.items() for _ in range(each)]
    return table(path, ["text", "place"], made)
