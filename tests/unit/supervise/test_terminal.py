"""A run on a terminal: what it draws, and what state the terminal is left in."""

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from .conftest import DRIVE

HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"


class Session:
    """`graduate` on a pseudo-terminal; `screen` is everything that was written to it so far."""

    def __init__(self, folder, scenario: str, *words: str) -> None:
        self._master, slave = pty.openpty()
        environment = {**os.environ, "TERM": "xterm-256color"}
        environment.pop("GRADUATE_WORKDIR", None)
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVE), scenario, *words],
            cwd=folder,
            env=environment,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        self._slave = slave  # kept open, as a shell does
        self._bytes = b""
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    @property
    def screen(self) -> str:
        return self._bytes.decode(errors="replace")

    def until(self, pattern: str) -> str:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if found := re.search(pattern, self.screen):
                return found[0]
            time.sleep(0.02)
        raise AssertionError(f"{pattern!r} never came:\n{self.screen}")

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._slave)
        self._thread.join(10)
        os.close(self._master)

    def _collect(self) -> None:
        try:
            while data := os.read(self._master, 4096):
                self._bytes += data
        except OSError:
            pass


@pytest.fixture
def session(project):
    opened: list[Session] = []

    def start(scenario: str) -> Session:
        opened.append(Session(project, scenario, "run", "tiny.yaml"))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def cursor_is_shown(screen: str) -> bool:
    return screen.rfind(SHOWN) > screen.rfind(HIDDEN) >= 0


def test_a_run_draws_its_nodes_and_leaves_the_summary(session):
    run = session("pushed")
    run.until("try next")
    assert run.process.wait() == 0
    assert "· Pusher" in re.sub(r"\x1b\[[0-9;]*m", "", run.screen)
    assert cursor_is_shown(run.screen)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_cursor_and_one_line(session, number):
    run = session("hang")
    run.until("pid [0-9]+")
    run.process.send_signal(number)
    assert run.process.wait() == 130
    run.until("interrupted: the same command goes on from there: graduate run tiny.yaml")
    assert cursor_is_shown(run.screen)


def test_a_killed_command_gets_its_cursor_back_from_the_guard(session):
    run = session("hang")
    run.until("pid [0-9]+")
    run.process.kill()
    run.until(re.escape(SHOWN))
    assert cursor_is_shown(run.screen)
