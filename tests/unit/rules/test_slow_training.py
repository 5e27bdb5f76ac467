"""slow-training: time that goes elsewhere."""

from graduate.findings import Severity
from tests.unit.rules.data_traces import finder, logs, run

found = finder("slow-training")
PACE = {"seconds_per_step": 0.05, "steps": 200, "retraces": 1, "eager": False, "callback_share": 0.0}
TEN = logs(loss=[1.0] * 10)


def paced(program=None, epochs=TEN, **how):
    return run(pace={**PACE, **how}, program=program or {}, epochs=epochs)


def SICK():
    return paced(retraces=200)


def HEALTHY():
    return paced(retraces=3)


def test_an_eager_fit_is_found_and_an_eager_loop_is_not():
    assert found(paced(eager=True))
    assert not found(paced({"kind": "loop"}, eager=True))


def test_callbacks_that_take_the_time_are_found():
    assert found(paced(callback_share=0.7))
    assert not found(paced(callback_share=0.7, epochs=TEN[:1]))
    assert not found(paced({"callbacks": ["ModelCheckpoint"]}, callback_share=0.7))


def test_double_precision_is_a_warning():
    assert found(paced({"precision": "float64"}))[0].severity is Severity.WARNING


def test_few_graphs_that_take_most_of_the_time_are_found():
    import numpy as np

    from graduate.trace.memory import made

    seconds = np.full(400, 0.002)
    seconds[::40] = 0.8
    known = {"pace": {**PACE, "retraces": 10, "steps": 400}, "program": {"kind": "fit", "ended": "finished"}}
    assert found(made(series={"seconds": seconds}, known=known))
    assert not found(made(series={"seconds": np.full(400, 0.002)}, known=known))
