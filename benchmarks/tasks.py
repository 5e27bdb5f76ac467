"""Each example beside scikit-learn's usual baseline on the same split, and beside a plain Keras script of its model.

    python benchmarks/tasks.py [--rounds 3] [--only news,tumours] [--json]

Accuracy (of diabetes R²) is on the test split, which is read from the manifest that ExampleGen published, so that all
three grade the same rows; the error is one standard error of a share of so many rows. Seconds are of whole processes,
medians of rounds in which pipeline and script alternate, in fresh work folders, on data that lie there as files.
Target: not more than two points below the baseline; aim: not below it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).parent
GRADUATE = [sys.executable, "-m", "graduate.pipeline.cli"]
POINTS = 2.0  # below the baseline, the target


class Example(NamedTuple):
    """Which key of the config names the data, their demo data set, and what is measured."""

    key: str
    data: str
    metric: str = "accuracy"


EXAMPLES: Mapping[str, Example] = {
    "news": Example("data.texts", "bbcnews"),
    "speech": Example("data.audio", "spoken_digits"),
    "tumours": Example("data.table", "breast_cancer"),
    "diabetes": Example("data.table", "diabetes", "r2"),
    "digits": Example("data.images", "digits"),
}


def main() -> None:
    """Measure the examples that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of pipeline and plain script; 0: accuracies alone")
    parser.add_argument("--only", default=",".join(EXAMPLES), metavar="NAME,…", help=f"of {', '.join(EXAMPLES)}")
    parser.add_argument("--json", action="store_true", help="a line of JSON for each, instead of a table")
    args = parser.parse_args()
    chosen = args.only.split(",")
    if unknown := [name for name in chosen if name not in EXAMPLES]:
        parser.error(f"no example {unknown[0]}: there are {', '.join(EXAMPLES)}")
    for name in chosen:
        with tempfile.TemporaryDirectory() as scratch:
            figures = measured(name, Path(scratch), args.rounds)
        print(json.dumps(figures) if args.json else told(figures), flush=True)


def measured(name: str, scratch: Path, rounds: int) -> dict[str, Any]:
    """All figures of one example."""
    example, first = EXAMPLES[name], scratch / "first"
    result = json.loads(done(pipeline(name, first))[1].splitlines()[-1])
    data = first / "data" / example.data
    [manifest] = first.rglob("manifest.jsonl")
    baselines = json.loads(done([sys.executable, str(HERE / "tasks_baselines.py"), name, str(data), str(manifest)])[1])
    figures = {
        "example": name,
        "metric": example.metric,
        "rows": int(result["metrics"]["examples"]),
        "pipeline": result["metrics"][example.metric],
        "baselines": baselines,
        "load": os.getloadavg()[0],
    }
    if rounds:
        figures |= against_plain(name, scratch, data, manifest, rounds)
    return figures


def against_plain(name: str, scratch: Path, data: Path, manifest: Path, rounds: int) -> dict[str, Any]:
    """Seconds of the pipeline and of the plain script, in turn; and what the script's model reaches."""
    example, out = EXAMPLES[name], scratch / "plain"
    place = data / "table.csv" if example.key == "data.table" else data
    script = [sys.executable, str(HERE / "tasks_plain.py"), name, str(data), str(manifest), str(out)]
    if name == "digits":  # whose script is older
        script = [sys.executable, str(HERE / "plain_keras.py"), str(data), str(out)]
    seconds: dict[str, list[float]] = {"pipeline": [], "plain": []}
    said = ""
    for _ in range(rounds):
        shutil.rmtree(out, ignore_errors=True)
        taken, said = done(script)
        seconds["plain"].append(taken)
        again = pipeline(name, scratch / "again", f"{example.key}={place}")
        seconds["pipeline"].append(done(again)[0])
        shutil.rmtree(scratch / "again")
    medians = {arm: statistics.median(found) for arm, found in seconds.items()}
    score = None if name == "digits" else json.loads(said.splitlines()[-1])["score"]
    return {"plain": score, "seconds": seconds, "ratio": medians["pipeline"] / medians["plain"]}


def pipeline(name: str, workdir: Path, *settings: str) -> list[str]:
    """The command that runs an example in a work folder."""
    told = [word for setting in settings for word in ("--set", setting)]
    return [*GRADUATE, "run", f"examples/{name}.yaml", "--workdir", str(workdir), "--json", *told]


def done(command: Sequence[str]) -> tuple[float, str]:
    """(seconds, stdout) of a command that has to succeed."""
    start = time.perf_counter()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(command)}: exit {ended.returncode}\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}")
    return time.perf_counter() - start, ended.stdout


def told(figures: Mapping[str, Any]) -> str:
    """The figures as lines."""
    metric, ours, rows = figures["metric"], figures["pipeline"], figures["rows"]
    error = f" ± {(ours * (1 - ours) / rows) ** 0.5:.4f}" if metric == "accuracy" else ""
    lines = [f"{figures['example']}: {metric} {ours:.4f}{error} on {rows} rows (load {figures['load']:.1f})"]
    for number, (name, score) in enumerate(figures["baselines"].items()):
        points = 100 * (ours - score)
        verdict = "" if number else "  target missed" if points < -POINTS else "  below" if points < 0 else ""
        lines.append(f"  {name:<40} {score:.4f}  pipeline {points:+.1f} points{verdict}")
    if figures.get("plain") is not None:
        lines.append(f"  {'the plain script':<40} {figures['plain']:.4f}")
    if "ratio" in figures:
        arms = (
            f"{arm} {statistics.median(found):.1f} s ({min(found):.1f}–{max(found):.1f})"
            for arm, found in figures["seconds"].items()
        )
        lines.append(f"  {', '.join(arms)}: ÷ {figures['ratio']:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
