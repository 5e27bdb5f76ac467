"""What the results say: found, named, false alarms, and the same of simple rules. Used by detection.py."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Published figures, each on its own authors' or a later paper's programs: found of faulty, flagged of healthy.
PUBLISHED: Mapping[str, tuple[str, str]] = {
    "DeepDiagnosis (ICSE 2022)": ("135 of 200 found, 67.5 %", "68 of 188 healthy flagged, 36 %"),
    "DeepLocalize (ICSE 2021), same set": ("188 of 200 found, 94.0 %", "133 of 185 healthy flagged, 72 %"),
    "AUTOTRAINER (ICSE 2021)": ("422 of 701 flagged, 414 of them repaired, 98.1 %", "not given"),
    "AUTOTRAINER on 53 forum programs": ("24 of 53 found, 45.3 %; 19 of 53 symptoms named", "not given"),
}
_FALL = 0.30  # of the loss: less than this is "it does not learn" for the simple rule


@dataclass(frozen=True)
class Judged:
    """One program: what was expected and what came.

    Attributes:
        program: file stem.
        expected: the fault, None of a healthy one.
        accepted: faults that are as right.
        sick: what the diagnosis says.
        roots: faults that are roots of severity error, in their order.
        milder: faults of warnings and notes that are roots.
        simple: what the simple rules say of the loss history.
    """

    program: str
    expected: str | None
    accepted: frozenset[str]
    sick: bool
    roots: tuple[str, ...]
    milder: tuple[str, ...]
    simple: bool
    seconds: float
    metric: float | None
    higher_is_better: bool
    trouble: str = ""

    @property
    def named(self) -> bool:
        """The fault, or one as right, is among the roots."""
        return bool(({self.expected} | self.accepted) & set(self.roots))

    @property
    def exact(self) -> bool:
        """The very fault is among the roots."""
        return self.expected in self.roots

    @property
    def first(self) -> bool:
        """The very fault, or one as right, is the first root."""
        return self.roots[:1] != () and self.roots[0] in {self.expected} | self.accepted


def judged(result: Mapping[str, Any], expected: Mapping[str, Any]) -> Judged:
    """Beside what the program's entry in expected.json says."""
    roots = [one for one in result["findings"] if one["caused_by"] is None and one["cured_at"] is None]
    troubles = [*result.get("errors", {}).items(), *(("", text) for text in result.get("damaged", ()))]
    if result["verdict"] in ("timeout", "crashed", "nothing_seen"):
        troubles.insert(0, ("", result["verdict"]))
    return Judged(
        program=result["program"],
        expected=expected["fault"],
        accepted=frozenset(expected["also_accepted"]),
        sick=result["verdict"] == "sick",
        roots=tuple(dict.fromkeys(one["fault"] for one in roots if one["severity"] == "error")),
        milder=tuple(dict.fromkeys(one["fault"] for one in roots if one["severity"] == "warning")),
        simple=simple_rules(result.get("losses", ())),
        seconds=result["seconds"],
        metric=result.get("metric"),
        higher_is_better=expected["higher_is_better"],
        trouble="; ".join(" ".join(one).strip() for one in troubles),
    )


def figures(all_judged: Sequence[Judged]) -> dict[str, Any]:
    """Shares, with the counts they come from."""
    sick = [one for one in all_judged if one.expected]
    healthy = [one for one in all_judged if not one.expected]
    return {
        "found": _share(one.sick for one in sick),
        "named": _share(one.named for one in sick),
        "named_exactly": _share(one.exact for one in sick),
        "named_first": _share(one.first for one in sick),
        "false_alarms": _share(one.sick for one in healthy),
        "false_alarms_on_odd": _share(one.sick for one in healthy if one.program.startswith("odd_")),
        "healthy_with_a_warning": _share(bool(one.milder) for one in healthy),
        "simple_rules_found": _share(one.simple for one in sick),
        "simple_rules_false_alarms": _share(one.simple for one in healthy),
        "pairs_whose_faulty_one_is_worse": _share(pairs_worse(all_judged)),
        "in_trouble": sum(bool(one.trouble) for one in all_judged),
    }


def pairs_worse(all_judged: Sequence[Judged]) -> list[bool]:
    """Of each pair that has run, whether the faulty one's own metric is worse than its twin's, as it should be."""
    by_name = {one.program: one for one in all_judged}
    found = []
    for one in all_judged:
        twin = by_name.get(one.program.removesuffix("_sick") + "_healthy")
        if one.expected and twin and twin.metric is not None:
            sign = 1.0 if one.higher_is_better else -1.0
            found.append(one.metric is None or sign * one.metric < sign * twin.metric)
    return found


def simple_rules(losses: Sequence[float | None]) -> bool:
    """NaN in the loss, or it fell by less than 30 %: what one sees without looking at anything else."""
    if any(loss is None or not math.isfinite(loss) for loss in losses):
        return True
    return len(losses) > 1 and losses[0] - losses[-1] < _FALL * abs(losses[0])


def losses_of(folder: Path) -> list[float | None]:
    """The last training's loss: an epoch's mean each, or a twentieth of the run; None for what is not finite."""
    import numpy as np

    from graduate.errors import UserError
    from graduate.trace import open_trace
    from graduate.watch.outcome import trace_folders

    for place in reversed(trace_folders(folder)):
        try:
            trace = open_trace(place)
        except UserError:
            continue
        found = [value.get("logs", {}).get("loss") for _, value in trace.told("epoch")]
        found = [loss for loss in found if loss is not None]
        if len(found) < 2 and "loss" in trace.columns() and len(trace.steps) > 1:
            parts = np.array_split(trace.series("loss"), min(20, len(trace.steps)))
            found = [float(part.mean()) for part in parts]
        if found:
            return [float(loss) if math.isfinite(float(loss)) else None for loss in found]
    return []


def metric_of(output: str) -> float | None:
    """The number of the program's last line `metric NAME VALUE`."""
    lines = re.findall(r"^metric \S+ (\S+)", output, re.MULTILINE)
    return float(lines[-1]) if lines and lines[-1] != "nan" else None


def _share(truths: Iterable[bool]) -> dict[str, float | int | None]:
    found = list(truths)
    return {"count": sum(found), "of": len(found), "share": sum(found) / len(found) if found else None}
