"""Recordings that a request brings as FLAC or OGG become the WAVs that a model's graph reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.pipeline.data import kinds
from graduate.pipeline.serve.servable import Refused, Servable


def as_wavs(servable: Servable, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the serving signature, each recording as a WAV; those of other tasks as they are.

    Raises:
        Refused: one is no recording; it says which one and why.
    """
    if servable.about.get("task") != kinds.AUDIO.task:
        return dict(given)
    features = servable.features
    return {
        name: _converted(value) if features.get(name) == kinds.AUDIO.raw_feature else value
        for name, value in given.items()
    }


def _converted(raws: Any) -> Any:
    from graduate.pipeline.data import seen_audio

    found = np.empty(raws.shape, object)
    for at, raw in enumerate(raws.flat):
        wav = seen_audio.as_wav(raw)
        if isinstance(wav, str):
            raise Refused(f"instance {at}: {wav}")
        found.flat[at] = wav
    return found
