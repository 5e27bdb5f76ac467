"""What is gathered about one model over all its trainings: its rows, its runs, the looks at it."""

from __future__ import annotations

import time
from typing import Any

from graduate.observe import probes
from graduate.observe.data_facts import DataFacts
from graduate.observe.guard import Guard
from graduate.observe.rows import Collector, Rows
from graduate.observe.run import Run


class Study:
    """A model that is trained.

    Args:
        guard: of the observer.
        model: Keras', or several as one.
        objective: the fact of that name.
        loss: the loss itself, where it is known.
    """

    def __init__(self, guard: Guard, model: Any, objective: dict[str, Any], loss: Any = None) -> None:
        self.guard, self.model, self.objective, self.loss = guard, model, objective, loss
        self.runs: list[Run] = []
        self.told: dict[str, Any] = {}
        self.facts = DataFacts(guard, self.tell, model, objective, loss)
        self.rows: dict[str, Rows] = {}
        self.collectors: dict[str, Collector] = {}
        self.class_weight: Any = None
        self.active: list[Run] = []  # of the newest call of `fit`
        self.beats = probes.Beats()
        self.calls, self.guesses, self.kind = 0, 0, "loop"
        self.look_at = 0.0  # when the host looks again, between which steps are only counted
        self.finished_at = -1  # step of the last `final`
        self.spent = self.last_end_seconds = 0.0
        self.evaluated = 0  # sets of rows given to `evaluate` that were looked at
        self._held_out: Rows | None = None
        self._compared: set[str] = set()
        self._baselined = False

    def join(self, run: Run) -> None:
        """A run of this model begins."""
        if run in self.runs:
            return
        self.runs.append(run)
        if "objective" not in self.told:
            run.tell("objective", self.objective)
        for name, value in self.told.items():
            run.tell(name, value)

    def tell(self, name: str, value: Any, step: int | None = None) -> None:
        """To all runs, those that begin later included."""
        self.told[name] = value
        for run in self.runs:
            if run.open:
                run.tell(name, value, step)

    def learnt(self, objective: dict[str, Any], loss: Any = None) -> None:
        """The objective became known, or is another one now."""
        if objective != self.objective or "objective" not in self.told:
            self.objective, self.loss = objective, loss if loss is not None else self.loss
            known = self.facts.known
            self.facts = DataFacts(self.guard, self.tell, self.model, objective, self.loss)
            self.facts.known = known
            self.tell("objective", objective)

    def got(self, name: str, rows: Rows) -> None:
        """All rows of a kind are there: tell what they are."""
        before = self.rows.get(name)
        self.rows[name] = rows
        if before is not None and before.whole and _same(before, rows):
            return
        began = time.perf_counter()
        if name == "train":
            self.facts.train(rows)
        else:
            self.facts.other(name, rows)
        if name == "evaluate":
            self.evaluated += 1
            self._compared.discard(name)
        self.compare()
        if name == "evaluate":
            self._stand_in(rows)
        self.spent += time.perf_counter() - began

    def collect(self, name: str) -> Collector:
        """Where rows of a kind that pass batch by batch are kept."""
        return self.collectors.setdefault(name, Collector())

    def look(self, force: bool = False) -> None:
        """Tell of collected rows, where enough came or no more will."""
        for name, collector in self.collectors.items():
            if collector.told or not (force or collector.full or collector.ended):
                continue
            rows = collector.rows()
            if rows is not None:
                collector.told = collector.full or collector.ended or force
                self.got(name, rows)

    def compare(self) -> None:
        """Rows that two kinds share, and the best constant."""
        train = self.rows.get("train")
        if train is None:
            return
        others = {n: r for n, r in self.rows.items() if n in ("validation", "evaluate") and n not in self._compared}
        if others:
            self._compared |= set(others)
            self.facts.overlap(train, others)
        self.facts.constant(train, self.rows.get("validation"), self.class_weight)

    def _stand_in(self, rows: Rows) -> None:
        """Where there is no validation, rows given to `evaluate` are those held out, unless they are training rows."""
        shared = ((self.facts.known.get("overlap") or {}).get("evaluate") or {}).get("shared_share") or 0.0
        if "validation" in self.rows or rows.y is None or self._held_out is not None or shared > 0.5:
            return
        self._held_out = rows
        self.facts.stand_in(rows)
        self.finished_at, self._baselined = -1, False  # the end is looked at again, with rows to judge by

    @property
    def held_out(self) -> Rows | None:
        """Validation rows, or what stands in for them."""
        return self.rows.get("validation") or self._held_out

    def fed(self) -> Rows | None:
        """Rows to probe with, as soon as there are some."""
        if "train" in self.rows:
            return self.rows["train"]
        collector = self.collectors.get("train")
        return collector.rows() if collector is not None else None

    def stepped(self, calls: int = 1) -> None:
        """After a step on the host: probe where it is time."""
        self.calls += calls
        own = self._own_run()
        if own is None or not self.beats.due(self.calls):
            return
        rows = self.fed()
        if rows is None or rows.count == 0:
            return
        if "probe" not in self.told and own.initial:
            with self.beats.beat(0), probes.weights_as(self.model, own.initial):
                self._probe(rows, 0)
        with self.beats.beat(self.calls):
            own.flush(force=True)
            self._probe(rows, own.step)

    def end(self, baseline: bool = True) -> None:
        """After a training: the last probe, the final figures, the baseline."""
        self.look(force=True)
        own, rows = self._own_run(), self.rows.get("train")
        if own is None or rows is None or self.finished_at == own.step:
            return
        own.flush(force=True)
        began = time.perf_counter()
        self._probe(rows, own.step)
        try:
            found = probes.final(self.model, rows, self.held_out, self.objective, self.loss)
            if found:
                self.tell("final", found, own.step)
        except Exception as error:
            self.guard.note("final", error)
        if baseline and not self._baselined:
            self._baselined = True
            self.facts.baseline(rows, self.held_out)
        self.finished_at = own.step
        self.spent += time.perf_counter() - began

    def _probe(self, rows: Rows, step: int) -> None:
        try:
            constant = (self.told.get("constant") or {}).get("loss")
            found = probes.probe(self.model, rows, self.objective, self.loss, constant)
            if found:
                self.tell("probe", found, step)
        except Exception as error:
            self.guard.note("probe", error)

    def _own_run(self) -> Run | None:
        """The newest run of the model itself (and not of a part of it)."""
        return next((run for run in reversed(self.runs) if run.model is self.model and run.open), None)


def _same(one: Rows, other: Rows) -> bool:
    return one.x is other.x and one.y is other.y
