"""Words for a person: numbers, layers, remedies, and what a trace lacks. NumPy only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from graduate.findings import Evidence, Finding, Severity
from graduate.trace import Trace

_SHOWN_LAYERS = 3

# What a rule needs → why it may not be there.
_NEEDS = {
    "labels.train": "the labels of the training rows were not seen",
    "labels.validation": "no labels of validation rows were seen",
    "inputs.train": "the training rows were not seen",
    "inputs.validation": "no validation rows were seen",
    "inputs.evaluate": "evaluate was not called",
    "inputs.predict": "predict was not called",
    "overlap": "no validation or evaluation rows were seen beside the training rows",
    "baseline": "no simple model could be trained on the rows",
    "constant": "the best constant prediction is not known for this loss",
    "probe": "no batch was kept to look at activations",
    "final": "the training was not seen to its end",
    "layers": "the layers are not known",
    "objective": "the loss is not known",
    "epoch": "there are no epochs",
    "gradients": "it is not known which gradients were taken and applied",
    "penalty": "the penalties are not known apart from the loss",
    "pace": "times were not measured",
    "noise_scale": "the gradient noise scale was not measured: one batch size alone does not tell it",
    "program": "nothing is known of the program",
    "preflight": "there was no preflight",
    "rates": "no learning-rate schedule was seen",
}


def number(value: float | str) -> str:
    """Four significant digits."""
    if isinstance(value, str):
        return value
    if value == int(value) if value == value and abs(value) < 1e6 else False:
        return f"{int(value):,}"
    return f"{value:.4g}"


def evidence(one: Evidence) -> str:
    """Value against threshold, and where the threshold is from."""
    facts = f"{one.column.removeprefix('told:')} {number(one.value)}, threshold {number(one.threshold)}"
    text = f"{one.sentence.rstrip('.')} ({facts}" if one.sentence else f"{facts} ("
    source = one.source.rstrip(".")
    return f"{text}; {source})" if one.sentence else f"{text}{source})"


def layers(names: Sequence[str]) -> str:
    """The first few, and how many more."""
    shown = ", ".join(names[:_SHOWN_LAYERS])
    more = len(names) - _SHOWN_LAYERS
    return f"{shown} and {more} more" if more > 0 else shown


def advice(finding: Finding, trace: Trace) -> list[str]:
    """What to do, the most promising first: a sentence each; the remedies' names where they cannot say more."""
    from graduate import remedies

    try:
        found = list(remedies.advice(finding, trace))
    except Exception:  # advice that stumbles over an odd trace must not hide the finding
        found = []
    return found or [name.replace("-", " ") for name in finding.remedies]


def missing(needs: Iterable[str]) -> str:
    """Why a rule could not look."""
    words = []
    for need in needs:
        told = need.removeprefix("told:")
        words.append(_NEEDS.get(told, need) if need.startswith("told:") else _column(need))
    return "; ".join(dict.fromkeys(words))


def _column(need: str) -> str:
    return need if " " in need else f"no {need.replace('_', ' ')} was recorded"


def counted(findings: Sequence[Finding]) -> str:
    """`2 warnings, 1 note`."""
    parts = []
    for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE):
        number_of = sum(finding.severity is severity for finding in findings)
        if number_of:
            parts.append(count(number_of, severity.label))
    return ", ".join(parts)


def count(how_many: int, what: str) -> str:
    """`1 step`, `2,400 steps`."""
    return f"{how_many:,} {what}{'' if how_many == 1 else 's'}"
