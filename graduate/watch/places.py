"""Where in a script a finding belongs: the line that makes the layer, the optimizer or the loss, or that calls `fit`.

Read from the script's text, which is never run here. Where the script does not say it, its first line has to do.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from graduate.findings import Finding

_RATE = {"learning-rate-too-high", "learning-rate-too-low", "exploding-gradient"}
_LOSS = {"wrong-loss", "unscaled-targets", "loss-not-decreasing"}
_ROWS = {
    "unscaled-inputs",
    "leakage",
    "preprocessing-mismatch",
    "class-imbalance-collapse",
    "shuffled-labels",
    "sorted-rows",
    "wrong-label-encoding",
    "batch-size",
    "input-bound",
    "slow-training",
    "overfitting",
    "underfitting",
}
_UPDATE = {"gradients-not-applied", "layer-does-not-learn", "mode-mismatch"}
_TRAININGS = ("fit", "train_on_batch")
_UPDATES = ("apply_gradients", "apply", "minimize", *_TRAININGS)
_OPTIMIZERS = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "Lion", "Adafactor")


class Places:
    """Lines of a script by what they do; `Places.of(path)` of a file that is no Python says 1 to everything."""

    def __init__(self, tree: ast.AST) -> None:
        self._calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        self._calls.sort(key=lambda call: (call.end_lineno or call.lineno, call.end_col_offset or 0))

    @classmethod
    def of(cls, path: str) -> Places:
        """Of a script; a folder's `__main__.py`."""
        place = Path(path)
        place = place / "__main__.py" if place.is_dir() else place
        try:
            return cls(ast.parse(place.read_bytes()))
        except (OSError, SyntaxError, ValueError):
            return cls(ast.Module([], []))

    def line(self, finding: Finding) -> int:
        """The line that a finding is about, counted from 1."""
        return self._line(finding) or next(self._named(_TRAININGS), None) or next(self._named(_UPDATES), 1)

    def _line(self, finding: Finding) -> int | None:
        if finding.fault in _RATE:
            return next(self._named(_OPTIMIZERS), None) or next(self._named(("compile",)), None)
        if finding.fault in _LOSS:
            return next(self._named(("compile",)), None)
        if finding.fault in _ROWS:
            return next(self._named(_TRAININGS), None)
        if finding.layers and (made := self.layer(finding.layers)):
            return made
        if finding.fault in _UPDATE:
            return next(self._named(_UPDATES), None)
        return None

    def layer(self, names: Sequence[str]) -> int | None:
        """The line that makes the first of these layers that is found."""
        return next((line for name in names if (line := self._layer(name))), None)

    def _layer(self, name: str) -> int | None:
        for call in self._calls:
            if any(word.arg == "name" and _text(word.value) == name for word in call.keywords):
                return call.lineno
        kind, _, number = name.rpartition("_")
        if not number.isdecimal():
            kind, number = name, "0"
        made = [call.lineno for call in self._calls if _snake(_name(call)) == kind and not _has_name(call)]
        at = int(number)
        return made[at] if at < len(made) else (made[-1] if made else None)

    def _named(self, names: Sequence[str]) -> Iterator[int]:
        """Lines of calls of these names; the line of the name itself, where a chain of calls has several lines."""
        for call in self._calls:
            if _name(call) in names:
                yield (call.func.end_lineno or call.lineno) if isinstance(call.func, ast.Attribute) else call.lineno


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _has_name(call: ast.Call) -> bool:
    return any(word.arg == "name" for word in call.keywords)


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _snake(name: str) -> str:
    """A layer's class as Keras names its layers: `Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`."""
    letters = []
    for at, letter in enumerate(name):
        before, after = name[at - 1 : at], name[at + 1 : at + 2]
        if at and letter.isupper() and (before.islower() or (before.isupper() and after.islower())):
            letters.append("_")
        letters.append(letter.lower())
    return "".join(letters)
