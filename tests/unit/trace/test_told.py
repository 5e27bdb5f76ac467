"""What is told beside the columns is kept, the newest counts, and a rollback undoes what came after it."""

import math

from graduate.trace import Column, Group, RunFacts, TraceWriter, Variable, open_trace
from graduate.trace.memory import made

FACTS = RunFacts((Variable("dense/kernel", "dense", (2, 2)),))
GROUPS = [Group("step", (Column("loss"),))]


def test_the_newest_value_counts_and_all_are_there(tmp_path):
    with TraceWriter(tmp_path / "t", FACTS, GROUPS) as writer:
        writer.tell(0, "probe", {"mean": math.nan})
        writer.tell(8, "probe", {"mean": 2.0})
    trace = open_trace(tmp_path / "t")
    assert trace.known["probe"] == {"mean": 2.0}
    assert [step for step, _ in trace.told("probe")] == [0, 8]
    assert math.isnan(trace.until(3).known["probe"]["mean"])
    assert trace.has("told:probe")
    assert not trace.has("told:epoch")
    assert not trace.has("loss")


def test_a_rollback_undoes_what_was_told_after_it(tmp_path):
    with TraceWriter(tmp_path / "t", FACTS, GROUPS) as writer:
        writer.tell(2, "probe", 1)
        writer.tell(9, "probe", 2)
        writer.branch(4)
        writer.tell(5, "epoch", 3)
    trace = open_trace(tmp_path / "t")
    assert trace.known == {"probe": 1, "epoch": 3}


def test_a_trace_from_memory_reads_like_one_from_the_disk():
    trace = made(
        series={"loss": [3, 2]}, tables={"gradient_norm": [[3, 4], [0, 1]]}, known={"program": {"kind": "fit"}}
    )
    assert trace.series("gradient_global_norm").tolist() == [5, 1]
    assert trace.until(1).series("loss").tolist() == [3]
    assert trace.known["program"]["kind"] == "fit"
