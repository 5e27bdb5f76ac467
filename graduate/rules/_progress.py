"""Did the run learn? What every symptom is weighed against. NumPy only.

A symptom alone is no fault: half the ReLUs of a healthy network are zero, a gradient at the optimum is tiny, a noisy
loss still falls. So a rule first asks how far the run got, in units that mean the same for every program: 0 is the
constant predictor (majority class, mean of the targets), 1 is what a simple baseline reaches (neighbours, ridge).

**Decision order** of the rules for a run that does not learn, the root first; what stands lower is folded under what
stands higher through `CAUSES`, or asks for its absence through the helpers named here:

1. exact facts: no update, gradient None, never applied (gradients-not-applied, layer-does-not-learn); NaN in the data
2. objective: loss, output activation, label encoding against the labels
3. scale of the data: unscaled-inputs, unscaled-targets
4. the weights before step 1: poor-initialisation; of sound weights the activations by depth: missing-normalisation
5. the path of the gradient: vanishing-gradient (saturating activations in depth), dead-units (from the start)
6. the rate: too high (loss above its start, swinging, units dying under way), too low (a straight, slow fall)
7. penalties and noise: over-regularised, batch-size; then capacity: underfitting
8. what is left: loss-not-decreasing, which names nothing
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from graduate.rules import _told as told
from graduate.trace.reader import Trace

_TRIVIAL = 1e-4
# Without a baseline nobody knows what the rows allow (noise cannot be predicted, an autoencoder cannot keep it): this
# share of the way from the constant predictor to a perfect one passes for good.
_GOOD = 0.4


@dataclass(frozen=True)
class Progress:
    """How far a run got. Every number may be None: not known.

    Attributes:
        loss_first: median loss of the first few steps, before the run could learn much.
        loss_start: loss before step 1: of the first probe, or of step 1.
        loss_last: smoothed training loss at the end.
        loss_best: least smoothed training loss.
        constant_loss: of the best constant predictor under the objective.
        metric: "accuracy", "r2" or None.
        score: the metric at the end on training rows, in inference mode where that is known.
        chance: of the constant predictor.
        reachable: what the baseline reaches on held-out rows; None where it does not beat chance beyond its own noise.
        validation: the score on validation rows.
        ended: whether the run is over, by itself or by an error.
    """

    loss_first: float | None = None
    loss_start: float | None = None
    loss_last: float | None = None
    loss_best: float | None = None
    constant_loss: float | None = None
    metric: str | None = None
    score: float | None = None
    chance: float | None = None
    reachable: float | None = None
    validation: float | None = None
    ended: bool = False

    @property
    def loss_share(self) -> float | None:
        """Share of the constant predictor's loss that is gone; below 0: worse than a constant."""
        if self.loss_last is None or self.constant_loss is None or self.constant_loss < _TRIVIAL:
            return None  # labels of one kind only: a discriminator's, seen half
        return 1.0 - self.loss_last / self.constant_loss

    @property
    def score_share(self) -> float | None:
        """Share of the way from the constant predictor to the baseline."""
        if self.score is None or self.chance is None or self.reachable is None:
            return None
        return (self.score - self.chance) / (self.reachable - self.chance)

    @property
    def above_chance(self) -> float | None:
        """Share of the way from the constant predictor to a perfect one."""
        if self.score is None or self.chance is None or self.chance >= 1:
            return None
        return (self.score - self.chance) / (1.0 - self.chance)

    @property
    def fell(self) -> float | None:
        """Share of its own first loss that the run got rid of; None for losses that may be negative."""
        if self.loss_first is None or self.loss_last is None or self.loss_first <= 0:
            return None
        return 1.0 - self.loss_last / self.loss_first

    @property
    def learnt(self) -> float | None:
        """0: no better than a constant; 1: as good as a simple baseline, or near perfect. None: nothing to tell by."""
        return _learnt(self)

    def short_of(self, share: float) -> bool:
        """Whether the run is known to have learnt less than `share`; False where nothing is known."""
        return self.learnt is not None and self.learnt < share

    def sentence(self) -> str:
        """What was compared, for a finding's evidence."""
        if self.score is not None and self.chance is not None:
            known = f"{self.metric} {self.score:.3g}, a constant predictor {self.chance:.3g}"
            return known + (f", a simple baseline {self.reachable:.3g}" if self.reachable is not None else "")
        if self.loss_last is not None and self.constant_loss is not None:
            return f"loss {self.loss_last:.4g}, a constant predictor {self.constant_loss:.4g}"
        if self.loss_last is not None and self.loss_first is not None:
            return f"loss {self.loss_first:.4g} at first, {self.loss_last:.4g} at last"
        return "nothing to compare the run with"


def progress(trace: Trace) -> Progress:
    """How far the run of this trace got."""
    loss = training_loss(trace)
    known = told.finite(loss)
    doubtful = told.doubtful_labels(trace)
    names = ("baseline", "constant", "final")
    baseline, constant, final = ({} if doubtful else told.told(trace, name) for name in names)
    train = told.part(final, "train")
    validation = told.part(final, "validation")
    metric, score = (None, None) if doubtful else _score(trace, train, baseline)
    known_chances = (constant.get("metric"), train.get("constant_metric"), _majority(train), baseline.get("constant"))
    chance = 0.0 if metric == "r2" else _first(*known_chances)
    last = smooth_last(loss) if len(known) else None
    return Progress(
        loss_first=float(np.median(known[: max(1, min(5, len(known) // 10))])) if len(known) else None,
        loss_start=_first(*[probe.get("loss") for step, probe in told.probes(trace)[:1] if step == 0])
        or (float(known[0]) if len(known) else None),
        loss_last=last if last is not None else told.number(train.get("loss")),
        loss_best=float(np.min(smoothed(loss))) if len(known) else None,
        constant_loss=_first(constant.get("loss"), train.get("constant_loss"), trace.facts.constant_loss),
        metric=metric,
        score=score,
        chance=chance,
        reachable=_reachable(baseline, metric, chance),
        validation=_first(validation.get("r2" if metric == "r2" else "metric"), _logged(trace, metric, "val_")),
        ended=_ended(trace),
    )


def _ended(trace: Trace) -> bool:
    """Whether the run is over; other tools' logs, which tell nothing, are read when it is."""
    ended = told.told(trace, "program").get("ended")
    foreign = not {"program", "layers"} & set(trace.known)
    return foreign or ended in ("finished", "failed", "interrupted", "stopped")


def training_loss(trace: Trace) -> np.ndarray:
    """float64: the loss step by step; else of the epochs' logs; else of the probes, at training's own rows."""
    loss = told.series(trace, "loss")
    if np.isfinite(loss).any():
        return loss
    epochs = [told.number((value.get("logs") or {}).get("loss")) for _, value in told.history(trace, "epoch")]
    if len([one for one in epochs if one is not None]) > 1:
        return np.array([np.nan if one is None else one for one in epochs])
    return np.array([told.number(probe.get("loss")) or np.nan for _, probe in told.probes(trace)])


def smoothed(values: np.ndarray, share: float = 0.1, least: int = 5) -> np.ndarray:
    """float64 running means over `share` of the finite values (at least `least` of them), (n − window + 1,).

    The window is long enough that single noisy batches do not count, as they would in a comparison of two steps.
    """
    known = told.finite(values)
    if not len(known):
        return known
    window = min(len(known), max(least, int(len(known) * share)))
    summed = np.cumsum(np.concatenate([[0.0], known]))
    return (summed[window:] - summed[:-window]) / window


def smooth_last(values: np.ndarray) -> float | None:
    """The smoothed value at the end; infinite or NaN where the last value is not finite."""
    values = np.asarray(values, np.float64)
    if not len(values):
        return None
    if not np.isfinite(values[-1]):
        return float(values[-1])
    return float(np.median(told.finite(values)[-max(1, min(len(values), max(5, len(values) // 10))) :]))


def still_falling(values: np.ndarray) -> bool:
    """Whether the last quarter of the run still brought a fall beyond its own noise."""
    known = told.finite(values)
    if len(known) < 8:
        return len(known) > 1 and known[-1] < known[0]
    quarter = len(known) // 4
    before, last = known[-2 * quarter : -quarter], known[-quarter:]
    noise = np.hypot(before.std(), last.std()) / np.sqrt(quarter)
    return bool(before.mean() - last.mean() > 2 * noise)


def _learnt(run: Progress) -> float | None:
    if run.loss_last is not None and not np.isfinite(run.loss_last):
        return 0.0
    if run.score_share is not None and run.score_share < 1:
        # near perfect is near perfect, whatever the baseline: it may be lucky on few rows
        share = max(run.score_share, 1.0) if (run.above_chance or 0) > 0.95 else run.score_share
        skewed = run.metric == "accuracy" and run.chance is not None and run.chance >= 0.7
        # of rare labels a model can rank all rows right before any passes the half that accuracy asks for
        return max(share, run.loss_share or 0.0) if skewed else share
    if run.score_share is not None:
        return 1.0
    shares = [share for share in (run.above_chance, run.loss_share) if share is not None]
    return min(1.0, max(shares) / _GOOD) if shares else None


def _score(trace: Trace, train: Mapping[str, Any], baseline: Mapping[str, Any]) -> tuple[str | None, float | None]:
    """The metric's name and its value at the end."""
    metric = baseline.get("metric")
    if metric not in ("accuracy", "r2"):
        kind = told.told(trace, "labels.train").get("kind")
        metric = "r2" if kind == "real" else "accuracy" if kind in ("class_index", "binary", "one_hot") else None
    if metric is None or (metric == "r2" and _apart(trace)):
        return None, None
    key = "r2" if metric == "r2" else "metric"
    looks = (probe.get(key) for _, probe in reversed(told.probes(trace)))
    return metric, _first(train.get(key), *looks, _logged(trace, metric))


def _apart(trace: Trace) -> bool:
    """Whether outputs are no predictions of labels: a loss of the program's own, another number of them a row."""
    objective, shape = told.told(trace, "objective"), told.told(trace, "labels.train").get("shape")
    units, own = told.number(objective.get("output_units")), objective.get("loss") in (None, "custom")
    width = told.number(shape[-1]) if isinstance(shape, list | tuple) and shape else 1.0
    return own and units is not None and width is not None and units != width


def _logged(trace: Trace, metric: str | None, ahead: str = "") -> float | None:
    """The accuracy that the last epoch's logs tell of, where nobody measured it."""
    logs = told.told(trace, "epoch").get("logs") or {}
    names = [
        name for name in logs if name.startswith(f"{ahead}acc") or (name.startswith(ahead) and "_accuracy" in name)
    ]
    names = [name for name in names if ahead or not name.startswith("val_")]
    return told.number(logs[names[0]]) if names and metric == "accuracy" else None


def _reachable(baseline: Mapping[str, Any], metric: str | None, chance: float | None) -> float | None:
    """The baseline's score, where it says that there is something to learn."""
    score, rows = told.number(baseline.get("score")), told.number(baseline.get("rows")) or 0
    if score is None or chance is None or metric != baseline.get("metric"):
        return None
    floor = max(chance, told.number(baseline.get("permuted")) or chance)
    noise = 3 * np.sqrt(max(floor * (1 - floor), 0.01) / max(rows, 1)) if metric == "accuracy" else 0.0
    return score if score - floor > max(0.1 * (1 - chance), noise) else None


def _majority(train: Mapping[str, Any]) -> float | None:
    counts = train.get("label_counts")
    values = [told.number(one) or 0.0 for one in counts.values()] if isinstance(counts, Mapping) else []
    return max(values) / sum(values) if values and sum(values) else None


def _first(*values: Any) -> float | None:
    return next((found for found in map(told.number, values) if found is not None), None)
