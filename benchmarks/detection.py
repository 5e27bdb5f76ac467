"""How many faulty programs `graduate watch` finds, how often it names the fault, how often it cries without reason.

    python benchmarks/detection.py [--half design] [--only 'digits_*'] [--jobs 2] [--out FILE] [--traces DIR [--again]]

The programs are in benchmarks/detection: `design` is what the rules were designed on, `held_out` was only measured.
Each faulty program has a corrected twin; `odd_*` look odd and are healthy. expected.json says which fault a program has
and which other names are as right. An alarm is a finding of severity error, on which `graduate watch` exits with 4.
Beside the figures: what is published of other tools on their own programs, and simple rules on the loss history of
these programs ("NaN in the loss", "it fell by less than 30 %").

By default one process imports TensorFlow and forks for each program; --cold runs the real command. --traces keeps the
traces, and --again diagnoses kept ones in seconds.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import detection_runs as runs  # noqa: E402
from detection_figures import PUBLISHED, Judged, figures, judged  # noqa: E402

TARGETS = {"found": (">=", 0.95), "named": (">=", 0.90), "false_alarms": ("<=", 0.02)}


def main() -> int:
    """Print the figures; 1 where a target is missed."""
    args = _arguments()
    halves = ["design", "held_out"] if args.half == "both" else [args.half]
    with tempfile.TemporaryDirectory() as temporary:
        traces = Path(args.traces or temporary)
        found = {half: _half(half, traces / half, args) for half in halves}
    summary = {half: figures(all_judged) for half, all_judged in found.items()}
    for half, all_judged in found.items():
        _print_table(half, all_judged)
    for half in halves:
        _print_figures(half, summary[half])
    _print_published()
    if args.out:
        programs = {half: [_plain(one) for one in all_judged] for half, all_judged in found.items()}
        Path(args.out).write_text(json.dumps({"figures": summary, "programs": programs}, indent=1) + "\n")
    return int(any(_missed(name, one[name]["share"]) for one in summary.values() for name in TARGETS))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("design", "held_out", "both"), default="design")
    parser.add_argument("--only", metavar="PATTERN", nargs="+", default=["*"], help="stems, with * and ?, or parts")
    parser.add_argument("--jobs", metavar="N", type=int, default=1, help="programs at a time")
    parser.add_argument("--limit", metavar="SECONDS", type=float, default=60.0, help="for one program")
    parser.add_argument("--out", metavar="FILE", help="write figures and all programs as JSON")
    parser.add_argument("--traces", metavar="DIR", help="keep traces, outputs and results here")
    parser.add_argument("--again", action="store_true", help="only diagnose what is in --traces")
    parser.add_argument("--cold", action="store_true", help="by the real command, an interpreter for each program")
    args = parser.parse_args()
    if args.again and not args.traces:
        parser.error("--again needs --traces DIR")
    return args


def _half(half: str, traces: Path, args: argparse.Namespace) -> list[Judged]:
    folder = HERE / "detection" / half
    expected = json.loads((folder / "expected.json").read_text())
    programs = [folder / f"{stem}.py" for stem in sorted(expected) if _is_wanted(stem, args.only)]
    if args.again:
        results = runs.again(programs, traces, args.jobs)
    else:
        results = (runs.cold if args.cold else runs.warm)(programs, traces, args.jobs, args.limit)
    began, found = time.monotonic(), []
    for result in results:
        found.append(judged(result, expected[result["program"]]))
        print(f"\r{half} {len(found)}/{len(programs)} {time.monotonic() - began:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    return sorted(found, key=lambda one: one.program)


def _is_wanted(stem: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(stem, one) or ("*" not in one and one in stem) for one in patterns)


def _print_table(half: str, all_judged: Sequence[Judged]) -> None:
    width = max((len(one.program) for one in all_judged), default=0)
    print(f"\n{half}")
    for one in all_judged:
        metric = "" if one.metric is None else f"{one.metric:.3g}"
        said = ", ".join(one.roots) or ("sick" if one.sick else "healthy")
        milder = f"  (warns: {', '.join(one.milder)})" if one.milder else ""
        trouble = f"  ! {one.trouble[:120]}" if one.trouble else ""
        wanted = f"  expected {one.expected}" if one.expected and not one.exact else ""
        start = f"  {_mark(one):7s} {one.program:{width}s} {one.seconds:5.1f} s {metric:>8s}"
        print(f"{start}  {said}{wanted}{milder}{trouble}")


def _mark(one: Judged) -> str:
    if not one.expected:
        return "ALARM" if one.sick else "ok"
    if not one.sick:
        return "MISSED"
    return "ok" if one.named else "MISNAMED"


def _print_figures(half: str, found: dict[str, Any]) -> None:
    print(f"\nfigures, {half}")
    for name, one in found.items():
        if isinstance(one, dict):
            share = "-" if one["share"] is None else f"{100 * one['share']:.1f} %"
            sign, bound = TARGETS.get(name, ("", 0.0))
            target = f"   target {sign} {100 * bound:.0f} %{', MISSED' * _missed(name, one['share'])}" if sign else ""
            print(f"  {name.replace('_', ' '):28s} {one['count']:3d} of {one['of']:3d}  {share:>8s}{target}")
        else:
            print(f"  {name.replace('_', ' '):28s} {one:3d}")


def _missed(name: str, share: float | None) -> bool:
    if name not in TARGETS or share is None:
        return False
    sign, bound = TARGETS[name]
    return share < bound if sign == ">=" else share > bound


def _print_published() -> None:
    print("\npublished, each on other programs")
    for tool, (found, flagged) in PUBLISHED.items():
        print(f"  {tool:36s} {found}; {flagged}")


def _plain(one: Judged) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in ("program", "expected", "sick", "roots", "milder", "simple", "metric")},
        **{name: getattr(one, name) for name in ("named", "exact", "first", "seconds", "trouble")},
        "accepted": sorted(one.accepted),
    }


if __name__ == "__main__":
    sys.exit(main())
