"""Rules are asked while a training runs, and it is told, stopped or cured.

recorder = Recorder("trace")
supervisor = Supervisor(recorder, "cure", on_event=lambda event: print(event["text"]))
train(build, rows_train, rows_eval, options, callbacks=[recorder, supervisor])
"""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from graduate.diagnose import diagnose
from graduate.errors import UsageError
from graduate.findings import Diagnosis, Finding, Rule, Severity
from graduate.recorder import Recorder
from graduate.remedies import NotApplicable, Remedy, advice, fitting
from graduate.rules import all_rules
from graduate.trace import Event, Trace
from graduate.trace.facts import Told
from graduate.training import surgery
from graduate.training.checkpoint import Checkpoints
from graduate.training.cluster import from_chief
from graduate.training.course import GoOnTreated, Origin
from graduate.training.rhythm import look_steps, thinned
from graduate.training.strategy import is_chief, worker_count
from graduate.training.told import Teller
from graduate.training.treated import TreatedTraining
from graduate.training.treatment import Treatment

Mode = Literal["off", "report", "stop", "cure"]
MAX_CURES = 3
ONLY_TOLD = frozenset({"input-bound", "slow-training"})  # they cost time, not the model's worth
OF_THE_ROWS = frozenset({"preprocessing-mismatch", "leakage"})  # only a person can say which rows are right
REPEATABLE = {"lower-learning-rate": 2, "skip-batch": 2}  # how often a remedy may be tried against one fault
_CLOCK_SECONDS, _BUDGET = 30.0, 0.02


class Supervisor:
    """A callback of `graduate.training.train`; it stands behind its recorder.

    Every few steps, and at the end, the rules look at what is recorded so far.

    - `off`: nothing is looked at
    - `report`: findings are told
    - `stop`: an error ends the training, successfully; the trace has an event `stop`
    - `cure`: an error sends the training back to its last snapshot before the error (or, for a change of the network,
      to its start) with the first of the finding's remedies that it can take. The trace goes on on another branch, or,
      as the network's variables differ, in a new folder beside which the old one stays; its events `rollback` and
      `remedy` say what happened. After `max_cures` the training is stopped as sick.

    The steps of looks and snapshots follow from the number of steps alone, so that a training that was killed and
    resumed is cured as one that was not; the clock makes more looks only where those are half a minute apart.

    Args:
        recorder: of the same training.
        mode: see above.
        max_cures: how many remedies are tried in all.
        act_on: the least severity that stops or cures.
        overrides: fault → threshold → value, for `diagnose`.
        ignore: faults that are not looked for.
        rules: which are asked; all of ours, if left out.
        on_event: takes {"kind": "finding" | "cure" | "stop" | "unhelped", "step", "text", …}, on the chief.

    Attributes:
        findings: all that were told, in order.
    """

    def __init__(
        self,
        recorder: Recorder,
        mode: Mode = "report",
        *,
        max_cures: int = MAX_CURES,
        act_on: Severity = Severity.ERROR,
        overrides: Mapping[str, Mapping[str, float]] | None = None,
        ignore: Collection[str] = (),
        rules: Sequence[Rule] | None = None,
        on_event: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        if mode not in get_args(Mode):
            raise UsageError(f"unknown mode {mode!r}", hint=", ".join(get_args(Mode)), where="during_training")
        self._recorder, self._mode, self._max_cures, self._act_on = recorder, mode, max_cures, act_on
        self._overrides, self._ignore, self._on_event = overrides, tuple(ignore), on_event or (lambda event: None)
        self._rules = {rule.fault: rule for rule in (all_rules() if rules is None else rules)}
        self.findings: list[Finding] = []
        self._told: set[str] = set()
        self._unhelped: set[str] = set()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._snapshots: Checkpoints | None = None

    def follow(self, training: Any) -> None:
        """Before a course begins: have the trace follow it."""
        if self._mode == "off":
            return
        self._recorder.close()
        if training.state.step == 0:
            self._recorder.restore({"step": np.asarray(0)})
        cures = training.treatment.cures
        if cures and cures[-1].scope == "rebuild" and training.state.step == 0 and is_chief(training.strategy):
            path = Path(self._recorder.path)
            aside = path.with_name(f"{path.name}-before-cure-{len(cures)}")
            if path.exists() and not aside.exists():
                path.rename(aside)

    def start(self, training: Any) -> None:
        """A course begins, or goes on."""
        if self._mode == "off":
            return
        self._training, self._looked, self._alarmed = training, time.monotonic(), False
        self._looks = look_steps(training.steps, often=self._mode in ("stop", "cure"))
        self._chief, self._workers = is_chief(training.strategy), worker_count(training.strategy)
        self._cost = 0.0
        self._told.clear()
        self._unhelped.clear()
        self._teller = Teller(self._recorder, training) if self._chief else None
        if self._chief:
            self._note_cures()
            assert self._teller is not None
            self._teller.start()
        if self._mode == "cure":
            self._open_snapshots()
            step = training.state.step
            if step in self._looks and not training.again:  # killed between a checkpoint and its look
                self._look(step)

    def next_stop(self, step: int) -> int | None:
        """The next step at which is looked."""
        if self._mode == "off":
            return None
        return next((one for one in self._looks if one > step), None)

    def between_calls(self, step: int) -> bool:
        """Look, where it is time to."""
        if self._mode == "off" or step >= self._training.steps:
            return False
        sick = not self._alarmed and not math.isfinite(self._training.state.sums[0])
        self._alarmed = self._alarmed or sick
        return self._look(step) if step in self._looks or sick or self._long_ago() else False

    def finish(self, result: Any) -> None:
        """Look at the whole."""
        if self._mode == "off":
            return
        if self._teller is not None:
            self._teller.finish(result)
        self._look(result.steps, final=True)
        self._close_snapshots()

    def _look(self, step: int, final: bool = False) -> bool:
        """Ask the rules, and do what follows; whether to stop. Of several workers all do what the chief decides.

        Raises:
            GoOnTreated: a remedy was found.
        """
        began = time.monotonic()
        decided = self._decide(step, final) if self._chief else {}
        if self._workers > 1:
            decided = json.loads(from_chief(self._training.strategy, json.dumps(decided).encode()))
        if "treatment" in decided:
            self._begin_again(Treatment.from_json(decided["treatment"]))
        if decided.get("healthy") and self._snapshots is not None:
            self._snapshots.save(self._training.position())
        self._looked = time.monotonic()
        self._cost = self._looked - began
        return bool(decided.get("stop"))

    def _decide(self, step: int, final: bool) -> dict[str, Any]:
        if self._teller is not None and not final:
            self._teller.look()
        trace = self._recorder.trace()
        found = self._diagnose(trace, final)
        roots = [one for one in found.roots if one.cured_at is None and not self._settled(one, final)]
        for finding in roots:
            self._tell(finding, trace, step)
        errors = [one for one in roots if one.severity >= self._act_on and one.fault not in ONLY_TOLD]
        if errors and self._mode == "stop" and not final:
            return self._stop(errors[0], step, errors[0].meaning)
        errors = [one for one in errors if one.fault not in self._unhelped]
        if not errors:
            return {"healthy": not final}
        return self._treat(errors, trace, step, final) if self._mode == "cure" else {}

    def _treat(self, errors: list[Finding], trace: Trace, step: int, final: bool) -> dict[str, Any]:
        """The first remedy of the worst error that this training can take."""
        done = self._training.treatment.cures
        errors = self._roots_of(errors, trace)
        if len(done) >= self._max_cures:
            names = ", ".join(cure.remedy for cure in done)
            reason = f"{errors[0].meaning.rstrip('.')}; {len(done)} remedies did not help: {names}"
            return {} if final else self._stop(errors[0], step, reason)
        for finding in errors:
            for remedy in fitting(finding, trace) if finding.fault not in OF_THE_ROWS else ():
                tried = sum(c.remedy == remedy.id and c.fault == finding.fault for c in done)
                if remedy.apply is None or tried >= REPEATABLE.get(remedy.id, 1):
                    continue
                treated = self._treated(trace, step, finding, remedy.scope == "rebuild")
                with contextlib.suppress(NotApplicable):
                    what = remedy.apply(treated, finding)
                    return (
                        self._stop(finding, step, treated.stopped)
                        if treated.stopped
                        else self._cure(treated.treatment(remedy, finding, what), remedy, finding, step)
                    )
            self._unhelped.add(finding.fault)
            self._event("unhelped", step, f"{finding.fault}: no remedy that the training can take", finding)
        return {}

    def _roots_of(self, errors: list[Finding], trace: Trace) -> list[Finding]:
        """What explains them: rules that are asked at the end only may know the cause of what others see early."""
        full = self._diagnose(_as_if_ended(trace), final=True)
        causes = {one.fault: one.caused_by for one in full.findings if one.caused_by}
        roots = {one.fault: one for one in full.roots}
        found: dict[str, Finding] = {}
        for finding in [*(roots.get(causes.get(one.fault, ""), one) for one in errors), *errors]:
            if finding.fault not in self._unhelped:
                found.setdefault(finding.fault, finding)
        return list(found.values())

    def _diagnose(self, trace: Trace, final: bool) -> Diagnosis:
        rules = tuple(self._rules.values())
        return diagnose(trace, rules=rules, overrides=self._overrides, ignore=self._ignore, final=final)

    def _cure(self, treatment: Treatment, remedy: Remedy, finding: Finding, step: int) -> dict[str, Any]:
        cure = treatment.cures[-1]
        text = f"cure {len(treatment.cures)} of {self._max_cures} against {finding.fault}: {cure.sentence}"
        self._event("cure", step, text, finding, remedy=remedy.id, back_to=cure.back_to)
        return {"treatment": treatment.to_json()}

    def _treated(self, trace: Trace, step: int, finding: Finding, anew: bool) -> TreatedTraining:
        """What the remedy changes; where it starts anew, cures of what this fault had caused are undone."""
        training = self._training
        rule = self._rules.get(finding.fault)
        before = training.treatment.undo(rule.causes if anew and rule else ())
        taken = self._snapshots.steps() if self._snapshots is not None else []
        healthy = [one for one in taken if not self._had(finding.fault, trace.until(one))]

        def changeable(wanted: dict[str, Any]) -> str | None:
            return surgery.why_not(training.model, wanted, training.network_rows)

        history = training.state.history
        snapshots, finite = [0, *healthy], training.rows_train.finite
        given = training.given, before, trace, history, step, training.steps
        return TreatedTraining(*given, snapshots, changeable, finite)

    def _had(self, fault: str, trace: Trace) -> bool:
        """Whether a trace shows the fault already: rules speak up late, what they see may have begun early."""
        if fault not in self._rules:
            return False
        overrides = {fault: (self._overrides or {}).get(fault, {})}
        return bool(diagnose(_as_if_ended(trace), rules=[self._rules[fault]], overrides=overrides).findings)

    def _begin_again(self, treatment: Treatment) -> None:
        cure = treatment.cures[-1]
        folder = self._close_snapshots(keep=True)
        origin: Origin | None = None
        if cure.scope == "live" and cure.back_to > 0:
            several = self._workers > 1

            def origin(training: Any) -> Any:
                kept = Checkpoints(folder, training.trained, _SNAPSHOT_FACTS, writes=is_chief(training.strategy))
                send = (lambda content: from_chief(training.strategy, content)) if several else None
                state = kept.restore(send, at_most=cure.back_to)
                assert state is not None, "the snapshot was there when the cure was decided on"
                return state

        raise GoOnTreated(treatment, origin)

    def _stop(self, finding: Finding, step: int, reason: str) -> dict[str, Any]:
        detail = {"fault": finding.fault, "reason": reason, "finding": finding.to_json()}
        self._recorder.note(Event(step, "stop", detail))
        self._event("stop", step, f"stopped after step {step}: {finding.fault}: {reason}", finding)
        return {"stop": True}

    def _tell(self, finding: Finding, trace: Trace, step: int) -> None:
        if finding.fault in self._told or finding.severity < Severity.WARNING:
            return
        self._told.add(finding.fault)
        self.findings.append(finding)
        where = f" in {', '.join(finding.layers[:3])}" if finding.layers else ""
        text = f"{finding.severity.label}: {finding.fault}{where}: {finding.meaning}"
        self._event("finding", step, text, finding, advice=list(advice(finding, trace)[:2]))

    def _event(self, kind: str, step: int, text: str, finding: Finding, **more: Any) -> None:
        self._on_event({"kind": kind, "step": step, "text": text, "finding": finding.to_json(), **more})

    def _settled(self, finding: Finding, final: bool) -> bool:
        """Whether it is about steps before the last cure only: the surviving branch still has them."""
        cures = self._training.treatment.cures
        live = bool(cures) and cures[-1].scope == "live" and cures[-1].back_to > 0
        return live and not final and finding.steps[1] <= cures[-1].back_to

    def _note_cures(self) -> None:
        """Events of cures that the trace does not have yet."""
        noted = sum(event.kind == "remedy" for event in self._recorder.trace().events)
        for number, cure in enumerate(self._training.treatment.cures[noted:], noted + 1):
            self._recorder.note(Event(cure.found_at, "rollback", {"to": cure.back_to, "fault": cure.fault}))
            self._recorder.note(Event(cure.found_at, "remedy", cure.detail(number)))

    def _long_ago(self) -> bool:
        """Whether the last look was too long ago, and another is cheap. Workers must look at the same steps."""
        since = time.monotonic() - self._looked
        return self._workers == 1 and since > max(_CLOCK_SECONDS, self._cost / _BUDGET)

    def _open_snapshots(self) -> None:
        training = self._training
        before = self._temporary
        if training.folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="graduate-")
        folder = str(Path(training.folder, "healthy")) if training.folder else self._temporary.name  # type: ignore[union-attr]
        self._folder = folder
        self._snapshots = Checkpoints(folder, training.trained, _SNAPSHOT_FACTS, writes=self._chief, thin=thinned)
        if training.state.step > 0 and training.again:
            self._snapshots.save(training.position())
        if before is not None:
            before.cleanup()

    def _close_snapshots(self, keep: bool = False) -> str:
        if self._snapshots is None:
            return ""
        self._snapshots.close()
        self._snapshots = None
        if not keep:
            shutil.rmtree(self._folder, ignore_errors=True)
        return self._folder


_SNAPSHOT_FACTS = {"what": "a snapshot without an error"}


def _as_if_ended(trace: Trace) -> Trace:
    """Rules wait until enough is seen; once something is wrong, its cause is to be named with what there is."""
    told = [Told(step, name, value) for name in trace.known for step, value in trace.told(name)]
    last = int(trace.steps[-1]) if len(trace.steps) else 0
    ended = Told(last, "program", {**trace.known.get("program", {}), "ended": "stopped"})
    return trace.with_story(trace.events, [*told, ended])
