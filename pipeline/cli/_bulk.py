"""`graduate predict MODEL INPUT… -o OUT`: what the command line makes of batch inference."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate import errors
from graduate.errors import UsageError, UserError

if TYPE_CHECKING:
    from graduate.pipeline.batch.listing import Listing
    from graduate.pipeline.batch.parts import Parts
    from graduate.pipeline.model_ids import Model


def run(args: argparse.Namespace, model: Model) -> int:
    """Predict into a file; exit 1 where an input got no prediction."""
    from graduate import publish
    from graduate.pipeline.batch import listing, parts, writing

    out, task = Path(args.output), _task(model)
    if out.suffix.lower() not in writing.ENDINGS:
        raise UsageError(f"{out} ends in no known format", hint=f"it may end in {', '.join(writing.ENDINGS)}")
    if out.is_dir():
        raise UsageError(f"{out} is a folder", hint="-o names a file")
    listed = listing.listed(args.inputs, task, args.output)
    job = {
        "model": publish.fingerprint(model.folder),
        "name": model.name,
        "version": model.version,
        "inputs": listed.digest,
        "sizes": [listing.FILES, listing.ROWS],
    }
    start = time.monotonic()
    kept = parts.Parts(out, job)
    found = writing.done(out, kept.job)
    if found:
        _say(f"nothing to do: {out} has the predictions of this model for these inputs")
    else:
        with kept.held():
            found = _predicted(args, model, listed, kept, out)
    return _end(args, model, found, time.monotonic() - start)


def _task(model: Model) -> str:
    from graduate.pipeline.data import kinds

    task = str(model.about.get("task"))
    if task != "table" and task not in kinds.BY_TASK:
        raise UserError(f"the model does not say what its inputs are (task {task})", where=str(model.folder))
    return task


def _predicted(args: argparse.Namespace, model: Model, listed: Listing, kept: Parts, out: Path) -> tuple[int, int]:
    """What was not yet predicted is, then all is put together. How many inputs there are, and how many bad ones."""
    from graduate.pipeline.batch import parts, writing

    there, other = kept.begin()
    if other:
        _say("the inputs or the model are not those of the run that was not finished: starting over")
    elif there:
        _say(f"going on where it was stopped: {there} part{'s' if there > 1 else ''} of it are there")
    if not args.debug:
        for name in ("apache_beam", "root"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what it raises is told once, by us
    try:
        _run(args, model, listed, kept)
    except KeyboardInterrupt:
        _say("interrupted: what was predicted is kept, the same command goes on")
        sys.stdout.flush()
        os._exit(errors.INTERRUPTED)  # Beam's threads would go on to the end
    try:
        found = writing.put_together(kept.paths(), out, _told(model), kept.job)
    except OSError as error:
        raise parts.unwritable(out, error) from error
    kept.end()
    return found


def _run(args: argparse.Namespace, model: Model, listed: Listing, kept: Parts) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Beam's imports
        from graduate.pipeline.batch import bulk

    bulk.servable_of(model, quiet=not args.debug)  # a model that cannot be loaded is told before anything starts
    stop, progress = threading.Event(), _Progress(listed)
    watching = bulk.watch(kept, progress, stop)
    try:
        bulk.run(listed.works, model, kept, args.beam_args)
    except UserError:
        raise
    except Exception as error:
        raise _beams(error) from error
    finally:
        stop.set()
        watching.join(5)
        progress.end()


def _beams(error: Exception) -> Exception:
    """What Beam raised, as the error of ours that it wraps, or as its own."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, UserError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error


def _told(model: Model) -> Any:
    """What the answers of a model are called."""
    from graduate.pipeline.batch.writing import Told

    about = model.about
    target = about.get("target") or "class"
    what = "value" if target == "number" else "probability"
    return Told(model, what, list(about.get("classes") or ()), label=target == "class")


def _end(args: argparse.Namespace, model: Model, found: tuple[int, int], seconds: float) -> int:
    rows, bad = found
    if args.json:
        told = {"output": str(args.output), "inputs": rows, "errors": bad, "model": model.name}
        print(json.dumps({**told, "version": model.version, "seconds": round(seconds, 3)}))
    else:
        which = f"version {model.version}" if model.version is not None else str(model.folder)
        print(f"{args.output}: {rows:,} inputs, {model.name}, {which}")
    if bad:
        _say(f"{bad:,} of {rows:,} inputs got no prediction: the column error says why")
    return errors.FAILED if bad else errors.OK


class _Progress:
    """A line on stderr, rewritten on a terminal, now and then elsewhere."""

    def __init__(self, listed: Listing) -> None:
        self._all = f" of {listed.files:,}" if not listed.tables else ""
        self._start = self._last = time.monotonic()
        self._first = -1
        self._live = sys.stderr.isatty()

    def __call__(self, rows: int) -> None:
        now = time.monotonic()
        if self._first < 0:
            self._first, self._start = rows, now
        if now - self._last < (0.9 if self._live else 10.0):
            return
        self._last = now
        rate = (rows - self._first) / max(now - self._start, 1e-9)
        text = f"predicted {rows:,}{self._all}" + (f"  {rate:,.0f}/s" if rate else "")
        print(f"\r\x1b[K{text}" if self._live else text, end="" if self._live else "\n", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Nothing more is told."""
        if self._live:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
