"""The script's process as the one that watches sees it: started, its signals handed on, ended.

The script has our terminal, standard streams, environment, working folder and process group. A Ctrl-C at the terminal
therefore reaches both processes, `kill -INT` only the one that is named: a signal that came to us is handed on when the
script's process has not noted the same within a moment.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from graduate.watch import child

_HANDED_ON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_MOMENT = 0.3  # seconds in which a signal to both of us has surely come
_PATIENCE = 15.0  # seconds that a script has to end when it is stopped, before harsher signals


@dataclass(frozen=True)
class Ended:
    """How the script ended.

    Attributes:
        code: its exit code; negative is the signal that ended it.
        stopped: we ended it, because its training was sick.
    """

    code: int
    stopped: bool = False

    @property
    def exit(self) -> int:
        """As a shell shows it: 128 + n for signal n."""
        return 128 - self.code if self.code < 0 else self.code

    @property
    def signal(self) -> str | None:
        """The name of the signal that ended it."""
        if self.code >= 0:
            return None
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


def run(
    kind: str,
    target: str,
    arguments: Sequence[str],
    *,
    folder: str,
    every: int,
    sick: Callable[[], bool] | None = None,
) -> Ended:
    """Run the script to its end.

    Args:
        kind: `script` or `module`.
        target: the file, or the module's name.
        arguments: the script's own.
        folder: for the traces.
        every: record each n-th step.
        sick: asked every moment; once it says yes, the script is ended.
    """
    with _Signals() as signals:
        listening, receipts = os.pipe()
        os.set_blocking(listening, False)
        try:
            words = [folder, str(every), str(receipts), kind, target, *arguments]
            process = subprocess.Popen(
                [sys.executable, *_interpreter_flags(), child.__file__, *words], pass_fds=(receipts,)
            )
        finally:
            os.close(receipts)
        try:
            return _Watched(process, listening, signals, sick).follow()
        finally:
            os.close(listening)


class _Watched:
    def __init__(
        self, process: subprocess.Popen[bytes], listening: int, signals: _Signals, sick: Callable[[], bool] | None
    ) -> None:
        self._process, self._listening, self._signals, self._sick = process, listening, signals, sick
        self._due: dict[int, float] = {}  # a signal that came to us → when it is handed on
        self._noted: dict[int, float] = {}  # a signal that the script has noted and we have not → when
        self._harsher = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]
        self._stopped = False
        self._next_stop = 0.0

    def follow(self) -> Ended:
        while (code := self._process.poll()) is None:
            timeout = 0.5 if self._sick else None
            if self._due:
                timeout = max(0.0, min(self._due.values()) - time.monotonic())
            ready, _, _ = select.select([self._signals.descriptor, *self._open()], [], [], timeout)
            if self._listening in ready:
                self._take_receipts()
            for number in self._signals.take():
                self._came(number)
            self._hand_on()
            self._stop_if_sick()
        return Ended(code, self._stopped)

    def _open(self) -> list[int]:
        return [self._listening] if self._listening >= 0 else []

    def _take_receipts(self) -> None:
        try:
            noted = os.read(self._listening, 4096)
        except BlockingIOError:
            return
        if not noted:  # the script closed it
            self._listening = -1
        for number in noted:
            if self._due.pop(number, None) is None:
                self._noted[number] = time.monotonic()

    def _came(self, number: int) -> None:
        """A signal to us: the script has it already, or gets it in a moment if it has not noted it by then."""
        if time.monotonic() - self._noted.pop(number, -_MOMENT) >= _MOMENT:
            self._due.setdefault(number, time.monotonic() + _MOMENT)

    def _hand_on(self) -> None:
        for number in [number for number, when in self._due.items() if when <= time.monotonic()]:
            del self._due[number]
            self._process.send_signal(number)

    def _stop_if_sick(self) -> None:
        if not self._sick or not (self._stopped or self._sick()):
            return
        self._stopped = True
        if self._harsher and time.monotonic() >= self._next_stop:
            self._next_stop = time.monotonic() + _PATIENCE
            self._process.send_signal(self._harsher.pop(0))


class _Signals:
    """Within it no signal ends us, but for the deadly; `descriptor` is readable when one came. The ignored stay so."""

    def __enter__(self) -> _Signals:
        self.descriptor, self._writing = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._writing, False)
        self._wakeup = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        numbers = [getattr(signal, name) for name in _HANDED_ON if hasattr(signal, name)]
        self._heeded = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, _nothing) for number in (*self._heeded, signal.SIGCHLD)}
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self.descriptor)
        os.close(self._writing)

    def take(self) -> list[int]:
        """The signals that came and are to be handed on."""
        came = b""
        with contextlib.suppress(BlockingIOError):
            came = os.read(self.descriptor, 4096)
        return [number for number in dict.fromkeys(came) if number in self._heeded]


def _nothing(number: int, frame: FrameType | None) -> None:
    """A handler; that there is one makes the wakeup descriptor work."""


def _interpreter_flags() -> list[str]:
    """`-O`, `-X …`, `-W …` as this interpreter has them; safe_path is of how we were called, not of the script."""
    return [flag for flag in subprocess._args_from_interpreter_flags() if flag != "-P"]  # type: ignore[attr-defined]
