"""When rules look at a training, and which snapshots of it stay."""

from __future__ import annotations

FIRST, LEAST_GAP, GROWTH, SHARE = 8, 16, 0.25, 0.1
SNAPSHOTS = 6


def look_steps(steps: int, often: bool = True) -> list[int]:
    """After which steps of `steps` the rules look: often at first, then every quarter of the way so far.

    The gap never grows beyond a tenth of the training, which makes about 30 looks at most. Where nothing follows from a
    look but a sentence it doubles, and looks are few.
    """
    if not often:
        return [FIRST << i for i in range(steps.bit_length()) if FIRST << i < steps]
    found, step = [], FIRST
    most = max(LEAST_GAP, int(SHARE * steps))
    while step < steps:
        found.append(step)
        step += min(most, max(LEAST_GAP, int(GROWTH * step)))
    return found


def thinned(steps: list[int]) -> list[int]:
    """The last three, and of the others those that leave the smallest gaps as a share: at most six."""
    kept = list(steps)
    while len(kept) > SNAPSHOTS:
        inner = range(1, len(kept) - 3)
        del kept[min(inner, key=lambda i: kept[i + 1] / max(1, kept[i - 1]))]
    return kept
