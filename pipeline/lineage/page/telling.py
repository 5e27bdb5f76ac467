"""How states, times and values are told on a page: a word, a sign and a tone, so that colour alone never tells it."""

from __future__ import annotations

import datetime
import json
from typing import Any, NamedTuple

from graduate.page.shell import text


class Told(NamedTuple):
    """A state as it is shown; `tone` is a class of base.css: good, bad, warn, live, calm or dim."""

    sign: str
    word: str
    tone: str


_EXECUTIONS = {
    "ran": Told("✓", "ran", "good"),
    "cached": Told("↺", "cached", "calm"),
    "skipped": Told("–", "skipped", "dim"),
    "failed": Told("✕", "failed", "bad"),
    "running": Told("▶", "running", "live"),
    "interrupted": Told("‖", "interrupted", "warn"),
}
_RUNS = {
    "pushed": Told("✓", "pushed", "good"),
    "complete": Told("✓", "complete", "good"),
    "refused": Told("✕", "refused", "bad"),
    "sick": Told("!", "sick", "bad"),
    "data_refused": Told("✕", "data refused", "bad"),
    "failed": Told("✕", "failed", "bad"),
    "stopped": Told("■", "stopped", "calm"),
    "running": Told("▶", "running", "live"),
    "interrupted": Told("‖", "interrupted", "warn"),
}
RUN_STATUSES = tuple(_RUNS)


def execution_state(state: str) -> Told:
    """One of vocabulary.STATES."""
    return _EXECUTIONS.get(state, Told("?", state, "dim"))


def run_status(status: str) -> Told:
    """A run's status; one that is not known is told as it was written."""
    return _RUNS.get(status, Told("?", status or "unknown", "dim"))


def verdict(passed: Any) -> Told:
    """A verdict, from its property `passed`."""
    return Told("✓", "passed", "good") if passed else Told("✕", "refused", "bad")


def chip(told: Told) -> str:
    """A state as markup."""
    return f'<span class="chip {told.tone}"><i aria-hidden="true">{text(told.sign)}</i>{text(told.word)}</span>'


def moment(milliseconds: int | None) -> str:
    """`2026-01-31 23:59:59` in the time zone of this machine; a dash where it is not known."""
    if not milliseconds or not 0 < milliseconds < 253_402_300_800_000:  # up to the year 9999
        return "–"
    return f"{datetime.datetime.fromtimestamp(milliseconds / 1000).astimezone():%Y-%m-%d %H:%M:%S}"


def time_of(milliseconds: int | None) -> str:
    """The same as markup."""
    said = moment(milliseconds)
    if said == "–":
        return said
    stamp = datetime.datetime.fromtimestamp((milliseconds or 0) / 1000, datetime.UTC).isoformat(timespec="seconds")
    return f'<time datetime="{stamp}">{said}</time>'


def lasted(milliseconds: int | None) -> str:
    """`19 ms`, `4.9 s`, `3 min 20 s`, `2 h 5 min`; a dash where it is not known."""
    if milliseconds is None or milliseconds < 0:
        return "–"
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:.1f} s"
    seconds = milliseconds // 1000
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def size(octets: int) -> str:
    """`812 B`, `14 kB`, `1.2 MB`; a kilobyte is 1,000 bytes."""
    if octets < 1000:
        return f"{octets} B"
    value = float(octets)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            break
    return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"


def value_of(value: Any, most: int = 2_000) -> str:
    """A property as text: numbers with six digits, JSON indented, at most `most` characters."""
    if isinstance(value, str):
        value = decoded(value)
    if isinstance(value, bool):
        said = "yes" if value else "no"
    elif isinstance(value, float):
        said = f"{value:.6g}"
    elif isinstance(value, dict | list):
        said = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    elif isinstance(value, bytes):
        said = f"{len(value)} bytes"
    else:
        said = "–" if value is None else str(value)
    return said if len(said) <= most else f"{said[:most]}… ({len(said) - most:,} characters more)"


def decoded(value: str) -> Any:
    """What JSON a property holds; the text itself where it is none."""
    if value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def shortened(label: str, most: int) -> str:
    """A label that fits."""
    return label if len(label) <= most else f"{label[: most - 1]}…"


def count(number: int, one: str, many: str = "") -> str:
    """`1 run`, `1,204 runs`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
