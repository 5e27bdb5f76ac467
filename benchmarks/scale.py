"""Statistics and Transform of a table as it grows, on the direct runner with one worker and with two, and on Flink.

    python benchmarks/scale.py                    10⁵ and 10⁶ rows: about an hour on two cores
    python benchmarks/scale.py --all              10⁷ rows too: most of a day
    python benchmarks/scale.py --rows 20000       other numbers of rows; --only direct,flink picks engines

Rows have 20 numbers and two categories, whose values Transform learns. A measurement is a process of its own
(`scale_nodes.py`): seconds are of its two nodes; CPU seconds are of the whole process, imports, JVM and workers
included, and do not grow with what else the machine does; memory is the peak of the resident memory of all its
processes together. What pays is told at the end: from each engine's two largest sizes follow a fixed cost and one for
each row, and where two engines' lines cross.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import scale_rows

HERE = Path(__file__).parent
ENGINES: Mapping[str, dict[str, Any]] = {
    "direct": {"runner": "direct"},
    "direct x2": {"runner": "direct", "options": {"direct_num_workers": 2}},
    "flink": {"runner": "flink", "options": {"parallelism": 2, "experiments": ["use_loopback_process_worker"]}},
}
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """One engine over so many rows; `seconds` by node, `memory` in bytes."""

    engine: str
    rows: int
    seconds: Mapping[str, float]
    cpu: float
    memory: int

    @property
    def nodes(self) -> float:
        return self.seconds["StatisticsGen"] + self.seconds["Transform"]


def main() -> None:
    """Measure, and print a line each, then what follows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="100000,1000000", metavar="N,…", help="default 100000,1000000")
    parser.add_argument("--all", action="store_true", help="10,000,000 rows besides")
    parser.add_argument("--only", default=",".join(ENGINES), metavar="NAME,…", help=f"of {', '.join(ENGINES)}")
    parser.add_argument("--folder", type=Path, help="keeps the rows and what came of them; default: a temporary one")
    args = parser.parse_args()
    sizes = sorted({int(one) for one in args.rows.split(",")} | ({10_000_000} if args.all else set()))
    chosen = args.only.split(",")
    if unknown := [name for name in chosen if name not in ENGINES]:
        parser.error(f"no engine {unknown[0]}: there are {', '.join(ENGINES)}")
    folder = args.folder or Path(tempfile.mkdtemp(prefix="graduate-scale-"))
    try:
        _report(_all(folder, sizes, chosen))
    finally:
        if args.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def _all(folder: Path, sizes: Sequence[int], engines: Sequence[str]) -> list[Measured]:
    print(f"{'rows':>10}  {'engine':10} {'statistics':>11} {'Transform':>11} {'rows/s':>8} {'CPU':>9} {'memory':>8}")
    found = []
    for rows in sizes:
        scale_rows.write(folder / str(rows), rows)
        for engine in engines:
            one = measure(folder, rows, engine)
            found.append(one)
            times = [f"{one.seconds[node]:>9.1f} s" for node in ("StatisticsGen", "Transform")]
            print(f"{rows:>10}  {engine:10} {times[0]} {times[1]} {rows / one.nodes:>8.0f} {one.cpu:>7.0f} s "
                  f"{one.memory / 2**30:>5.1f} GB", flush=True)  # fmt: skip
    return found


def measure(folder: Path, rows: int, engine: str) -> Measured:
    """One process over rows that lie there."""
    out = folder / f"{engine.replace(' ', '-')}-{rows}"
    command = [
        sys.executable,
        str(HERE / "scale_nodes.py"),
        str(folder / str(rows)),
        str(out),
        json.dumps(ENGINES[engine]),
    ]
    log = folder / f"{out.name}.log"
    with log.open("w") as errors, tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=said, stderr=errors)
        peak = 0
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, _resident(process.pid))
            time.sleep(0.3)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{engine}, {rows} rows: exit {process.returncode}; see {log}")
        said.seek(0)
        seconds = json.loads(said.read().splitlines()[-1])
    return Measured(engine, rows, seconds, usage.ru_utime + usage.ru_stime, peak)


def _resident(root: int) -> int:
    """Bytes of a process and all that it started."""
    parents: dict[int, list[int]] = {}
    sizes: dict[int, int] = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            after = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        parents.setdefault(int(after[1]), []).append(int(entry))
        sizes[int(entry)] = int(after[21]) * _PAGE
    waiting, total = [root], 0
    while waiting:
        pid = waiting.pop()
        total += sizes.get(pid, 0)
        waiting += parents.get(pid, [])
    return total


def _report(found: Sequence[Measured]) -> None:
    """Fixed and growing cost of each engine, and where another pays."""
    lines = {}
    for engine in dict.fromkeys(one.engine for one in found):
        own = [one for one in found if one.engine == engine]
        if len(own) < 2:
            continue
        small, large = own[-2:]
        growing = (large.nodes - small.nodes) / (large.rows - small.rows)
        lines[engine] = (small.nodes - growing * small.rows, growing)
        times = [large.rows / small.rows, large.nodes / small.nodes, large.memory / small.memory]
        print(f"{engine}: {times[0]:.0f} times the rows take {times[1]:.1f} times as long and {times[2]:.1f} times the "
              f"memory; {lines[engine][0]:.0f} s, and {growing * 1e6:.0f} s for each million rows")  # fmt: skip
    for engine in lines:
        if engine == "direct" or "direct" not in lines:
            continue
        fixed, growing = (ours - theirs for ours, theirs in zip(lines[engine], lines["direct"], strict=True))
        if growing >= 0:
            print(f"{engine} never pays on this machine: a row costs as much or more than on the direct runner")
        else:
            print(f"{engine} pays from {max(0.0, fixed / -growing):,.0f} rows on")


if __name__ == "__main__":
    main()
