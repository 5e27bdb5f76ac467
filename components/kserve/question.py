"""The question that a version has to answer before it counts as rolled out: a raw row that the trainer has answered."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graduate.components.kserve.rollout import Question

if TYPE_CHECKING:
    from tfx.types import artifact


def of(inputs: Mapping[str, Sequence[artifact.Artifact]]) -> Question | None:
    """The first row of the trainer's own answers, from a Pusher's inputs; None where no rows are among them."""
    from tfx.types import artifact_utils

    from graduate.components.saved_model import saved_model_folder
    from graduate.components.serving_check import raw_rows

    if not (inputs.get("examples") and inputs.get("model_run")):
        return None
    about = _read(saved_model_folder(inputs["model"][0]), "assets.extra", "graduate.json")
    reference = _read(inputs["model_run"][0].uri, "reference.json")
    split = artifact_utils.get_split_uri(list(inputs["examples"]), "eval")
    kinds = about["raw_features"]
    raw = raw_rows(split, reference["hash"][:1], kinds)
    called = about.get("arguments") or {name: name for name in kinds}
    row = {called[name]: _json(values[0]) for name, values in raw.items()}
    return Question(row, [float(one) for one in reference["answers"][0]])


def _json(value: Any) -> Any:
    """As TensorFlow Serving takes it: bytes in base64, a missing number as a bare NaN."""
    return {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value.item()


def _read(*path: str) -> Any:
    with open(os.path.join(*path), encoding="utf-8") as opened:
        return json.load(opened)
