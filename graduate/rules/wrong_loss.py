"""wrong-loss: the loss does not fit the labels or the width of the output.

## What it sees
The loss beside kind and width of the labels and the width of the output: a categorical loss on a single unit (it is
0 from the first step), binary cross-entropy on labels of more than two classes or on amounts outside 0 … 1, a
sparse loss with one-hot labels and the reverse, softmax cross-entropy where several labels hold at once, a squared
error between one label and several outputs (arrays of different shape are stretched over each other without a
word), a squared error on class numbers in a program that counts hits. Squared error on one-hot labels can work: it
is named only where the run falls well short of a simple baseline; binary cross-entropy under a softmax is warned of
where it works, and an error where it falls short. Of a loss of the program's own: one that falls far while
predictions get no better than a constant's, and a loss whose value is the mean over all pairs of labels and
outputs, because their shapes differ by an axis.

## What it cannot see
Whether a loss of the program's own means what its author wanted, and losses of second outputs.

## Known false alarms
Binary cross-entropy on grey pixels, soft labels, a sigmoid per label of many, losses below zero and squared error
that separates classes well stay silent. A regression on few whole numbers (ratings, counts) is one unless the
program asks for an accuracy.

## Example
Digits 0 … 9 under `Dense(10)` and `loss="mse"` with labels of shape (rows, 1): all ten outputs learn the digit's
mean.

## Sources
AUTOTRAINER (up to 2 outputs: binary, more: categorical) knows the width alone; 65 repairs there brought 11.8
points. The conditions are exact, except those on progress, which are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _match as matching
from graduate.rules import _told as told
from graduate.rules._match import Match
from graduate.rules._progress import Progress, progress
from graduate.trace.reader import Trace

FAULT = "wrong-loss"
NEEDS = {"told:objective", "told:labels.train"}
THRESHOLDS = {
    "short": 0.6,  # of the way to the baseline
    "short_of_softmax": 0.9,  # the same for binary cross-entropy under a softmax, which is never what is meant
    "fell": 0.5,  # share of its first value that a loss loses while predictions learn nothing
    "at_chance": 0.1,  # of the way from a constant to a perfect predictor
}
CAUSES = {
    "unscaled-targets",
    "dead-units",
    "saturated-activation",
    "vanishing-gradient",
    "exploding-gradient",
    "nan-or-inf",
    "layer-does-not-learn",
    "loss-not-decreasing",
    "learning-rate-too-low",
    "learning-rate-too-high",
    "underfitting",
    "overfitting",
    "class-imbalance-collapse",
    "poor-initialisation",
    "missing-normalisation",
    "mode-mismatch",
    "batch-size",
    "over-regularised",
}
WHEN = "always"
REMEDIES = ("fix-loss", "fix-output-activation", "fix-labels")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    match = matching.match(trace)
    if match is None:
        return
    run = progress(trace)
    if told.told(trace, "objective").get("stretched"):
        yield _over_pairs(trace)
        return
    for look in (_categorical, _sparse, _binary, _squared):
        found = look(match, run, thresholds)
        if found is not None:
            severity, meaning, evidence = found
            yield data.finding(trace, FAULT, severity, meaning, [evidence], layers=data.output_layers(trace))
            return
    if match.loss is None and run.ended:
        yield from _own_loss(trace, match, run, thresholds)


Found = tuple[Severity, str, Evidence] | None


def _categorical(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    if match.loss not in matching.CATEGORICAL:
        return None
    if match.units == 1 and match.activation != "softmax":  # softmax over one unit is a fault of its own
        evidence = Evidence(
            "told:objective.output_units", 1, 2, data.EXACT, f"{match.loss} of 1 output is 0 for every row"
        )
        return (
            Severity.ERROR,
            f"{match.loss} compares classes, but there is one output: use binary_crossentropy.",
            evidence,
        )
    if (match.units or 0) > 1 and match.width == 1 and match.kind in ("class_index", "binary"):
        return Severity.ERROR, _kinds(match, "one-hot rows", "sparse_categorical_crossentropy"), _kind_evidence(match)
    if match.kind == "multi_hot" and match.row_sum is not None and match.row_sum[1] > 1.5:
        evidence = Evidence(
            "told:labels.train.row_sum",
            match.row_sum[1],
            1.0,
            data.EXACT,
            f"up to {match.row_sum[1]:g} labels hold at once",
        )
        meaning = (
            f"{match.loss} takes one class a row, but several labels hold at once: use binary_crossentropy and sigmoid."
        )
        return Severity.ERROR, meaning, evidence
    return None


def _sparse(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    if match.loss not in matching.SPARSE:
        return None
    if match.units == 1 and match.activation != "softmax" and (match.largest or 0) >= 1:
        evidence = Evidence("told:objective.output_units", 1, 2, data.EXACT, "one output for labels above 0")
        return (
            Severity.ERROR,
            f"{match.loss} takes one output a class, but there is one: use binary_crossentropy.",
            evidence,
        )
    wide = match.width is not None and match.width > 1 and match.width == match.units
    if wide and match.label_rank == match.output_rank and match.row_sum is not None:
        return Severity.ERROR, _kinds(match, "class numbers", "categorical_crossentropy"), _kind_evidence(match)
    return None


def _binary(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    if match.loss not in matching.BINARY or match.least is None or match.largest is None:
        return None
    outside = match.least < -0.01 or match.largest > 1.01
    two_values = match.distinct == 2 and match.integers
    if outside and not two_values:
        evidence = Evidence(
            "told:labels.train",
            f"{match.least:.4g} … {match.largest:.4g}",
            "0 … 1",
            data.EXACT,
            f"labels lie in {match.least:.4g} … {match.largest:.4g}; {match.loss} takes 0 … 1",
        )
        right = "a cross-entropy over classes" if match.integers and match.kind != "inputs" else "a squared error"
        return Severity.ERROR, f"{match.loss} takes labels in 0 … 1: use {right}, or scale the labels.", evidence
    if (match.units or 0) > 1 and match.width == 1 and match.classifies:
        return Severity.ERROR, _kinds(match, "a label a unit", "sparse_categorical_crossentropy"), _kind_evidence(match)
    softmax = match.kind == "one_hot" and match.activation == "softmax" and (match.units or 0) > 2
    if softmax and run.ended and run.learnt is not None:
        meaning = f"{match.loss} judges each of {match.units} softmax outputs alone: use categorical_crossentropy."
        severity = Severity.ERROR if run.short_of(thresholds["short_of_softmax"]) else Severity.WARNING
        return severity, meaning, _short(run, thresholds)
    return None


def _squared(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    """A regression's loss, and others that compare number by number."""
    if match.loss not in matching.REGRESSION | matching.HINGE | {"kl_divergence", "poisson", "cosine_similarity"}:
        return None
    units = match.units or 0
    lacks_axis = match.width == 1 and units > 1
    if lacks_axis and match.label_rank is not None and match.label_rank <= (match.output_rank or 0):
        evidence = Evidence(
            "told:objective.output_units",
            units,
            1,
            data.EXACT,
            f"{units} outputs are compared with 1 label a row: all of them learn the same number",
        )
        right = "sparse_categorical_crossentropy" if match.classifies else "one unit"
        return Severity.ERROR, f"The loss stretches one label over {units} outputs: use {right}.", evidence
    if match.loss not in matching.REGRESSION:
        return None
    if (
        units == 1
        and (match.distinct or 0) > 2
        and match.integers
        and match.counts_hits
        and (match.distinct or 0) <= 1000
    ):
        evidence = Evidence(
            "told:labels.train.distinct",
            match.distinct or 0,
            2,
            data.EXACT,
            f"{match.distinct:g} classes, one output, and an accuracy is asked for",
        )
        meaning = (
            f"{match.loss} takes class numbers for amounts: use sparse_categorical_crossentropy and one unit a class."
        )
        return Severity.ERROR, meaning, evidence
    classes = match.kind in ("one_hot", "binary", "class_index")
    if classes and run.ended and run.metric == "accuracy" and run.short_of(thresholds["short"]):
        meaning = f"{match.loss} on class labels gives weak gradients for wrong answers: use a cross-entropy."
        return Severity.ERROR, meaning, _short(run, thresholds)
    return None


def _own_loss(trace: Trace, match: Match, run: Progress, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Of a loss of the program's own only its outcome is known."""
    fell = run.fell if run.fell is not None else None
    below_zero = run.loss_last is not None and run.loss_first is not None and run.loss_last < min(0.0, run.loss_first)
    chance = run.above_chance is not None and run.above_chance < thresholds["at_chance"] and run.reachable is not None
    if match.custom and chance and ((fell is not None and fell > thresholds["fell"]) or below_zero):
        evidence = Evidence(
            "loss",
            run.loss_last or 0.0,
            run.loss_first or 0.0,
            data.CALIBRATION,
            f"the loss fell from {run.loss_first:.4g} to {run.loss_last:.4g}, yet {run.sentence()}",
        )
        meaning = "The loss falls, but predictions are no better than a constant's: it does not measure what is wanted."
        yield data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence], confidence=0.5)


def _over_pairs(trace: Trace) -> Finding:
    """The loss is a mean over all pairs of labels and outputs: its value says so."""
    evidence = Evidence(
        "told:objective.stretched",
        "(rows,) and (rows, 1)",
        "one shape",
        data.EXACT,
        "the loss has the value of the mean over all pairs of labels and outputs",
    )
    meaning = (
        "Labels and outputs differ in shape, so their difference is a table of all pairs, "
        "whose best answer is the mean: give both the same shape."
    )
    return data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence], layers=data.output_layers(trace))


def _kinds(match: Match, takes: str, right: str) -> str:
    given = "class numbers" if match.width == 1 else "one-hot rows"
    return f"{match.loss} takes {takes}, but the labels are {given}: use {right}."


def _kind_evidence(match: Match) -> Evidence:
    return Evidence(
        "told:labels.train.kind",
        str(match.kind),
        str(match.loss),
        data.EXACT,
        f"labels are {match.kind} with {match.width} a row, the output has {match.units} units",
    )


def _short(run: Progress, thresholds: Mapping[str, float]) -> Evidence:
    return Evidence("told:final", run.learnt or 0.0, thresholds["short"], data.CALIBRATION, run.sentence())
