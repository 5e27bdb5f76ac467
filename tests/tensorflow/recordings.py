"""Recordings as bytes, written by libsndfile: the same bytes for the same arguments, always."""

from __future__ import annotations

import io
import struct

import numpy as np
import soundfile


def sound(seconds=0.3, rate=16_000, channels=1, seed=0, noise=0.1):
    """float64 (N, channels) in (-1, 1): a few tones with noise, the same ones for the same arguments."""
    draws = np.random.default_rng(seed)
    time = np.arange(int(seconds * rate)) / rate
    tones = [np.sin(2 * np.pi * draws.uniform(100, 0.2 * rate) * time + draws.uniform(0, 6)) for _ in range(4)]
    whole = np.stack([sum(tones) + draws.normal(0, noise, len(time)) for _ in range(channels)], 1)
    return whole / np.abs(whole).max() * 0.9


def encoded(samples, rate=16_000, subtype="PCM_16", form="WAV"):
    """The bytes of a file.

    libsndfile writes the time into WAV files of floats and a number drawn by the clock into Ogg files. Rows are shared
    out over the splits and put in order by their bytes, so that a test would train on other rows each time.
    """
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=subtype, format=form)
    content = bytearray(file.getvalue())
    if form == "OGG":
        return bytes(_numbered(content))
    peak = content.find(b"PEAK")
    if peak > 0:
        content[peak + 12 : peak + 16] = bytes(4)
    return bytes(content)


def _numbered(content: bytearray) -> bytearray:
    """Every page of an Ogg stream with 1 as the stream's number, and the checksum that goes with it."""
    at = 0
    while at < len(content):
        segments = content[at + 26]
        end = at + 27 + segments + sum(content[at + 27 : at + 27 + segments])
        struct.pack_into("<I", content, at + 14, 1)
        struct.pack_into("<I", content, at + 22, 0)
        struct.pack_into("<I", content, at + 22, _checksum(content[at:end]))
        at = end
    return content


def _checksum(page: bytearray) -> int:
    """CRC-32 as Ogg has it: polynomial 0x04C11DB7, not reflected, from 0."""
    value = 0
    for byte in page:
        value = (value << 8 & 0xFFFFFFFF) ^ _TABLE[value >> 24 ^ byte]
    return value


def _entry(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    return value


_TABLE = [_entry(byte) for byte in range(256)]
