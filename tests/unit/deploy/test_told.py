"""What the view of a followed run is told: of each look the difference."""

from graduate.pipeline.deploy import follow
from graduate.pipeline.deploy.progress import Node, Progress


class Listener:
    refresh_seconds = None

    def __init__(self):
        self.events = []

    def handle(self, event):
        self.events.append(" ".join(str(event[key]) for key in ("node", "state", "text") if key in event))


def told(*moments):
    view = Listener()
    teller = follow._Told(view)
    for nodes in moments:
        teller.of(Progress("RUNNING", nodes))
    return view.events


def test_nothing_is_told_twice():
    running = {"Trainer": Node("running")}
    assert told(running, running, {"Trainer": Node("ran", 3.0)}, {"Trainer": Node("ran", 3.0)}) == [
        "Trainer running",
        "Trainer ran",
    ]


def test_a_node_that_was_too_quick_to_be_seen_running_has_run():
    assert told({"Trainer": Node("ran", 1.0)}) == ["Trainer running", "Trainer ran"]


def test_a_skipped_node_never_ran():
    assert told({"Pusher": Node("skipped")}) == ["Pusher skipped"]


def test_a_pod_that_does_not_start_is_told_of_once(monkeypatch):
    monkeypatch.setattr(follow, "_UNSCHEDULED_S", 0.0)
    pending = {"Trainer": Node("running", pending=True)}
    (first, second) = told(pending, pending, pending)
    assert first == "Trainer running"
    assert "has not started" in second


def test_a_server_that_is_away_is_told_of_when_it_goes_and_when_it_comes():
    view = Listener()
    teller = follow._Told(view)
    teller.back()
    teller.away("it answers 502")
    teller.away("it answers 502")
    teller.back()
    assert [event.split(" ", 1)[1] for event in view.events] == [
        "it answers 502; the run goes on, and it is asked again",
        "answers again",
    ]
