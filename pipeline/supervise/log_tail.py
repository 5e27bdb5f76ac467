"""`--debug`: the log on the screen as it grows."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


class LogTail:
    """Copies what is new in a file to a descriptor; the worker never waits for the terminal."""

    refresh_seconds = 0.1

    def __init__(self, log: Path, to: int = 2) -> None:
        self._file, self._to = os.open(log, os.O_RDONLY | os.O_CLOEXEC), to

    def pump(self) -> None:
        """Copy what was written since the last call."""
        with contextlib.suppress(OSError):
            while data := os.read(self._file, 1 << 16):
                while data:
                    data = data[os.write(self._to, data) :]

    def close(self) -> None:
        self.pump()
        os.close(self._file)
