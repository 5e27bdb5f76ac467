"""What a remedy may touch. `graduate.training` provides it; remedies know nothing else of a training."""

from __future__ import annotations

from typing import Any, Protocol

from graduate.trace import Trace


class NotApplicable(Exception):
    """This training cannot take this remedy; the message says why. The next remedy is tried."""


class Treated(Protocol):
    """A training that is about to go on differently. Nothing happens before the remedy returns.

    Attributes:
        learning_rate: the constant rate, or the peak of the schedule; setting it scales the whole schedule.
        clip_norm: the bound of the global gradient norm, None where nothing is clipped.
        batch_size: rows an optimizer step.
        step: steps done when the finding was made.
        steps: of the whole training.
        options: the other options by name (see `graduate.training.TrainingOptions`), read-only.
        trace: what was recorded so far.
        history: a row an evaluation, see `graduate.training.state.TrainingState`.
    """

    learning_rate: float
    clip_norm: float | None
    batch_size: int

    @property
    def step(self) -> int: ...

    @property
    def steps(self) -> int: ...

    @property
    def options(self) -> dict[str, Any]: ...

    @property
    def trace(self) -> Trace: ...

    @property
    def history(self) -> list[dict[str, Any]]: ...

    def roll_back(self, step: int) -> int:
        """Go on from the newest snapshot of at most `step` steps; gives its step."""

    def skip(self, first: int, count: int) -> None:
        """Leave out the batches of the steps `first` … `first + count - 1`; the order goes on behind them."""

    def set(self, **options: Any) -> None:
        """Change other options."""

    def rebuild(self, **hyperparameters: Any) -> None:
        """Make the network anew with these changed, see `graduate.training.surgery`, and start again.

        Raises:
            NotApplicable: this network cannot be changed so.
        """

    def stop(self, reason: str) -> None:
        """End the training, successfully, with what it has."""
