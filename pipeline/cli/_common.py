"""What several verbs share: the arguments CONFIG, `--set`, `--workdir`, `--json`, and what they stand for."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graduate.pipeline.config import PipelineConfig
    from graduate.pipeline.workspace import Workspace


def add_config_arguments(parser: argparse.ArgumentParser, *, workdir: bool = True) -> None:
    """CONFIG, `--set` (repeatable) and `--workdir`; `load_config` and `workspace` read them."""
    parser.add_argument("config", metavar="CONFIG", help="the YAML file that describes the pipeline")
    add_set(parser)
    if workdir:
        add_workdir(parser)


def add_set(parser: argparse.ArgumentParser) -> None:
    """`--set a.b=c`, repeatable."""
    parser.add_argument(
        "--set",
        dest="overrides",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="override a key of the config, e.g. training.steps=100; may be given several times",
    )


def add_workdir(parser: argparse.ArgumentParser) -> None:
    """`--workdir`."""
    parser.add_argument("--workdir", metavar="DIR", help="the work folder; default $GRADUATE_WORKDIR, else ./.graduate")


def add_json(parser: argparse.ArgumentParser, what: str = "print the result as one line of JSON") -> None:
    """`--json`."""
    parser.add_argument("--json", action="store_true", help=what)


def load_config(args: argparse.Namespace) -> PipelineConfig:
    """The config that the arguments name, with the overrides applied; UsageError where it is wrong."""
    from graduate.pipeline.config import load

    return load(args.config, args.overrides)


def workspace(args: argparse.Namespace) -> Workspace:
    """The work folder that the arguments name; it need not exist. UsageError where another version wrote it."""
    from graduate.pipeline.workspace import Workspace

    found = Workspace.at(args.workdir)
    found.check_layout()
    return found


def port(text: str) -> int:
    """A port of the command line, as argparse's `type`."""
    if not (text.isascii() and text.isdigit() and int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text} is no port: 0 to 65535")
    return int(text)


def has_browser() -> bool:
    """Whether somebody sits before a screen: not in a pipe, in CI, or on a machine without one."""
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(sys.stdout.isatty() and screen and not os.environ.get("CI"))


def width() -> int:
    """How many columns a summary is laid out in."""
    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 100))


def say(text: str) -> None:
    """A sentence for whoever watches."""
    with contextlib.suppress(OSError):  # the terminal may have gone
        print(text, file=sys.stderr, flush=True)
