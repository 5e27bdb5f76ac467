"""Recordings: how a raw file becomes what the network hears, the same in Transform and in serving.

What only training needs lies beside it and is imported there alone: `audio_augment`, `audio_models`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

import graduate.pipeline.tasks.audio_features as audio_features  # by full names: the package itself names all tasks
import graduate.pipeline.tasks.audio_wave as audio_wave
import graduate.pipeline.tasks.exact as exact
import graduate.pipeline.tasks.labels as labels

RAW_FEATURE = "audio"  # served as the bytes of a WAV
LABEL_FEATURE, HASH_FEATURE, VOCABULARY = labels.FEATURE, labels.HASH, labels.VOCABULARY
unescape = labels.unescape

_KEYS = ("rate", "seconds", "features", "mels", "frame_ms", "hop_ms")
_CONSTANT = 1e-3  # of a logarithm: a band whose deviation is below it never varies
_PIECE = 256  # waveforms whose spectra are computed at once outside of a graph: each is hundreds of kilobytes


def preprocessing_fn(inputs: Mapping[str, Any], custom_config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Transform's graph: the waveform, the class's index, the row's hash, and what normalisation learned.

    Waveforms stay int16 (augmentation comes before the features); one string a row holds them. `feature_mean` and
    `feature_deviation` (bands,) are the full pass over the training split, a band of the features each, the same in
    every row: training reads them from one.
    """
    transform = {key: custom_config[key] for key in _KEYS}
    serialised, moments = _decoder(json.dumps(transform))(labels.dense(inputs[RAW_FEATURE]))
    bands = audio_features.shape(transform)[1]
    # all waveforms are of one length, so the mean of their means is the mean of all frames; in float64 E[x²] - E[x]²
    # loses nothing that matters
    learned = exact.mean(tf.ensure_shape(moments, [None, 2 * bands]))
    mean, square = learned[:bands], learned[bands:]
    deviation = tf.sqrt(tf.maximum(square - mean**2, 0.0))
    deviation = tf.where(deviation < _CONSTANT, tf.ones_like(deviation), deviation)
    rows = tf.shape(serialised)[0]
    return {
        RAW_FEATURE: serialised,
        LABEL_FEATURE: labels.numbered(inputs[LABEL_FEATURE]),
        HASH_FEATURE: labels.dense(inputs[HASH_FEATURE]),
        "feature_mean": tf.repeat(tf.cast(mean, tf.float32)[None], rows, axis=0),
        "feature_deviation": tf.repeat(tf.cast(deviation, tf.float32)[None], rows, axis=0),
    }


@functools.lru_cache
def _decoder(written: str) -> Any:
    """f(raw (B,)) -> serialised waveforms (B,), means of features and of their squares (B, 2 bands), float64.

    Row by row, so that no batch of spectra is in memory; traced once, its caller seven times.
    """
    transform = json.loads(written)
    sizes, bands = audio_features.framing(transform), audio_features.shape(transform)[1]

    def one(raw: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        waveform = audio_wave.decode(raw, transform["rate"], sizes.samples)
        heard = tf.cast(audio_features.features(waveform[None], transform)[0], tf.float64)
        moments = tf.concat([tf.reduce_mean(heard, 0), tf.reduce_mean(heard**2, 0)], 0)
        return tf.io.serialize_tensor(waveform), moments

    specs = (tf.TensorSpec([], tf.string), tf.TensorSpec([2 * bands], tf.float64))

    def batch(raws: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.map_fn(one, raws, fn_output_signature=specs)

    return tf.function(batch, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)


def input_shape(config: Mapping[str, Any]) -> tuple[int, int]:
    """(frames, bands) of what the network hears."""
    return audio_features.shape(config["transform"])


def transformed_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What `inputs` needs of a transformed row, as tf.io features."""
    return {RAW_FEATURE: tf.io.FixedLenFeature([], tf.string)}


def constant_features(config: Mapping[str, Any]) -> dict[str, Any]:
    """What Transform learned over the training split, the same in every row; `finaliser` takes it."""
    bands = audio_features.shape(config["transform"])[1]
    return {name: tf.io.FixedLenFeature([bands], tf.float32) for name in ("feature_mean", "feature_deviation")}


def inputs(parsed: Mapping[str, tf.Tensor], config: Mapping[str, Any]) -> tf.Tensor:
    """A batch of transformed rows as what is kept of them: int16 (B, samples).

    `tf.io.serialize_tensor` writes a TensorProto, whose last field is the content: its tail.
    """
    samples = audio_features.framing(config["transform"]).samples
    tails = tf.strings.substr(tf.reshape(parsed[RAW_FEATURE], [-1]), -2 * samples, 2 * samples)
    return tf.reshape(tf.io.decode_raw(tails, tf.int16), [-1, samples])


def finaliser(constants: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    """f(waveforms (B, samples), int16 or float32; or features (B, frames, bands), which masks were laid on) -> float32
    (B, frames, bands), zero mean and unit variance a band by the constants learned; in the graph, after augmentation.
    """
    transform = config["transform"]
    mean = tf.constant(constants["feature_mean"], tf.float32)
    deviation = tf.constant(constants["feature_deviation"], tf.float32)

    def finalise(kept: Any) -> tf.Tensor:
        if not tf.is_symbolic_tensor(kept) and len(kept) > _PIECE:
            return tf.concat([finalise(kept[at : at + _PIECE]) for at in range(0, len(kept), _PIECE)], 0)
        kept = tf.convert_to_tensor(kept)
        heard = kept if kept.shape.rank == 3 else audio_features.features(kept, transform)
        return (heard - mean) / deviation

    return finalise


def raw_features(wanted: Mapping[str, Any]) -> dict[str, tf.DType]:
    """Of the inputs of Transform's graph those that a request carries."""
    return {RAW_FEATURE: tf.string}
