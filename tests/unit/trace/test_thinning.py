"""A long trace is thinned by age, and never where something happened."""

import numpy as np
import pytest

from graduate.trace import Column, Event, Group, RunFacts, TraceWriter, Variable, open_trace
from graduate.trace.thinning import thinned

FACTS = RunFacts((Variable("a", "a", (2,)), Variable("b", "b", (2,))))
GROUPS = [Group("step", (Column("loss"), Column("gradient_norm", 2, "variables")))]
ROW_BYTES = 8 + 4 * 3


def written(folder, count, most_bytes, spikes=(), broken=(), events=()):
    rng = np.random.default_rng(0)
    loss = 1 + rng.normal(0, 0.01, count)
    loss[list(spikes)] = 9
    norms = rng.lognormal(0, 0.1, (count, 2))
    norms[list(broken)] = np.nan
    norms[list(broken), 0] = np.inf
    with TraceWriter(folder, FACTS, GROUPS, most_bytes=most_bytes) as writer:
        for start in range(0, count, 500):
            at = slice(start, start + 500)
            writer.rows(0, np.arange(count)[at] + 1, [loss[at], norms[at]])
            for step in events:
                if start < step <= start + 500:
                    writer.event(Event(step, "remedy", {}))
            writer.tell(start, "probe", start)
    return open_trace(folder)


def test_the_file_stays_within_its_bound_however_long_the_run(tmp_path):
    trace = written(tmp_path / "t", 100_000, 20_000 * ROW_BYTES)
    assert (tmp_path / "t/blocks.bin").stat().st_size < 20_000 * ROW_BYTES + 500 * ROW_BYTES + 200 * 80
    assert trace.steps[-1] == 100_000
    assert np.all(np.diff(trace.steps) > 0)


def test_rows_get_rarer_with_age_and_the_newest_and_first_are_all_there(tmp_path):
    steps = written(tmp_path / "t", 100_000, 20_000 * ROW_BYTES).steps
    assert set(range(1, 1001)) <= set(steps.tolist())
    assert np.all(np.diff(steps[-3000:]) == 1)
    ages = [int(((steps > lo) & (steps <= lo + 10_000)).sum()) for lo in (10_000, 60_000, 90_000)]
    assert ages == sorted(ages)
    assert ages[0] < 1500


def test_spikes_breaks_and_events_survive_every_thinning(tmp_path):
    spikes, broken, events = [20_001, 33_333], [40_001], [50_003]
    trace = written(tmp_path / "t", 100_000, 20_000 * ROW_BYTES, spikes, broken, events)
    kept = set(trace.steps.tolist())
    assert {s + 1 for s in spikes + broken} <= kept
    assert set(range(50_003 - 20, 50_003 + 21)) <= kept
    assert trace.series("loss")[np.searchsorted(trace.steps, 20_002)] == 9
    assert [event.step for event in trace.events] == events
    assert len(trace.told("probe")) == 200


def test_rows_of_dead_branches_stay_dead(tmp_path):
    with TraceWriter(tmp_path / "t", FACTS, GROUPS, most_bytes=None) as writer:
        writer.rows(0, np.arange(1, 4001), [np.ones(4000), np.ones((4000, 2))])
        writer.branch(2000)
        writer.rows(0, np.arange(2001, 6001), [np.full(4000, 2.0), np.ones((4000, 2))])
    path = tmp_path / "t/blocks.bin"
    path.write_bytes(thinned(path.read_bytes(), GROUPS))
    trace = open_trace(tmp_path / "t")
    assert np.all(trace.series("loss")[trace.steps > 2000] == 2)
    assert np.all(trace.series("loss")[trace.steps <= 2000] == 1)


def test_a_writer_goes_on_in_a_thinned_trace(tmp_path):
    written(tmp_path / "t", 30_000, 20_000 * ROW_BYTES)
    with TraceWriter(tmp_path / "t", FACTS, GROUPS) as writer:
        assert writer.last_step == [30_000]
        writer.rows(0, np.asarray([30_001]), [np.ones(1), np.ones((1, 2))])
    assert open_trace(tmp_path / "t").steps[-1] == 30_001


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_a_short_trace_survives(tmp_path, count):
    assert len(written(tmp_path / "t", count, 10).steps) == count
