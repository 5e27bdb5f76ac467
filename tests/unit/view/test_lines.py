"""The view where there is no terminal: a line an event."""

import io

from graduate.pipeline.view import live


def lines(*events: dict) -> list[str]:
    stream = io.StringIO()
    with live.open_view(["ExampleGen", "Trainer"], "x.yaml", stream) as view:
        for event in events:
            view.handle(event)
            view.tick()
    return stream.getvalue().splitlines()


def test_a_node_is_told_when_it_ends_with_its_time_and_why_it_ran():
    assert lines(
        {"event": "node", "node": "ExampleGen", "state": "running"},
        {"event": "node", "node": "ExampleGen", "state": "ran", "seconds": 1.26, "reason": "first run"},
        {"event": "node", "node": "Trainer", "state": "cached", "seconds": 0.0, "reason": "from digits-1"},
    ) == [
        "ExampleGen          ran         1.3 s  first run",
        "Trainer             cached      0.0 s  from digits-1",
    ]


def test_a_training_is_told_at_every_tenth():
    told = lines(
        *({"event": "progress", "node": "Trainer", "step": step, "steps": 1000} for step in range(0, 1001, 10))
    )
    assert len(told) == 10
    assert told[0] == "Trainer             step 100/1000"


def test_a_second_training_in_one_run_is_told_again():
    events = [{"event": "progress", "node": "Trainer", "step": step, "steps": 2} for step in (1, 2, 1, 2)]
    assert len(lines(*events)) == 4


def test_what_a_progress_event_lacks_is_left_out():
    (told,) = lines({"event": "progress", "node": "Trainer", "step": 1, "steps": 2, "loss": None, "accuracy": 0.5})
    assert told == "Trainer             step 1/2  acc 0.500"


def test_a_progress_without_a_known_end_does_not_break():
    assert lines({"event": "progress", "node": "Trainer", "step": 1, "steps": None}) == []


def test_a_note_and_an_event_of_no_known_kind():
    assert lines({"event": "note", "node": "Trainer", "text": "on 2 GPUs"}, {"event": "weather"}) == [
        "Trainer             on 2 GPUs"
    ]


def test_a_reader_that_has_gone_does_not_end_the_run():
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    with live.open_view([], "x.yaml", Gone()) as view:
        view.handle({"event": "node", "node": "ExampleGen", "state": "ran", "seconds": 1.0, "reason": ""})


def test_findings_and_cures_are_told_as_they_happen():
    event = {"event": "alarm", "node": "Trainer", "kind": "cure", "step": 40, "text": "cure 1 of 3 against x: clip"}
    assert lines(event) == ["Trainer             cure 1 of 3 against x: clip"]
