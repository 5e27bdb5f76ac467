"""What several rules measure: sizes of gradients by layer, growth before a NaN, the rate against custom. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graduate.findings import Evidence
from graduate.rules import _told as told
from graduate.rules._progress import Progress, smoothed, training_loss
from graduate.trace.reader import Trace

# Rates with which each optimizer is commonly started: Keras' defaults, but for Adadelta (its paper's 1.0) and Adagrad
# (its paper's 0.01), whose defaults in Keras hardly move a network. They name a culprit; they never raise an alarm.
CUSTOMARY_RATES = {"sgd": 0.01, "adadelta": 1.0, "adagrad": 0.01, "lion": 1e-4, "ftrl": 0.01, "muon": 0.01}
_USUAL_RATE = 0.001
# The share of a planned run that must be over before a run that goes on is judged by how little it learnt.
_SEEN_SHARE, _SEEN_STEPS = 0.25, 150
# Of a run that goes on: what it must have learnt by then not to be called a failure, if the rule asks for more.
_UNDER_WAY = 0.15

# A loss that rises to this multiple of its start over so many steps climbs, if no step moves the weights by more.
_CLIMB, _CLIMB_STEPS, _ORDINARY_STEP = 1.25, 100, 0.1

SATURATING = frozenset({"sigmoid", "tanh", "hard_sigmoid", "softsign", "hard_tanh"})
_SCALED = ("Dense", "Conv", "EinsumDense", "LSTM", "GRU", "SimpleRNN", "SeparableConv", "Bidirectional")
RECTIFYING = frozenset({"relu", "relu6"})


def enough_seen(trace: Trace, run: Progress) -> bool:
    """Whether so much of the run is over that having learnt nothing means something."""
    if run.ended:
        return True
    program = told.told(trace, "program")
    epochs, per_epoch = told.number(program.get("epochs")), told.number(program.get("steps_per_epoch"))
    planned = epochs * per_epoch if epochs and per_epoch else 0
    return told.whole(trace)[1] >= max(_SEEN_STEPS, _SEEN_SHARE * planned)


def failed(run: Progress, share: float) -> bool:
    """Whether the run is known to have learnt less than `share`.

    Where nothing says what could be learnt, only a loss that stayed exactly where it was counts: one that rises may be
    a player's in a game of two networks.
    """
    if run.learnt is not None:
        return run.learnt < (share if run.ended else min(share, _UNDER_WAY))
    return run.fell is not None and abs(run.fell) < 0.02 * share


def weighed(run: Progress) -> Evidence:
    """What the run was weighed against, as the last piece of a finding's evidence."""
    value = "unknown" if run.learnt is None else run.learnt
    return Evidence("progress", value, 1.0, "baseline and constant predictor", run.sentence())


@dataclass(frozen=True)
class Kernel:
    """A kernel with the size of its gradient, per element, so that layers of different widths compare."""

    column: int
    layer: str
    gradient: float


def gradient_sizes(trace: Trace, rows: slice = slice(None)) -> list[Kernel]:
    """Root mean square of an element of each kernel's gradient, median over the steps, in forward order.

    Embeddings are left out (rows that were not looked up have no gradient), and what never had a gradient.
    """
    norms = told.table(trace, "gradient_norm")
    if norms is None:
        return []
    embeddings = {str(one.get("name")) for one in told.layers(trace) if "Embedding" in str(one.get("class"))}
    found = []
    for column in told.kernels(trace):
        variable = trace.facts.variables[column]
        known = told.finite(norms[rows, column])
        if variable.layer in embeddings or variable.name.endswith("embeddings") or not len(known):
            continue
        found.append(Kernel(column, variable.layer, float(np.median(known) / np.sqrt(np.prod(variable.shape)))))
    return found


def total_update_ratio(trace: Trace) -> np.ndarray:
    """‖Δw‖ / ‖w‖ of all kernels together, step by step, (T,); NaN where it is not known.

    The weights are those before the update, so that a step which blows them up counts in full. All together, because a
    layer that starts at zero has no ratio of its own.
    """
    update, weight = told.table(trace, "update_norm"), told.table(trace, "weight_norm")
    columns = told.kernels(trace)
    if update is None or weight is None or not columns:
        return np.zeros(0)
    with np.errstate(all="ignore"):
        moved = np.sqrt(np.nansum(np.square(update[:, columns]), axis=1))
        after = np.sqrt(np.sum(np.square(weight[:, columns]), axis=1))
        before = np.maximum(np.concatenate([after[:1], after[:-1]]), 1e-12)
        ratio = moved / before
    if len(ratio):
        start = initial_norm(trace)
        ratio[0] = moved[0] / start if start else ratio[0]
    return ratio


def initial_norm(trace: Trace, columns: Sequence[int] | None = None) -> float | None:
    """Norm of all kernels (or of those in `columns`) before step 1, as told of the layers; None: not known."""
    squares = 0.0
    told_of = {str(one.get("name")): one.get("initial") or {} for one in told.layers(trace)}
    for column in told.kernels(trace) if columns is None else columns:
        variable = trace.facts.variables[column]
        std, mean = (told.number(told_of.get(variable.layer, {}).get(key)) for key in ("kernel_std", "kernel_mean"))
        if std is None:
            return None
        squares += float(np.prod(variable.shape)) * (std**2 + (mean or 0.0) ** 2)
    return float(np.sqrt(squares)) or None


def path_length(trace: Trace) -> float | None:
    """Σ ‖Δw‖ / ‖w‖ over the whole run: how far the kernels can have moved at most, in units of their own size."""
    ratio = told.finite(total_update_ratio(trace))
    return float(ratio.mean() * max(told.updates(trace), len(ratio))) if len(ratio) else None


def rates(trace: Trace) -> np.ndarray:
    """float64: the learning rates of the run; of the optimizer's facts where no step recorded one."""
    found = told.finite(told.series(trace, "learning_rate"))
    if len(found):
        return found
    fixed = told.number(trace.facts.optimizer.get("learning_rate"))
    return np.zeros(0) if fixed is None else np.array([fixed])


def customary_rate(trace: Trace) -> float:
    """The rate with which this optimizer is commonly started, momentum counted in."""
    optimizer = trace.facts.optimizer
    usual = CUSTOMARY_RATES.get(str(optimizer.get("name", "")).lower().split("_")[0], _USUAL_RATE)
    return usual


def rate_excess(trace: Trace) -> float | None:
    """The largest rate of the run over the customary one; None where no rate is known."""
    found = rates(trace)
    return float(found.max() * _boost(trace) / customary_rate(trace)) if len(found) else None


def first_nonfinite(trace: Trace) -> int | None:
    """Position, in the trace's steps, of the first row in which the loss or a weight is not finite and stays so.

    A step whose gradient overflows and which is then skipped, as under mixed precision, leaves the weights whole: it
    does not count. Nor does one loss of an empty batch.
    """
    bad = np.zeros(len(trace.steps), bool)
    weights = told.table(trace, "weight_norm")
    if weights is not None:
        bad |= ~np.isfinite(weights).all(axis=1)
    loss = told.series(trace, "loss")
    if np.isfinite(loss).any():  # a column without one finite loss: nobody saw the loss
        lost = ~np.isfinite(loss)
        if weights is None or lost[-1] or lost.mean() > 0.5:
            bad |= lost & (np.cumsum(lost[::-1])[::-1] == np.arange(len(lost), 0, -1))  # until the end
    return int(np.argmax(bad)) if bad.any() else None


def grew_before(trace: Trace, row: int) -> float:
    """By which factor loss, weights or gradients had grown, from the start of the run to just before `row`.

    Divergence multiplies them step by step; a logarithm of zero or a NaN in the data comes out of a quiet run. A first
    step that moves the weights by more than their own size counts as growth of the weights.
    """
    factors = [1.0]
    ratio = total_update_ratio(trace)[: row + 1]
    if np.isfinite(ratio).any():
        factors.append(1.0 + float(np.nanmax(np.where(np.isfinite(ratio), ratio, np.nan))))
    weight = told.table(trace, "weight_norm")
    if weight is not None and row > 0:
        start = initial_norm(trace) or np.sqrt(np.square(weight[0, told.kernels(trace)]).sum())
        last = np.sqrt(np.square(weight[row - 1, told.kernels(trace)]).sum())
        factors.append(float(last / max(start, 1e-12)))
    # of losses and gradients what counts is a rise above everything that was usual, by the last rows
    for column in ("loss", "gradient_global_norm"):
        values = np.abs(told.series(trace, column)[: row + 1])
        known = values[~np.isnan(values)]
        if len(known) > 1 and known[0] > 0:
            usual = max(float(np.median(known[: max(1, len(known) // 2)])), float(known[0]))
            factors.append(float(min(known[-1] / usual, 1e30)) ** 0.5)
    return max(factors)


def spread(sizes: Sequence[float]) -> float:
    """Largest over least, of those above zero; 1 where there are none."""
    known = [size for size in sizes if size > 0]
    return max(known) / min(known) if known else 1.0


def layer_of(trace: Trace, name: str) -> Mapping[str, object]:
    """What was told of one layer."""
    return next((one for one in told.layers(trace) if one.get("name") == name), {})


def nonfinite_data(trace: Trace) -> str | None:
    """Which of the data that went in holds NaN or infinite values, by its told name; None where none is known to."""
    for name in ("inputs.train", "labels.train"):
        facts = told.told(trace, name)
        others = facts.get("others")
        parts = [facts, *(others.values() if isinstance(others, Mapping) else ())]
        if any(told.number(part.get("nonfinite")) for part in parts if isinstance(part, Mapping)):
            return name
    return None


def early_rows(trace: Trace) -> slice:
    """The first half of the recorded steps: at an optimum gradients of all layers are tiny and noisy."""
    return slice(0, max(1, len(trace.steps) // 2))


def saturating_share(trace: Trace) -> float:
    """Share of the hidden layers with an activation, in them or as a layer behind, that saturates on both sides."""
    seen = [
        one for one in told.layers(trace) if one.get("activation") not in (None, "linear") and not one.get("output")
    ]
    flat = [one for one in seen if one.get("activation") in SATURATING and not one.get("recurrent")]
    return len(flat) / len(seen) if seen else 0.0


def activation_behind(trace: Trace, name: str) -> str | None:
    """Of a layer its activation, or that of the layer which follows it for that purpose; None where there is none."""
    every = told.layers(trace)
    at = next((at for at, one in enumerate(every) if one.get("name") == name), None)
    for one in every[at:] if at is not None else []:
        if one.get("activation") not in (None, "linear"):
            return str(one.get("activation"))
        if one.get("name") != name and "kernel_std" in told.initial(one):
            return None
    return None


def layer_before(trace: Trace, name: str) -> Mapping[str, object]:
    """The layer with a kernel whose values a layer shows: itself, or the nearest one before it."""
    found: Mapping[str, object] = {}
    for one in told.layers(trace):
        found = one if "kernel_std" in told.initial(one) else found
        if one.get("name") == name:
            return found
    return {}


def scales(trace: Trace) -> dict[str, float]:
    """Hidden layers → size of their kernels against the nearest of the usual initialisers; 1 is within them."""
    found = {}
    for one in told.layers(trace):
        initial = told.initial(one)
        std, mean = told.number(initial.get("kernel_std")), told.number(initial.get("kernel_mean")) or 0.0
        fan_in, fan_out = told.number(initial.get("fan_in")), told.number(initial.get("fan_out"))
        if std is None or not fan_in or not fan_out or one.get("trainable") is False:
            continue
        if one.get("class") == "Embedding" and std > 1:
            found[str(one.get("name"))] = std  # rows are read one at a time: anything up to a deviation of 1 is usual
        if not any(str(one.get("class")).startswith(kind) for kind in _SCALED):
            continue
        if one.get("output") and std == 0:
            continue
        size = float(np.hypot(std, mean * np.sqrt(fan_in)))  # what all weights share adds up over the inputs
        usual = (np.sqrt(2 / (fan_in + fan_out)), np.sqrt(2 / fan_in), np.sqrt(1 / fan_in))
        found[str(one.get("name"))] = size / max(usual) if size > max(usual) else min(1.0, size / min(usual))
    return found


def usual_weights(trace: Trace, least: float, most: float) -> bool:
    """Whether the kernels of all layers start within these multiples of what Glorot, He or LeCun make them."""
    return all(least < size < most for size in scales(trace).values())


def mean_rate_excess(trace: Trace) -> float | None:
    """The mean rate of the run over the customary one; None where no rate is known."""
    found = rates(trace)
    return float(found.mean() * _boost(trace) / customary_rate(trace)) if len(found) else None


def _boost(trace: Trace) -> float:
    """By how much momentum lengthens the steps of an optimizer that does not divide by the gradient's size."""
    momentum = told.number(trace.facts.optimizer.get("momentum")) or 0.0
    plain = str(trace.facts.optimizer.get("name", "")).lower().startswith("sgd")
    return 1.0 / (1.0 - min(momentum, 0.99)) if plain else 1.0


def climbs(trace: Trace) -> bool:
    """Whether a positive loss rises all the way by steps of an ordinary size, as it does where a sign is wrong."""
    loss = told.finite(training_loss(trace))
    ratio = told.finite(total_update_ratio(trace))
    if len(loss) < _CLIMB_STEPS or loss.min() <= 0 or (len(ratio) and ratio.max() > _ORDINARY_STEP):
        return False
    smooth, first = smoothed(loss), float(np.median(loss[:5]))
    lowest_at_first = int(np.argmin(smooth)) < 0.1 * len(smooth)
    return bool(lowest_at_first and smooth[-1] > _CLIMB * min(first, smooth.min()) and smooth[-1] > 0.9 * smooth.max())
