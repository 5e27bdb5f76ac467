"""gradients-not-applied: gradients are computed, and the weights never change by them.

## What it sees
Gradients were taken for the model's weights, by `fit` or a `GradientTape`, and over the whole run no optimizer
updated any of them; or an optimizer was called, at a rate above zero, and no weight moved although gradients were not
zero. It is an exact fact, so how far the run got is not asked. A loss that is masked to exactly 0 at nearly all
steps, so that only single gradients reach the weights of a model that is no better than a constant, counts as well.

## What it cannot see
Gradients that are applied to a copy of the weights which the program goes on to use. Updates that a program makes by
hand, with `assign`, count as updates only where they show in the weights.

## Known false alarms
A script that takes gradients of weights to look at them, and trains nothing. Gradient accumulation is none: its
updates come later, and one is enough.

## Example
A loop calls `tape.gradient(loss, model.trainable_variables)` and forgets `optimizer.apply(...)`: the loss stays
within its noise for all epochs. The finding names all layers and the number of gradients taken.

## Sources
TrainCheck (Jiang et al., OSDI 2025): the invariant "a step changes the parameters". SageMaker Debugger,
UnchangedTensor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "gradients-not-applied"
NEEDS: frozenset[str] = frozenset()
THRESHOLDS = {"least_gradients": 3.0, "masked": 0.9}
CAUSES = frozenset(
    {
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "layer-does-not-learn",
        "learning-rate-too-low",
        "underfitting",
        "class-imbalance-collapse",
    }
)
WHEN = "end"
REMEDIES = ("apply-gradients",)


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    facts = told.told(trace, "gradients")
    taken, updates = told.number(facts.get("taken")) or 0.0, told.number(facts.get("updates"))
    layers = tuple(dict.fromkeys(variable.layer for variable in trace.facts.variables))
    if facts.get("unapplied") and taken >= 1:
        sentence = f"gradients of the model's weights were taken ({taken:.0f} calls), and no update of them happened"
        evidence = Evidence("updates", updates or 0.0, 1.0, "an exact fact", sentence)
        yield _finding(trace, layers, evidence)
        return
    moved, gradients = told.table(trace, "update_norm"), told.table(trace, "gradient_norm")
    if moved is None or gradients is None or len(trace.steps) < thresholds["least_gradients"]:
        return
    masked = _masked(trace, gradients)
    if masked is not None:
        yield _finding(trace, layers, masked)
        return
    rates = symptoms.rates(trace)
    still = not np.nansum(moved) and np.isfinite(moved).any()
    if still and np.nansum(gradients) > 0 and len(rates) and rates.max() > 0 and not _too_small(trace):
        sentence = (
            f"over {len(trace.steps)} recorded steps no weight moved, though gradients and the rate are above zero"
        )
        yield _finding(trace, layers, Evidence("update_norm", 0.0, "above 0", "an exact fact", sentence))


def _masked(trace: Trace, gradients: np.ndarray) -> Evidence | None:
    """Gradients taken of a loss that is exactly zero at nearly all steps, while the model's own loss is not.

    A mask, a share or a condition that never comes true again: only single steps reach the weights. A model that is
    perfect, or whose loss is blind, has a loss of zero wherever it is measured.
    """
    loss, final = told.series(trace, "loss"), told.part(told.told(trace, "final"), "train")
    own, constant = told.number(final.get("loss")), told.number(final.get("constant_loss"))
    if own is None or not constant or own < 0.5 * constant or len(loss) != len(gradients):
        return None
    empty = (loss == 0) & (np.nansum(np.abs(gradients), axis=1) == 0) & np.isfinite(gradients).any(axis=1)
    share = float(empty.mean())
    if share < THRESHOLDS["masked"]:
        return None
    sentence = (
        f"at {share:.0%} of the recorded steps the loss that gradients were taken of was exactly 0, and so were they; "
        f"the model's own loss is {own:.4g} at the end, a constant predictor's {constant:.4g}"
    )
    return Evidence("gradient_norm", share, THRESHOLDS["masked"], "an exact fact", sentence)


def _too_small(trace: Trace) -> bool:
    """Whether the updates were lost in the rounding of the weights: then the rate is what is wrong."""
    excess = symptoms.rate_excess(trace)
    return excess is not None and excess < 1e-3


def _finding(trace: Trace, layers: tuple[str, ...], evidence: Evidence) -> Finding:
    meaning = "Gradients are computed but never change the weights, so the model stays as it was initialised."
    return Finding(FAULT, Severity.ERROR, told.whole(trace), layers, (evidence,), meaning, REMEDIES)
