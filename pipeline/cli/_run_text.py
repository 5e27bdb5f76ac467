"""What came of one run, as text: every verdict with every check, hence findings and cures; where to read on."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from graduate.pipeline.record import RunRecord
from graduate.verdict import VerdictRecord

_WIDTH = 96
_MARKS = {(True, False): "✓", (True, True): "!", (False, False): "✗", (False, True): "✗"}


def text(run: RunRecord) -> str:
    """The whole of it."""
    lines = [
        f"{run.run_id}: {run.status}",
        f"  started {run.started}" + (f", ended {run.finished}" if run.finished else ""),
    ]
    if run.result is None:
        return "\n".join([*lines, "", "  it came to no result"])
    for verdict in run.result.verdicts:
        lines += ["", *_verdict(verdict)]
    metrics = run.result.metrics
    if metrics:
        lines += ["", "  " + "   ".join(f"{name} {value:.4g}" for name, value in metrics.items())]
    if run.result.pushed_to:
        lines += ["", f"  pushed to {run.result.pushed_to}"]
    if any(verdict.source == "GradientDiagnostics" for verdict in run.result.verdicts):
        lines += ["", f"  layer by layer: graduate diagnose {run.run_id}"]
    return "\n".join(lines)


def _verdict(verdict: VerdictRecord) -> Iterator[str]:
    yield f"  {verdict.source} {'passed' if verdict.passed else 'refused'}"
    for check in verdict.checks:
        mark = _MARKS[check.passed, check.warns]
        first, *rest = textwrap.wrap(check.sentence, _WIDTH - 6, break_long_words=False) or [""]
        yield f"    {mark} {first}"
        yield from (f"      {line}" for line in rest)
