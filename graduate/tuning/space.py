"""The search space: which keys of a config vary, and over what. Plain values; knows neither pydantic nor KerasTuner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

DIGITS = 4  # significant ones of a drawn number: a config that a person reads, and far finer than what matters


@dataclass(frozen=True)
class Dimension:
    """One key and what it may be.

    Attributes:
        key: of the config, dotted: `training.learning_rate`.
        kind: `choice`, one of `values`; `float` or `int`, a number from `low` to `high`, both included.
        values: of a choice, as the config has them.
        low, high: of a number.
        log: whether the logarithm is spread evenly, rather than the number.
    """

    key: str
    kind: Literal["choice", "float", "int"]
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False

    def corners(self) -> tuple[Any, ...]:
        """All values of a choice; both ends of a range."""
        return self.values if self.kind == "choice" else (self.number(self.low), self.number(self.high))

    def number(self, drawn: float) -> float | int:
        """A drawn number of a range as it is used: a whole one, or rounded to DIGITS and inside the range."""
        if self.kind == "int":
            return int(min(max(round(drawn), self.low), self.high))
        return float(min(max(float(f"{drawn:.{DIGITS}g}"), self.low), self.high))

    def told(self) -> str:
        """In a few words: `0.0001 … 0.1 (log)`."""
        if self.kind == "choice":
            return " · ".join(str(value) for value in self.values)
        return f"{self.low:g} … {self.high:g}{' (log)' if self.log else ''}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        if self.kind == "choice":
            return {"key": self.key, "kind": self.kind, "values": list(self.values)}
        return {"key": self.key, "kind": self.kind, "low": self.low, "high": self.high, "log": self.log}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Dimension:
        """What `to_json` gave."""
        return cls(**{**told, "values": tuple(told.get("values", ()))})


Space = Sequence[Dimension]


def size(space: Space) -> int | None:
    """How many settings there are; None where a range makes them uncountable."""
    if any(one.kind == "float" for one in space):
        return None
    many = 1
    for one in space:
        many *= len(one.values) if one.kind == "choice" else int(one.high - one.low) + 1
    return many


RANGES = ("between", "log")


def leaves(given: Mapping[str, Any], key: str = "") -> dict[str, Any]:
    """{dotted key: what it may be} of a space as a config writes it: dotted, or as groups within groups."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        whole = f"{key}.{name}" if key else name
        nested = isinstance(value, Mapping) and value and not set(value) <= set(RANGES)
        found.update(leaves(value, whole) if nested else {whole: value})
    return found


def rungs(algorithm: str, trials: int) -> tuple[int, int]:
    """Of Hyperband (Li et al. 2018): the largest budget in units of the smallest, and the factor between two rungs.

    The largest power of 3 whose first bracket fits into the trials, and 3 at least: 4 trials for 3 (1 + 3: three of a
    third, the best one whole), 13 for 9, 40 for 27.
    """
    if algorithm != "hyperband":
        return 1, 3
    units, first = 3, 4
    while (first * 3 + 1) <= trials:
        units, first = units * 3, first * 3 + 1
    return units, 3
