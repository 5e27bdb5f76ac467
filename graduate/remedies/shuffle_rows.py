"""shuffle-rows: every batch a fair sample."""

from graduate.findings import Finding
from graduate.remedies import _about
from graduate.trace import Trace

ID = "shuffle-rows"
SCOPE = "advice"
SOURCE = "Bengio 2012, section 3.1 (the order of rows)"


def fits(finding: Finding, trace: Trace) -> bool:
    """Always."""
    return True


def advise(finding: Finding, trace: Trace) -> str:
    """Where the shuffling belongs: to `fit`, the data set or the arrays."""
    order = (_about.told(trace, "labels.train").get("order") or {}) if trace.known else {}
    run, fair = order.get("run_length"), order.get("expected_run_length")
    seen = f" (labels come in runs of {run:.0f}, by chance {fair:.1f})" if run and fair else ""
    kind = (_about.told(trace, "pace").get("input") or {}).get("kind")
    rows = _about.told(trace, "labels.train").get("rows")
    if kind == "tf.data":
        return f"Shuffle the rows{seen}: dataset.shuffle({rows or 10_000}, seed=0) before .batch(…)."
    if _about.told(trace, "program").get("kind") == "loop":
        return f"Shuffle the rows{seen} anew in every epoch: i = rng.permutation(len(x)); x, y = x[i], y[i]."
    return f"Shuffle the rows{seen}: model.fit(…, shuffle=True); for a validation_split, shuffle the arrays before."
