"""`--schedule`: checked here, and in the form that Kubeflow reads.

Kubeflow parses with robfig/cron, whose first field is the *second* and whose last one may be missing. So it takes the
five fields of an ordinary crontab without a word, and reads `0 9 * * 1-5` (nine o'clock on working days) as second 0
of minute 9 of every hour, from January to May. Five fields are therefore made six here.
Source: https://pkg.go.dev/github.com/robfig/cron#hdr-CRON_Expression_Format
"""

from __future__ import annotations

import re

from graduate.errors import UsageError

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_WORDS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_EVERY = re.compile(r"@every (\d+(\.\d+)?(h|m|s|ms|us|ns))+$")
_HINT = "minute, hour, day of the month, month, day of the week: '0 9 * * 1-5' is nine o'clock on working days"


def checked(text: str) -> str:
    """An expression in Kubeflow's form: six fields, or a word such as `@daily`.

    Raises:
        UsageError: it is none; the field that is wrong is named.
    """
    text = " ".join(text.split())
    if text.startswith("@"):
        if text in _WORDS or _EVERY.match(text):
            return text
        raise UsageError(f"--schedule {text}: there is no such word", hint=f"{', '.join(_WORDS)}, or '@every 6h'")
    fields = text.split(" ") if text else []
    if len(fields) not in (5, 6):
        counted = "1 field" if len(fields) == 1 else f"{len(fields)} fields"
        raise UsageError(f"--schedule '{text}' has {counted} instead of five", hint=_HINT)
    if len(fields) == 5:
        fields = ["0", *fields]
    for field, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            _check(part, name, low, high, words, text)
    return " ".join(fields)


def _check(part: str, name: str, low: int, high: int, words: tuple[str, ...], whole: str) -> None:
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and int(step) > 0):
        raise UsageError(f"--schedule '{whole}': {part} is no step of the {name}", hint="e.g. */5")
    if span in ("*", "?"):
        return
    first, dash, last = span.partition("-")
    start = _number(first, name, low, high, words, whole)
    if dash and _number(last, name, low, high, words, whole) < start:
        raise UsageError(f"--schedule '{whole}': {span} of the {name} ends before it begins", hint=_HINT)


def _number(text: str, name: str, low: int, high: int, words: tuple[str, ...], whole: str) -> int:
    if text.upper() in words:
        return words.index(text.upper()) + low
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        sunday = "; Sunday is 0" if name.endswith("week") else ""
        raise UsageError(f"--schedule '{whole}': {text or 'nothing'} is no {name}: {low} to {high}{sunday}", hint=_HINT)
    return int(text)
