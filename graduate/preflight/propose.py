"""From a learning-rate range test to a rate. NumPy only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEAST_DROP = 0.05  # of the loss: less is no minimum
NOISE = 3.0  # the drop must be so many deviations of the loss at rates that do nothing
SHARE = 0.1  # of the rate beyond which the loss turns up
SPREAD = 1.5  # decades between the proposals of single runs: more is no agreement


@dataclass(frozen=True)
class Proposal:
    """What a range test says.

    Args:
        rate: to try first; None where the test shows no clear minimum.
        sentence: for a person.
        steepest: where the loss fell fastest.
        largest: the largest rate before the loss turned up; None where it never did.
    """

    rate: float | None
    sentence: str
    steepest: float | None = None
    largest: float | None = None


def propose(rates: np.ndarray, losses: np.ndarray) -> Proposal:
    """The rate to begin with: where the median loss falls fastest, but a tenth of the rate of its minimum at most.

    Several runs, because one depends on which rows came at which rate (fastai issue 3295); smoothed, because a single
    dip or an early spike is not a minimum (Lightning issues 1767 and 21141).

    Args:
        rates: (N,) rising.
        losses: (R, N): of R runs, each from the same weights with rows in an order of its own. Infinity from where a
            run diverged.
    """
    middle = smoothed(np.median(losses, 0))
    if not np.isfinite(middle[: len(rates) // 4]).all():
        return Proposal(None, "The loss is not finite at the smallest rates: no rate can be proposed.")
    found = _of_one(rates, middle, _noise(losses))
    if found is None:
        return Proposal(None, "The range test shows no clear minimum: no rate makes the loss fall beyond its noise.")
    steepest, largest = found
    single = [one[0] for run in losses if (one := _of_one(rates, smoothed(run), _noise(losses))) is not None]
    if len(losses) > 1 and (len(single) < 2 or np.ptp(np.log10(single)) > SPREAD):
        return Proposal(None, "The range test shows no clear minimum: its runs do not agree.", steepest, largest)
    rate = steepest if largest is None else min(steepest, SHARE * largest)
    rate = float(f"{rate:.1g}")
    end = f" and turns up beyond {largest:.2g}" if largest is not None else ""
    sentence = f"A learning rate of {rate:g} to begin with: the loss falls fastest at {steepest:.2g}{end}."
    return Proposal(rate, sentence, steepest, largest)


def smoothed(losses: np.ndarray) -> np.ndarray:
    """The running median of five, and then the mean of three."""
    median = _windows(losses, 5, np.median)
    return _windows(median, 3, np.mean)


def _of_one(rates: np.ndarray, losses: np.ndarray, noise: float) -> tuple[float, float | None] | None:
    """(rate of the steepest fall, rate of the minimum or None where the loss still falls); None without a fall."""
    start = float(np.median(losses[: max(3, len(losses) // 8)]))
    finite = np.where(np.isfinite(losses), losses, np.inf)
    at = int(np.argmin(finite))
    drop = start - float(finite[at])
    if not drop > max(LEAST_DROP * abs(start), NOISE * noise):
        return None
    falling = finite[: at + 1]
    slope = np.gradient(falling) if len(falling) > 2 else np.diff(falling, append=falling[-1])
    after = finite[at:]
    turned = bool((after > finite[at] + 0.1 * drop).any())
    return float(rates[int(np.argmin(slope))]), float(rates[at]) if turned else None


def _noise(losses: np.ndarray) -> float:
    """The deviation of the loss where the rates are too small to matter: the first eighth."""
    early = losses[:, : max(3, losses.shape[1] // 8)]
    spread = np.median(np.abs(early - np.median(early)))
    return float(1.4826 * spread / np.sqrt(max(1, len(losses)))) if np.isfinite(spread) else 0.0


def _windows(values: np.ndarray, width: int, of: object) -> np.ndarray:
    half = width // 2
    padded = np.pad(values, half, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, width)
    with np.errstate(invalid="ignore"):
        return np.asarray(of(windows, -1))  # type: ignore[operator]
