"""A row of numbers as a row of small bars. NumPy only."""

from __future__ import annotations

import numpy as np

BARS = "▁▂▃▄▅▆▇█"
PLAIN_BARS = "_.-=+*%#"


def line(values: np.ndarray, width: int, *, bars: str = BARS, logarithmic: bool = True) -> str:
    """`width` characters: values put together by their median, what is not finite as `×`, nothing as a blank.

    Args:
        values: (T,) in the order of the steps; NaN and infinite ones are shown as such.
        width: characters; fewer where there are fewer values.
        bars: from low to high.
        logarithmic: the scale; of values that are not above zero a linear one.
    """
    values = np.asarray(values, np.float64)
    if not len(values):
        return ""
    pieces = [piece for piece in np.array_split(values, min(width, len(values))) if len(piece)]
    middles = np.asarray([_middle(piece) for piece in pieces])
    good = middles[np.isfinite(middles)]
    if not len(good):
        return "×" * len(middles)
    if logarithmic and good.min() > 0:
        with np.errstate(invalid="ignore", divide="ignore"):
            middles = np.log10(middles)
        least_span = 0.02  # a factor of 1.05 is a flat line
    else:
        least_span = 1e-12
    good = middles[np.isfinite(middles)]
    low, high = good.min(), good.max()
    if high - low < least_span:
        low, high = (low + high) / 2 - least_span * 4, (low + high) / 2 + least_span * 4
    return "".join(_bar((one - low) / (high - low), bars) for one in middles)


def marks(steps: np.ndarray, marked: dict[int, str], width: int) -> str:
    """A row under such a line with a sign at each marked step; blank where none is marked."""
    if not len(steps):
        return ""
    width = min(width, len(steps))
    row = [" "] * width
    edges = np.cumsum([len(piece) for piece in np.array_split(steps, width)])
    for step, sign in sorted(marked.items(), reverse=True):
        at = int(np.searchsorted(edges, np.searchsorted(steps, step), "right"))
        row[min(at, width - 1)] = sign
    return "".join(row).rstrip()


def _middle(piece: np.ndarray) -> float:
    """The median; not finite where anything in it is infinite, or nothing is finite: that must be seen."""
    if np.isinf(piece).any():
        return np.inf
    finite = piece[np.isfinite(piece)]
    return float(np.median(finite)) if len(finite) else np.nan


def _bar(share: float, bars: str) -> str:
    return bars[min(int(share * len(bars)), len(bars) - 1)] if np.isfinite(share) else "×"
