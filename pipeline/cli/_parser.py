"""argparse with our errors: a UsageError with the nearest right word instead of `usage: …` and exit."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

from graduate.errors import UsageError


def suggest(word: str, choices: Iterable[str]) -> str | None:
    """The choice nearest to a mistyped word, if one is near."""
    import difflib  # only an error needs it

    near = difflib.get_close_matches(word, list(choices), n=1, cutoff=0.5)
    return near[0] if near else None


class Parser(argparse.ArgumentParser):
    """A parser of one verb; argparse makes the parsers of its actions (`config schema`) of the same class."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)

    def error(self, message: str) -> NoReturn:
        sentence, hint = _reword(message, self.prog)
        raise UsageError(sentence, hint=hint)

    def parse(self, arguments: Sequence[str], namespace: argparse.Namespace) -> argparse.Namespace:
        """Parse, with options and positionals in any order; an unknown option is a UsageError with the nearest one."""
        with_actions = any(action.nargs in (argparse.PARSER, argparse.REMAINDER) for action in self._actions)
        parse = self.parse_known_args if with_actions else self.parse_known_intermixed_args
        found, extras = parse(arguments, namespace)
        if extras:
            self._refuse(extras[0])
        return found

    def _refuse(self, extra: str) -> NoReturn:
        if not extra.startswith("-"):
            raise UsageError(f"{self.prog}: one argument too many: {extra}", hint=f"see {self.prog} --help")
        option = extra.partition("=")[0]
        near = suggest(option, (name for parser in walk(self) for name in parser._option_string_actions))
        raise UsageError(
            f"{self.prog}: unknown option {option}",
            hint=f"did you mean {near}?" if near else f"see {self.prog} --help",
        )


def walk(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """A parser and those of its actions (`config`, `config schema`, …)."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield from walk(child)


def _reword(message: str, prog: str) -> tuple[str, str]:
    """argparse's message as a sentence and a hint."""
    see = f"see {prog} --help"
    if found := re.match(r"the following arguments are required: (.*)", message):
        return f"{prog} needs {found[1]}", see
    if found := re.match(r"argument (.+?): invalid choice: '(.*)' \(choose from (.*)\)", message):
        choices = re.findall(r"'([^']*)'", found[3])
        near = suggest(found[2], choices)
        option = f"{found[1].split('/')[-1]} " if found[1].startswith("-") else ""
        sentence = f"{prog}: {option}{found[2]!r} is not one of {', '.join(choices)}"
        return sentence, f"did you mean {near}?" if near else see
    if found := re.match(r"argument (.+?): expected (?:one|at least one) argument", message):
        return f"{prog}: {found[1].split('/')[-1]} needs a value", see
    return f"{prog}: {message}", see
