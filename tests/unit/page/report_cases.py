"""A training with a fault, as a report shows it."""

import numpy as np

from graduate.findings import Diagnosis, Evidence, Finding, Severity
from graduate.page.report import View
from graduate.trace import Event, RunFacts, Variable
from graduate.trace.memory import made


def view(layers=12, steps=400, name="digits"):
    rng = np.random.default_rng(0)
    variables = tuple(Variable(f"block_{i}/kernel", f"block_{i}", (8, 8)) for i in range(layers))
    at = np.arange(steps)
    norms = np.exp(-6 * np.arange(layers)[::-1] / layers)[None, :] * rng.lognormal(0, 0.5, (steps, layers))
    norms[steps // 2 :, 1] = 0
    bad = np.zeros((steps, layers))
    bad[3 * steps // 4 :, 2] = 1
    epochs = [
        (
            int(steps * (i + 1) / 10),
            "epoch",
            {"epoch": i, "logs": {"loss": 2 / (i + 1), "val_loss": 1.0, "accuracy": i / 10}},
        )
        for i in range(10)
    ]
    trace = made(
        facts=RunFacts(variables, "mean_squared_error", "linear", {"name": "adam", "learning_rate": 1e-3}, 64),
        series={"loss": 2 * np.exp(-3 * at / steps), "seconds": np.full(steps, 0.02)},
        tables={
            "gradient_norm": norms,
            "gradient_nonfinite": bad,
            "update_norm": norms * 1e-3,
            "weight_norm": np.ones((steps, layers)),
        },
        told=epochs,
        known={
            "pace": {"seconds_per_step": 0.02, "input_share": 0.25, "recorder_share": 0.01},
            "constant": {"loss": 2.3},
        },
        events=[Event(steps // 3, "rollback", {})],
    )
    evidence = (Evidence("gradient_norm", 0.0, 1e-3, "relative to the last layer"),)
    root = Finding(
        "vanishing-gradient", Severity.ERROR, (steps // 2, steps), ("block_1",), evidence, "It <b>starves</b>."
    )
    more = Finding(
        "loss-not-decreasing", Severity.ERROR, (steps // 2, steps), (), (), "So.", caused_by="vanishing-gradient"
    )
    skipped = {"batch-size": frozenset({"told:noise_scale"})}
    return View(name, trace, Diagnosis((root, more), skipped, ("vanishing-gradient", "loss-not-decreasing")))
