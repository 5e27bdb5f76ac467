"""Looks at the traces while the script runs, and says when a training is certainly sick."""

from __future__ import annotations

import time
from pathlib import Path

_BETWEEN = 2.0  # seconds
_SHARE = 0.05  # of one processor's time that looking may take


class Lookout:
    """Called every moment; looks now and then, and says yes once a rule that holds during training gives an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._next = time.monotonic() + _BETWEEN
        self._sizes: dict[Path, int] = {}

    def __call__(self) -> bool:
        if time.monotonic() < self._next:
            return False
        began = time.monotonic()
        found = self._look()
        took = time.monotonic() - began
        self._next = time.monotonic() + max(_BETWEEN, took / _SHARE)
        return found

    def _look(self) -> bool:
        from graduate.diagnose import diagnose
        from graduate.errors import UserError
        from graduate.trace import open_trace

        for header in sorted(self._folder.glob("**/header.json")):
            blocks = header.with_name("blocks.bin")
            size = blocks.stat().st_size if blocks.is_file() else 0
            if size == self._sizes.get(header):
                continue
            self._sizes[header] = size
            try:
                trace = open_trace(header.parent)
            except UserError:  # it is being written
                continue
            if diagnose(trace, final=False).verdict == "sick":
                return True
        return False
