"""The command line of `graduate watch`: which words are graduate's and which the script's. Standard library only."""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
from pathlib import Path

from graduate.errors import UsageError

HELP = "run your own training script, unmodified, and say what is wrong with it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options, and SCRIPT with whatever follows it, which is the script's."""
    parser.add_argument(
        "-m",
        dest="module",
        metavar="MODULE",
        nargs=argparse.REMAINDER,
        help="run a module, as python -m does; what follows it is the module's",
    )
    _add_options(parser)
    parser.add_argument(
        "script",
        metavar="SCRIPT",
        nargs=argparse.REMAINDER,
        help="the script and its arguments; options of graduate come before it",
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as one line of JSON, the last of stdout")
    parser.add_argument("--page", metavar="FILE", help="write the report as a page, one file that needs no network")
    parser.add_argument("--trace", metavar="DIR", help="keep the recorded traces in this folder")
    parser.add_argument("--sarif", metavar="FILE", help="write the findings as SARIF 2.1.0")
    parser.add_argument(
        "--annotations",
        choices=("github", "none"),
        help="print findings as a CI's annotations; default: github inside GitHub Actions, else none",
    )
    parser.add_argument(
        "--stop-when-sick", action="store_true", help="interrupt the script once its training is certainly sick"
    )
    parser.add_argument("--every", metavar="N", type=int, default=1, help="record every N-th step; default 1")
    parser.add_argument("--quiet", action="store_true", help="print nothing where the training is healthy")


def what_runs(args: argparse.Namespace) -> tuple[str, str, list[str]]:
    """`script` or `module`, its name, and its own arguments; see `_take_over` for those that are not.

    Raises:
        UsageError: there is no such script, or none was named.
    """
    words = [*(args.module or ()), *args.script]
    if words and words[0] == "--":
        del words[0]
    if not words:
        raise UsageError("graduate watch needs a SCRIPT", hint="graduate watch [OPTIONS] SCRIPT [ARGS…]")
    target, *arguments = words
    if args.module:
        return "module", target, arguments
    if target.startswith("-"):
        raise UsageError(f"graduate watch: unknown option {target}", hint="see graduate watch --help")
    if not os.path.exists(target):
        raise UsageError(f"there is no script {target}", hint="graduate watch [OPTIONS] SCRIPT [ARGS…]")
    if not os.access(target, os.R_OK):
        raise UsageError(f"the script {target} cannot be read")
    return "script", target, _take_over(args, Path(target), arguments)


def _take_over(args: argparse.Namespace, script: Path, arguments: list[str]) -> list[str]:
    """Options of graduate that stand behind a script that surely reads no arguments are meant for graduate.

    Returns:
        What is left for the script.
    """
    parser = _options()
    ours = options_in(arguments)
    if not ours or "--" in arguments or _may_read_arguments(script):
        return arguments
    try:
        found, left = parser.parse_known_args(arguments, argparse.Namespace(**vars(args)))
    except argparse.ArgumentError as error:
        raise UsageError(f"graduate watch: {error}", hint="see graduate watch --help") from None
    vars(args).update(vars(found))
    shown = " ".join(ours)
    print(f"{script} reads no arguments: {shown} is taken for graduate, whose options come first", file=sys.stderr)
    return left


def options_in(arguments: list[str]) -> list[str]:
    """Those of a script's arguments that read like options of graduate."""
    known = _options()._option_string_actions
    return [word for word in arguments if word.partition("=")[0] in known]


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    _add_options(parser)
    return parser


_READS = re.compile(rb"argv|argparse|ArgumentParser|parse_args|getopt|optparse|click|typer|docopt|absl|hydra|\bfire\b")


def _may_read_arguments(script: Path) -> bool:
    """Whether the script, or a module beside it, could look at its arguments."""
    try:
        text = script.read_bytes()
        tree = ast.parse(text)
    except (OSError, SyntaxError, ValueError):
        return True
    if _READS.search(text):
        return True
    imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imported += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    beside = {name.partition(".")[0] for name in imported}
    return any((script.parent / name).is_dir() or (script.parent / f"{name}.py").exists() for name in beside)
