"""What to try next: KerasTuner's algorithms, asked and told one trial at a time.

Nothing of theirs is stored: a search that goes on asks the same questions of a new oracle with the same seed, and
answers them with the trials that came to an end. So it goes on to the same trials, whatever an oracle keeps to itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras_tuner

from graduate.tuning import settings as settings_
from graduate.tuning.space import Dimension, Space, rungs
from graduate.tuning.trials import DIRECTIONS

Algorithm = Literal["random", "bayesian", "hyperband"]
_WORKER = "graduate"


@dataclass(frozen=True)
class Proposal:
    """Settings to try, with a share of the budget; `id` is the oracle's name for it."""

    id: str
    settings: dict[str, Any]
    share: float


class _InMemory:
    """An oracle that writes nothing down, and prints nothing."""

    def save(self) -> None:
        """See the module's first lines."""

    def _save_trial(self, trial: Any) -> None:
        """Likewise."""


class _Random(_InMemory, keras_tuner.oracles.RandomSearchOracle):
    pass


class _Bayesian(_InMemory, keras_tuner.oracles.BayesianOptimizationOracle):
    pass


class _Hyperband(_InMemory, keras_tuner.oracles.HyperbandOracle):
    pass


class Oracle:
    """Proposes settings and is told what came of them.

    Args:
        space: what varies.
        algorithm: `random`; `bayesian`, a Gaussian process with the upper confidence bound, after random trials: three
            times the number of keys, but half of all at most; `hyperband` (Li et al. 2018), many short trials of which
            the best third goes on with three times the budget, and so on.
        trials: how many in all.
        metric: of `DIRECTIONS`.
        seed: the same gives the same proposals to the same answers.
    """

    def __init__(self, space: Space, algorithm: Algorithm, trials: int, metric: str, seed: int) -> None:
        self._space = {one.key: one for one in space}
        self._units, factor = rungs(algorithm, trials)
        self._direction = DIRECTIONS[metric]
        self._metric = metric
        self._pessimistic: set[str] = set()
        given: dict[str, Any] = {
            "objective": keras_tuner.Objective(metric, self._direction),
            "hyperparameters": hyperparameters(space),
            "seed": seed + 1,  # KerasTuner takes 0 for none
            "max_consecutive_failed_trials": trials + 1,  # who trains decides when to give up
        }
        if algorithm == "random":
            self._oracle = _Random(max_trials=trials, **given)
        elif algorithm == "bayesian":
            first = max(2, min(3 * len(self._space), trials // 2))
            self._oracle = _Bayesian(max_trials=trials, num_initial_points=first, **given)
        else:
            self._oracle = _Hyperband(max_epochs=self._units, factor=factor, hyperband_iterations=None, **given)
            self._oracle.max_trials = trials
        self._oracle.verbose = 0

    def ask(self) -> Proposal | None:
        """The next trial; None where all are done, or the space has nothing that was not tried."""
        self._be_pessimistic()
        trial = self._oracle.create_trial(_WORKER)
        if trial.status != "RUNNING":
            return None
        values = trial.hyperparameters.values
        for key, value in values.items():
            if key in self._space and self._space[key].kind != "choice":
                values[key] = self._space[key].number(value)
        share = values.get(f"{settings_.OWN}epochs", self._units) / self._units
        return Proposal(trial.trial_id, settings_.chosen({"values": values}), share)

    def tell(self, proposal: Proposal, score: float | None) -> None:
        """What came of a proposal: the metric, or None of a sick or failed trial.

        Such a trial counts as bad as the worst that finished: an algorithm that heard nothing of it would try there
        again, as nothing is known of the place.
        """
        trial = self._oracle.trials[proposal.id]
        if score is None or not math.isfinite(score):
            self._pessimistic.add(proposal.id)
            score = self._worst()
        self._oracle.update_trial(proposal.id, {self._metric: score})
        trial.status = "COMPLETED"
        self._oracle.end_trial(trial)

    def best(self, settings: settings_.Settings) -> dict[str, Any]:
        """These settings with the space, as KerasTuner's HyperParameters are written; what TFX's readers take."""
        found = hyperparameters(list(self._space.values()))
        found.values = {}  # where nothing can be taken, the defaults must not be either
        for key, value in settings.items():
            dimension = self._space[key]
            found.values[key] = _text_of(dimension, value) if dimension.kind == "choice" else value
        return dict(found.get_config())

    def _worst(self) -> float:
        scores = [one.score for one in self._oracle.trials.values() if self._counts(one)]
        if not scores:
            return 0.0
        return float(max(scores) if self._direction == "min" else min(scores))

    def _counts(self, trial: Any) -> bool:
        return trial.status == "COMPLETED" and trial.trial_id not in self._pessimistic

    def _be_pessimistic(self) -> None:
        worst = self._worst()
        for number in self._pessimistic:
            self._oracle.trials[number].score = worst


def hyperparameters(space: Space) -> keras_tuner.HyperParameters:
    """The space as KerasTuner has it."""
    found = keras_tuner.HyperParameters()
    for one in space:
        if one.kind == "choice":
            found.Choice(one.key, settings_.encoded(one.values))
        elif one.kind == "int":
            found.Int(one.key, int(one.low), int(one.high), sampling="log" if one.log else "linear")
        else:
            found.Float(one.key, one.low, one.high, sampling="log" if one.log else "linear")
    return found


def _text_of(dimension: Dimension, value: Any) -> Any:
    texts: Sequence[Any] = settings_.encoded(dimension.values)
    return texts[[settings_.decoded(one) for one in texts].index(value)]
