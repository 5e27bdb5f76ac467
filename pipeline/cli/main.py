"""`graduate …`: finds the verb, imports that verb alone, and turns whatever it raises into text and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from graduate import errors
from graduate.errors import UsageError, UserError
from graduate.pipeline.cli.verbs import ENVIRONMENT, EXIT_CODES, FIRST_COMMANDS, VERBS, Verb

_BROKEN_PIPE = 141  # 128 + SIGPIPE: what a shell reports for a program whose reader went away


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; never raises, never leaves a traceback on the screen unless `--debug` asks for it.

    Args:
        argv: the words after `graduate`; default sys.argv's.

    Returns:
        The exit code; those of `EXIT_CODES`, or 141 where the reader of stdout went away.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in (words[: words.index("--")] if "--" in words else words)
    _tolerate_any_text()
    try:
        code = _dispatch(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        _say("interrupted")
        return errors.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains while it exits
        return _BROKEN_PIPE
    except UserError as error:
        if debug:
            _print_traceback()
        _say(_coloured(error.render()))
        return error.exit_code
    except Exception as error:
        if debug:
            _print_traceback()
        _say(_coloured(_unexpected(error, words, debug)))
        return errors.FAILED


def _dispatch(words: list[str]) -> int:
    while words and words[0] == "--debug":
        words = words[1:]
    if not words:
        _say(overview())
        return errors.USAGE
    name, *arguments = words
    if name in ("-h", "--help", "help") and not (name == "help" and arguments):
        print(overview())
        return errors.OK
    if name == "help":
        name, arguments = arguments[0], ["--help"]
    if name in ("-V", "--version"):
        from graduate import __version__

        print(f"graduate {__version__}")
        return errors.OK
    verb = VERBS.get(name)
    if verb is None:
        raise _unknown(name)
    return _call(name, verb, arguments)


def _call(name: str, verb: Verb, arguments: list[str]) -> int:
    from importlib import import_module

    from graduate.pipeline.cli._parser import Parser, walk

    module = import_module(verb.module)
    parser = Parser(prog=f"graduate {name}", description=_sentence(module.HELP))
    module.add_arguments(parser)
    for each in walk(parser):
        each.epilog = "\n\n".join(filter(None, [each.epilog, _examples(verb), _exit_codes(verb.exit_codes)]))
        each.add_argument(
            "--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks and all logs"
        )
    try:
        args = parser.parse(arguments, argparse.Namespace(debug=False))
    except SystemExit as asked:  # argparse has printed a --help
        return int(asked.code or 0)
    return int(module.run(args) or 0)


def overview() -> str:
    """The text of `graduate --help`."""
    lines = [
        "usage: graduate VERB …            graduate VERB --help",
        "",
        "From labelled data to a pushed, servable model. No model graduates unless its data, its training,",
        "its evaluation and its export were sound. One YAML file describes a pipeline.",
    ]
    for group in dict.fromkeys(verb.group for verb in VERBS.values()):
        lines += ["", f"{group}:"]
        lines += _table((name, verb.help) for name, verb in VERBS.items() if verb.group == group)
    lines += ["", "Start with:", *_table(FIRST_COMMANDS)]
    lines += ["", "Options: --help, --version; with every verb --help and --debug (tracebacks)", ""]
    lines += [_exit_codes(tuple(EXIT_CODES)), "", "Environment variables:", *_table(ENVIRONMENT.items())]
    return "\n".join(lines)


def _table(rows) -> list[str]:
    rows = [(str(left), right) for left, right in rows]
    width = max(len(left) for left, _ in rows)
    return [f"  {left:<{width}}  {right}" for left, right in rows]


def _examples(verb: Verb) -> str:
    if not verb.examples:
        return ""
    return "\n".join(["examples:", *(f"  {command}\n      {what}" for command, what in verb.examples)])


def _exit_codes(codes: tuple[int, ...]) -> str:
    texts = {code: EXIT_CODES[code] for code in [*codes, errors.INTERRUPTED]}
    if errors.REFUSED not in codes:  # all but `run`
        texts[errors.OK] = "done"
    return "\n".join(["exit codes:", *(f"  {code:>3}  {text}" for code, text in texts.items())])


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _unknown(name: str) -> UsageError:
    from graduate.pipeline.cli._parser import suggest

    if name.startswith("-"):
        return UsageError(f"unknown option {name}", hint="the verb comes first: graduate VERB …; see graduate --help")
    near = suggest(name, VERBS)
    return UsageError(
        f"unknown verb {name}",
        hint=f"did you mean graduate {near}?" if near else f"verbs: {', '.join(VERBS)}; see graduate --help",
    )


def _unexpected(error: BaseException, words: Sequence[str], debug: bool) -> str:
    """A defect of ours, in a few lines: what was asked, the exception, where."""
    import shlex

    trace = error.__traceback__
    where = "?"
    while trace is not None:
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    text = " ".join(str(error).split())
    lines = [
        "error: graduate did not expect this; it is a defect of ours, not of your config",
        f"  {type(error).__name__}{': ' + text[:400] if text else ''}",
        f"  at {where}",
    ]
    if not debug:
        lines += ["", f"hint: graduate {shlex.join(words)} --debug shows the traceback"]
    return "\n".join(lines)


def _print_traceback() -> None:
    import traceback

    traceback.print_exc()


def _say(text: str) -> None:
    import contextlib

    with contextlib.suppress(OSError, ValueError):  # stderr is closed: the exit code has to do
        print(text, file=sys.stderr, flush=True)


def _coloured(text: str) -> str:
    if os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        return text
    red, bold, plain = "\x1b[1;31m", "\x1b[1m", "\x1b[0m"
    lines = text.split("\n")
    for at, line in enumerate(lines):
        for word, colour in (("error:", red), ("hint:", bold)):
            if line.startswith(word):
                lines[at] = f"{colour}{word}{plain}{line[len(word) :]}"
    return "\n".join(lines)


def _tolerate_any_text() -> None:
    """File names need not be UTF-8, nor need the terminal be: neither may end a verb with an encoding error."""
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="surrogateescape" if encoding == "utf8" else "backslashreplace")
