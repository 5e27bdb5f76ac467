"""What starts workers, whatever they are: pods, or processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Worker:
    """What has become of a worker.

    Args:
        number: 0 is the chief.
        ended: whether it is over.
        code: then its exit status; negative for a signal.
        reason: why it has not started, or how it ended, where that is known.
    """

    number: int
    ended: bool = False
    code: int = 0
    reason: str = ""

    def __str__(self) -> str:
        how = f"was killed by signal {-self.code}" if self.code < 0 else f"ended with status {self.code}"
        return f"worker {self.number} {how}" + (f" ({self.reason})" if self.reason else "")


class Launcher(Protocol):
    """Starts the workers of a team, tells what became of them, and ends them.

    Attributes:
        shares_disk: whether all workers see the paths that the chief sees.
        settle_s: seconds after which what became of one worker is known, counted from another's end.
    """

    shares_disk: bool
    settle_s: float

    def hosts(self, generation: int, workers: int) -> list[str]:
        """`host:port` of each worker; the chief's is the first."""

    def start(self, generation: int, plan: Path, workers: int) -> None:
        """Start all workers, the chief here."""

    def look(self) -> Sequence[Worker]:
        """What has become of each."""

    def stop(self) -> None:
        """End all workers, and wait until they are gone; may be called at any time."""

    def close(self) -> None:
        """Leave nothing behind."""
