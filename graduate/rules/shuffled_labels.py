"""shuffled-labels: labels stand beside the wrong rows, so there is nothing to learn but the rows themselves.

## What it sees
A simple baseline that does no better on the training pairs than on pairs whose labels were permuted, and a model
that stays at chance on validation rows: it learns the training rows by heart, or nothing. Where the validation
pairs themselves can be learnt, the training pairs are surely broken.

## What it cannot see
Labels that follow from the rows in a way that neither nearest neighbours, nor ridge regression, nor the model found
look the same as shuffled ones; so do labels that are pure chance. Labels shuffled in part only.

## Known false alarms
Hard or noisy data with a signal: a baseline above the permuted one, or a model above chance on validation rows, is
enough for silence. So is a common class where no rows were held out: a baseline that names it always may know the
rare ones all the same, so its accuracy says nothing.

## Example
Rows shuffled, labels not (`rng.shuffle(x)` alone): training accuracy 1.0, validation accuracy 0.1, nearest
neighbours 0.1.

## Sources
Zhang et al., "Understanding deep learning requires rethinking generalization" (2017): networks learn random labels
by heart. Permuted labels as a baseline: Ojala and Garriga (2010). The bounds are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _told as told
from graduate.rules._progress import Progress, progress
from graduate.trace.reader import Trace

FAULT = "shuffled-labels"
NEEDS = {"told:baseline"}
THRESHOLDS = {
    "signal": 0.05,  # baseline's score above the permuted one, of the way to perfect
    "chance": 0.04,  # validation score above chance, of the way to perfect
    "rows": 100.0,  # least number of training rows
    "updates": 60.0,  # least number before "learns nothing" counts
    "proof": 0.3,  # score above chance of a baseline on the validation rows alone
    "by_heart": 0.2,  # training score, of the way from chance to perfect, where no row was held out
    "common": 0.7,  # share of the commonest label above which a baseline's accuracy does not show what it knows
    "apart": 0.05,  # training score above the validation score
}
CAUSES = {
    "overfitting",
    "underfitting",
    "loss-not-decreasing",
    "learning-rate-too-low",
    "learning-rate-too-high",
    "over-regularised",
    "mode-mismatch",
    "batch-size",
}
WHEN = "end"
REMEDIES = ("check-labels", "fix-labels")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    baseline, run = told.told(trace, "baseline"), progress(trace)
    score, permuted = told.number(baseline.get("score")), told.number(baseline.get("permuted"))
    rows = told.number(baseline.get("rows")) or 0.0
    if score is None or permuted is None or rows < thresholds["rows"] or run.metric != baseline.get("metric"):
        return
    chance = 0.0 if run.metric == "r2" else max(run.chance or 0.0, permuted)
    noise = 3 * data.chance_noise(chance, rows) if run.metric == "accuracy" else 0.0
    if chance >= 0.95 or score - max(permuted, 0.0 if run.metric == "r2" else permuted) > max(
        thresholds["signal"] * (1 - chance), noise
    ):
        return
    validation = _validation(trace, run)
    if validation is None:
        yield from _by_heart(trace, run, chance, thresholds)
        yield from _nothing(trace, run, chance, rows, thresholds)
        return
    value, other_rows = validation
    slack = max(thresholds["chance"] * (1 - chance), _noise(run, chance, other_rows))
    own = told.number(baseline.get("validation_own"))
    if run.score is None:
        return
    proof = own is not None and own - chance > thresholds["proof"]
    behind = proof and run.score - chance < 0.5 * ((own or 0.0) - chance)  # the few pairs that held taught something
    apart = run.score - max(value, chance) > max(thresholds["apart"], 0.5 * slack)
    nothing = run.score - chance <= slack and told.updates(trace) >= thresholds["updates"]
    if (value - chance > slack and not behind) or not (behind or apart or nothing):
        return
    evidence = [
        Evidence(
            "told:baseline.score",
            score,
            permuted,
            data.CALIBRATION,
            f"a simple baseline reaches {run.metric} {score:.3g}; with permuted labels {permuted:.3g}",
        ),
        Evidence(
            "told:final.validation",
            value,
            chance + slack,
            data.CALIBRATION,
            f"{run.metric} {run.score:.3g} on training rows, {value:.3g} on validation rows, by chance {chance:.3g}",
        ),
    ]
    if proof and own is not None:
        sentence = f"a simple baseline reaches {own:.3g} within the validation rows"
        evidence.append(Evidence("told:baseline.validation_own", own, chance, data.CALIBRATION, sentence))
    meaning = "Nothing in the rows tells their labels: rows and labels have lost each other (or the labels are chance)."
    confidence = 0.95 if proof else 0.85 if apart else 0.4
    yield data.finding(trace, FAULT, Severity.ERROR, meaning, evidence, confidence=confidence)


def _by_heart(trace: Trace, run: Progress, chance: float, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Without held-out rows: known by heart, and no simple method finds a trace of a rule. Not of series and texts,
    whose rules simple methods may miss."""
    inputs = told.told(trace, "inputs.train")
    plain = len(inputs.get("shape") or ()) in (1, 3) and not inputs.get("tokens") and not inputs.get("text")
    blind = run.metric == "accuracy" and chance >= thresholds["common"]
    if not plain or blind or run.score is None or not run.ended:
        return
    if run.score - chance < thresholds["by_heart"] * (1 - chance):
        return
    sentence = f"{run.sentence()}; with permuted labels a simple baseline does as well"
    evidence = Evidence("told:baseline.permuted", run.score, chance, data.CALIBRATION, sentence)
    meaning = "The model knows its rows by heart, yet nothing in them tells their labels: compare rows and labels."
    yield data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence], confidence=0.5)


def _nothing(
    trace: Trace, run: Progress, chance: float, rows: float, thresholds: Mapping[str, float]
) -> Iterable[Finding]:
    """Without held-out rows: the model learnt nothing from its rows, and neither does any simple method. The least of
    what can be known, so whatever else is found comes first."""
    inputs, loss = told.told(trace, "inputs.train"), told.told(trace, "objective").get("loss")
    plain = len(inputs.get("shape") or ()) in (1, 3) and not inputs.get("tokens") and not inputs.get("text")
    if not plain or loss in (None, "custom") or run.metric != "accuracy" or run.score is None or not run.ended:
        return
    slack = max(thresholds["chance"] * (1 - chance), _noise(run, chance, rows))
    if chance >= thresholds["common"] or told.updates(trace) < thresholds["updates"] or run.score - chance > slack:
        return
    sentence = f"{run.sentence()}; neither the model nor a simple baseline does better than with permuted labels"
    evidence = Evidence("told:baseline.permuted", run.score, chance + slack, data.CALIBRATION, sentence)
    meaning = "Nothing in the rows tells their labels: rows and labels have lost each other (or the labels are chance)."
    yield data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence], confidence=0.3)


def _validation(trace: Trace, run: Progress) -> tuple[float, float] | None:
    """Score on rows that training did not see, and how many they are."""
    rows = told.number(data.part(trace, "validation").get("rows")) or told.number(
        told.told(trace, "labels.validation").get("rows")
    )
    if run.validation is not None:
        return run.validation, rows or 100.0
    curve = data.metric_curve(trace)
    if curve is None or not curve.higher or run.metric != "accuracy":
        return None
    known = curve.validation[curve.validation == curve.validation]
    return (float(known[-1]), rows or 100.0) if len(known) else None


def _noise(run: Progress, chance: float, rows: float) -> float:
    return 3 * data.chance_noise(chance, rows) if run.metric == "accuracy" else 0.05
