"""`graduate predict MODEL INPUT…`: label and probabilities, or numbers, of raw inputs, and the version they are of."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from graduate import errors
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.model_ids import Model
    from graduate.pipeline.predict import Answer, ServedModel
    from graduate.pipeline.raw_inputs import RawInput

HELP = "predict with a pushed model, on raw files"
_SHOWN = 3  # classes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a pushed version's folder or its parent, a run id, latest (pushed last), serving (what a server takes), "
        "NAME, NAME:latest, NAME:serving or NAME:VERSION",
    )
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help='a file of the kind that the model was trained on, a folder of them, a .jsonl file of lines {"image": '
        '{"b64": "…"}} or {"path": "…"}, or - for such lines on standard input; of a table a CSV, TSV, JSON-lines or '
        'Parquet file of rows, or - for lines {"age": 41, "city": "Oslo"}',
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        help="batch inference: write the predictions of many inputs to this .parquet, .csv or .jsonl file; the same "
        "command goes on where it was stopped",
    )
    parser.add_argument(
        "--beam-arg",
        dest="beam_args",
        metavar="ARG",
        action="append",
        default=[],
        help="with -o: an option of Apache Beam, e.g. --beam-arg=--runner=FlinkRunner; may be given several times",
    )
    _common.add_workdir(parser)
    _common.add_json(parser, "print a JSON line for each input; with -o one line in the end")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline import model_ids, raw_inputs

    model = model_ids.resolve(args.model, _common.workspace(args))
    if args.output:
        from graduate.pipeline.cli import _bulk

        return _bulk.run(args, model)
    if args.beam_args:
        raise errors.UsageError("--beam-arg goes with -o OUT", hint="without -o no Beam is started")
    about = model.about
    inputs = raw_inputs.read(args.inputs, str(about.get("task") or "image"), about.get("raw_features"))
    show = _as_json if args.json else _Table()
    served = None
    asked = bad = 0
    for batch in _batches(inputs):
        asked += len(batch)
        if served is None and any(not one.problem for one in batch):  # nothing to ask: TensorFlow is not needed
            served = _load(model, quiet=not args.debug)
        answered, refused = _ask(served, batch)
        show(model, answered)
        sys.stdout.flush()
        bad += len(refused)
        for name, reason in refused:
            _say(f"error: {_shown(name)}: {reason}")
    if bad and asked > 1:
        _say(f"{bad} of {asked} inputs got no prediction")
    elif not asked:
        _say("no inputs")
    return errors.FAILED if bad else errors.OK


def _load(model: Model, *, quiet: bool) -> ServedModel:
    from graduate.pipeline.predict import ServedModel

    return ServedModel(model, quiet=quiet)


def _ask(
    served: ServedModel | None, batch: Sequence[RawInput]
) -> tuple[list[tuple[str, Answer]], list[tuple[str, str]]]:
    """Names with their answers, and names with the reason why there is none; both in the order of the batch."""
    found: Iterator[Answer | str] = iter(())
    if served is not None and (raws := [one.raw for one in batch if not one.problem]):
        found = iter(served.answers(raws))
    answered: list[tuple[str, Answer]] = []
    refused: list[tuple[str, str]] = []
    for one in batch:
        answer = one.problem or next(found)
        if isinstance(answer, str):
            refused.append((one.name, answer))
        else:
            answered.append((one.name, answer))
    return answered, refused


def _batches(inputs: Iterable[RawInput]) -> Iterator[list[RawInput]]:
    from graduate.pipeline.predict import BATCH

    waiting = iter(inputs)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def _as_json(model: Model, answered: Sequence[tuple[str, Answer]]) -> None:
    version = model.version if model.version is not None else str(model.folder)
    for name, answer in answered:  # ASCII: a file name need not be UTF-8, JSON must be
        told = {"input": name, **answer.to_json(), "version": version}
        print(json.dumps(told))


class _Table:
    """Lines for a person; the first says which version answers."""

    def __init__(self) -> None:
        self._begun = False

    def __call__(self, model: Model, answered: Sequence[tuple[str, Answer]]) -> None:
        if answered and not self._begun:
            self._begun = True
            print(
                f"{model.name}, version {model.version}"
                if model.version is not None
                else f"{model.name}, {model.folder}"
            )
        rows = [(_shown(name), *_said(answer)) for name, answer in answered]
        names, labels = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
        for name, label, text in rows:
            print(f"{name:<{names}}  {label:<{labels}}  {text}".rstrip())


def _said(answer: Answer) -> tuple[str, str]:
    """What is said, and how sure it is."""
    if answer.values:
        if len(answer.values) == 1:
            return f"{next(iter(answer.values.values())):.6g}", ""
        return ", ".join(f"{_shown(name)} {value:.6g}" for name, value in answer.values.items()), ""
    if answer.labels is not None:
        every = ", ".join(f"{_shown(name)} {p:.4f}" for name, p in answer.probabilities.items())
        return ", ".join(map(_shown, answer.labels)) or "none", f"({every})"
    return _shown(answer.label), _probabilities(answer)


def _probabilities(answer: Answer) -> str:
    """`0.9871  (8 0.0104, 3 0.0021)`: of the label, then of the next likely classes."""
    others = [(name, p) for name, p in answer.probabilities.items() if name != answer.label][: _SHOWN - 1]
    text = ", ".join(f"{_shown(name)} {p:.4f}" for name, p in others)
    return f"{answer.probabilities[answer.label]:.4f}" + (f"  ({text})" if text else "")


def _shown(text: str) -> str:
    from graduate.pipeline.data.listing import shown

    return shown(text)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
