"""What questions about lineage cost in a store of 10,000 executions and 40,000 artifacts, against doing it oneself.

    python benchmarks/lineage.py [--rounds 5] [--only runs,lineage] [--json]

The store is that of lineage_store.py, made through ML Metadata's API (half a minute, once). Each question is asked
cold, as a command in a process of its own (imports, opening, asking, printing), and inside, as the same verb called in
a process that is warm. The baseline (lineage_plain.py) fetches all executions, artifacts and events with ML Metadata's
client and joins them in Python; it has to give the same answer, or nothing is printed. Medians of rounds in which all
arms alternate; ÷ is of medians. Megabytes are the peak of the process. Targets: 0.6 s cold (aim 0.3), 0.1 s inside.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
GRADUATE = [sys.executable, "-m", "graduate.pipeline.cli"]
COLD, INSIDE = 0.6, 0.1  # seconds, the targets

Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """A verb's words, how its output is read as the plain value that the baseline gives too, and its exit code.

    `affected` ends with 1 there: plain TFX wrote no manifests, so that the answer cannot be complete.
    """

    words: Callable[[Facts], Sequence[str]]
    read: Callable[[str], Any]
    note: str
    code: int = 0


def _lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def _numbers(out: str) -> Any:
    """Artifacts and executions of `lineage --json`."""
    found: dict[str, list[int]] = {"artifact": [], "execution": []}
    for node in json.loads(out)["nodes"]:
        what, _, number = node["id"].partition(":")
        found[what].append(int(number))
    return [sorted(found["artifact"]), sorted(found["execution"])]


def _runs(out: str) -> Any:
    return sorted([one["run_id"], one["status"], one["metrics"].get("accuracy")] for one in _lines(out))


def _verdicts(out: str) -> Any:
    return {one["source"]: one["passed"] for one in json.loads(out)["verdicts"]}


def _differences(out: str) -> Any:
    found = json.loads(out)
    keys = sorted(one["key"] for one in found["config"]["keys"])
    return {"config": keys, **{what: found["data"][what]["number"] for what in ("added", "removed")}}


def _models(out: str) -> Any:
    return sorted(str(push["version"]) for model in json.loads(out)["models"] for push in model["pushed"])


def _serving(out: str) -> Any:
    return sorted([str(Path(one["folder"]).parent), one["version"]] for one in _lines(out))


def _candidates(out: str) -> Any:
    return sorted(one["artifact"] for one in json.loads(out)["candidates"] if one["kind"] == "artifact")


def _links(what: str, kind: type) -> Callable[[str], Any]:
    """Where a page leads to."""
    return lambda out: sorted({kind(found) for found in re.findall(rf'href="/{what}/([^"?#]+)"', out)})


def _export(form: str, read: Callable[[str], Any], note: str) -> Question:
    return Question(lambda facts: ["export", facts["model"], "--as", form], read, note)


def _prov(out: str) -> Any:
    found = json.loads(out)
    return [
        sorted(int(key.partition(":")[2]) for key in found[what] if key.startswith(start))
        for what, start in (("entity", "artifact:"), ("activity", "execution:"))
    ]


def _openlineage(out: str) -> Any:
    jobs = {event["job"]["name"] for event in _lines(out) if event["eventType"] == "COMPLETE"}
    return sorted(name.rpartition(".")[2] for name in jobs if "." in name)


def _bill(out: str) -> Any:
    return _metrics(json.loads(out)["metadata"]["component"]["modelCard"]["quantitativeAnalysis"])


def _card(out: str) -> Any:
    return _metrics(json.loads(out)["quantitative_analysis"])


def _metrics(analysis: Mapping[str, Any]) -> Any:
    told = analysis.get("performanceMetrics") or analysis["performance_metrics"]
    return {one["type"]: float(one["value"]) for one in told}


QUESTIONS: dict[str, Question] = {
    "runs": Question(lambda facts: ["runs", "--json"], _runs, "the last twenty"),
    "all_runs": Question(lambda facts: ["runs", "--all", "--json"], _runs, "all of them"),
    "lineage": Question(lambda facts: ["lineage", facts["model"], "--json"], _numbers, "of a pushed model, both ways"),
    "wide": Question(lambda facts: ["lineage", facts["wide"], "--json"], _numbers, "of a run with 359 artifacts"),
    "wider": Question(lambda facts: ["lineage", facts["wider"], "--json"], _numbers, "of one with thousands"),
    "why": Question(lambda facts: ["why", facts["refused"], "--json"], _verdicts, "a refused run"),
    "diff": Question(lambda facts: ["diff", facts["before"], facts["run"], "--json"], _differences, "of two runs"),
    "affected": Question(lambda facts: ["affected", facts["hash"], "--json"], _models, "by one file", code=1),
    "serving": Question(lambda facts: ["serving", "--json"], _serving, "of six pipelines"),
    "gc": Question(lambda facts: ["gc", "--json"], _candidates, "dry run"),
    "prov": _export("prov", _prov, "export --as prov"),
    "openlineage": _export("openlineage", _openlineage, "export --as openlineage"),
    "mlbom": _export("mlbom", _bill, "export --as mlbom"),
    "modelcard": _export("modelcard", _card, "export --as modelcard"),
    "ui": Question(lambda facts: ["ui", "/"], _links("run", str), "the page of runs"),
    "ui_run": Question(lambda facts: ["ui", f"/run/{facts['run']}"], _links("execution", int), "the page of a run"),
    "ui_search": Question(
        lambda facts: ["ui", "/search?what=executions&q=trainer"], _links("execution", int), "a search in a type's name"
    ),
}


@dataclass
class Arm:
    """What was measured of one way to ask."""

    seconds: list[float] = field(default_factory=list)
    megabytes: float = 0.0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def process(command: Sequence[str], code: int = 0) -> tuple[float, float, str]:
    """(seconds, peak megabytes, stdout) of a command that has to end with `code`."""
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL if code else None)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if child.returncode != code:
            sys.exit(f"{' '.join(command)}: exit {child.returncode}")
        return seconds, usage.ru_maxrss / 1024, out.read()


def served(command: Sequence[str], path: str) -> tuple[float, float, str]:
    """As `process`, of a server: until a page has arrived; then it is ended."""
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert child.stdout is not None
    with urllib.request.urlopen(f"{child.stdout.readline().strip()[:-1]}{path}") as answer:
        out = answer.read().decode()
    seconds = time.perf_counter() - start
    child.send_signal(signal.SIGINT)
    _, _, usage = os.wait4(child.pid, 0)
    child.returncode = 0
    child.stdout.close()
    return seconds, usage.ru_maxrss / 1024, out


class Warm:
    """A process that has imported everything, and answers one question after the other.

    It is another one than this: what a child is counted as having used includes what its parent had at the time.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--warm"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, name: str, words: Sequence[str] | None) -> tuple[float, Any]:
        """(seconds, output) of a verb, or without words (seconds, answer) of the baseline."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([name, words]), file=self._process.stdin, flush=True)
        seconds, answer = json.loads(self._process.stdout.readline())
        return seconds, answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def answer_all() -> None:
    """The warm process."""
    out = sys.stdout
    for line in sys.stdin:
        name, words = json.loads(line)
        found = inside(words) if words else plain_inside(name)
        print(json.dumps(found), file=out, flush=True)


def inside(words: Sequence[str]) -> tuple[float, str]:
    """(seconds, stdout) of a verb called in this process."""
    from graduate.pipeline.cli.main import main

    if words[0] == "ui":
        return inside_ui(words)
    out = io.StringIO()
    start = time.perf_counter()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        main(words)
    seconds = time.perf_counter() - start
    return seconds, out.getvalue()


def inside_ui(words: Sequence[str]) -> tuple[float, str]:
    """As `inside`, of a page: what the server does for a request; it opens the store anew for each."""
    from graduate.pipeline.lineage import stores
    from graduate.pipeline.lineage.records import Records
    from graduate.pipeline.lineage.ui import answers

    store = f"{words[-1]}/metadata.sqlite"
    start = time.perf_counter()
    answer = answers.answer(lambda: Records(stores.open_store(store)), store, words[1], framed=False)
    return time.perf_counter() - start, answer.body.decode()


def plain_inside(name: str) -> tuple[float, Any]:
    """(seconds, answer) of the baseline called in this process, with nothing fetched before."""
    import lineage_plain
    import lineage_store

    made = lineage_store.made()
    start = time.perf_counter()
    answer = getattr(lineage_plain, name)(
        lineage_plain.Everything(made.store), {**made.facts, "work folder": str(made.root)}
    )
    return time.perf_counter() - start, answer


def measure(name: str, root: Path, facts: Facts, rounds: int, warm: Warm, by_hand: Warm) -> dict[str, Arm]:
    """All arms of a question, in alternation, after one uncounted round; each has to give the same answer."""
    question = QUESTIONS[name]
    arms = {arm: Arm() for arm in ("cold", "cold, by hand", "inside", "inside, by hand")}
    words = [*question.words(facts), "--workdir", str(root)]
    for turn in range(rounds + 1):
        if words[0] == "ui":
            cold, megabytes, out = served([*GRADUATE, "ui", "--no-browser", *words[2:]], words[1])
        else:
            cold, megabytes, out = process([*GRADUATE, *words], question.code)
        cold_plain, megabytes_plain, out_plain = process([sys.executable, __file__, "--plain", name])
        warm_seconds, out_warm = warm.ask(name, words)
        warm_plain, answer = by_hand.ask(name, None)
        for got in (question.read(out), question.read(out_warm), json.loads(out_plain)):
            if got != answer:
                sys.exit(f"{name}: the answers differ\n{str(got)[:2000]}\n{str(answer)[:2000]}")
        if turn:
            for arm, seconds in zip(arms.values(), (cold, cold_plain, warm_seconds, warm_plain), strict=True):
                arm.seconds.append(seconds)
            arms["cold"].megabytes = max(arms["cold"].megabytes, megabytes)
            arms["cold, by hand"].megabytes = max(arms["cold, by hand"].megabytes, megabytes_plain)
    return arms


def show(name: str, note: str, arms: Mapping[str, Arm]) -> dict[str, Any]:
    """Print a line, and give its figures."""
    cold, by_hand, warm, warm_by_hand = arms.values()
    figures = {
        "question": name,
        "cold_seconds": cold.median,
        "cold_ratio": cold.median / by_hand.median,
        "inside_seconds": warm.median,
        "inside_ratio": warm.median / warm_by_hand.median,
        "megabytes": cold.megabytes,
        "by_hand_cold_seconds": by_hand.median,
        "by_hand_inside_seconds": warm_by_hand.median,
        "by_hand_megabytes": by_hand.megabytes,
    }
    missed = "".join(
        f"  {what} missed"
        for what, arm, target in (("cold", cold, COLD), ("inside", warm, INSIDE))
        if arm.median > target
    )
    print(
        f"{name:<20} {cold.median:6.2f} s ÷ {by_hand.median:5.2f} = {figures['cold_ratio']:5.2f}   "
        f"{warm.median:7.3f} s ÷ {warm_by_hand.median:5.2f} = {figures['inside_ratio']:6.3f}   "
        f"{cold.megabytes:4.0f} and {by_hand.megabytes:4.0f} MB   {note}{missed}",
        flush=True,
    )
    return figures


def main() -> None:
    """Make the store where it is missing, and ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", metavar="QUESTION,…", default=",".join(QUESTIONS), help=f"of {', '.join(QUESTIONS)}")
    parser.add_argument("--json", action="store_true", help="figures as one line of JSON, after the table")
    parser.add_argument("--plain", metavar="QUESTION", help=argparse.SUPPRESS)
    parser.add_argument("--warm", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.warm:
        answer_all()
    elif args.plain:
        print(json.dumps(plain_inside(args.plain)[1]))
    else:
        figures = ask_all(args.only.split(","), args.rounds)
        if args.json:
            print(json.dumps(figures))


def ask_all(names: Sequence[str], rounds: int) -> list[dict[str, Any]]:
    """Print a line for each question."""
    facts = json.loads(process([sys.executable, str(Path(__file__).with_name("lineage_store.py"))])[2])
    root = Path(facts["work folder"])
    print(
        f"{facts['executions']:,} executions, {facts['artifacts']:,} artifacts, {facts['runs']} runs, "
        f"{facts['megabytes']} MB in SQLite"
    )
    print(f"{'':<20} {'cold ÷ by hand':<26} {'inside ÷ by hand':<28} peak memory")
    warm, by_hand = Warm(), Warm()  # one each: what the other leaves on the heap costs time
    try:
        return [show(name, QUESTIONS[name].note, measure(name, root, facts, rounds, warm, by_hand)) for name in names]
    finally:
        warm.close()
        by_hand.close()


if __name__ == "__main__":
    main()
