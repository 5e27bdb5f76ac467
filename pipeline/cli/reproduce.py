"""`graduate reproduce MODEL`: make a model again from its record, and say whether it came out the same."""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate import errors
from graduate.errors import UsageError, UserError
from graduate.pipeline.cli import _lineage

if TYPE_CHECKING:
    from graduate.pipeline.lineage.reproduce import Outcome, Recipe
    from graduate.pipeline.lineage.reproduce_checks import Check
    from graduate.pipeline.lineage.words import Subject
    from graduate.pipeline.workspace import Workspace

HELP = "make a model again from its record, and say whether its weights came out the same"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _lineage.add_subject(parser, "model", "MODEL", f"a pushed model or a run: {_lineage.X_HELP}")
    parser.add_argument("-o", "--output", metavar="CONFIG.yaml", help="write the config here; default in --into")
    parser.add_argument(
        "--check", action="store_true", help="only say whether data, schema, code and libraries are still the same"
    )
    parser.add_argument(
        "--into", metavar="NEW", help="the new work folder that it is made in; default ./reproduced-NAME-VERSION"
    )
    _lineage.add_store(parser)
    _lineage.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb: 0 where the weights are the same (with --check: where nothing differs), 1 otherwise."""
    from graduate.pipeline.lineage import reproduce, reproduce_checks, words
    from graduate.pipeline.lineage.diff import sides
    from graduate.pipeline.workspace import Workspace

    with _lineage.open_records(args) as records:
        subject = words.resolve(records, args.model, "model")
        side = sides.of(records, subject)
    into = Workspace.at(args.into or _default(subject))
    written = Path(args.output) if args.output else into.root / f"{side.run.pipeline or 'config'}.yaml"
    recipe = reproduce.recipe(side, written.absolute())
    checks = reproduce_checks.check(recipe)
    if not args.check:
        _check_new(into, written)
    _show_checks(args, recipe, checks)
    if args.check:
        if args.output:
            _write(recipe)
        return _answer(args, recipe, checks)
    blocking = next((check for check in checks if check.blocks), None)
    if blocking:
        raise UserError(f"{side.label} cannot be made again: {blocking.name}: {blocking.told}")
    _write(recipe)
    reproduce.keep_schema(recipe, into)
    code = _run(args, recipe, into)
    if code == errors.INTERRUPTED:
        return code
    return _answer(args, recipe, checks, _outcome(recipe, into), into)


def _default(subject: Subject) -> str:
    run, push = subject.run, subject.push
    assert run is not None
    return f"reproduced-{push.pipeline}-{push.version or run.id}" if push else f"reproduced-{run.id}"


def _check_new(into: Workspace, written: Path) -> None:
    """A folder in which the run has ended would answer from its cache, and prove nothing."""
    from graduate.pipeline import record

    ended = record.latest_finished(record.read_runs(into))
    if ended is not None:
        raise UsageError(
            f"{into.root} holds run {ended.run_id} already, which would be repeated and not made again",
            hint="give another folder with --into, or remove this one",
        )
    ours = {written.name, "schemas"}  # written before the run signs the folder
    if into.root.is_dir() and not into.layout.exists() and {path.name for path in into.root.iterdir()} - ours:
        raise UsageError(f"{into.root} is not empty, and no work folder", hint="give another folder with --into")


def _write(recipe: Recipe) -> None:
    from graduate import files
    from graduate.pipeline.config import source

    try:
        files.write_text(recipe.written, recipe.text)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror or error}", where=str(recipe.written)) from error
    again = source.parse(recipe.text, str(recipe.written)).values
    assert again == recipe.config.to_json(), "the config does not read back as it was written"


def _show_checks(args: argparse.Namespace, recipe: Recipe, checks: list[Check]) -> None:
    """What was found comes first: on stdout where it is the answer, beside the run's progress where it is not."""
    if args.json:
        return
    from graduate.pipeline.cli.show import _fitting
    from graduate.pipeline.lineage import text_reproduce
    from graduate.pipeline.view import style

    paint = style.paint if style.wanted(sys.stdout) else (lambda words, *_: words)
    print(_fitting(text_reproduce.of_checks(recipe, checks, paint)), flush=True)
    if args.output or not args.check:
        print(f"\n  the config: {style.short(str(recipe.written))}", flush=True)


def _run(args: argparse.Namespace, recipe: Recipe, into: Workspace) -> int:
    """`graduate run`, whose own summary is not the answer here."""
    from graduate.pipeline.cli import run as running

    words = [str(recipe.written), "--workdir", str(into.root), *recipe.options()]
    for override in recipe.overrides(into):
        words += ["--set", override]
    parser = argparse.ArgumentParser()
    running.add_arguments(parser)
    with contextlib.redirect_stdout(sys.stderr):
        return running.run(parser.parse_args(words, argparse.Namespace(debug=args.debug)))


def _outcome(recipe: Recipe, into: Workspace) -> Outcome:
    from graduate.pipeline.lineage import reproduce, stores, words
    from graduate.pipeline.lineage.diff import sides
    from graduate.pipeline.lineage.records import Records

    with Records(stores.open_store(str(into.store))) as records:
        latest = records.runs()[0]
        return reproduce.outcome(recipe.side, sides.of(records, words.of_run(records, latest)))


def _answer(
    args: argparse.Namespace,
    recipe: Recipe,
    checks: list[Check],
    outcome: Outcome | None = None,
    into: Workspace | None = None,
) -> int:
    same = all(check.state != "differs" for check in checks)
    if args.json:
        print(json.dumps(_as_json(recipe, checks, outcome, into, bool(args.output)), ensure_ascii=False))
    elif outcome is not None and into is not None:
        from graduate.pipeline.cli.show import _fitting
        from graduate.pipeline.lineage import text_reproduce

        print()
        print(_fitting(text_reproduce.of_outcome(outcome, _diff(args, recipe, outcome, into))))
    if outcome is not None:
        return errors.OK if outcome.identical else errors.FAILED
    return errors.OK if same else errors.FAILED


def _diff(args: argparse.Namespace, recipe: Recipe, outcome: Outcome, into: Workspace) -> str:
    words = ["graduate", "diff", args.model, outcome.run]
    words += ["--workdir", args.workdir] if args.workdir else ["--store", args.store] if args.store else []
    return shlex.join([*words, "--other-workdir", str(into.root)])


def _as_json(
    recipe: Recipe, checks: list[Check], outcome: Outcome | None, into: Workspace | None, written: bool
) -> dict[str, Any]:
    from dataclasses import asdict

    told: dict[str, Any] = {
        "model": recipe.side.label,
        "run": recipe.side.run.id,
        "config": str(recipe.written) if written or outcome else None,
        "checks": {check.name: {key: one for key, one in asdict(check).items() if key != "name"} for check in checks},
        "same": all(check.state != "differs" for check in checks),
        "outcome": None,
    }
    if outcome is not None:
        told["outcome"] = {
            "workdir": str(into.root) if into else None,
            "run": outcome.run,
            "status": outcome.status,
            "identical": outcome.identical,
            "digests": list(outcome.weights.digests),
            "relative": outcome.weights.relative,
            "why": outcome.weights.why,
            "metrics": {one.name: [one.a, one.b] for one in outcome.metrics.overall},
        }
    return told
