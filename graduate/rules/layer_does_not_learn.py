"""layer-does-not-learn: a layer stays as it was initialised while the others learn.

## What it sees
Exact facts over the whole run: a trainable weight whose gradient is None (the loss does not depend on it: a
`stop_gradient`, a rounding, an argmax in between, a branch that nobody uses), whose gradient is zero at every step,
or that was never handed to an optimizer, of this model or of another that the program trains together with it. A
`fit` of which every layer is frozen. And single layers that are frozen (`trainable = False`) with the weights they
were made with, which shows in biases that are still zero and kernels within the bounds they were drawn from: an
output so, or hidden layers where the run learns clearly less than a simple baseline or is far from perfect.

## What it cannot see
A layer that moves but does not help. A frozen layer whose weights came from somewhere and do not fit.

## Known false alarms
Frozen on purpose is fine, and not reported, where the weights were loaded or trained before (fine-tuning), are thawed
later, or do well enough as random features. Rows of an embedding that were never looked up, biases before a
normalisation and accumulated gradients do not count: a layer learns as soon as one of its weights moved once.

## Example
`optimizer.apply(zip(grads, model.trainable_variables[2:]))` leaves out the first layer: its update is exactly 0 at
all steps, and the finding names `dense`.

## Sources
TrainCheck (Jiang et al., OSDI 2025). SageMaker Debugger, UnchangedTensor. DeepDiagnosis, "unchanged weight".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "layer-does-not-learn"
NEEDS: frozenset[str] = frozenset()
THRESHOLDS = {
    "least_steps": 5.0,
    "frozen_learnt": 0.8,
    "embedding_learnt": 0.5,
    "output_enough": 0.95,
    "features_enough": 0.8,
    "fine_tuning_learnt": 0.5,
}
CAUSES = frozenset(
    {
        "loss-not-decreasing",
        "underfitting",
        "class-imbalance-collapse",
        "vanishing-gradient",
        "dead-units",
        "learning-rate-too-low",
        # of symptoms that follow from what is left in training; where the layer itself is in doubt they stay the root
        "learning-rate-too-high",
        "saturated-activation",
        "shuffled-labels",
    }
)
WHEN = "end"
REMEDIES = ("unfreeze-layers", "apply-gradients")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    fine_tuning = bool(told.told(trace, "program").get("fine_tuning"))
    everything = _all_frozen(trace)
    if everything:
        yield _finding(trace, {layer: "it is frozen, and so is every other layer" for layer in everything}, run)
        return
    frozen = [] if fine_tuning else _frozen(trace, run, thresholds)
    reasons = {layer: "it is frozen, with the weights it was made with" for layer in frozen}
    reasons |= dict(_stuck(trace, int(thresholds["least_steps"])))
    facts = told.told(trace, "gradients")
    if facts.get("unapplied"):
        return
    if reasons and not (fine_tuning and not run.short_of(thresholds["fine_tuning_learnt"])):
        yield _finding(trace, reasons, run)


def _stuck(trace: Trace, least_steps: int) -> Iterator[tuple[str, str]]:
    """(layer, why) of the trainable layers in which no weight moved."""
    facts = told.told(trace, "gradients")
    none, missing = (_layers_of(trace, facts.get(key)) for key in ("none", "missing"))
    for layer in facts.get("left_out") or ():  # of another model, which the program trains together with this one
        yield str(layer), "it was never handed to an optimizer"
    gradients, moved = told.table(trace, "gradient_norm"), told.table(trace, "update_norm")
    counts = told.table(trace, "gradient_nonfinite")
    whole = symptoms.first_nonfinite(trace) is None  # otherwise nothing is finite, and that is another fault
    long_enough = len(trace.steps) >= least_steps and whole
    for layer, columns in told.layer_columns(trace).items():
        total = None if moved is None else float(np.nansum(np.abs(moved[:, columns])))
        if total:
            continue
        weighty = any(len(trace.facts.variables[column].shape) >= 2 for column in columns)
        if layer in missing and (total == 0 or moved is None):
            yield layer, "it was never handed to the optimizer"
        elif layer in none and (total == 0 or moved is None):
            yield layer, "its gradient is None: the loss does not depend on it"
        elif long_enough and weighty and gradients is not None and total == 0 and not _rate_is_zero(trace):
            seen = gradients[:, columns]
            if np.isnan(seen).all() and (counts is None or np.isnan(counts[:, columns]).all()):
                yield layer, "its gradient is None: the loss does not depend on it"
            elif not np.nansum(np.abs(seen)):
                yield layer, "its gradient is zero at every step"
            elif _others_moved(moved, columns):
                yield layer, "its update is zero at every step, though its gradient is not"


def _layers_of(trace: Trace, names: object) -> set[str]:
    asked = {str(name) for name in names} if isinstance(names, Sequence) and not isinstance(names, str) else set()
    return {one.layer for one in trace.facts.variables if one.name in asked or one.layer in asked}


def _others_moved(moved: np.ndarray | None, columns: Sequence[int]) -> bool:
    return moved is not None and bool(np.nansum(np.delete(moved, columns, axis=1)))


def _rate_is_zero(trace: Trace) -> bool:
    found = told.finite(told.series(trace, "learning_rate"))
    return bool(len(found)) and not found.any()


def _frozen(trace: Trace, run: progress.Progress, thresholds: Mapping[str, float]) -> list[str]:
    """Layers that are frozen with the weights they were made with, where that costs something.

    A frozen embedding may be meant as it is, and so may weights of which it is not known whether they were trained:
    there the run must fall far short of the baseline. A layer surely as made is a mistake unless the run is near
    perfect.
    """
    if told.told(trace, "program").get("continued_by"):
        return []  # it is thawed later
    short, far_short = run.short_of(thresholds["frozen_learnt"]), run.short_of(thresholds["embedding_learnt"])
    found = []
    for one in told.layers(trace):
        made = _as_made(one)
        # nobody freezes an output on purpose; random features below it may do well enough
        enough = thresholds["output_enough" if one.get("output") else "features_enough"]
        imperfect = run.above_chance is not None and run.above_chance < enough
        if made and (far_short or (made == "surely" and (short or imperfect))):
            found.append(str(one.get("name")))
    return found


def _all_frozen(trace: Trace) -> list[str]:
    """All layers with weights, where none of them is trainable: there is nothing that a training could change."""
    weighty = [one for one in told.layers(trace) if (told.number(one.get("parameters")) or 0) > 0]
    if trace.facts.variables or any(one.get("trainable") is not False for one in weighty):
        return []
    return [str(one.get("name")) for one in weighty]


def _as_made(layer: Mapping[str, Any]) -> str | None:
    """Of a frozen layer whether its weights are those of its initialiser: "surely", "perhaps" or None."""
    made = layer.get("kernel_initializer")
    frozen = layer.get("trainable") is False and (told.number(layer.get("parameters")) or 0) > 0
    if not frozen or not isinstance(made, Mapping) or "Normalization" in str(layer.get("class")):
        return None
    start, kind = told.initial(layer), str(made.get("class"))
    bias, largest = told.number(start.get("bias_abs_max")), told.number(start.get("kernel_abs_max"))
    if bias:
        return None  # training moves biases off zero
    fans = [told.number(start.get(key)) for key in ("fan_in", "fan_out")]
    if kind == "GlorotUniform" and largest is not None and fans[0] and fans[1]:
        if largest > 1.0001 * np.sqrt(6 / (fans[0] + fans[1])):
            return None  # nor do trained weights stay within the bounds that they were drawn from
    elif kind == "RandomUniform" and largest is not None:
        bounds = [abs(told.number(made.get(key)) or 0.0) for key in ("minval", "maxval")]
        if largest > 1.0001 * max(bounds):
            return None
    elif kind == "Constant":
        return None  # values that somebody gave
    return "surely" if bias == 0 and "Embedding" not in str(layer.get("class")) else "perhaps"


def _finding(trace: Trace, reasons: Mapping[str, str], run: progress.Progress) -> Finding:
    layers = tuple(reasons)
    shown = "; ".join(f"{layer}: {why}" for layer, why in list(reasons.items())[:4])
    evidence = (
        Evidence("update_norm", 0.0, "above 0", "an exact fact", shown),
        symptoms.weighed(run),
    )
    which = f"{layers[0]} stays" if len(layers) == 1 else f"{len(layers)} layers stay"
    meaning = f"{which} as initialised while the run goes on."
    # a gradient that is zero always has a reason, which other rules may know
    sure = any("gradient is zero" not in why and "update is zero" not in why for why in reasons.values())
    return Finding(
        FAULT,
        Severity.ERROR,
        told.whole(trace),
        layers,
        evidence,
        meaning,
        REMEDIES,
        confidence=1.0 if sure else 0.4,
    )
