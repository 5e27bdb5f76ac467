"""Signals that end a run, as something to wait for beside the worker's events."""

from __future__ import annotations

import os
import signal
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Signals:
    """Within `with Signals() as signals` nothing is raised: `descriptor` becomes readable, `received` lists what came.

    A signal that was ignored stays so: `nohup graduate run …` outlives its terminal.
    """

    def __enter__(self) -> Signals:
        self.received: list[signal.Signals] = []
        self.descriptor, self._writing = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._writing, False)
        self._wakeup = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        heeded = [number for number in ENDING if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._note) for number in heeded}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self.descriptor)
        os.close(self._writing)

    def drain(self) -> None:
        """Empty the pipe; the handlers have noted what came."""
        try:
            while os.read(self.descriptor, 4096):
                pass
        except BlockingIOError:
            pass

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received.append(signal.Signals(number))
