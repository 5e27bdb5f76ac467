"""From rows that passed to facts: which look is told under which name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from graduate.observe.guard import Guard
from graduate.observe.rows import Rows, leaves

Tell = Callable[[str, Any], None]


class DataFacts:
    """Looks at the rows of one training.

    Args:
        guard: counts looks that fail.
        tell: gets name and value of each fact.
        model: that the rows are for.
        loss: as given to `compile`, or as called.
    """

    def __init__(self, guard: Guard, tell: Tell, model: Any, objective: dict[str, Any], loss: Any = None) -> None:
        self._guard, self._tell, self._model, self._objective, self._loss = guard, tell, model, objective, loss
        self.known: dict[str, Any] = {}

    def train(self, rows: Rows) -> None:
        """Facts of the training rows."""
        self._say("inputs.train", "inputs", rows.x, self._model, of=rows)
        if rows.y is not None:
            given = {"x": rows.x, "batch_size": rows.batch_size}
            self._say("labels.train", "labels", rows.y, rows.fed, self._objective, of=rows, **given)

    def other(self, name: str, rows: Rows) -> None:
        """Facts of rows for `validation`, `evaluate` or `predict`."""
        self._say(f"inputs.{name}", "inputs", rows.x, self._model, of=rows)
        if name == "validation" and rows.y is not None:
            self._say("labels.validation", "labels", rows.y, None, self._objective, of=rows, x=rows.x)

    def stand_in(self, rows: Rows) -> None:
        """Rows given to `evaluate` where there is no validation: their labels are those held out."""
        self._say("labels.validation", "labels", rows.y, None, self._objective, of=rows, x=rows.x)

    def constant(self, train: Rows, validation: Rows | None, class_weight: Any = None) -> None:
        """What the best constant would reach."""
        if train.y is None:
            return
        self._say(
            "constant",
            "constant",
            train.y,
            self._objective,
            self._loss,
            y_validation=validation.y if validation is not None else None,
            class_weight=class_weight,
            sample_weight=train.sample_weight if class_weight is None else None,
        )

    def overlap(self, train: Rows, others: dict[str, Rows]) -> None:
        """Rows that two sets share."""
        try:
            from graduate.looks import overlap

            train = train.bounded()
            hashed = overlap.row_hashes(train.x)
            pairs = overlap.row_hashes((train.x, train.y)) if train.y is not None else None
            found = {}
            for name, rows in others.items():
                rows = rows.bounded(20_000)
                other_pairs = overlap.row_hashes((rows.x, rows.y)) if rows.y is not None and pairs is not None else None
                both = (pairs, other_pairs) if other_pairs is not None else (None, None)
                found[name] = overlap.look(
                    hashed, overlap.row_hashes(rows.x), *both, x_train=_first(train.x), x_other=_first(rows.x)
                )
            if found:
                self.known["overlap"] = {**self.known.get("overlap", {}), **found}
                self._tell("overlap", self.known["overlap"])
        except Exception as error:
            self._guard.note("overlap", error)

    def baseline(self, train: Rows, validation: Rows | None) -> None:
        """What a simple model reaches on the same rows."""
        if train.y is None:
            return
        labelled = validation is not None and validation.y is not None
        other = (validation.x, validation.y) if labelled else (None, None)  # type: ignore[union-attr]
        kind = self.known.get("labels.train", {}).get("kind")
        tokens = self.known.get("inputs.train", {}).get("tokens")
        self._say("baseline", "baseline", train.x, train.y, *other, kind, objective=self._objective, tokens=tokens)

    def _say(self, name: str, look: str, *args: Any, of: Rows | None = None, **kwargs: Any) -> None:
        try:
            found = importlib.import_module(f"graduate.looks.{look}").look(*args, **kwargs)
        except ModuleNotFoundError:
            return
        except Exception as error:
            self._guard.note(name, error)
            return
        if not found:
            return
        if of is not None and not of.whole:  # only the first rows that passed
            found["whole"] = False
        self.known[name] = found
        self._tell(name, found)


def _first(value: Any) -> Any:
    return next(iter(leaves(value)), None)
