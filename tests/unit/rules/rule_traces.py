"""Small traces of a dense network, healthy unless told otherwise: what the rules' own tests start from."""

import numpy as np

from graduate.trace import RunFacts, Variable
from graduate.trace.memory import made

WIDTH = 16
STEPS = 200


def falling(start=1.1, end=0.1, steps=STEPS, noise=0.05, seed=0):
    """A noisy loss that falls exponentially."""
    course = end + (start - end) * np.exp(-np.arange(steps) / (steps / 5))
    return course * (1 + noise * np.random.default_rng(seed).standard_normal(steps))


def flat(value=1.0986, steps=STEPS, noise=0.01, seed=0):
    """A loss that stays where it is."""
    return value * (1 + noise * np.random.default_rng(seed).standard_normal(steps))


def names(layers):
    return [f"dense_{at}" for at in range(layers)]


def network(
    *,
    layers=3,
    loss=None,
    score=0.95,
    chance=0.34,
    baseline=0.94,
    gradients=None,
    ratios=0.005,
    growth=1.0,
    rate=0.001,
    optimizer="adam",
    activation="relu",
    scale=1.0,
    initial=None,
    layer=None,
    looks=None,
    told=(),
    known=None,
    tables=None,
    series=None,
    numbers=None,
):
    """A classifier of three classes, kernels of 16 × 16.

    Args:
        gradients: size of an element of each kernel's gradient.
        ratios: ‖Δw‖ / ‖w‖ of a step, or one for each step.
        growth: factor by which the weights grow over the run.
        scale: of the kernels before step 1 against Glorot's.
        initial, layer: {layer's number: {key: value}} to put over the told layers.
        looks: {layer's number: {statistic: [at step 0, in the middle, at the end]}} of the probes.
        numbers: further numbers of the optimizer.
    """
    loss = falling() if loss is None else np.asarray(loss)
    steps = len(loss)
    std = scale * np.sqrt(2 / (2 * WIDTH))
    sizes = np.asarray([0.01] * layers if gradients is None else gradients)
    weight = np.linspace(1, growth, steps)[:, None] * np.full(layers, std * WIDTH)
    columns = {
        "gradient_norm": np.broadcast_to(sizes * WIDTH, (steps, layers)),
        "gradient_nonfinite": np.zeros((steps, layers)),
        "weight_norm": weight,
        "update_norm": np.broadcast_to(np.asarray(ratios), (steps,))[:, None] * weight,
        **(tables or {}),
    }
    facts = RunFacts(
        tuple(Variable(f"{name}/kernel", name, (WIDTH, WIDTH)) for name in names(layers)),
        loss="sparse_categorical_crossentropy",
        optimizer={"name": optimizer, "learning_rate": rate, **(numbers or {})},
        batch_size=32,
    )
    return made(
        facts=facts,
        series={"loss": loss, "learning_rate": np.full(steps, rate), **(series or {})},
        tables=columns,
        told=[*_probes(layers, steps, looks or {}), *told],
        known={
            "program": {"kind": "fit", "ended": "finished", "updates": steps, "fine_tuning": False},
            "layers": _layers(layers, activation, std, initial or {}, layer or {}),
            "baseline": {"kind": "knn", "metric": "accuracy", "rows": 600, "score": baseline, "permuted": chance},
            "constant": {"loss": 1.0986, "metric": chance},
            "final": {"train": {"metric": score, "rows": 600}},
            "gradients": {"taken": 1, "applied": 1, "updates": steps, "none": [], "missing": [], "unapplied": False},
            **(known or {}),
        },
    )


def _layers(layers, activation, std, initial, changed):
    found = []
    for at, name in enumerate(names(layers)):
        output = at == layers - 1
        start = {"kernel_std": std, "kernel_mean": 0.0, "kernel_abs_max": 1.7 * std, "identical_units": False}
        start |= {"fan_in": WIDTH, "fan_out": WIDTH, "bias_mean": 0.0, **initial.get(at, {})}
        one = {"name": name, "class": "Dense", "trainable": True, "units": WIDTH, "parameters": WIDTH * WIDTH}
        one |= {"activation": "softmax" if output else activation, "output": output, "initial": start}
        one |= {"kernel_initializer": {"class": "GlorotUniform"}, "recurrent": False}
        found.append(one | changed.get(at, {}))
    return found


def _probes(layers, steps, looks):
    told = []
    for beat, step in enumerate((0, steps // 2, steps)):
        seen = {name: {"std": 1.0, "zeros": 0.5, "dead": 0.1, "saturated": 0.0} for name in names(layers)}
        for at, statistics in looks.items():
            if at == "probe":
                continue
            seen[f"dense_{at}"] |= {key: values[beat] for key, values in statistics.items()}
        probe = {"layers": seen, **{key: values[beat] for key, values in looks.get("probe", {}).items()}}
        told.append((step, "probe", probe))
    return told
