"""Trials: what was tried, what came of it, which is best. Standard library only."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from graduate import files
from graduate.tuning import settings as settings_

Status = Literal["finished", "sick", "failed"]
DIRECTIONS: Mapping[str, Literal["min", "max"]] = {"eval_loss": "min", "eval_accuracy": "max", "eval_mae": "min"}


@dataclass(frozen=True)
class Trial:
    """One training with some settings.

    Attributes:
        number: from 1.
        settings: key of the config -> value.
        share: of the budget: 1, or less on a lower rung of Hyperband.
        status: `finished`; `sick`, which never wins; `failed`, which raised.
        metrics: eval_loss, eval_accuracy or eval_mae, train_…; none of a trial that was stopped or that failed.
        steps: that were done.
        seconds: that it took; 0 where an earlier one with the same settings is repeated.
        fault: of a sick trial, what it was found with.
        why: of a sick or failed one, a sentence.
        findings: faults that were seen, also in trials that finished: {"fault", "severity", "meaning"}.
        history: {"step", "loss", "eval_loss", …} of each evaluation.
        same_as: the number of the trial that it repeats.
    """

    number: int
    settings: Mapping[str, Any]
    share: float = 1.0
    status: Status = "finished"
    metrics: Mapping[str, float] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0
    fault: str = ""
    why: str = ""
    findings: tuple[Mapping[str, Any], ...] = ()
    history: tuple[Mapping[str, Any], ...] = ()
    same_as: int | None = None

    @property
    def identity(self) -> str:
        """Of settings and budget: two trials with the same give the same."""
        text = json.dumps([dict(self.settings), round(self.share, 9)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def score(self, metric: str) -> float | None:
        """What the search compares; None of a trial that cannot win."""
        value = self.metrics.get(metric)
        return value if self.status == "finished" and value is not None and math.isfinite(value) else None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Trial:
        """What `to_json` gave."""
        lists = {key: tuple(told[key]) for key in ("findings", "history")}
        return cls(**{**told, **lists})


class Memory:
    """Trials that came to an end, a file each, found by their settings: what a killed search goes on from.

    Args:
        folder: it need not exist; None remembers nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def recall(self, trial: Trial) -> Trial | None:
        """The same trial as it ended, under this number."""
        if self._folder is None:
            return None
        try:
            told = json.loads((self._folder / f"{trial.identity}.json").read_text(encoding="utf-8"))
            known = Trial.from_json(told)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return replace(known, number=trial.number, same_as=None)

    def keep(self, trial: Trial) -> None:
        """Remember one; a trial that raised may not raise again."""
        if self._folder is not None and trial.status != "failed":
            files.write_json(self._folder / f"{trial.identity}.json", trial.to_json())


def ranked(trials: Sequence[Trial], metric: str) -> list[Trial]:
    """The best first. Those that were trained longer before those that were trained less, those that cannot win last,
    each once: what a search proposes again is left out."""
    sign = -1 if DIRECTIONS[metric] == "max" else 1

    def place(trial: Trial) -> tuple[Any, ...]:
        score = trial.score(metric)
        if score is None:
            return (1, trial.status != "sick", 0.0, 0.0, trial.number)
        return (0, False, -trial.share, sign * score, trial.number)

    return sorted((trial for trial in trials if trial.same_as is None), key=place)


def best(trials: Sequence[Trial], metric: str) -> Trial | None:
    """The one whose settings are taken; None where all are sick or failed."""
    first = next(iter(ranked(trials, metric)), None)
    return first if first is not None and first.score(metric) is not None else None


def faults(trials: Sequence[Trial]) -> dict[str, int]:
    """How many trials each fault made sick, the commonest first."""
    return dict(Counter(trial.fault for trial in trials if trial.status == "sick").most_common())


def sentence(trials: Sequence[Trial], metric: str) -> str:
    """What came of a search, for a person."""
    tried = [trial for trial in trials if trial.same_as is None]
    won = best(tried, metric)
    sick = ", ".join(f"{number} {fault}" for fault, number in faults(tried).items())
    failed = sum(trial.status == "failed" for trial in tried)
    out = [f"{_many(sum(faults(tried).values()), 'trial')} sick ({sick})"] if sick else []
    out += [f"{_many(failed, 'trial')} failed"] if failed else []
    if won is None:
        return f"None of {_many(len(tried), 'trial')} can be taken: {'; '.join(out)}."
    tail = f"; {'; '.join(out)}" if out else ""
    return (
        f"Trial {won.number} of {len(tried)} is the best by {metric} ({won.metrics[metric]:.4g}): "
        f"{settings_.told(won.settings)}{tail}."
    )


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
