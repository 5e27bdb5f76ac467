"""The search: proposals are trained one after the other, remembered, and told back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from graduate.tuning.trials import Memory, Trial

GIVE_UP = 3  # trials in a row that raise, as KerasTuner's own tuners do


class Asks(Protocol):
    """What `oracle.Oracle` is; it gives and takes `oracle.Proposal`s, or None where nothing is left to try."""

    def ask(self) -> Any: ...
    def tell(self, proposal: Any, score: float | None) -> None: ...


def search(
    oracle: Asks,
    metric: str,
    train: Callable[[Trial], Trial],
    *,
    memory: Memory,
    on_start: Callable[[Trial], None] = lambda trial: None,
    on_end: Callable[[Trial, bool], None] = lambda trial, known: None,
) -> list[Trial]:
    """Try what the oracle proposes, to the end.

    A trial with the settings and the budget of an earlier one is not trained again: it would come to the same. A trial
    that raises has failed; after three of them in a row the exception goes on.

    Args:
        oracle: asked for settings, told scores.
        metric: what it compares.
        train: gives the trial back as it ended; it may raise.
        memory: of trials that came to an end, in this search or in one that was killed.
        on_start: before a trial is trained.
        on_end: with the trial as it ended, and whether that was known before.
    """
    done: list[Trial] = []
    failed = 0
    while (proposal := oracle.ask()) is not None:
        trial = Trial(len(done) + 1, proposal.settings, proposal.share)
        ended = _repeated(trial, done) or memory.recall(trial)
        known = ended is not None
        if ended is None:
            on_start(trial)
            try:
                ended = train(trial)
                failed = 0
            except Exception as error:
                failed += 1
                if failed == GIVE_UP:
                    raise
                ended = replace(trial, status="failed", why=_first_line(error))
            memory.keep(ended)
        done.append(ended)
        on_end(ended, known)
        oracle.tell(proposal, ended.score(metric))
    return done


def _repeated(trial: Trial, done: Sequence[Trial]) -> Trial | None:
    """The same as an earlier trial; the same, too, as one that was sick with a smaller budget."""
    for one in done:
        sick = one.status == "sick" and one.settings == trial.settings and one.share <= trial.share
        if one.identity == trial.identity or sick:
            return replace(one, number=trial.number, share=trial.share, seconds=0.0, same_as=one.same_as or one.number)
    return None


def _first_line(error: Exception) -> str:
    text = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
