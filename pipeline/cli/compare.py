"""`graduate compare TRAINING TRAINING`: where two trainings parted."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from graduate.errors import UsageError
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.compare import Comparison
    from graduate.findings import Diagnosis
    from graduate.trace.find import Found

HELP = "say where two trainings parted: at which step, in what, in which layer first"
_MOST_FACTS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    help_text = "a trace, TensorBoard's event files, a CSV log of Keras, a run id, latest, NAME"
    parser.add_argument("one", metavar="TRAINING", help=help_text)
    parser.add_argument("other", metavar="TRAINING", help="another one")
    parser.add_argument("--tolerance", metavar="X", type=float, default=1e-4, help="relative; default 0.0001")
    _common.add_workdir(parser)
    _common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.compare import compare
    from graduate.diagnose import diagnose

    found = [_one(word, args) for word in (args.one, args.other)]
    diagnoses = [diagnose(one.trace) for one in found]
    told = compare(found[0].trace, found[1].trace, args.tolerance)
    if args.json:
        print(json.dumps(_as_json(told, found, diagnoses)))
    else:
        print(_as_text(told, found, diagnoses))
    return 0


def _one(word: str, args: argparse.Namespace) -> Found:
    from graduate.pipeline import trainings

    found, _ = trainings.find(word, _common.workspace(args))
    if len(found) > 1:
        names = ", ".join(str(one.path) for one in found)
        raise UsageError(f"{word} holds {len(found)} trainings", hint=f"name one of {names}")
    return found[0]


def _as_json(told: Comparison, found: list[Found], diagnoses: list[Diagnosis]) -> dict[str, Any]:
    import dataclasses

    from graduate.findings_json import plain

    return plain(
        {
            "traces": [str(one.path.absolute()) for one in found],
            "steps": told.steps,
            "parted": dataclasses.asdict(told.parted) if told.parted else None,
            "why_not": told.why_not or None,
            "facts": {name: list(pair) for name, pair in told.facts.items()},
            "last": {name: list(pair) for name, pair in told.last.items()},
            "verdicts": [one.verdict for one in diagnoses],
            "findings": [sorted(_only(diagnoses, at)) for at in (0, 1)],
        }
    )


def _only(diagnoses: list[Diagnosis], at: int) -> set[str]:
    """Faults that only this one of the two has."""
    faults = [{finding.fault for finding in one.findings} for one in diagnoses]
    return faults[at] - faults[1 - at]


def _as_text(told: Comparison, found: list[Found], diagnoses: list[Diagnosis]) -> str:
    from graduate import text_report
    from graduate.text_words import number

    drawn = text_report.style(sys.stdout)
    lines = [f"A  {found[0].path}", f"B  {found[1].path}", ""]
    if told.why_not:
        lines.append(told.why_not)
    if told.parted:
        part = told.parted
        where = f" of {part.variable}" if part.variable else ""
        lines.append(drawn.paint(f"They part at step {part.step:,}, in {part.column}{where}:", "bold"))
        lines.append(f"  {number(part.values[0])} in A, {number(part.values[1])} in B. {part.meaning}")
        if part.layers:
            shown = ", ".join(part.layers[:8]) + (f" and {len(part.layers) - 8} more" if len(part.layers) > 8 else "")
            lines.append(f"  Layers that differ at that step: {shown}")
        lines.append(f"  What differs at that step: {', '.join(part.differing)}")
    elif told.steps:
        lines.append(f"They never part: the same in all {told.steps:,} steps that both have.")
    lines += _facts(told)
    lines += [f"  last {name}: {number(one)} in A, {number(other)} in B" for name, (one, other) in told.last.items()]
    lines.append("")
    for at, letter in ((0, "A"), (1, "B")):
        only = ", ".join(sorted(_only(diagnoses, at)))
        lines.append(
            f"  {letter} is {diagnoses[at].verdict.replace('_', ' ')}" + (f"; only there: {only}" if only else "")
        )
    return "\n".join(lines)


def _facts(told: Comparison) -> list[str]:
    if not told.facts:
        return ["", "  What is known before the first step is the same."]
    lines = ["", "  Known before or beside the numbers, and different:"]
    for name, (one, other) in list(told.facts.items())[:_MOST_FACTS]:
        lines.append(f"    {name}: {_short(one)} in A, {_short(other)} in B")
    if len(told.facts) > _MOST_FACTS:
        lines.append(f"    and {len(told.facts) - _MOST_FACTS} more; --json has all")
    return lines


def _short(value: Any) -> str:
    text = json.dumps(value, default=str) if not isinstance(value, str) else value
    return text if len(text) <= 60 else text[:57] + "…"
