"""The course of a training: once through, or, where cures start it again or roll it back, several times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graduate.training.cluster import from_chief
from graduate.training.strategy import is_chief, worker_count
from graduate.training.treatment import Treatment

if TYPE_CHECKING:
    from graduate.training.loop import Training, TrainingResult
    from graduate.training.state import TrainingState

Origin = Callable[["Training"], "TrainingState"]  # puts a training's variables to a snapshot's, and gives its state


class GoOnTreated(Exception):
    """The training as it is ends here; it goes on with this treatment.

    Args:
        origin: from where; None is from the start.
    """

    def __init__(self, treatment: Treatment, origin: Origin | None) -> None:
        super().__init__(treatment.cures[-1].sentence)
        self.treatment, self.origin = treatment, origin


def run(
    make: Callable[[Treatment], Training],
    strategy: Any,
    callbacks: Sequence[Any],
    folder: str | None,
    on_progress: Callable[[dict[str, Any]], None] | None,
) -> TrainingResult:
    """Train, with what cures were decided on before a kill, and with those that are decided on now.

    A new course has checkpoints of its own. Its first one is whole before it is written down that the training is
    treated: wherever it is killed, it goes on either before the cure, which is found again, or after it.
    """
    origin: Origin | None = None
    treatment, again = _known(strategy, folder), False
    while True:
        training = make(treatment)
        training.open(str(Path(folder, treatment.checkpoints)) if folder else None, origin, again)
        if folder is not None and is_chief(strategy):
            treatment.write(folder)
        for callback in callbacks:
            if hasattr(callback, "follow"):
                callback.follow(training)
        try:
            return training.run(on_progress)
        except GoOnTreated as changed:
            treatment, origin, again = changed.treatment, changed.origin, True


def _known(strategy: Any, folder: str | None) -> Treatment:
    if folder is None:
        return Treatment()
    found = Treatment.read(folder)
    if worker_count(strategy) > 1:
        found = Treatment.decoded(from_chief(strategy, found.encoded() if found.cures else b""))
    return found
