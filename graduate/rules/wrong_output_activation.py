"""wrong-output-activation: the last activation cannot give what the loss takes or what the labels hold.

## What it sees
The range of the outputs (as probes saw them, else by the activation's name) beside the loss and the labels: softmax
over a single unit, which is 1 for every row; raw numbers where a cross-entropy takes probabilities (no softmax or
sigmoid, and no `from_logits=True`); sigmoid units where the loss takes one distribution a row; probabilities or
other bounded numbers where the loss takes logits; a softmax where several labels hold at once; a ReLU, sigmoid or
tanh whose range leaves out part of a regression's targets. The first kinds are exact; for regression, the share of
the targets' variance that lies out of reach is the measure, and a run that explains the targets all the same is
left alone.

## What it cannot see
Outputs of a loss of the program's own, a second output, an activation that is legal yet a poor choice (a linear
output where targets are known to be positive).

## Known false alarms
Logits with a loss from logits, a sigmoid per label of many, tanh for pictures in -1 … 1 or for a part of it, a
sigmoid autoencoder, probabilities made by an operation outside any layer, and `from_logits=True` behind Keras' own
softmax (which Keras takes back, with a warning) are told apart and stay silent. Targets that leave the range by a
rare outlier count by the variance they bring.

## Example
`Dense(1, activation="softmax")` with binary cross-entropy: every row gets probability 1, whatever the loss says.

## Sources
AUTOTRAINER (sum of the outputs above 1.1) and DeepDiagnosis (labels outside the activation's range) look at one
side each; UMLAUT's "missing softmax" ignores `from_logits`. The loss can fall nevertheless:
`keras.src.backend.tensorflow.nn` takes the logits behind a softmax or sigmoid. The bounds on variance are this
project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _match as matching
from graduate.rules import _told as told
from graduate.rules._match import Match
from graduate.rules._progress import Progress, progress
from graduate.trace.reader import Trace

FAULT = "wrong-output-activation"
NEEDS = {"told:objective"}
THRESHOLDS = {
    "unreachable_error": 0.1,  # share of the targets' variance outside the activation's range
    "unreachable_warning": 0.02,
    "explained": 0.98,  # R² from which on no range matters
    "short": 0.8,  # of the way to the baseline
}
CAUSES = {
    "wrong-loss",
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
    "class-imbalance-collapse",
    "poor-initialisation",
    "missing-normalisation",
    "mode-mismatch",
    "batch-size",
}
WHEN = "always"
REMEDIES = ("fix-output-activation", "fix-loss")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    match = matching.match(trace)
    if match is None:
        return
    run = progress(trace)
    twice = _twice(trace, match)
    if twice is not None:
        yield data.finding(trace, FAULT, *twice, layers=data.output_layers(trace))
        return
    for look in (_single_softmax, _no_probabilities, _bounded_logits, _one_of_many, _hinge, _positive):
        found = look(match, run, thresholds)
        if found is not None:
            severity, meaning, evidence = found
            yield data.finding(trace, FAULT, severity, meaning, [evidence], layers=data.output_layers(trace))
            return
    yield from _out_of_reach(trace, match, run, thresholds)


Found = tuple[Severity, str, Evidence] | None


def _single_softmax(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    if match.activation != "softmax" or match.units != 1:
        return None
    if match.outputs is not None and max(abs(one - 1) for one in match.outputs) > 1e-3:
        return None  # a softmax along another axis
    evidence = Evidence("told:objective.output_units", 1, 2, data.EXACT, "softmax over 1 unit: every output is 1")
    meaning = "Softmax over a single unit gives 1 for every row: use a sigmoid, or one unit a class."
    return Severity.ERROR, meaning, evidence


def _twice(trace: Trace, match: Match) -> tuple[Severity, str, list[Evidence]] | None:
    """Softmax of a softmax, or sigmoid of a sigmoid: two layers after each other."""
    ends = [
        one for one in told.layers(trace) if one.get("activation") not in (None, "linear") or one.get("parameters")
    ][-2:]
    squashed = [str(one.get("activation")) for one in ends]
    if len(ends) < 2 or squashed[0] != squashed[1] or squashed[1] not in ("softmax", "sigmoid"):
        return None
    if not ends[1].get("output") or ends[1].get("parameters") or squashed[1] != match.activation:
        return None
    evidence = Evidence(
        "told:layers.activation", f"{squashed[0]} twice", "once", data.EXACT, f"layers end in {squashed}"
    )
    meaning = (
        f"The outputs pass through {squashed[1]} twice, which squashes them: the loss cannot fall far. Once is enough."
    )
    return Severity.ERROR, meaning, [evidence]


def _no_probabilities(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    """A cross-entropy of probabilities, and outputs that are none."""
    if match.logits is not False or match.loss is None or (match.outputs is None and not run.ended):
        return None  # a name alone can mislead: outputs will be seen soon
    if match.loss in matching.BINARY and match.probabilities is False and _labels_in_unit(match):
        return Severity.ERROR, _missing("sigmoid", match), _range_evidence(match, "0 … 1")
    several = (match.units or 0) >= 2 and match.kind != "multi_hot"
    if match.loss in matching.CATEGORICAL | matching.SPARSE and several and match.distributions is False:
        if match.probabilities:
            sums = match.output_sum or (float("nan"),) * 2
            evidence = Evidence(
                "told:probe.outputs.row_sum",
                round(sums[1], 4),
                1.0,
                data.EXACT,
                f"outputs of a row sum to {sums[0]:.3g} … {sums[1]:.3g}, not to 1",
            )
            meaning = (
                f"The loss ({match.loss}) takes one distribution over the classes a row, "
                f"but the outputs ({match.activation or 'unnamed'}) are independent: use softmax."
            )
            return Severity.ERROR, meaning, evidence
        return Severity.ERROR, _missing("softmax", match), _range_evidence(match, "0 … 1, summing to 1")
    return None


def _missing(wanted: str, match: Match) -> str:
    name = match.activation or "unnamed"
    return (
        f"The loss ({match.loss}) takes probabilities, but the last activation is {name}: "
        f"end in {wanted}, or say from_logits=True."
    )


def _range_evidence(match: Match, wanted: str) -> Evidence:
    if match.outputs is None:
        return Evidence("told:objective.output_activation", str(match.activation), wanted, data.EXACT)
    low, high = match.outputs
    return Evidence(
        "told:probe.outputs",
        f"{low:.4g} … {high:.4g}",
        wanted,
        data.EXACT,
        f"outputs lie in {low:.4g} … {high:.4g}; the loss takes {wanted}",
    )


def _labels_in_unit(match: Match) -> bool:
    return match.least is None or match.largest is None or (match.least >= -0.01 and match.largest <= 1.01)


def _bounded_logits(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    """A loss from logits, and outputs that cannot grow as logits must."""
    families = matching.BINARY | matching.CATEGORICAL | matching.SPARSE
    if match.logits is not True or match.undone or match.loss not in families or match.units is None:
        return None
    low, high = matching.LOWEST.get(match.activation or ""), matching.HIGHEST.get(match.activation or "")
    if low is None and match.distributions and match.outputs is not None and (match.units > 1):
        low, high = 0.0, 1.0  # made by an operation outside any layer
    if low is not None and high is None:
        return _half_bounded(match, run, thresholds, low)
    if (
        low is None
        or high is None
        or (match.outputs and (match.outputs[0] < low - 0.01 or match.outputs[1] > high + 0.01))
    ):
        return None
    floor = matching.floor_of_bounded_logits(low, high, match.units)
    if run.loss_best is not None and run.loss_best < 0.9 * floor and match.row_sum is None:
        return None  # the loss fell below what such logits allow: they are taken back
    evidence = Evidence(
        "told:objective.from_logits",
        f"{match.activation or 'probabilities'}, {low:g} … {high:g}",
        "unbounded",
        data.EXACT,
        f"logits within {low:g} … {high:g}: the loss cannot fall below {floor:.3g}",
    )
    meaning = (
        f"The loss takes logits, but gets the outputs of {match.activation or 'a softmax'}: "
        "they are squashed twice. End in a linear layer, or give the loss probabilities."
    )
    return Severity.ERROR, meaning, evidence


def _half_bounded(match: Match, run: Progress, thresholds: Mapping[str, float], low: float) -> Found:
    """A ReLU's logits: with one unit the second class is always the likelier one; with many, whole classes can die."""
    if low < -0.5 or match.activation in ("elu", "selu", "silu", "swish", "gelu", "celu"):
        return None
    single = match.units == 1 or match.loss in matching.BINARY
    if not single and not (run.ended and run.short_of(thresholds["short"])):
        return None
    evidence = _range_evidence(match, "unbounded logits")
    meaning = (
        f"The loss takes logits of either sign, but {match.activation} gives none below {low:g}: end in a linear layer."
    )
    return Severity.ERROR, meaning, evidence


def _one_of_many(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    """Softmax, and several labels at once."""
    if match.kind != "multi_hot" or match.loss not in matching.BINARY or not match.row_sum or match.row_sum[1] < 1.5:
        return None
    if (match.units or 0) < 2 or match.activation != "softmax":
        return None
    evidence = Evidence(
        "told:labels.train.row_sum",
        match.row_sum[1],
        1.0,
        data.EXACT,
        f"up to {match.row_sum[1]:g} labels hold at once, but the outputs of a row sum to 1",
    )
    return Severity.ERROR, "Several labels hold at once, but softmax shares one unit among them: use sigmoid.", evidence


def _hinge(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    low = matching.LOWEST.get(match.activation or "")
    if match.loss not in matching.HINGE or low is None or low < -0.5:
        return None
    evidence = _range_evidence(match, "-1 … 1 and beyond")
    meaning = (
        f"A hinge loss takes outputs of either sign, but {match.activation} gives none below {low:g}: use tanh or none."
    )
    return Severity.ERROR, meaning, evidence


def _positive(match: Match, run: Progress, thresholds: Mapping[str, float]) -> Found:
    """Losses that take the logarithm of the output."""
    if match.loss not in ("poisson", "kl_divergence") or match.outputs is None or match.outputs[0] > -1e-3:
        return None
    wanted = "positive rates" if match.loss == "poisson" else "a distribution"
    meaning = f"The loss ({match.loss}) takes the logarithm of the outputs, but they fall below 0: it needs {wanted}."
    return Severity.ERROR, meaning, _range_evidence(match, wanted)


def _out_of_reach(trace: Trace, match: Match, run: Progress, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Targets of a regression that the last activation cannot give."""
    low, high = _reach(match)
    takes_reals = match.loss in matching.REGRESSION or (match.custom and match.kind == "real")
    sigmoid_on_inputs = match.loss in matching.BINARY and match.kind == "inputs"
    stretched = match.width == 1 and (match.units or 0) > 1  # one label over several outputs is a fault of the loss
    if not (takes_reals or sigmoid_on_inputs) or stretched or (low == -np.inf and high == np.inf):
        return
    if match.row_sum is not None and match.activation == "softmax" and match.row_sum[1] - match.row_sum[0] > 0.1:
        low, high = 0.0, 1.0
    missed = matching.unreachable(match, low, high)
    best = max((one for one in (run.score, run.validation) if one is not None and run.metric == "r2"), default=None)
    if best is not None and run.ended and best >= thresholds["explained"]:
        return
    if missed <= thresholds["unreachable_warning"]:
        return
    hurts = missed > thresholds["unreachable_error"] or (run.ended and run.short_of(thresholds["short"]))
    evidence = Evidence(
        "told:labels.train",
        f"{match.least:.4g} … {match.largest:.4g}",
        f"{low:g} … {high:g}",
        data.CALIBRATION,
        f"targets lie in {match.least:.4g} … {match.largest:.4g}, outputs in {low:g} … {high:g}: "
        f"{missed:.0%} of the targets' variance is out of reach",
    )
    meaning = (
        f"The targets leave the range of {match.activation}: use a linear output, or scale the targets into the range."
    )
    severity = Severity.ERROR if hurts else Severity.WARNING
    yield data.finding(trace, FAULT, severity, meaning, [evidence], layers=data.output_layers(trace))


def _reach(match: Match) -> tuple[float, float]:
    """What the activation allows, widened by what was seen (a scale behind it)."""
    low = matching.LOWEST.get(match.activation or "", -np.inf)
    high = matching.HIGHEST.get(match.activation or "", np.inf)
    if match.outputs is not None and (match.outputs[0] < low - 0.01 or match.outputs[1] > high + 0.01):
        return -np.inf, np.inf  # a layer behind the activation scales it
    return low, high
