"""What a person means by a time: `2026-11-28`, `2026-11-28T14:30`, `today`, `yesterday`, `2d`, `3h`, `30m`, `1w`."""

from __future__ import annotations

import datetime
import re

from graduate.errors import UsageError

_AGO = re.compile(r"(\d+)\s*(m|min|h|d|w)")
_MINUTES = {"m": 1, "min": 1, "h": 60, "d": 60 * 24, "w": 60 * 24 * 7}
FORMS = "2026-01-31, 2026-01-31T14:30, today, yesterday, 2d, 3h, 30m or 1w"


def moment(text: str, option: str, *, end: bool = False, now: datetime.datetime | None = None) -> int:
    """Milliseconds since 1970.

    Args:
        text: as somebody typed it; local time where it names no zone. `2d` is two days before now.
        option: the option that it was given to, for the error.
        end: of a whole day its last millisecond, not its first.
        now: the clock.

    Raises:
        UsageError: it is no time.
    """
    now = (now or datetime.datetime.now()).astimezone()
    word = text.strip().lower()
    ago = _AGO.fullmatch(word)
    if ago:
        try:
            return _milliseconds(now - datetime.timedelta(minutes=int(ago[1]) * _MINUTES[ago[2]]))
        except OverflowError:
            raise _unknown(text, option) from None
    day = {"today": now.date(), "yesterday": now.date() - datetime.timedelta(days=1)}.get(word)
    try:
        if day is None and re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", word):
            day = datetime.date.fromisoformat(word)
        if day is not None:
            midnight = datetime.datetime.combine(day, datetime.time()).astimezone()
            following = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time()).astimezone()
            return _milliseconds(following) - 1 if end else _milliseconds(midnight)
        return _milliseconds(datetime.datetime.fromisoformat(text.strip()).astimezone())
    except (ValueError, OverflowError):
        raise _unknown(text, option) from None


def _milliseconds(at: datetime.datetime) -> int:
    return int(at.timestamp() * 1000)


def _unknown(text: str, option: str) -> UsageError:
    return UsageError(f"{option} {text}: that is no time", hint=f"write {FORMS}")
