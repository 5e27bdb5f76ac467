"""Charts as markup: lines that stretch with the page, words that do not. Standard library and NumPy only.

Lines are SVG without an aspect ratio; labels, marks and the legend are HTML above it, so that they stay readable at any
width. Their style, which follows light and dark, is chart.css beside this file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graduate.page.shell import text

POINTS = 800
_DASHES = ("", "6 4", "2 3", "10 3 2 3")


@dataclass(frozen=True)
class Line:
    """A named line.

    Attributes:
        name: for the legend.
        x, y: (n,) each; what is not finite leaves a gap.
        dots: draw the points too, for lines of few.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    dots: bool = False


@dataclass(frozen=True)
class Mark:
    """A vertical line at `x`, with a badge that leads to `target` on the page."""

    x: float
    badge: str
    label: str
    target: str
    severity: str = "error"


def line_chart(title: str, lines: Sequence[Line], marks: Sequence[Mark] = (), *, unit: str = "step") -> str:
    """A figure of lines over steps; its vertical axis is logarithmic where the values span more than 30 times.

    Where a line has more than 800 points it is drawn as the band between the least and the largest of its neighbours:
    no spike is lost.
    """
    finite = [line.y[np.isfinite(line.y)] for line in lines]
    values = np.concatenate([np.zeros(0), *finite])
    if not len(values):
        return ""
    scale = _Scale.over(values)
    first = min(float(line.x[0]) for line in lines if len(line.x))
    last = max(max(float(line.x[-1]) for line in lines if len(line.x)), first + 1e-9)
    drawn = "".join(_drawn(at, line, scale, first, last) for at, line in enumerate(lines))
    stems, badges = _marked(marks, first, last)
    rules = "".join(f'<line class="rule" x1="0" x2="1000" y1="{y:.1f}" y2="{y:.1f}"/>' for _, y in scale.ticks())
    ticks = "".join(f'<span style="top:{y / 10:.1f}%">{text(label)}</span>' for label, y in scale.ticks())
    legend = "".join(f'<span><i class="key k{at % 4}"></i>{text(line.name)}</span>' for at, line in enumerate(lines))
    return (
        f'<figure class="chart"><figcaption>{text(title)} <span class="legend">{legend}</span></figcaption>'
        f'<div class="plot" role="img" aria-label="{text(_said(title, lines, unit))}"><div class="ticks">{ticks}</div>'
        f'<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">{rules}{drawn}{stems}</svg>'
        f"{badges}</div>{_ends(f'{unit} {first:,.0f}', f'{last:,.0f}')}</figure>"
    )


def histogram(title: str, groups: Sequence[tuple[str, np.ndarray]], *, bins: int = 30) -> str:
    """Histograms on one logarithmic axis, a row a group: how values of a column are spread.

    Args:
        title: above it.
        groups: name and values (n,); what is not finite or not above 0 is counted in words.
        bins: number of bars.
    """
    logs = [(name, np.log10(v[np.isfinite(v) & (v > 0)].astype(np.float64)), v) for name, v in groups]
    some = np.concatenate([np.zeros(0), *(log for _, log, _ in logs)])
    if not len(some):
        return ""
    low, high = float(some.min()), float(max(some.max(), some.min() + 0.01))
    rows = "".join(_bars(name, log, values, low, high, bins) for name, log, values in logs)
    ends = _ends(_short(10**low), _short(10**high))
    return f'<figure class="chart"><figcaption>{text(title)}</figcaption>{rows}{ends}</figure>'


def split_bar(title: str, parts: Sequence[tuple[str, float]]) -> str:
    """One bar of shares, e.g. where the time of a step goes. The shares are of the sum of `parts`."""
    whole = sum(value for _, value in parts if math.isfinite(value))
    if whole <= 0:
        return ""
    shares = [(name, value / whole) for name, value in parts if math.isfinite(value)]
    drawn = "".join(f'<span class="part p{at % 4}" style="width:{s:.2%}"></span>' for at, (_, s) in enumerate(shares))
    words = "".join(f'<span><i class="key b{at % 4}"></i>{text(n)} {s:.0%}</span>' for at, (n, s) in enumerate(shares))
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares)
    return (
        f'<figure class="chart"><figcaption>{text(title)} <span class="legend">{words}</span></figcaption>'
        f'<div class="split" role="img" aria-label="{text(said)}">{drawn}</div></figure>'
    )


@dataclass(frozen=True)
class _Scale:
    """From values to 0 (top) … 1000 (bottom)."""

    low: float
    high: float
    log: bool

    @classmethod
    def over(cls, values: np.ndarray) -> _Scale:
        low, high = float(values.min()), float(values.max())
        positive = values[values > 0]
        if low >= 0 and len(positive) and high / float(positive.min()) > 30:
            return cls(float(np.log10(positive.min())), float(np.log10(high)), True)
        return cls(low, high if high > low else low + max(abs(low), 1e-9) * 0.1, False)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log10(values.astype(np.float64)) if self.log else values.astype(np.float64)
        return 1000 - 960 * (np.clip(values, self.low, self.high) - self.low) / (self.high - self.low) - 20

    def ticks(self) -> list[tuple[str, float]]:
        """Label and height of three rules."""
        at = (self.low, (self.low + self.high) / 2, self.high)
        return [(_short(10**v if self.log else v), 980 - 960 * i / 2) for i, v in enumerate(at)]


def _drawn(at: int, line: Line, scale: _Scale, first: float, last: float) -> str:
    x = 1000 * (line.x.astype(np.float64) - first) / (last - first)
    y = scale(line.y)
    if len(x) > POINTS:
        x, y = _band(x, y)
    pieces, pen = [], "M"
    for one, other in zip(x.tolist(), y.tolist(), strict=True):
        if math.isfinite(other):
            pieces.append(f"{pen}{one:.1f} {other:.1f}")
            pen = "L"
        else:
            pen = "M"
    dots = "".join(f"M{p[1:]}h0.01" for p in pieces) if line.dots else ""
    dash = f' stroke-dasharray="{_DASHES[at % 4]}"' if at % 4 else ""
    return f'<path class="line k{at % 4}" d="{"".join(pieces)}"{dash}/><path class="dot k{at % 4}" d="{dots}"/>'


def _band(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest of each of at most POINTS / 2 neighbourhoods, in turn."""
    edges = np.linspace(0, len(x), POINTS // 2 + 1).astype(int)[:-1]
    low = np.minimum.reduceat(np.where(np.isfinite(y), y, np.inf), edges)
    high = np.maximum.reduceat(np.where(np.isfinite(y), y, -np.inf), edges)
    both = np.stack([low, high], 1).ravel()
    return np.repeat(x[edges], 2), np.where(np.isfinite(both), both, np.nan)


def _marked(marks: Sequence[Mark], first: float, last: float) -> tuple[str, str]:
    stems, badges = [], []
    taken: list[float] = []
    for mark in marks:
        x = min(max((mark.x - first) / (last - first), 0.0), 1.0)
        beside = sum(abs(x - other) < 0.03 for other in taken)  # badges at one place stand in a row
        taken.append(x)
        sign = "-" if x > 0.5 else "+"
        stems.append(f'<line class="stem {mark.severity}" x1="{1000 * x:.1f}" x2="{1000 * x:.1f}" y1="0" y2="1000"/>')
        badges.append(
            f'<a class="badge {mark.severity}" style="left:calc({x:.2%} {sign} {1.5 * beside}rem)"'
            f' href="#{text(mark.target)}"'
            f' title="{text(mark.label)}" aria-label="{text(mark.label)}">{text(mark.badge)}</a>'
        )
    return "".join(stems), "".join(badges)


def _bars(name: str, logs: np.ndarray, values: np.ndarray, low: float, high: float, bins: int) -> str:
    counts, _ = np.histogram(logs, bins=bins, range=(low, high))
    width, heights = 1000 / bins, 1000 * counts / max(int(counts.max()), 1)
    drawn = "".join(
        f'<rect x="{i * width:.1f}" y="{1000 - tall:.1f}" width="{width * 0.9:.1f}" height="{tall:.1f}"/>'
        for i, tall in enumerate(heights.tolist())
        if tall
    )
    left = [
        f"{n} {what}"
        for n, what in ((int((values == 0).sum()), "zero"), (int((~np.isfinite(values)).sum()), "not finite"))
        if n
    ]
    more = f" ({', '.join(left)})" if left else ""
    said = f"{name}: median {_short(10 ** float(np.median(logs)))}{more}" if len(logs) else f"{name}{more}"
    return (
        f'<div class="bars"><span>{text(said)}</span>'
        f'<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" role="img" aria-label="{text(said)}">'
        f"{drawn}</svg></div>"
    )


def _said(title: str, lines: Sequence[Line], unit: str) -> str:
    """The chart in words, for who cannot see it."""
    parts = []
    for line in lines:
        known = line.y[np.isfinite(line.y)]
        if len(known):
            parts.append(f"{line.name} from {_short(float(known[0]))} to {_short(float(known[-1]))}")
    return f"{title} by {unit}: " + "; ".join(parts)


def _short(value: float) -> str:
    return f"{value:.3g}" if not value or 1e-3 <= abs(value) < 1e5 else f"{value:.1e}"


def _ends(left: str, right: str) -> str:
    return f'<div class="ends"><span>{text(left)}</span><span>{text(right)}</span></div>'
