"""Traces for the rules about data, labels, curves and speed: an ordinary run, with what differs told over it."""

import numpy as np

from graduate.diagnose import diagnose
from graduate.rules import load
from graduate.trace.memory import made

OBJECTIVE = {
    "loss": "sparse_categorical_crossentropy",
    "from_logits": False,
    "output_activation": "softmax",
    "output_units": 10,
    "output_shape": [10],
    "metrics": ["accuracy"],
    "seen": "compile",
    "outputs": 1,
}
TEN = {str(n): 100 for n in range(10)}
LABELS = {
    "kind": "class_index",
    "shape": [],
    "rows": 1000,
    "least": 0.0,
    "largest": 9.0,
    "mean": 4.5,
    "std": 2.87,
    "distinct": 10,
    "integers": True,
    "counts": TEN,
    "order": {
        "sorted": False,
        "run_length": 1.1,
        "expected_run_length": 1.11,
        "batch_one_class_share": 0.0,
        "expected_one_class_share": 0.0,
        "correlation": 0.0,
    },
}
REAL = {
    "kind": "real",
    "shape": [1],
    "rows": 1000,
    "least": -3.0,
    "largest": 3.0,
    "mean": 0.0,
    "std": 1.0,
    "distinct": 1000,
    "integers": False,
    "counts": None,
    "order": {"sorted": False, "correlation": 0.0},
}
INPUTS = {
    "shape": [4],
    "dtype": "float32",
    "rows": 1000,
    "least": -3.0,
    "largest": 3.0,
    "mean": 0.0,
    "std": 1.0,
    "nonfinite": 0,
    "integers": False,
    "tokens": False,
    "feature_means": [0.0, 0.1, -0.1, 0.0],
    "feature_stds": [1.0, 1.1, 0.9, 1.0],
    "first_layer_normalises": False,
}
PROGRAM = {
    "kind": "fit",
    "compiled": True,
    "ended": "finished",
    "updates": 640,
    "batch_size": 32,
    "steps_per_epoch": 32,
}
LAYERS = [
    {"name": "hidden", "class": "Dense", "parameters": 100, "output": False},
    {"name": "out", "class": "Dense", "parameters": 100, "output": True},
]
BASELINE = {"kind": "knn", "metric": "accuracy", "rows": 1000, "constant": 0.1, "score": 0.95, "permuted": 0.1}


def run(*, score=0.97, validation=0.95, metric="accuracy", loss=None, outputs=None, epochs=None, **told):
    """A run that learnt; keywords named like told facts (dots as two underscores) are laid over what it tells."""
    key = "r2" if metric == "r2" else "metric"
    known = {
        "program": PROGRAM,
        "objective": OBJECTIVE,
        "labels.train": LABELS,
        "inputs.train": INPUTS,
        "layers": LAYERS,
        "baseline": BASELINE
        if metric == "accuracy"
        else {**BASELINE, "metric": "r2", "constant": 0.0, "permuted": 0.0},
        "constant": {"loss": 2.3, "metric": 0.1} if metric == "accuracy" else {"loss": 1.0},
        "final": {"train": {"rows": 1000, key: score}, "validation": {"rows": 400, key: validation}},
    }
    for name, value in told.items():
        name = name.replace("__", ".")
        known[name] = {**known[name], **value} if isinstance(known.get(name), dict) else value
    if outputs is None and known["objective"].get("output_activation") == "softmax":
        outputs = {"least": 0.0, "largest": 1.0, "row_sum": [1.0, 1.0], "mean": 0.1, "row_std": 0.3}
    story = [(0, "probe", {"outputs": outputs})] if outputs else []
    story += [
        (10 * (n + 1), "epoch", {"epoch": n, "step": 10 * (n + 1), "seconds": 1.0, "logs": logs})
        for n, logs in enumerate(epochs or [])
    ]
    values = np.geomspace(2.3, 0.1, 100) if loss is None else np.asarray(loss)
    return made(series={"loss": values}, told=[*story, *((100, name, value) for name, value in known.items())])


def logs(**curves):
    """Epochs' logs from curves: {name: values}."""
    return [dict(zip(curves, values, strict=True)) for values in zip(*curves.values(), strict=True)]


def finder(fault):
    """A function trace → findings of that rule alone."""
    rule = load(fault)

    def found(trace):
        diagnosis = diagnose(trace, rules=[rule])
        assert not diagnosis.errors, diagnosis.errors
        return diagnosis.findings

    return found
