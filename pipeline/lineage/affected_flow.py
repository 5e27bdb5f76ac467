"""Where data goes: from Examples into models and pushed versions.

Only what goes in counts: from Examples through executions that give Examples or a TransformGraph to one that gives
a Model, from a Model through a Pusher, an override or a warm start, from a pushed model through a rollback. An
Evaluator's baseline, a verdict, a condition, the node that reads which model serves: nothing passes through these.

The store is asked for the events of models, of what lies on the way to them, and for the Examples of whatever took
the Examples; its other artifacts are most of it, and are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from graduate.pipeline.lineage.records import Artifact, Execution, Records
from graduate.pipeline.lineage.rows import Event

_ON_THE_WAY = ("TransformGraph", "PushedModel", "ModelEvaluation")  # besides models
_COMPARED = ("baseline", "baseline_model")  # slots of a model that is only compared with
_TRAINING = frozenset(("train",))  # the splits that TFX's Trainer trains on where it is not told otherwise
Splits = frozenset[str]


class Flow:
    """What came of several sources.

    Args:
        records: the store.
        sources: of each source the numbers of its Examples.

    Attributes:
        models: by number of a Model, by source, the executions that trained it, or the model that it was begun with,
            on that; none where it was only evaluated on it.
        pushed: by number of a PushedModel, the Models that were pushed by it.
        every: all Models of the store, by number.
        mixed: Models that were trained on data which came of none of the sources, too.
    """

    def __init__(self, records: Records, sources: Sequence[Collection[int]]) -> None:
        self._records = records
        self.every: dict[int, Artifact] = {one.id: one for one in records.artifacts(kinds=("Model",), only=("none",))}
        self._kinds = dict.fromkeys(self.every, "Model")
        self._kinds |= {one.id: one.kind for one in records.artifacts(kinds=_ON_THE_WAY, only=())}
        self._inputs: dict[int, set[tuple[int, str]]] = {}
        self._outputs: dict[int, set[int]] = {}
        self._takers: dict[int, set[int]] = {}
        self._giving: dict[str, set[int]] = {}  # executions by kind
        self._give(records.events(artifacts=self._kinds, output=True, tell="ends"))
        through = [number for number, kind in self._kinds.items() if kind != "ModelEvaluation"]
        self._take(records.events(artifacts=through, executions=self._outputs, output=False))
        self._data: dict[int, set[int]] = {}
        for at, examples in enumerate(sources):
            for number in examples:
                self._data.setdefault(number, set()).add(at)
        self._kinds |= dict.fromkeys(self._data, "Examples")
        self._find_data()
        self.models: dict[int, dict[int, frozenset[int]]] = {}
        self.pushed: dict[int, set[int]] = {}
        self._spread(self._data)
        self.mixed = self._mixed()

    def makers(self, models: Collection[int]) -> dict[int, Execution]:
        """Of each Model the execution that trained it, not one that found it in the cache."""
        givers = {number: self._givers[number] for number in models if number in self._givers}
        ids = {one for executions in givers.values() for one in executions}
        executions = {one.id: one for one in self._records.executions(ids, only=())} if ids else {}
        found = {}
        for number, ids in givers.items():
            told = sorted(
                (executions[one] for one in ids if one in executions), key=lambda e: (e.state == "cached", e.id)
            )
            if told:
                found[number] = told[0]
        return found

    @cached_property
    def _givers(self) -> dict[int, set[int]]:
        """By number of what was given."""
        found: dict[int, set[int]] = {}
        for execution, outputs in self._outputs.items():
            for number in outputs:
                found.setdefault(number, set()).add(execution)
        return found

    def splits(self, executions: Collection[int]) -> dict[int, Splits]:
        """The splits that each of these trained on."""
        told = self._records.executions(executions, only=("train_args", "inputs")) if executions else []
        return {one.id: _training_splits(one.parameters) for one in told}

    def _give(self, events: Iterable[Event]) -> None:
        for event in events:
            self._outputs.setdefault(event.execution, set()).add(event.artifact)
            self._giving.setdefault(self._kinds[event.artifact], set()).add(event.execution)

    def _take(self, events: Iterable[Event]) -> set[int]:
        """Executions that took something to work on it."""
        took = set()
        for event in events:
            if not event.key.startswith("_"):  # a condition only looks
                took.add(event.execution)
                self._inputs.setdefault(event.execution, set()).add((event.artifact, event.key))
                self._takers.setdefault(event.artifact, set()).add(event.execution)
        return took

    def _find_data(self) -> None:
        """Examples that were made of the sources: they are found by who took these."""
        frontier, walked, asked = set(self._data), set[int](), set[int]()
        ask, kinds = self._records.events, ("Examples",)
        evaluating = self._giving.get("ModelEvaluation", set())  # they give no data
        while frontier:
            walked |= frontier
            takers = {event.execution for event in ask(artifacts=frontier, output=False, tell="ends")}
            new = takers - asked - evaluating
            given = ask(executions=new, kinds=kinds, output=True, tell="ends") if new else []
            # in which slot matters of those alone that give something
            weighty = takers & (self._outputs.keys() | {event.execution for event in given})
            took = self._take(ask(artifacts=frontier, executions=weighty, output=False) if weighty else ())
            given = [event for event in given if event.execution in took]
            self._kinds |= dict.fromkeys((event.artifact for event in given), "Examples")
            self._give(given)
            asked |= new & took
            frontier = {event.artifact for event in given} - walked
        self._learn_mixture(asked & self._giving.get("Model", set()))

    def _learn_mixture(self, trained: Collection[int]) -> None:
        """What else models were trained on."""
        beside = self._records.events(executions=trained, kinds=("Examples",), output=False) if trained else []
        self._kinds |= dict.fromkeys((event.artifact for event in beside), "Examples")
        self._take(beside)

    def _spread(self, changed: Iterable[int]) -> None:
        waiting = set(changed)
        while waiting:
            takers = {one for number in waiting for one in self._takers.get(number, ())}
            executions = takers & self._outputs.keys()  # who gives nothing that counts
            waiting = {number for one in executions for number in self._through(one)}

    def _through(self, execution: int) -> set[int]:
        """What an execution gave that now holds more than was known."""
        inputs = self._inputs.get(execution, ())
        data = {at for number, _ in inputs for at in self._data.get(number, ())}
        bases = {number for number, key in inputs if number in self.models and key not in _COMPARED}
        pushed = {model for number, _ in inputs for model in self.pushed.get(number, ())}
        changed: set[int] = set()
        for number in self._outputs.get(execution, ()):
            kind = self._kinds.get(number)
            if kind in ("Examples", "TransformGraph") and data - self._data.get(number, set()):
                self._data.setdefault(number, set()).update(data)
                changed.add(number)
            elif kind == "Model" and self._into_model(number, execution, data, bases):
                changed.add(number)
            elif kind == "PushedModel" and (bases | pushed) - self.pushed.get(number, set()):
                self.pushed.setdefault(number, set()).update(bases, pushed)
                changed.add(number)
            elif kind == "ModelEvaluation" and data:
                self._evaluated(inputs, data)
        return changed

    def _into_model(self, number: int, execution: int, data: set[int], bases: set[int]) -> bool:
        new = dict.fromkeys(data, frozenset((execution,)))
        for base in bases - {number}:  # a warm start: what is in the base is in the model
            for at, executions in self.models[base].items():
                new[at] = new.get(at, frozenset()) | executions
        known = self.models.get(number, {})
        merged = {at: known.get(at, frozenset()) | new.get(at, frozenset()) for at in {*known, *new}}
        if merged == known:
            return False
        self.models[number] = merged
        return True

    def _evaluated(self, inputs: Iterable[tuple[int, str]], data: Iterable[int]) -> None:
        """Data that a model met in its evaluation alone: it does not contain it, and is told as such."""
        for number, key in inputs:
            if self._kinds.get(number) == "Model" and key not in _COMPARED:
                known = self.models.setdefault(number, {})
                for at in data:
                    known.setdefault(at, frozenset())

    def _mixed(self) -> set[int]:
        """Models that were trained also on Examples which came of none of the sources."""
        found: set[int] = set()
        for execution, outputs in self._outputs.items():
            models = {number for number in outputs if self._kinds.get(number) == "Model"}
            taken = self._inputs.get(execution, ()) if models else ()
            if any(self._kinds.get(number) == "Examples" and number not in self._data for number, _ in taken):
                found |= models
        return found


def _training_splits(parameters: Mapping[str, Any]) -> Splits:
    """The splits that a Trainer trains on: TFX's `train_args`, a TrainArgs message as JSON."""
    told = parameters.get("train_args")
    try:
        told = json.loads(told) if isinstance(told, str) else told
        splits = told.get("splits") if isinstance(told, Mapping) else None
    except ValueError:
        splits = None
    return frozenset(map(str, splits)) if splits else _TRAINING
