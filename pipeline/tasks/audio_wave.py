"""The bytes of a WAV to a waveform, in TensorFlow's own operations: the same in Transform and in serving.

`tf.audio.decode_wav` reads 16-bit files alone and does not resample.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

# Sample formats of RIFF WAVE: (format tag, bits); 1 is PCM, 3 IEEE floating point (Microsoft and IBM 1991; RFC 2361).
_FORMATS = ((1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64))
_EXTENSIBLE = 0xFFFE  # the tag then stands at the head of the sub-format
_FMT, _DATA = 0x20746D66, 0x61746164  # "fmt " and "data", least byte first
_UNKNOWN_SIZE = 0x7FFFF000  # of a file that was written into a pipe: its data go on to its end
_HALF, _BETA = 10, 5.0  # the low-pass filter: zero crossings each way, shape of the Kaiser window


def decode(raw: tf.Tensor, rate: int, samples: int) -> tf.Tensor:
    """Decode one WAV: PCM of 8, 16, 24 or 32 bits or float of 32 or 64, any channels (their mean is taken), any rate.

    Args:
        raw: scalar string, the file.
        rate: Hz to resample to; see `resampled`.
        samples: how many; longer recordings are cut at their end, shorter ones padded with zeros.

    Returns:
        int16 (samples,).

    Raises:
        tf.errors.InvalidArgumentError: the bytes are not such a WAV, are cut short, or hold no samples.
    """
    waveform, own = waveform_of(raw)
    waveform = tf.cond(tf.equal(own, rate), lambda: waveform, lambda: resampled(waveform, own, rate, samples))[:samples]
    whole = tf.cast(tf.clip_by_value(tf.round(waveform * 32768.0), -32768.0, 32767.0), tf.int16)
    return tf.ensure_shape(tf.pad(whole, [[0, samples - tf.shape(whole)[0]]]), [samples])


def waveform_of(raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The mean of a WAV's channels, float64 (N,) in [-1, 1], and its rate in Hz, int64; raises as `decode` does."""
    length = tf.strings.length(raw)
    head = tf.strings.join([tf.strings.substr(raw, 0, 12), " " * 12])  # may be shorter
    is_wav = (tf.strings.substr(head, 0, 4) == "RIFF") & (tf.strings.substr(head, 8, 4) == "WAVE")
    raw = tf.strings.substr(raw, _zero_if(is_wav, "it is not a WAV"), length)
    form, data, size = _chunks(raw, length)
    has_form = (form > 0) & (form + 16 <= length)
    form += _zero_if(has_form, "the WAV has no format chunk")
    data += _zero_if((data > 0) | ~has_form, "the WAV holds no samples")  # of two complaints always the same one
    size = tf.where(size >= _UNKNOWN_SIZE, tf.cast(length, tf.int64), size)
    there = tf.cast(length - data, tf.int64)
    data += _zero_if((size <= there) | (size == tf.cast(length, tf.int64)), "the WAV is truncated")
    tag, channels, own, bits = (_number(raw, form + at, n) for at, n in ((0, 2), (2, 2), (4, 4), (14, 2)))
    tag = tf.cond(
        (tag == _EXTENSIBLE) & (form + 26 <= length), lambda: _number(raw, form + 24, 2), lambda: tf.identity(tag)
    )
    known = (tag[None] == [t for t, _ in _FORMATS]) & (bits[None] == [b for _, b in _FORMATS])
    data += _zero_if(tf.reduce_any(known) & (channels > 0) & (own > 0), "the WAV's samples are of an unknown kind")
    block = tf.maximum(channels, 1) * tf.maximum(bits // 8, 1)
    size = tf.minimum(size, there) // block * block
    data += _zero_if(size > 0, "the WAV holds no samples")
    content = tf.strings.substr(raw, data, tf.cast(size, tf.int32))
    values = _chosen(tf.unstack(known), [_reader(*one, content) for one in _FORMATS])
    finite = _zero_if(tf.reduce_all(tf.math.is_finite(values)), "the WAV holds values that are no numbers")
    values += tf.cast(finite, tf.float64)
    return tf.reduce_mean(tf.reshape(values, [-1, tf.cast(channels, tf.int32)]), 1), own


def _zero_if(condition: tf.Tensor, message: str) -> tf.Tensor:
    """int32 0 to be added to what is computed next; an InvalidArgumentError with the message where the condition fails.

    `tf.debugging.Assert` has a side effect, so that it would run where nothing of the waveform is asked for: the export
    asks Transform's graph for labels alone, and gives it no recordings then.
    """
    return tf.strings.to_number(tf.where(condition, "0", message), tf.int32)


def _number(raw: tf.Tensor, at: tf.Tensor, octets: int) -> tf.Tensor:
    """An unsigned number of 2 or 4 bytes, least byte first, as int64."""
    found = tf.cast(tf.io.decode_raw(tf.strings.substr(raw, at, octets), tf.uint8), tf.int64)
    return tf.reduce_sum(found * [256**place for place in range(octets)])


def _chunks(raw: tf.Tensor, length: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Where the contents of the chunks "fmt " and "data" begin (0: there is none), and the size the latter says."""

    def going_on(at: tf.Tensor, form: tf.Tensor, data: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
        return (at + 8 <= length) & (data == 0)

    def next_chunk(
        at: tf.Tensor, form: tf.Tensor, data: tf.Tensor, size: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
        name, own = _number(raw, at, 4), _number(raw, at + 4, 4)
        ends = tf.minimum(tf.cast(at, tf.int64) + 8 + own + own % 2, tf.cast(length, tf.int64))  # to an even position
        here = at + 8
        is_data = name == _DATA
        form = tf.where(name == _FMT, here, form)
        return tf.cast(ends, tf.int32), form, tf.where(is_data, here, data), tf.where(is_data, own, size)

    start = (tf.constant(12), tf.constant(0), tf.constant(0), tf.constant(0, tf.int64))
    _, form, data, size = tf.while_loop(going_on, next_chunk, start)
    return form, data, size


def _chosen(known: list[tf.Tensor], readers: list[Callable[[], tf.Tensor]]) -> tf.Tensor:
    """What the first reader that is meant gives. (Transform's graph cannot be written with `tf.switch_case` in it.)"""
    if len(readers) == 1:
        return readers[0]()
    return tf.cond(known[0], readers[0], lambda: _chosen(known[1:], readers[1:]))


def _reader(tag: int, bits: int, content: tf.Tensor) -> Callable[[], tf.Tensor]:
    """() -> float64 samples of one format."""

    def read() -> tf.Tensor:
        if tag == 3:
            return tf.cast(tf.io.decode_raw(content, tf.float32 if bits == 32 else tf.float64), tf.float64)
        if bits == 8:  # the only width without a sign
            return (tf.cast(tf.io.decode_raw(content, tf.uint8), tf.float64) - 128.0) / 128.0
        if bits == 24:
            octets = tf.cast(tf.reshape(tf.io.decode_raw(content, tf.uint8), [-1, 3]), tf.int32)
            value = tf.reduce_sum(octets * [1, 1 << 8, 1 << 16], 1)
            return tf.cast(tf.where(value >= 1 << 23, value - (1 << 24), value), tf.float64) / float(1 << 23)
        whole = tf.io.decode_raw(content, tf.int16 if bits == 16 else tf.int32)
        return tf.cast(whole, tf.float64) / float(1 << (bits - 1))

    return read


def resampled(waveform: tf.Tensor, own: tf.Tensor, rate: int, most: int) -> tf.Tensor:
    """A waveform at another rate, by the windowed sinc of `scipy.signal.resample_poly` (which ingest uses).

    With up/down the ratio of the rates in lowest terms, M the greater of both and h the low-pass filter of cut-off 1/M,
    20 M + 1 taps and a Kaiser window of beta 5: y[m] = up Σₙ x[n] h[m down - n up], zeros outside (Crochiere and
    Rabiner 1983, 2.3).

    Args:
        waveform: float64 (N,).
        own: its rate in Hz, int64 scalar.
        rate: Hz wanted.
        most: samples are enough.

    Returns:
        float64 (at most `most`,).
    """
    divisors = tf.constant([n for n in range(1, rate + 1) if rate % n == 0], tf.int64)
    common = tf.reduce_max(tf.where(own % divisors == 0, divisors, 1))
    up, down = rate // common, own // common
    half = _HALF * tf.maximum(up, down)
    taps = tf.cast(up, tf.float64) * _low_pass(half)
    taps = tf.pad(taps, [[2 * up, 2 * up]])
    length = tf.shape(waveform, out_type=tf.int64)[0]
    outputs = tf.minimum(-(-length * up // down), most)
    position = tf.range(outputs) * down
    at, phase = position // up, position % up
    reach = half // up + 1
    padded = tf.pad(waveform, [[reach, reach]])

    def add(j: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        weights = tf.gather(taps, phase + j * up + half + 2 * up)
        return j + 1, total + weights * tf.gather(padded, at - j + reach)

    _, total = tf.while_loop(lambda j, total: j <= reach, add, (-reach, tf.zeros([outputs], tf.float64)))
    return total


def _low_pass(half: tf.Tensor) -> tf.Tensor:
    """float64 (2 half + 1,): a sinc whose `_HALF` zero crossings each way end at `half`, windowed, of sum 1."""
    place = tf.cast(tf.range(-half, half + 1), tf.float64)
    end = tf.cast(half, tf.float64)
    x = place * (_HALF * 3.141592653589793) / end
    sinc = tf.where(x == 0, tf.ones_like(x), tf.sin(x) / tf.where(x == 0, tf.ones_like(x), x))
    window = tf.math.bessel_i0(_BETA * tf.sqrt(tf.maximum(1.0 - (place / end) ** 2, 0.0)))
    taps = sinc * window
    return taps / tf.reduce_sum(taps)
