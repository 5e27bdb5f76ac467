"""All of the preflight: range test, one batch, gradients, output against labels, inputs, the loss at first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from graduate.findings import Finding, Severity
from graduate.looks import constant, inputs, labels, layers, objective, probe
from graduate.looks.rows import pick, row_count
from graduate.preflight import checks as of_facts
from graduate.preflight.one_batch import ROWS, fit_one_batch
from graduate.preflight.range_test import range_test
from graduate.preflight.trial import Clock, Trial, undone
from graduate.verdict import Check

SECONDS = 10.0


@dataclass(frozen=True)
class Preflight:
    """What a preflight found.

    Args:
        checks: one for each question.
        findings: what is wrong, as rules say it, with remedies.
        proposed_rate: for the first try; None where the range test shows no clear minimum.
        told: the fact `preflight`, JSON values.
        seconds: it took.
    """

    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    proposed_rate: float | None
    told: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing was found that makes the network untrainable."""
        return not any(finding.severity is Severity.ERROR for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "passed": self.passed,
            "proposed_rate": self.proposed_rate,
            "seconds": self.seconds,
            "findings": [finding.to_json() for finding in self.findings],
            **self.told,
        }


def preflight(
    model: Any,
    loss: Any,
    x: Any,
    y: Any,
    *,
    optimizer: Any = None,
    finalise: Callable[[Any], Any] | None = None,
    rate: float | None = None,
    seconds: float = SECONDS,
    seed: int = 0,
) -> Preflight:
    """Look at a network before it is trained. Weights, random numbers and optimizer are as before when it returns.

    Args:
        model: a built Keras model.
        loss: a name, an object or a function of Keras, or f(y_true, y_pred).
        x: some hundred training rows, an array or a structure of them, as they come.
        y: their labels.
        optimizer: the one that will train: its kind and numbers are used, it is not touched.
        finalise: f(inputs), what every batch goes through before the model.
        rate: the learning rate that is meant to be used; it is judged by the range test.
        seconds: about how long it may take; the first step, which is traced, counts.
        seed: of the order of rows.
    """
    began = time.perf_counter()
    rate_found: float | None = None
    told: dict[str, Any]
    with undone(model):
        facts = _look(model, loss, x, y, finalise)
        try:
            told, rate_found = _steps(Trial(model, loss, optimizer, finalise), facts, loss, x, y, Clock(seconds), seed)
        except Exception as error:  # loss and outputs may fit so badly that no step can be taken: that is a result
            told = {"failed": _first_line(error)}
    told["rate"] = rate
    found = of_facts.judged(facts, told)
    told["checks"] = [{"name": c.name, "passed": c.passed, "warns": c.warns, "sentence": c.sentence} for c, _ in found]
    return Preflight(
        tuple(check for check, _ in found),
        tuple(finding for _, finding in found if finding is not None),
        rate_found,
        told,
        time.perf_counter() - began,
    )


def _steps(
    trial: Trial, facts: dict[str, Any], loss: Any, x: Any, y: Any, clock: Clock, seed: int
) -> tuple[dict[str, Any], float | None]:
    """What needs steps: gradients, range test, one batch; and the rate that is proposed."""
    size = min(ROWS, row_count(x))
    batch, wanted = pick(x, np.arange(size)), pick(y, np.arange(size))
    norms = trial.norms(batch, wanted)
    trial.back()
    rates, losses, proposal = range_test(trial, x, y, clock, seed=seed)
    known = constant.look(wanted, facts["objective"], loss).get("loss")
    fitted = fit_one_batch(trial, batch, wanted, known, clock, proposal.rate)
    trial.back()
    moved = dict(zip(trial.names, fitted.pop("moved"), strict=True))
    by_name = dict(zip(trial.names, norms, strict=True))
    told = {
        "range_test": {
            "rates": rates.tolist(),
            "losses": np.where(np.isfinite(losses), losses, np.nan).tolist(),
            "proposed": proposal.rate,
            "steepest": proposal.steepest,
            "largest": proposal.largest,
            "sentence": proposal.sentence,
        },
        "one_batch": fitted,
        "gradients": {
            "none": [name for name, norm in by_name.items() if norm is None],
            "zero": [
                name for name, norm in by_name.items() if norm == 0.0 and not (moved[name] or _at_rest(name, by_name))
            ],
            "nonfinite": [name for name, norm in by_name.items() if norm is not None and not np.isfinite(norm)],
            "norms": by_name,
        },
    }
    return told, proposal.rate


def _at_rest(name: str, norms: Mapping[str, float | None]) -> bool:
    """Whether it is a bias whose kernel learns: targets of mean zero ask nothing of the last one."""
    layer, _, own = name.rpartition("/")
    return own == "bias" and bool(norms.get(f"{layer}/kernel"))


def _first_line(error: Exception) -> str:
    """What happened, without TensorFlow's account of where."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("Received")), lines[0] if lines else type(error).__name__)
    return said.split("  Label values")[0].rstrip(".")


def _look(model: Any, loss: Any, x: Any, y: Any, finalise: Callable[[Any], Any] | None) -> dict[str, Any]:
    """The facts that need no step: `layers`, `objective`, `labels`, `inputs`, `constant`, `probe`."""
    given = x if finalise is None else _arrays(finalise(x))
    goal = objective.look(model, loss, seen="call")
    constants = constant.look(y, goal, loss)
    return {
        "layers": layers.look(model),
        "objective": goal,
        "labels": labels.look(y, None, goal, x=given),
        "inputs": inputs.look(given, model),
        "constant": constants,
        "probe": probe.look(model, given, y, goal, loss=loss, constant_loss=constants.get("loss")),
    }


def _arrays(value: Any) -> Any:
    import tensorflow as tf

    return tf.nest.map_structure(np.asarray, value)
