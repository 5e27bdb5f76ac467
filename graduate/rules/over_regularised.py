"""over-regularised: penalties or noise are so strong that the data can hardly be learnt.

## What it sees
A penalty on the weights (L1, L2, the optimizer's weight decay, an activity penalty) that outweighs the data's loss,
or under which the weights shrink to a fraction of what they began with; dropout that leaves less than a quarter of a
layer, or several in a row that together do. Each where the run learnt clearly less than it could, in inference mode.

## What it cannot see
Augmentation that destroys what it should vary; a penalty made inside of a custom loss.

## Known false alarms
Dropout of 0.5 to 0.7 is used in wide layers. Where the data's loss is near zero the penalty is the larger one, and
the run has learnt: how far it got decides.

## Example
`l2(1.0)` on every kernel: the penalty is 48 at step 1, the data's loss 2.3; after 200 steps the weights are 2 % of
their size, and every row gets the same answer.

## Sources
TheDeepChecker (TOSEM 2022), the penalty's gradient against the data's; UMLAUT (CHI 2021), dropout above 0.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _progress as progress
from graduate.rules import _symptoms as symptoms
from graduate.rules import _told as told
from graduate.trace.reader import Trace

FAULT = "over-regularised"
NEEDS = frozenset({"told:layers"})
THRESHOLDS = {"penalty": 1.0, "first_penalty": 3.0, "shrunk": 0.35, "kept": 0.25, "noise": 3.0, "learnt": 0.85}
CAUSES = frozenset(
    {
        "loss-not-decreasing",
        "shuffled-labels",
        "overfitting",
        "underfitting",
        "dead-units",
        "exploding-gradient",
        "vanishing-gradient",
        "class-imbalance-collapse",
        "layer-does-not-learn",
        "mode-mismatch",
        "learning-rate-too-low",
        "learning-rate-too-high",
        "saturated-activation",
    }
)
WHEN = "end"
REMEDIES = ("lower-weight-decay", "longer-training")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Finding]:
    run = progress.progress(trace)
    if symptoms.first_nonfinite(trace) is not None or not symptoms.failed(run, thresholds["learnt"]):
        return
    evidence = [*_penalties(trace, thresholds), *_noise(trace, thresholds), *_drowned(trace, thresholds)]
    if not evidence:
        return
    layers = tuple(str(one.get("name")) for one in told.layers(trace) if _strength(one) > 0)
    meaning = "Penalties or noise outweigh what the data asks for, so the network hardly follows the data."
    yield Finding(
        FAULT,
        Severity.ERROR,
        told.whole(trace),
        layers,
        (*evidence, symptoms.weighed(run)),
        meaning,
        REMEDIES,
        confidence=0.85,
    )


def _penalties(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Evidence]:
    decay = abs(told.number(trace.facts.optimizer.get("weight_decay")) or 0.0)
    if not decay and not any(_penalty(one) for one in told.layers(trace)):
        return
    looks = [value for _, value in told.history(trace, "penalty")]
    for one, bound, when in ((looks[:1], "first_penalty", "at first"), (looks[-1:], "penalty", "at the end")):
        for look in one:
            data, penalty = told.number(look.get("data_loss")), told.number(look.get("penalty_loss"))
            if data is not None and penalty is not None and penalty > thresholds[bound] * max(data, 1e-12):
                text = f"{when} the penalty is {penalty:.3g}, the data's loss {data:.3g}"
                yield Evidence("told:penalty", penalty / max(data, 1e-12), thresholds[bound], "the data's loss", text)
    loss, before = told.series(trace, "loss"), told.probes(trace)[:1]
    bare = told.number(before[0][1].get("loss")) if before and before[0][0] == 0 else None
    if bare is not None and len(loss) and loss[0] - bare > thresholds["first_penalty"] * max(bare, 1e-12):
        text = f"the first loss is {loss[0]:.3g}, that of the data alone {bare:.3g}: the rest is penalty"
        yield Evidence("loss", float(loss[0] / max(bare, 1e-12)), thresholds["first_penalty"], "the data's loss", text)
    shrunk = _shrunk(trace, bool(decay))
    if shrunk < thresholds["shrunk"]:
        text = f"the weights end at {shrunk:.1%} of the size that they began with"
        yield Evidence("weight_norm", shrunk, thresholds["shrunk"], "calibration", text)


def _shrunk(trace: Trace, decay: bool) -> float:
    """Size of the penalised kernels at the end over that at the beginning; of all under an optimizer's decay."""
    weight = told.table(trace, "weight_norm")
    penalised = {str(one.get("name")) for one in told.layers(trace) if _penalty(one) > 0}
    columns = [at for at in told.kernels(trace) if decay or trace.facts.variables[at].layer in penalised]
    if weight is None or not columns:
        return 1.0
    sizes = np.sqrt(np.square(weight[:, columns]).sum(axis=1))
    start = symptoms.initial_norm(trace, columns) or float(sizes[0])
    return float(sizes[-1] / start) if start > 0 else 1.0


def _noise(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Evidence]:
    """Dropout: the share that one layer keeps, and what several in a row keep together beyond the usual half each."""
    rates = [
        (str(one.get("name")), told.number(one.get("rate")) or 0.0)
        for one in told.layers(trace)
        if "Dropout" in str(one.get("class"))
    ]
    for name, rate in rates:
        if rate and 1 - rate < thresholds["kept"]:
            text = f"{name} drops {rate:.0%} of its values"
            yield Evidence("told:layers", 1 - rate, thresholds["kept"], "calibration", text)


def _drowned(trace: Trace, thresholds: Mapping[str, float]) -> Iterator[Evidence]:
    """Gaussian noise many times larger than the values that it is added to."""
    looks = told.probes(trace)
    seen = dict(told.probe_layers(looks[0][1])) if looks else {}
    for one in told.layers(trace):
        noise, name = told.number(one.get("stddev")), str(one.get("name"))
        values = told.number(seen.get(name, {}).get("std"))  # in inference mode: what comes in
        if str(one.get("class")) == "GaussianNoise" and noise and values and noise > thresholds["noise"] * values:
            text = f"{name} adds noise of {noise:.3g} to values that deviate by {values:.3g}"
            yield Evidence("told:layers", noise / values, thresholds["noise"], "calibration", text)


def _penalty(layer: Mapping[str, object]) -> float:
    return max(told.number(layer.get(key)) or 0.0 for key in ("l1", "l2", "activity"))


def _strength(layer: Mapping[str, object]) -> float:
    """Of its penalties and its noise, the largest number; 0 for a layer without."""
    dropped = told.number(layer.get("rate")) or 0.0 if "Dropout" in str(layer.get("class")) else 0.0
    return max(_penalty(layer), dropped, told.number(layer.get("stddev")) or 0.0)
