"""The training as a remedy sees it: what it changes here becomes the next treatment, all at once or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from graduate.findings import Finding
from graduate.remedies import NotApplicable, Remedy
from graduate.trace import Trace
from graduate.training.options import TrainingOptions
from graduate.training.treatment import Cure, Treatment, peak, with_peak, with_warm_up


class TreatedTraining:
    """See `graduate.remedies.Treated`.

    Args:
        given: the options before any cure.
        treatment: what was done so far.
        snapshots: steps before the fault that can be gone back to, rising; 0 is always among them.
        changeable: whether the network, as it is now, can be changed so: f(hyperparameters) -> why not, or None.
        finite_rows: which training rows hold no NaN and no infinity.
    """

    def __init__(
        self,
        given: TrainingOptions,
        treatment: Treatment,
        trace: Trace,
        history: list[dict[str, Any]],
        step: int,
        steps: int,
        snapshots: Sequence[int],
        changeable: Callable[[dict[str, Any]], str | None],
        finite_rows: Callable[[], np.ndarray] = lambda: np.ones(1, bool),
    ) -> None:
        self.trace, self.history, self.step, self.steps = trace, history, step, steps
        self._given, self._before, self._snapshots, self._changeable = given, treatment, snapshots, changeable
        self._finite_rows = finite_rows
        self._options: dict[str, Any] = {}  # these are what the remedy changes
        self._network: dict[str, Any] = {}
        self._finite, self._skipped = False, list[tuple[int, int]]()
        self._back_to: int | None = None
        self._stopped: str | None = None

    @property
    def learning_rate(self) -> float:
        """The constant rate, or the peak."""
        return peak(self._now)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._options["learning_rate"] = with_peak(self._now, float(f"{value:.4g}"))

    @property
    def clip_norm(self) -> float | None:
        """The bound of the gradient's norm."""
        return self._now.clip_norm

    @clip_norm.setter
    def clip_norm(self, value: float | None) -> None:
        self._options["clip_norm"] = value

    @property
    def batch_size(self) -> int:
        """Rows a step."""
        return self._now.batch_size

    @batch_size.setter
    def batch_size(self, value: int) -> None:
        parts = self._now.accumulate
        self._options["batch_size"] = max(parts, value // parts * parts)

    @property
    def options(self) -> dict[str, Any]:
        """All options in force, and `warmup_steps` of the schedule."""
        found = self._now.to_dict()
        rate = found["learning_rate"]
        return {**found, "warmup_steps": rate["warmup_steps"] if isinstance(rate, dict) else 0}

    def set(self, **options: Any) -> None:
        """Change options."""
        if "warmup_steps" in options:
            options = {**options, "learning_rate": with_warm_up(self._now, options["warmup_steps"])}
            del options["warmup_steps"]
        self._options |= options

    def roll_back(self, step: int) -> int:
        """The newest snapshot of at most `step` steps."""
        self._back_to = max((one for one in self._snapshots if one <= step), default=0)
        return self._back_to

    def skip(self, first: int, count: int) -> None:
        """Leave batches out."""
        self._skipped.append((first, count))

    def rebuild(self, **hyperparameters: Any) -> None:
        """Start again."""
        self._back_to = -1
        if hyperparameters.pop("finite_rows", False):
            kept = float(self._finite_rows().mean())
            if self._before.finite_rows or not 0.5 <= kept < 1:
                raise NotApplicable(f"{kept:.0%} of the rows are finite")
            self._finite = True
        if not hyperparameters:
            return
        before = self._before.network
        if {**before, **hyperparameters} == before:
            raise NotApplicable("the network is like that already")
        if why := self._changeable(hyperparameters):
            raise NotApplicable(why)
        self._network = hyperparameters

    def stop(self, reason: str) -> None:
        """End it as it is."""
        self._stopped = reason

    @property
    def stopped(self) -> str | None:
        """Why a remedy wants the training to end; None where it does not."""
        return self._stopped

    def treatment(self, remedy: Remedy, finding: Finding, what: dict[str, Any]) -> Treatment:
        """What the training is treated with from now on."""
        if self._back_to is None:
            self.roll_back(self.step)
        assert self._back_to is not None
        changes = {
            "options": self._options,
            "network": self._network,
            "finite_rows": self._finite,
            "skipped": self._skipped,
        }
        cure = Cure(
            remedy.id,
            finding.fault,
            "rebuild" if self._back_to < 0 else "live",
            self.step,
            max(0, self._back_to),
            what,
            told(remedy.id, what, self._back_to),
            finding.to_json(),
            {key: value for key, value in changes.items() if value},
        )
        return Treatment((*self._before.cures, cure))

    @property
    def _now(self) -> TrainingOptions:
        before = self._before.applied(self._given)
        return TrainingOptions.from_dict({**before.to_dict(), **self._options})


def told(remedy: str, what: dict[str, Any], back_to: int) -> str:
    """What was done, for a person: `lower-learning-rate: learning rate 1 → 0.1, from step 40 on`."""
    parts = []
    for name, value in what.items():
        words = name.replace("_", " ")
        if isinstance(value, list) and len(value) == 2 and name != "skipped":
            parts.append(f"{words} {_short(value[0])} → {_short(value[1])}")
        else:
            parts.append(f"{words} {_short(value)}")
    where = "from the start" if back_to <= 0 else f"from step {back_to} on"
    return f"{remedy}: {', '.join(parts)}, {where}"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return ", ".join(_short(one) for one in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(one)}" for key, one in value.items())
    return {None: "none", True: "yes", False: "no"}.get(value, str(value)) if not isinstance(value, str) else value
