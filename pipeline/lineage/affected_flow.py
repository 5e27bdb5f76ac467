"""Where data goes: from Examples into models and pushed versions.

Only what goes in counts: from Examples through executions that give Examples or a TransformGraph to one that gives
a Model, from a Model through a Pusher, an override or a warm start, from a pushed model through a rollback. An
Evaluator's baseline, a verdict, a condition, the node that reads which model serves: nothing passes through these.

The store is asked for the events of models, of what lies on the way to them, and of whatever took the Examples; its
other artifacts are most of it, and are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from graduate.pipeline.lineage.records import Artifact, Execution, Records
from graduate.pipeline.lineage.rows import Event

_ON_THE_WAY = ("TransformGraph", "Model", "PushedModel", "ModelEvaluation")
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
        known = records.artifacts(kinds=_ON_THE_WAY, only=("none",))
        self._kinds = {one.id: one.kind for one in known}
        self.every: dict[int, Artifact] = {one.id: one for one in known if one.kind == "Model"}
        self._inputs: dict[int, list[tuple[int, str]]] = {}
        self._outputs: dict[int, list[int]] = {}
        self._takers: dict[int, list[int]] = {}
        self._seen: set[tuple[int, int, bool, str]] = set()
        self._take_in(records.events(artifacts=self._kinds) if self._kinds else ())
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
        givers: dict[int, list[int]] = {}
        for execution, outputs in self._outputs.items():
            for number in outputs:
                if number in models:
                    givers.setdefault(number, []).append(execution)
        executions = {
            one.id: one for one in self._records.executions({e for ids in givers.values() for e in ids}, only=())
        }
        found = {}
        for number, ids in givers.items():
            told = sorted(
                (executions[one] for one in ids if one in executions), key=lambda e: (e.state == "cached", e.id)
            )
            if told:
                found[number] = told[0]
        return found

    def splits(self, executions: Collection[int]) -> dict[int, Splits]:
        """The splits that each of these trained on."""
        told = self._records.executions(executions, only=("train_args", "inputs")) if executions else []
        return {one.id: _training_splits(one.parameters) for one in told}

    def _take_in(self, events: Iterable[Event]) -> None:
        for event in events:
            at = (event.artifact, event.execution, event.output, event.key)
            if at in self._seen:
                continue
            self._seen.add(at)
            if event.output:
                self._outputs.setdefault(event.execution, []).append(event.artifact)
            elif not event.key.startswith("_"):  # a condition only looks
                self._inputs.setdefault(event.execution, []).append((event.artifact, event.key))
                self._takers.setdefault(event.artifact, []).append(event.execution)

    def _find_data(self) -> None:
        """Examples that were made of the sources: they are found by who took these."""
        frontier, asked = set(self._data), set[int]()
        while frontier:
            self._take_in(self._records.events(artifacts=frontier))
            takers = {one for number in frontier for one in self._takers.get(number, ())} - asked
            # an Evaluator gives no data
            takers = {
                one for one in takers if "ModelEvaluation" not in map(self._kinds.get, self._outputs.get(one, ()))
            }
            asked |= takers
            self._take_in(self._records.events(executions=takers) if takers else ())
            unknown = {number for one in takers for number in self._outputs.get(one, ())} - self._kinds.keys()
            unknown |= {
                number
                for one in takers
                if self._gives(one, "Model")
                for number, _ in self._inputs.get(one, ())
                if number not in self._kinds
            }
            examples = self._records.artifacts(ids=unknown, kinds=("Examples",), only=()) if unknown else []
            given = {number for one in takers for number in self._outputs.get(one, ())}
            self._kinds |= {one.id: "Examples" for one in examples}
            frontier = {one.id for one in examples if one.id in given}

    def _gives(self, execution: int, kind: str) -> bool:
        return any(self._kinds.get(number) == kind for number in self._outputs.get(execution, ()))

    def _spread(self, changed: Iterable[int]) -> None:
        waiting = set(changed)
        while waiting:
            executions = {one for number in waiting for one in self._takers.get(number, ())}
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
        for execution, inputs in self._inputs.items():
            others = any(self._kinds.get(number) == "Examples" and number not in self._data for number, _ in inputs)
            if others:
                found.update(n for n in self._outputs.get(execution, ()) if self._kinds.get(n) == "Model")
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
