"""`graduate compile`: a config as a pipeline spec for Kubeflow."""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import sys
import warnings
from pathlib import Path

from graduate import files
from graduate.pipeline.cli import _common

HELP = "write a config as a pipeline spec for Kubeflow Pipelines"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("config", metavar="CONFIG", help="the YAML file of a pipeline")
    parser.add_argument("-o", "--output", metavar="FILE", help="where the spec is written; - is standard output")
    add_where(parser)
    _common.add_set(parser)


def add_where(parser: argparse.ArgumentParser) -> None:
    """Short forms of the two keys without which nothing runs on Kubeflow."""
    parser.add_argument("--image", metavar="IMAGE", help="kubeflow.image: the container image that runs every node")
    parser.add_argument("--root", metavar="URI", help="kubeflow.root: where artifacts lie, minio://bucket/folder")


def overrides(args: argparse.Namespace) -> list[str]:
    """What --image, --root and --set say, as `--set` would."""
    short = {"kubeflow.image": args.image, "kubeflow.root": args.root}
    return [*(f"{key}={value}" for key, value in short.items() if value), *args.overrides]


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    args.overrides = overrides(args)
    config = _common.load_config(args)
    from graduate.pipeline.kubeflow import checks

    checks.check(config)  # before anything heavy is imported
    target = args.output or f"{Path(args.config).stem}.kubeflow.yaml"
    if target != "-":
        print("compiling … (TensorFlow and TFX are imported)", file=sys.stderr)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    warnings.simplefilter("ignore")  # of TFX's imports
    logging.disable(logging.WARNING)
    from graduate.pipeline.kubeflow import compile_config

    text = compile_config(config)
    if target == "-":
        sys.stdout.write(text)
        return 0
    files.write_text(target, text)
    print(target)
    simulate = shlex.join(["graduate", "simulate", target, *_project(config.source)])
    print(f"try it: {simulate}; run it: graduate deploy {args.config} --host URL", file=sys.stderr)
    return 0


def _project(source: str) -> list[str]:
    """What tells a simulation where the code and the data of a config lie that is not in the current folder."""
    folder = os.path.relpath(Path(source).absolute().parent)
    return [] if folder == "." else ["--project", folder]
