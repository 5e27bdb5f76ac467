"""Whether bytes are a recording that the pipeline can read, what it sounds like, and the WAV that is kept of it."""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Sequence
from typing import Any

from graduate.pipeline.data.kinds import Seen

MOST = 300  # seconds of one recording; a longer file is more likely not one example
RATES = (1_000, 384_000)  # Hz between which a recording's rate lies
_MAGIC = (b"RIFF", b"RIFX", b"RF64", b"fLaC", b"OggS")
_UNKNOWN_SIZE = 0x7FFFF000  # as in `tasks.audio_wave`: of a file that was written into a pipe
_SERVED = (1, 3, 0xFFFE)  # format tags that `tasks.audio_wave` knows: PCM, floating point, and either with more said
_FULL = 32767 / 32768  # samples at or above it have come to the end of the scale


def seen_of(raws: Sequence[bytes], rate: int | None = None) -> list[Seen | str]:
    """Read recordings: for each what was seen, with a WAV of 16 bits and one channel, or a few words why it is none.

    Args:
        raws: files.
        rate: Hz of those WAVs; None: the recording's own.
    """
    return [_seen(raw, rate) for raw in raws]


def as_wav(raw: bytes) -> bytes | str:
    """The bytes as a WAV that serving graphs take: such a WAV as it is. Or why there is none.

    Silence is answered, as that of a WAV is.
    """
    if _format(raw) in _SERVED:
        return raw
    found = _read(raw)
    return found if isinstance(found, str) else wav(found[0].mean(1), found[1])


def _seen(raw: bytes, rate: int | None) -> Seen | str:
    found = _read(raw)
    if isinstance(found, str):
        return found
    samples, own = found
    whole, bottom = abs(samples).max(1), float(samples.max() - samples.min())
    mono = samples.mean(1)
    if bottom == 0:
        return "it is silent (all samples are the same)"
    features = {
        "seconds": len(samples) / own,
        "rate": own,
        "channels": samples.shape[1],
        "peak": float(whole.max()),
        "rms": math.sqrt(float((mono**2).mean())),
        "clipped": float((whole >= _FULL).mean()),
    }
    entry = {name: round(value, 6) for name, value in features.items()}
    return Seen(features, entry, wav(mono if rate in (None, own) else _resampled(mono, own, rate), rate or own))


def _read(raw: bytes) -> tuple[Any, int] | str:
    """float64 (N, channels) in [-1, 1] and the rate, or why there are none."""
    import numpy as np
    import soundfile

    if not raw:
        return "it is empty (0 bytes)"
    if not raw.startswith(_MAGIC):
        return "it is not a WAV, FLAC or OGG recording"
    try:
        with soundfile.SoundFile(io.BytesIO(raw)) as opened:
            own, promised = opened.samplerate, opened.frames
            if not RATES[0] <= own <= RATES[1]:
                return f"it says a rate of {own} Hz, which no recording has"
            if promised / own > MOST and promised < 2**62:
                return f"it is longer than {MOST} seconds: one file is one recording"
            samples = opened.read(dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError):
        return "it is truncated or damaged"
    if (cut := _cut(raw, len(samples), promised)) is not None:
        return cut
    if not len(samples):
        return "it holds no samples"
    if not np.isfinite(samples).all():
        return "it holds values that are no numbers"
    return samples, own


def _cut(raw: bytes, there: int, promised: int) -> str | None:
    """A file of which less is there than it says itself; libsndfile reads what there is."""
    said = _promised(raw)
    if said is not None and said < _UNKNOWN_SIZE and said > _held(raw):
        return f"it is truncated ({_held(raw)} of {said} bytes of samples are there)"
    if raw.startswith(b"OggS") and not _ends(raw):
        return "it is truncated (its last page is missing)"
    return f"it is truncated ({there} of {promised} samples are there)" if there < promised < 2**62 else None


def _chunk(raw: bytes, wanted: bytes) -> tuple[int, int] | None:
    """Where the content of a WAV's chunk begins, and how many bytes of it the WAV says there are."""
    at = 12 if raw[:4] == b"RIFF" and raw[8:12] == b"WAVE" else len(raw)
    while at + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, at)
        if name == wanted:
            return at + 8, size
        at += 8 + size + size % 2
    return None


def _format(raw: bytes) -> int | None:
    found = _chunk(raw, b"fmt ")
    return int.from_bytes(raw[found[0] : found[0] + 2], "little") if found else None


def _promised(raw: bytes) -> int | None:
    found = _chunk(raw, b"data")
    return found[1] if found else None


def _held(raw: bytes) -> int:
    found = _chunk(raw, b"data")
    return len(raw) - found[0] if found else 0


def _ends(raw: bytes) -> bool:
    """Whether the last page of an Ogg stream says that it is the last (RFC 3533, 6: bit 2 of the header type)."""
    last = raw.rfind(b"OggS")
    return len(raw) > last + 5 and bool(raw[last + 5] & 4)


def _resampled(mono: Any, own: int, rate: int) -> Any:
    """By the polyphase filter that serving graphs have too: see `tasks.audio_wave.resampled`."""
    from scipy.signal import resample_poly

    common = math.gcd(own, rate)
    return resample_poly(mono, rate // common, own // common)


def wav(mono: Any, rate: int) -> bytes:
    """float64 (N,) in [-1, 1] as a WAV of 16 bits (RIFF WAVE, Microsoft and IBM 1991)."""
    import numpy as np

    content = np.clip(np.rint(mono * 32768.0), -32768, 32767).astype("<i2").tobytes()
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + len(content), b"WAVE") + form + _named(b"data", content)


def samples_of(written: bytes) -> Any:
    """int16 (N,): what `wav` wrote."""
    import numpy as np

    return np.frombuffer(written[44:], "<i2")


def _named(name: bytes, content: bytes) -> bytes:
    return struct.pack("<4sI", name, len(content)) + content
