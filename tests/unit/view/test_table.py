"""The live table, on a pseudo-terminal."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import termios
import threading

import pytest

from graduate.pipeline.view import live

NODES = ["ExampleGen", "Transform", "Trainer", "Pusher"]
EVENTS = [
    {"event": "node", "node": "ExampleGen", "state": "running"},
    {"event": "node", "node": "ExampleGen", "state": "cached", "seconds": 0.0, "reason": "from digits-1 " * 20},
    {"event": "node", "node": "Trainer", "state": "running"},
    {
        "event": "progress",
        "node": "Trainer",
        "step": 12000,
        "steps": 60000,
        "loss": 0.51234,
        "accuracy": 0.91,
        "steps_per_second": 190.2,
        "seconds_left": 252.0,
    },
]


class Terminal:
    """A pseudo-terminal of a size; `text` is what was written to it, in the end."""

    def __init__(self, columns: int, rows: int) -> None:
        self._master, slave = pty.openpty()
        self._set_size = lambda c, r: fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", r, c, 0, 0))
        self._set_size(columns, rows)
        self.stream = os.fdopen(slave, "w", encoding="utf-8")
        self._read = b""
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    def resize(self, columns: int, rows: int) -> None:
        self._set_size(columns, rows)

    def _collect(self) -> None:
        try:
            while data := os.read(self._master, 4096):
                self._read += data
        except OSError:
            pass

    def close(self) -> str:
        if not self.stream.closed:
            self.stream.close()
        self._thread.join()
        os.close(self._master)
        return self._read.decode()


@pytest.fixture(autouse=True)
def _terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)


def draw(events: list[dict], columns: int = 80, rows: int = 30, resize: tuple[int, int] | None = None) -> str:
    terminal = Terminal(columns, rows)
    with live.open_view(NODES, "x.yaml", terminal.stream) as view:
        assert isinstance(view, live.Table)
        for event in events:
            view.handle(event)
        view._draw()
        if resize:
            terminal.resize(*resize)
            view._draw()
    return terminal.close()


def plain(text: str) -> list[str]:
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    return [line.rstrip() for line in re.split(r"[\r\n]+", text)]


@pytest.mark.parametrize("columns", [30, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal_leaves_room_for(columns):
    shown = plain(draw(EVENTS, columns))
    assert max(map(len, shown)) <= columns - (2 if columns > 30 else 0)


def test_all_nodes_are_there_and_the_training_with_its_numbers():
    shown = plain(draw(EVENTS, 100))
    assert any(line.startswith("↺ ExampleGen") and "from digits-1" in line for line in shown)
    assert any(re.search(r". Trainer .*━ 12000/60000 loss 0.512 acc 0.910 190/s 4m 12s left", line) for line in shown)
    assert any(line.startswith("· Pusher") for line in shown)


def test_the_numbers_win_over_the_bar_where_room_is_short():
    assert any("12000/60000 loss 0.512 acc 0.910" in line and "━" not in line for line in plain(draw(EVENTS, 72)))


def test_before_the_first_event_it_says_that_it_starts():
    assert any(line.endswith("starting") for line in plain(draw([])))


def test_the_cursor_comes_back_and_a_finished_table_makes_room_for_the_summary():
    finished = [{"event": "node", "node": node, "state": "ran", "seconds": 1.0, "reason": ""} for node in NODES]
    text = draw(finished)
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")
    assert "\x1b[2K" in text.rpartition("Pusher")[2]


def test_a_table_with_an_interrupted_node_stays():
    text = draw(EVENTS)
    last = plain(text)[-6:]
    assert any(line.startswith("■ Trainer") for line in last)


def test_a_terminal_that_shrinks_gets_the_rows_around_what_is_in_progress():
    text = draw(EVENTS, 80, 30, resize=(50, 4))
    last = plain(text)[-4:]
    assert any("Trainer" in line for line in last)
    assert not any("ExampleGen" in line for line in last)


def test_without_colours_none_are_sent(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[(?:\d+;)*3[0-7]m", draw(EVENTS))


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_draw_gets_lines(monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    terminal = Terminal(80, 24)
    assert isinstance(live.open_view(NODES, "x.yaml", terminal.stream), live.Lines)
    terminal.close()


def test_a_terminal_that_goes_away_does_not_end_the_run():
    master, slave = pty.openpty()
    stream = os.fdopen(slave, "w", encoding="utf-8")
    with live.open_view(NODES, "x.yaml", stream) as view:
        assert isinstance(view, live.Table)
        os.close(master)
        for event in EVENTS:
            view.handle(event)
        view._draw()
        view.tick()
    with contextlib.suppress(OSError):
        stream.close()


def test_alarms_stand_under_their_node_while_it_runs():
    alarm = {"event": "alarm", "node": "Trainer", "kind": "finding", "step": 9, "text": "error: nan-or-inf in dense"}
    shown = plain(draw([*EVENTS, alarm], 100))
    trainer = max(number for number, line in enumerate(shown) if " Trainer " in line)
    assert shown[trainer + 1].strip() == "! error: nan-or-inf in dense"
