"""input-bound: waiting for rows."""

from graduate.findings import Severity
from tests.unit.rules.data_traces import finder, run

found = finder("input-bound")


def paced(share, each=0.05, steps=200, kind="generator", **how):
    return run(pace={"input_share": share, "seconds_per_step": each, "steps": steps, "input": {"kind": kind, **how}})


def SICK():
    return paced(0.85)


def HEALTHY():
    return paced(0.1)


def test_a_lesser_share_is_a_warning():
    assert found(paced(0.48))[0].severity is Severity.WARNING


def test_what_is_missing_is_said():
    finding = found(paced(0.7, kind="tf.data", parallel=False, prefetch=False))[0]
    assert "map in parallel" in finding.meaning
    assert "prefetch" in finding.meaning


def test_steps_of_a_millisecond_and_short_runs_are_none():
    assert not found(paced(0.6, each=0.002, steps=2000))
    assert not found(paced(0.8, each=0.02, steps=11))


def test_arrays_need_no_making():
    assert not found(paced(0.6, kind="arrays"))


def test_a_loop_may_do_other_things_between_its_steps_unless_it_hardly_does_anything_else():
    assert not found(paced(0.6, each=0.012, kind="loop", python=True))
    assert found(paced(0.85, each=0.012, kind="loop", python=True))
    assert not found(paced(0.85, each=0.003, kind="loop", python=True))
