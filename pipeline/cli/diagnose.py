"""`graduate diagnose TRACE|RUN|FOLDER`: what the rules say of a training that is over."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graduate import errors
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.findings import Diagnosis
    from graduate.trace.find import Found

HELP = "say what was wrong with a training: a trace, a run, TensorBoard files, a CSV log"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "training",
        metavar="TRAINING",
        help="a trace, a folder of traces, TensorBoard's event files, a CSV log of Keras; or a run id, latest, NAME",
    )
    parser.add_argument("--page", metavar="FILE", help="write the report as a page, one file that needs no network")
    parser.add_argument("--tensorboard", metavar="DIR", help="also write the traces as events that TensorBoard shows")
    parser.add_argument(
        "--unfinished", action="store_true", help="the training goes on: ask only the rules that hold during training"
    )
    _common.add_workdir(parser)
    _common.add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate import own_rules
    from graduate.diagnose import diagnose
    from graduate.pipeline import trainings
    from graduate.trace.find import honest

    found, settings = trainings.find(args.training, _common.workspace(args))
    asked: dict[str, Any] = {
        "rules": own_rules.beside_ours(settings.get("module")),
        "overrides": settings.get("rules"),
        "ignore": settings.get("ignore") or (),
        "final": not args.unfinished,
    }
    diagnoses = [honest(one, diagnose(one.trace, **asked)) for one in found]
    if args.page:
        from graduate.page import report

        report.write(args.page, [report.View(f.name, f.trace, d) for f, d in zip(found, diagnoses, strict=True)])
    if args.tensorboard:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        warnings.simplefilter("ignore", FutureWarning)  # of libraries, about the Python they will need
        from graduate import to_tensorboard

        for one in found:
            place = args.tensorboard if len(found) == 1 else f"{args.tensorboard}/{one.name}"
            to_tensorboard.write(one.trace, place)
    sick = any(one.verdict == "sick" for one in diagnoses)
    if args.json:
        print(json.dumps(_as_json(found, diagnoses)))
    else:
        from graduate import text_report

        parts = [(one.name, one.trace, diagnosis) for one, diagnosis in zip(found, diagnoses, strict=True)]
        notes = list(dict.fromkeys(one.note for one in found if one.note))
        text_report.show(text_report.of_traces(parts, text_report.style(sys.stdout), notes), sys.stdout)
    return errors.SICK if sick else errors.OK


def _as_json(found: Sequence[Found], diagnoses: Sequence[Diagnosis]) -> dict[str, Any]:
    from graduate.findings_json import of_trainings

    told = of_trainings([(one.name, one.trace, diagnosis) for one, diagnosis in zip(found, diagnoses, strict=True)])
    for described, one in zip(told["traces"], found, strict=True):
        described |= {"folder": str(one.path.absolute()), "note": one.note or None}
    return told
