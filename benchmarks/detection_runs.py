"""Runs the programs of benchmarks/detection under observation and diagnoses them. Used by detection.py.

Warm: this process has imported TensorFlow and Keras without starting TensorFlow, and forks for each program; the fork
enters `graduate watch`'s own child where a fresh interpreter would. Cold: the command, `python -m graduate.watch`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

Result = dict[str, Any]
_PATIENCE = 20.0  # seconds beyond a program's limit for its diagnosis


def warm(programs: Sequence[Path], traces: Path, jobs: int, limit: float) -> Iterator[Result]:
    """The results in the order in which the programs end.

    Args:
        programs: the scripts.
        traces: the folder that gets a folder a program: traces, output, result.
        jobs: how many at a time.
        limit: seconds a program may take.
    """
    _import_once()
    yield from _forked(programs, traces, jobs, lambda script, folder: _watch(script, folder, limit))


def again(programs: Sequence[Path], traces: Path, jobs: int) -> Iterator[Result]:
    """Diagnose what an earlier `warm` left in `traces`; no program runs."""
    yield from _forked([one for one in programs if (traces / one.stem).is_dir()], traces, jobs, _diagnose_again)


def cold(programs: Sequence[Path], traces: Path, jobs: int, limit: float) -> Iterator[Result]:
    """As `warm`, by the real command in an interpreter of its own."""
    del jobs  # one after the other: this is for times as users have them
    for script in programs:
        folder = traces / script.stem
        _emptied(folder)
        began = time.monotonic()
        words = [sys.executable, "-m", "graduate.watch", "--json", "--trace", str(folder), str(script)]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=limit + _PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            yield {"program": script.stem, "verdict": "timeout", "findings": [], "seconds": time.monotonic() - began}
            continue
        (folder / "output.txt").write_text(done.stdout + done.stderr)
        seconds = time.monotonic() - began
        yield _completed(script, folder, json.loads(done.stdout.splitlines()[-1]), done.stdout, seconds)


def _import_once() -> None:
    """What every program imports; nothing here starts TensorFlow's runtime, so that forks may."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in (
        "tensorflow",
        "keras",
        "pandas",
        "sklearn.datasets",
        "sklearn.metrics",
        "sklearn.model_selection",
        "sklearn.preprocessing",
        "graduate.observe.observer",
        "graduate.watch.outcome",
    ):
        importlib.import_module(name)


def _forked(
    programs: Sequence[Path], traces: Path, jobs: int, work: Callable[[Path, Path], Result]
) -> Iterator[Result]:
    """One supervising fork a program; each leaves its result in a file."""
    waiting, running = list(programs), dict[int, Path]()
    while waiting or running:
        while waiting and len(running) < jobs:
            script = waiting.pop(0)
            running[_fork(lambda script=script: _leave_result(script, traces / script.stem, work))] = script
        pid, _ = os.wait()
        if (script := running.pop(pid, None)) is not None:
            stored = traces / script.stem / "result.json"
            if stored.is_file():
                yield json.loads(stored.read_text())
            else:
                yield {"program": script.stem, "verdict": "crashed", "findings": [], "seconds": 0.0}


def _leave_result(script: Path, folder: Path, work: Callable[[Path, Path], Result]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    found = work(script, folder)
    (folder / "result.json").write_text(json.dumps(found))
    return 0


def _watch(script: Path, folder: Path, limit: float) -> Result:
    """Run the program in a fork of its own, then diagnose."""
    _emptied(folder)
    began = time.monotonic()
    pid = _fork(lambda: _be_the_script(script, folder))
    code, processor = _wait(pid, began + limit)
    ended = {"code": code, "seconds": time.monotonic() - began, "processor_seconds": processor}
    (folder / "ended.json").write_text(json.dumps(ended))
    return _diagnosed(script, folder, ended)


def _diagnose_again(script: Path, folder: Path) -> Result:
    return _diagnosed(script, folder, json.loads((folder / "ended.json").read_text()))


def _diagnosed(script: Path, folder: Path, ended: dict[str, Any]) -> Result:
    from graduate.watch.outcome import outcome_of
    from graduate.watch.process import Ended

    began = time.monotonic()
    outcome = outcome_of(folder, Ended(ended["code"]), kept=True)
    output = (folder / "output.txt").read_text(errors="replace")
    found = _completed(script, folder, outcome.to_json(), output, ended["seconds"])
    found["processor_seconds"] = ended.get("processor_seconds")
    found["diagnosis_seconds"] = time.monotonic() - began
    if ended["code"] == -signal.SIGKILL:
        found["verdict"] = "timeout"
    return found


def _completed(script: Path, folder: Path, found: Result, output: str, seconds: float) -> Result:
    """The command's object, with what the figures need beside it."""
    from detection_figures import losses_of, metric_of

    found.update(program=script.stem, seconds=seconds, metric=metric_of(output), losses=losses_of(folder))
    return found


def _be_the_script(script: Path, folder: Path) -> int:
    """As `graduate watch`'s child, from where the interpreter has started."""
    from graduate.watch import child

    output = os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    child._PROCESS = os.getpid()
    observer = child._Observer(str(folder), 1)
    observer.wait_for_keras()
    sys.argv[:] = [str(script)]
    sys.path.insert(0, str(script.parent))
    ended, again_ = child._run("script", str(script))
    observer.finish(ended)
    return 0 if again_ is None else int(bool(again_.code)) if isinstance(again_, SystemExit) else 1


def _fork(work: Callable[[], int]) -> int:
    """The pid of a process that does `work` and nothing else."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        code = work()
    except BaseException:
        import traceback

        traceback.print_exc()
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL) if code < 0 else _leave(code)
    return 0


def _leave(code: int) -> None:
    import posix

    posix._exit(code)  # whatever stands in os._exit's place


def _wait(pid: int, until: float) -> tuple[int, float]:
    """The exit code, negative for a signal, and processor seconds; a program that is late is killed."""
    while time.monotonic() < until:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime


def _emptied(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
