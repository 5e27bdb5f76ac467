"""What the text task may be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graduate.pipeline.config import by_task
from graduate.pipeline.tasks import options
from graduate.pipeline.tasks.options import Found, Options, Rule

_RECURRENT = {
    "embedding": 64, "recurrent": 64, "bidirectional": True, "units": [], "activation": "relu", "dropout": 0.3
}  # fmt: skip
# Every key that a builder takes, with its default: also what a remedy may change.
HYPERPARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "bag": {"embedding": 64, "units": [64], "activation": "relu", "dropout": 0.3},
    "lstm": _RECURRENT,
    "gru": _RECURRENT,
    "transformer": {
        "embedding": 64, "heads": 4, "blocks": 2, "units": [], "activation": "gelu", "dropout": 0.2
    },
}  # fmt: skip
AUGMENTATIONS: Mapping[str, Rule] = {"word_dropout": options.share, "word_mask": options.share}
_RULES: Mapping[str, Rule] = {
    "embedding": options.whole,
    "recurrent": options.whole,
    "bidirectional": options.switch,
    "heads": options.whole,
    "blocks": options.whole,
    "units": options.maybe_layers,
    "activation": options.activation,
    "dropout": options.dropout,
}
SLICES = ("label", "characters", "words")


def check(config: Any) -> Iterator[Found]:
    """What is wrong with what only the task knows; see `options.check`."""
    yield from options.check(config, OPTIONS)


def _more(config: Any) -> Iterator[Found]:
    data = config.data
    if isinstance(data.label, list):
        yield ("data", "label"), "a text has one label column", "name one column, a class a text"
    if data.target != "class":
        message = f"texts are told apart by class, and data.target is {data.target}"
        yield ("data", "target"), message, "leave it out"
    yield from _heads(config)


def _heads(config: Any) -> Iterator[Found]:
    given = {**HYPERPARAMETERS["transformer"], **config.model.hyperparameters}
    sizes = given["embedding"], given["heads"]
    if config.model.build == "transformer" and all(map(options.is_count, sizes)) and sizes[0] % sizes[1]:
        message = f"an embedding of {sizes[0]} cannot be shared out over {sizes[1]} heads"
        yield ("model", "hyperparameters", "heads"), message, f"for example heads: {_divisor(*sizes)}"


def _divisor(embedding: int, heads: int) -> int:
    return max(part for part in range(1, heads + 1) if embedding % part == 0)


OPTIONS = Options(
    noun="a text",
    hyperparameters=HYPERPARAMETERS,
    rules=_RULES,
    augmentations=AUGMENTATIONS,
    slices=SLICES,
    transform=by_task.TRANSFORM["text"],
    example="for example [{word_dropout: 0.1}]",
    more=_more,
)
