"""`graduate explain FAULT`: the page of a rule: what it sees, what it cannot see, its false alarms, its sources."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from graduate.errors import UsageError
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.findings import Rule

HELP = "explain a fault: what its rule sees and cannot see, thresholds, remedies, sources"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("fault", nargs="?", metavar="FAULT", help="e.g. vanishing-gradient; default: list all faults")
    parser.add_argument("--module", metavar="FILE", help="a Python file with rules of yours, as diagnostics.module")
    _common.add_json(parser, "print one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    own = _own(args.module)
    if args.fault is None:
        return _list(args.json, own, args.module)
    fault = _known(args.fault, own)
    severities = _severities(fault, own, args.module)
    if args.json:
        print(json.dumps(_as_json(fault, own, severities)))
    else:
        print(_as_text(fault, own, severities))
    return 0


def _own(module: str | None) -> dict[str, Rule]:
    """The user's rules by fault; NumPy is imported for them alone."""
    if module is None:
        return {}
    if not Path(module).is_file():
        raise UsageError(f"no such file {module}", hint="--module takes what diagnostics.module of a config names")
    from graduate import own_rules

    return {rule.fault: rule for rule in own_rules.load(Path(module).absolute())}


def _known(word: str, own: dict[str, Rule]) -> str:
    from graduate.pipeline.cli._parser import suggest
    from graduate.rules import fault_ids

    fault, known = re.sub(r"[\s_]+", "-", word.strip().lower()), [*fault_ids(), *own]
    if fault in known:
        return fault
    near = suggest(fault, known)
    hint = f"did you mean {near}?" if near else "graduate explain lists the faults; --module FILE those of yours"
    raise UsageError(f"there is no fault {word}", hint=hint)


def _severities(fault: str, own: dict[str, Rule], module: str | None) -> list[str]:
    from graduate.rules import _pages

    return _pages.severities_in(Path(str(module))) if fault in own else _pages.severities(fault)


def _sentence(fault: str, own: dict[str, Rule]) -> str:
    from graduate.rules import _pages

    if fault not in own:
        return _pages.first_sentence(fault)
    line = own[fault].page.partition("\n")[0]
    return line.removeprefix(f"{fault}: ")


def _list(as_json: bool, own: dict[str, Rule], module: str | None) -> int:
    from graduate.rules import fault_ids

    faults = sorted([*fault_ids(), *own])
    rows = [(fault, _severities(fault, own, module), _sentence(fault, own)) for fault in faults]
    if as_json:
        told = [{"fault": fault, "severities": levels, "sentence": sentence} for fault, levels, sentence in rows]
        print(json.dumps(told, ensure_ascii=False))
        return 0
    print(_listing(rows))
    return 0


def _listing(rows: list[tuple[str, list[str], str]]) -> str:
    import textwrap

    from graduate import text_report

    drawn = text_report.style(sys.stdout)
    width = max((len(fault) for fault, _, _ in rows), default=0)
    lines: list[str] = []
    for level, title in (
        ("error", "can make a training sick (error)"),
        ("warning", "a warning at most"),
        ("note", "a note at most"),
    ):
        group = [(fault, sentence) for fault, levels, sentence in rows if levels and levels[0] == level]
        if group:
            lines += ["", drawn.paint(title, "bold")] if lines else [drawn.paint(title, "bold")]
        for fault, sentence in group:
            first, *others = textwrap.wrap(sentence, max(drawn.width - width - 4, 30)) or [""]
            lines += [f"  {fault:<{width}}  {first}", *(" " * (width + 4) + line for line in others)]
    return "\n".join([*lines, "", "graduate explain FAULT prints a fault's page."])


def _as_text(fault: str, own: dict[str, Rule], severities: list[str]) -> str:
    from graduate import rules, text_report, text_words
    from graduate.rules import _pages

    drawn = text_report.style(sys.stdout)
    rule = own.get(fault) or rules.load(fault)
    page = "\n".join(
        drawn.paint(line.removeprefix("## "), "bold") if line.startswith("## ") else line
        for line in (rule.page if fault in own else _pages.page(fault)).splitlines()
    )
    lines = [page, "", drawn.paint("In numbers", "bold")]
    lines += [f"  threshold {name}: {text_words.number(value)}" for name, value in sorted(rule.thresholds.items())]
    lines.append(f"  needs: {', '.join(sorted(rule.needs)) or 'nothing'}")
    lines.append(f"  asked: {'during training too' if rule.when == 'always' else 'when the training has ended'}")
    lines.append(f"  severities: {', '.join(severities)}")
    lines.append(f"  explains: {', '.join(sorted(rule.causes)) or 'no other fault'}")
    lines.append(f"  remedies: {', '.join(rule.remedies) or 'none'}")
    return "\n".join(lines)


def _as_json(fault: str, own: dict[str, Rule], severities: list[str]) -> dict[str, object]:
    from graduate import rules

    rule = own.get(fault) or rules.load(fault)
    return {
        "fault": fault,
        "page": rule.page,
        "severities": severities,
        "needs": sorted(rule.needs),
        "thresholds": dict(rule.thresholds),
        "when": rule.when,
        "causes": sorted(rule.causes),
        "remedies": list(rule.remedies),
    }
