"""What DataGuard says of recordings alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graduate.verdict import Check

CLIPPED = 0.001  # share of a recording's samples at the end of the scale; loud music has single ones
_SHOWN = 3


def clipped(rows: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """Recordings that were too loud for their scale, as a warning: they can be heard, and sound distorted.

    Args:
        rows: of the manifest; those of other tasks have no `clipped`.
    """
    heard = [row for row in rows if "clipped" in row]
    found = sorted((row for row in heard if row["clipped"] > CLIPPED), key=lambda row: (-row["clipped"], row["path"]))
    if found:
        some = ", ".join(f"{row['path']} ({row['clipped']:.1%} of its samples)" for row in found[:_SHOWN])
        text = f"{len(found)} of {len(heard)} recordings are clipped at full scale, such as {some}: record them softer."
        yield Check("clipped", True, text, value=len(found), bound=0, warns=True)
    elif heard:
        yield Check("clipped", True, "No recording is clipped at full scale.", value=0, bound=0)
