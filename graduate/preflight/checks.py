"""What the facts of a preflight mean: a check a question, and a finding where something is wrong. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.verdict import Check

SOURCE = "this project's calibration"
Judged = tuple[Check, Finding | None]
_INITIAL, _MARGIN = 3.0, 1.0  # the first loss: so many times the constant predictor's, and so much above it
_SCALE = 100.0  # largest size of a feature against the smallest, or against 1
_APART = 10.0  # the rate in use against the one proposed


def judged(facts: Mapping[str, Any], told: Mapping[str, Any]) -> list[Judged]:
    """All checks, in the order in which a person should read them.

    Args:
        facts: layers, objective, labels, inputs, constant, probe.
        told: the fact `preflight`, without its checks.
    """
    found = [_numbers(facts), _output(facts), _inputs(facts), _initial_loss(facts)]
    if "failed" in told:
        return [*found, (Check("step", False, f"A step cannot be taken: {told['failed']}."), None)]
    return [*found, _gradients(told), _one_batch(told), _rate(told)]


def _numbers(facts: Mapping[str, Any]) -> Judged:
    bad = {
        "inputs": facts["inputs"].get("nonfinite") or 0,
        "labels": facts["labels"].get("nonfinite") or 0,
        "outputs": (facts["probe"].get("outputs") or {}).get("nonfinite") or 0,
    }
    for name, count in bad.items():
        if count:
            text = f"{count} of the {name} are NaN or infinite before any training."
            remedies = ("clean-inputs",) if name != "outputs" else ("guard-operation", "better-initialiser")
            return _wrong("finite", text, "nan-or-inf", count, 0, remedies)
    return _right("finite", "Inputs, labels and outputs are finite.")


def _output(facts: Mapping[str, Any]) -> Judged:
    """Whether the last layer and the loss can say what the labels say."""
    goal, labels, outputs = facts["objective"], facts["labels"], facts["probe"].get("outputs") or {}
    loss, kind, logits = str(goal.get("loss")), labels.get("kind"), bool(goal.get("from_logits"))
    units, activation = goal.get("output_units"), goal.get("output_activation")
    low, high = labels.get("least"), labels.get("largest")
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    if loss.startswith("sparse") and numbers and isinstance(units, int) and (high >= units or low < 0):
        text = f"Labels run from {low:g} to {high:g}, and the network has {units} outputs."
        return _wrong("output", text, "wrong-label-encoding", float(high), units, ("fix-labels", "fix-loss"))
    if activation == "softmax" and units == 1:
        text = "A softmax over one output is always 1."
        return _wrong("output", text, "wrong-output-activation", 1, 2, ("fix-output-activation",))
    if loss in ("binary_crossentropy", "categorical_crossentropy") and numbers and (low < 0 or high > 1):
        text = f"{loss} needs labels from 0 to 1; these run from {low:g} to {high:g}."
        return _wrong("output", text, "wrong-label-encoding", float(high), 1, ("fix-labels", "fix-loss"))
    if "crossentropy" in loss and not logits and outputs:
        row_sum = outputs.get("row_sum") or [1, 1]
        outside = outputs.get("least", 0) < -1e-6 or outputs.get("largest", 1) > 1 + 1e-6
        if outside or ("categorical" in loss and abs(np.mean(row_sum) - 1) > 0.05):
            text = f"{loss} without from_logits needs probabilities; the outputs are not (activation {activation})."
            return _wrong("output", text, "wrong-output-activation", float(outputs.get("largest", 0)), 1, _OUTPUT)
    if "crossentropy" in loss and logits and activation in ("softmax", "sigmoid"):
        text = f"The loss takes logits, and the network ends in a {activation}."
        return _wrong("output", text, "wrong-output-activation", 1, 0, _OUTPUT, Severity.WARNING)
    if kind == "real" and activation in ("sigmoid", "tanh", "softmax", "relu") and numbers:
        least = -1.0 if activation == "tanh" else 0.0
        most = np.inf if activation == "relu" else 1.0
        if low < least - 1e-6 or high > most + 1e-6:
            text = f"Targets run from {low:.3g} to {high:.3g}, which a {activation} cannot say."
            return _wrong("output", text, "wrong-output-activation", float(high), float(most), _OUTPUT)
    return _right("output", "Output and loss fit the labels.")


_OUTPUT = ("fix-output-activation", "fix-loss")


def _gradients(told: Mapping[str, Any]) -> Judged:
    """Whether every variable can learn: a gradient of zero is a fault only where 200 steps did not move it either."""
    found = told["gradients"]
    for names, what in ((found["none"], "no gradient reaches"), (found["zero"], "the gradient is zero for")):
        if names:
            some = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
            text = f"{what[0].upper()}{what[1:]} {len(names)} of {len(found['norms'])} variables: {some}."
            layers = tuple(dict.fromkeys(name.rsplit("/", 1)[0] for name in names))
            remedies = ("apply-gradients", "better-initialiser", "leaky-relu")
            return _wrong("gradients", text, "layer-does-not-learn", len(names), 0, remedies, layers=layers)
    if found["nonfinite"]:
        text = f"The first gradient is not finite in {found['nonfinite'][0]}."
        return _wrong("gradients", text, "nan-or-inf", len(found["nonfinite"]), 0, ("guard-operation", "clean-inputs"))
    return _right("gradients", "Every layer receives a gradient.")


def _one_batch(told: Mapping[str, Any]) -> Judged:
    found = told["one_batch"]
    first, last, base = found["first_loss"], found["last_loss"], found["constant_loss"]
    against = f"; the best constant answer has {base:.3g}" if base is not None else ""
    if found["fits"]:
        text = f"The network fits one batch: loss {first:.3g} → {last:.3g} in {found['steps']} steps{against}."
        return _right("one-batch", text, last, base)
    text = f"The network does not fit one batch in {found['steps']} steps: loss {first:.3g} → {last:.3g}{against}."
    reference = first if base is None else min(first, base)
    severe = not np.isfinite(last) or last > 0.9 * reference
    if not severe and found.get("hurried"):
        ended = "no time was left to see whether the network fits one batch"
        return _right("one-batch", f"In {found['steps']} steps the loss fell {first:.3g} → {last:.3g}; {ended}.", last)
    remedies = ("scale-inputs", "better-initialiser", "batch-normalisation", "leaky-relu", "more-capacity")
    return _wrong(
        "one-batch",
        text,
        "loss-not-decreasing" if severe else "underfitting",
        last,
        0.3 * reference,
        remedies,
        Severity.ERROR if severe else Severity.WARNING,
    )


def _inputs(facts: Mapping[str, Any]) -> Judged:
    inputs = facts["inputs"]
    if inputs.get("tokens") or inputs.get("first_layer_normalises") or not inputs.get("feature_stds"):
        return _right("inputs", "The inputs need no scaling.")
    means, stds = np.abs(inputs["feature_means"]), np.asarray(inputs["feature_stds"], float)
    sizes = np.sqrt(means**2 + stds**2)
    used = sizes[np.isfinite(sizes) & (stds > 0)]
    if not len(used):
        return _right("inputs", "The inputs are constant.")
    ratio, largest = float(used.max() / max(float(np.median(used)), 1e-12)), float(used.max())
    if largest > _SCALE or ratio > _SCALE:
        text = f"Features are up to {largest:.3g} in size, {ratio:.3g} times the usual one: scale them."
        value, bound = (largest, _SCALE) if largest > _SCALE else (ratio, _SCALE)
        return _wrong("inputs", text, "unscaled-inputs", value, bound, ("scale-inputs",), Severity.WARNING)
    return _right("inputs", f"The inputs are scaled: features are up to {largest:.3g} in size.", largest, _SCALE)


def _initial_loss(facts: Mapping[str, Any]) -> Judged:
    first, base = facts["probe"].get("loss"), facts["constant"].get("loss")
    if first is None or base is None or not np.isfinite(base):
        return _right("initial-loss", "The loss of a constant answer is not known.")
    if not np.isfinite(first):
        return _wrong("initial-loss", "The first loss is not finite.", "nan-or-inf", float(first), base, _START)
    sentence = f"The first loss is {first:.3g}; the best constant answer has {base:.3g}"
    if first > max(_INITIAL * base, base + _MARGIN):
        real = facts["labels"].get("kind") in ("real", "sequence", "inputs")
        fault = "unscaled-targets" if real else "poor-initialisation"
        remedies = ("scale-targets",) if real else _START
        return _wrong("initial-loss", f"{sentence}: it begins far off.", fault, first, base, remedies, Severity.WARNING)
    return _right("initial-loss", f"{sentence}.", first, base)


_START = ("better-initialiser", "scale-inputs", "batch-normalisation")


def _rate(told: Mapping[str, Any]) -> Judged:
    test, rate = told["range_test"], told["rate"]
    proposed, largest = test["proposed"], test["largest"]
    if rate is None or proposed is None:
        return _right("learning-rate", test["sentence"], proposed)
    sentence = f"{test['sentence'].rstrip('.')}; the rate in use is {rate:g}."
    if largest is not None and rate > 3 * largest:
        lower = ("lower-learning-rate",)
        return _wrong("learning-rate", sentence, "learning-rate-too-high", rate, largest, lower, Severity.WARNING)
    if rate < proposed / (_APART * _APART):
        higher = ("raise-learning-rate",)
        return _wrong("learning-rate", sentence, "learning-rate-too-low", rate, proposed, higher, Severity.WARNING)
    return _right("learning-rate", sentence, rate, proposed)


def _right(name: str, sentence: str, value: float | None = None, bound: float | None = None) -> Judged:
    return Check(name, True, sentence, value, bound), None


def _wrong(
    name: str,
    sentence: str,
    fault: str,
    value: float,
    bound: float,
    remedies: tuple[str, ...],
    severity: Severity = Severity.ERROR,
    layers: tuple[str, ...] = (),
) -> Judged:
    evidence = Evidence(f"told:preflight.{name}", float(value), float(bound), SOURCE, sentence)
    finding = Finding(fault, severity, (0, 0), layers, (evidence,), sentence, remedies)
    return Check(
        name, severity < Severity.ERROR, sentence, float(value), float(bound), warns=severity < Severity.ERROR
    ), finding
