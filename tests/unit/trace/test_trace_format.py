"""The trace: what is written is read, whatever happened in between."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from graduate.errors import UsageError, UserError
from graduate.trace import Column, Event, Group, RunFacts, TraceWriter, Variable, open_trace
from graduate.trace.format import HEAD
from tests.unit.trace.trace_cases import FACTS, PROBE, STEP, columns, write, writer

ROOT = Path(__file__).resolve().parents[3]


def written(folder, *spans, **options):
    with writer(folder, **options) as opened:
        for span in spans:
            write(opened, *span)
    return folder


def assert_rows(trace, steps, salt=0.0):
    """`steps` and no others are there, each value the one of its step."""
    steps = np.asarray(steps)
    np.testing.assert_array_equal(trace.steps, steps)
    loss, gradient, weight = columns(steps, salt=salt)
    np.testing.assert_array_equal(trace.series("loss"), loss)
    np.testing.assert_array_equal(trace.table("gradient_norm"), gradient)
    np.testing.assert_array_equal(trace.table("weight_norm"), weight)


def test_what_is_written_is_read(tmp_path):
    trace = open_trace(written(tmp_path / "new" / "trace", (1, 5), (6, 6), (7, 30)))
    assert_rows(trace, range(1, 31))
    assert trace.facts == FACTS
    assert trace.columns() == {"loss", "gradient_norm", "weight_norm", "gradient_global_norm"}
    assert trace.series("loss").dtype == np.float32
    assert trace.steps.dtype == np.int64


@pytest.mark.parametrize("seed", range(20))
def test_any_columns_blocks_and_values_come_back_bit_for_bit(tmp_path, seed):
    random = np.random.default_rng(seed)
    widths = random.integers(0, 5, random.integers(1, 6))
    group = Group("step", tuple(Column(f"c{i}", int(width)) for i, width in enumerate(widths)))
    rows = int(random.integers(1, 60))
    steps = np.cumsum(random.integers(1, 10**6, rows))
    values = [
        random.integers(0, 2**32, (rows, c.width) if c.width else rows, dtype=np.uint32).view(np.float32)
        for c in group.columns
    ]
    cuts = np.unique(random.integers(0, rows + 1, 4))
    with writer(tmp_path, (group,)) as opened:
        for part in np.split(np.arange(rows), cuts):
            opened.rows(0, steps[part], [v[part] for v in values])
    trace = open_trace(tmp_path)
    np.testing.assert_array_equal(trace.steps, steps)
    for column, value in zip(group.columns, values, strict=True):
        found = trace.table(column.name) if column.width else trace.series(column.name)
        assert found.tobytes() == value.tobytes()


def test_an_empty_trace_has_facts_and_no_columns(tmp_path):
    trace = open_trace(written(tmp_path))
    assert (trace.facts, len(trace.steps), trace.columns()) == (FACTS, 0, frozenset())


def test_facts_that_are_not_known_stay_unknown(tmp_path):
    facts = RunFacts(variables=(Variable("v", "l", ()),))
    written(tmp_path, facts=facts)
    assert open_trace(tmp_path).facts == facts


def test_facts_of_a_later_minor_addition_are_passed_over(tmp_path):
    header = json.loads((written(tmp_path, (1, 2)) / "header.json").read_text())
    header["facts"]["moon"] = "full"
    header["facts"]["variables"][0]["colour"] = "red"
    (tmp_path / "header.json").write_text(json.dumps(header))
    assert open_trace(tmp_path).facts == FACTS


def test_values_cannot_be_changed_by_a_rule(tmp_path):
    trace = open_trace(written(tmp_path, (1, 3)))
    with pytest.raises(ValueError, match="read-only"):
        trace.series("loss")[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        trace.steps[0] = 0


def test_a_missing_column_and_a_wrong_kind_are_said(tmp_path):
    trace = open_trace(written(tmp_path, (1, 3)))
    with pytest.raises(KeyError, match="no column 'cosine'; it has gradient_global_norm, gradient_norm, loss"):
        trace.series("cosine")
    with pytest.raises(ValueError, match=r"use \.series"):
        trace.table("loss")
    with pytest.raises(ValueError, match=r"use \.table"):
        trace.series("gradient_norm")


def test_until_is_the_trace_as_it_was(tmp_path):
    with writer(tmp_path) as opened:
        write(opened, 1, 8)
        opened.event(Event(5, "remedy", {"id": "clip"}))
        opened.event(Event(8, "stop", {}))
    trace = open_trace(tmp_path).until(6)
    assert_rows(trace, range(1, 7))
    assert_rows(trace.until(100), range(1, 7))
    assert_rows(trace.until(2), [1, 2])
    assert trace.events == (Event(5, "remedy", {"id": "clip"}),)


def test_columns_of_a_slower_beat_lie_along_the_steps(tmp_path):
    with writer(tmp_path, (STEP, PROBE)) as opened:
        opened.rows(1, np.array([0]), columns([0], PROBE))
        opened.rows(0, np.arange(2, 22, 2), columns(np.arange(2, 22, 2)))
        opened.rows(1, np.array([7, 12]), columns([7, 12], PROBE))
    trace = open_trace(tmp_path)
    found = trace.series("eval_loss")
    np.testing.assert_array_equal(trace.steps[~np.isnan(found)], [2, 8, 12])
    np.testing.assert_array_equal(found[[0, 3, 5]], [0, 7, 12])
    assert trace.table("dead").shape == (10, 2)
    np.testing.assert_array_equal(trace.measured("dead"), [0, 7, 12])
    np.testing.assert_array_equal(trace.until(8).measured("eval_loss"), [0, 7])


def test_derived_columns_follow_from_the_stored_ones(tmp_path):
    group = Group("step", tuple(Column(n, 2, "variables") for n in ("gradient_norm", "update_norm", "weight_norm")))
    with writer(tmp_path, (group,)) as opened:
        opened.rows(0, [1, 2], [np.array([[3, 4], [1e30, 0]]), np.array([[1, 0], [0, 1]]), np.array([[2, 0], [1, 0]])])
    trace = open_trace(tmp_path)
    np.testing.assert_allclose(trace.series("gradient_global_norm"), [5, 1e30])
    np.testing.assert_array_equal(trace.table("update_ratio"), [[0.5, 0], [0, np.inf]])


def test_the_global_norm_is_nan_after_a_nan_and_passes_over_what_has_no_gradient(tmp_path):
    nan = np.nan
    group = Group("step", tuple(Column(n, 2, "variables") for n in ("gradient_norm", "gradient_nonfinite")))
    with writer(tmp_path, (group,)) as opened:
        opened.rows(0, [1, 2], [np.array([[3, nan], [nan, nan]]), np.array([[0, nan], [1, nan]])])
    np.testing.assert_array_equal(open_trace(tmp_path).series("gradient_global_norm"), [3, nan])


# ---- branches


def test_after_a_rollback_the_surviving_rows_are_seen(tmp_path):
    with writer(tmp_path) as opened:
        write(opened, 1, 10)
        write(opened, 11, 20)
        opened.branch(14)
        write(opened, 15, 17, salt=0.5)
    trace = open_trace(tmp_path)
    np.testing.assert_array_equal(trace.steps, range(1, 18))
    np.testing.assert_array_equal(trace.series("loss")[13:], [14, 15.5, 16.5, 17.5])


def test_a_branch_without_rows_has_undone_what_it_undid(tmp_path):
    with writer(tmp_path) as opened:
        write(opened, 1, 10)
        opened.branch(4)
    assert_rows(open_trace(tmp_path), range(1, 5))


def test_branches_of_branches_and_back_to_the_start(tmp_path):
    with writer(tmp_path, (STEP, PROBE)) as opened:
        write(opened, 1, 9)
        write(opened, 3, 8, group=1)
        opened.branch(6)
        write(opened, 7, 12)
        opened.branch(3)
        write(opened, 4, 5)
        assert_rows(open_trace(tmp_path), range(1, 6))
        np.testing.assert_array_equal(open_trace(tmp_path).measured("dead"), [3])
        opened.branch(0)
        write(opened, 1, 2, salt=0.25)
    assert_rows(open_trace(tmp_path), [1, 2], salt=0.25)


def test_events_of_dead_branches_are_kept(tmp_path):
    event = Event(9, "rollback", {"to": 4, "why": "loss is NaN"})
    with writer(tmp_path) as opened:
        write(opened, 1, 9)
        opened.event(event)
        opened.branch(4)
    assert open_trace(tmp_path).events == (event,)


def test_a_second_writer_goes_on_and_knows_where_it_is(tmp_path):
    with writer(tmp_path) as opened:
        assert opened.empty
        write(opened, 1, 10)
        opened.branch(5)
    with writer(tmp_path) as opened:
        assert not opened.empty
        assert opened.last_step == [5]
        with pytest.raises(ValueError, match="rise"):
            write(opened, 5, 6)
        write(opened, 6, 8)
        opened.branch(7)
        write(opened, 8, 9)
    assert_rows(open_trace(tmp_path), range(1, 10))


def test_rows_must_fit_their_columns(tmp_path):
    with writer(tmp_path) as opened:
        with pytest.raises(ValueError, match=r"'gradient_norm' has shape \(1, 2\), not \(1, 3\)"):
            opened.rows(0, [1], [np.ones(1), np.ones((1, 2)), np.ones((1, 3))])
        opened.rows(0, [], [np.ones(0), np.ones((0, 3)), np.ones((0, 3))])
    assert (tmp_path / "blocks.bin").stat().st_size == 0


# ---- damage


def test_cut_anywhere_in_the_last_block_only_that_block_is_lost(tmp_path):
    written(tmp_path, (1, 4), (5, 7))
    path = tmp_path / "blocks.bin"
    content = path.read_bytes()
    last = content.rindex(b"GTb1")
    for size in range(last, len(content)):
        path.write_bytes(content[:size])
        assert_rows(open_trace(tmp_path), range(1, 5))
        if size % 7 == 0:  # and a writer goes on behind what is whole
            written(tmp_path, (5, 6))
            assert_rows(open_trace(tmp_path), range(1, 7))


def test_a_flipped_bit_costs_its_block_and_no_other(tmp_path):
    written(tmp_path, (1, 4), (5, 7), (8, 9))
    path = tmp_path / "blocks.bin"
    content = path.read_bytes()
    second, third = (found.start() for found in list(re.finditer(b"GTb1", content))[1:])
    payload_end = second + HEAD.itemsize + 3 * (8 + 4 * STEP.values)
    for at in range(second, third):
        damaged = bytearray(content)
        damaged[at] ^= 0x10
        path.write_bytes(damaged)
        survived = [1, 2, 3, 4, 8, 9] if at < payload_end else range(1, 10)
        assert_rows(open_trace(tmp_path), survived)


def test_a_lost_first_block_of_a_branch_does_not_raise_the_dead(tmp_path):
    with writer(tmp_path) as opened:
        write(opened, 1, 10)
        size = (tmp_path / "blocks.bin").stat().st_size
        opened.branch(4)
        write(opened, 5, 6)
    content = bytearray((tmp_path / "blocks.bin").read_bytes())
    content[size + 1] ^= 1
    (tmp_path / "blocks.bin").write_bytes(content)
    assert_rows(open_trace(tmp_path), range(1, 7))


def test_values_that_look_like_a_head_mislead_nobody(tmp_path):
    group = Group("step", (Column("c", 40),))
    disguise = np.frombuffer(b"GTb1" * 40, np.float32)[None]
    with writer(tmp_path, (group,)) as opened:
        opened.rows(0, [1], [disguise])
        opened.rows(0, [2], [disguise])
    path = tmp_path / "blocks.bin"
    path.write_bytes(path.read_bytes()[:-50])
    np.testing.assert_array_equal(open_trace(tmp_path).steps, [1])
    with writer(tmp_path, (group,)) as opened:
        opened.rows(0, [2], [disguise])
    np.testing.assert_array_equal(open_trace(tmp_path).steps, [1, 2])


def test_a_writer_killed_in_the_middle_of_a_block_loses_that_block(tmp_path):
    script = Path(__file__).with_name("trace_cases.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    with subprocess.Popen(
        [sys.executable, script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        lines = [process.stdout.readline().strip() for _ in range(2)]
        assert lines[1] == "torn"
        with pytest.raises(UserError, match="somebody else is writing the trace"):
            writer(tmp_path)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    torn = (tmp_path / "blocks.bin").stat().st_size
    assert_rows(open_trace(tmp_path), range(1, 21))
    with writer(tmp_path) as opened:
        assert opened.last_step == [20]
        assert (tmp_path / "blocks.bin").stat().st_size < torn
        opened.branch(15)
        write(opened, 16, 25)
    assert_rows(open_trace(tmp_path), range(1, 26))


# ---- what is refused, in words


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no trace in"),
        ("{", "it is not JSON"),
        ("[]", "is not the header of a trace"),
        (
            '{"format": "graduate-trace", "version": 2}',
            "has version 2 of the trace format, this .* up to 1",
        ),
        ('{"format": "graduate-trace", "version": 1}', "is damaged: KeyError"),
    ],
)
def test_what_is_not_a_trace_is_said_to_be_none(tmp_path, content, message):
    if content is not None:
        (tmp_path / "header.json").write_text(content)
    with pytest.raises(UserError, match=message):
        open_trace(tmp_path)


def test_a_writer_does_not_mix_two_trainings(tmp_path):
    written(tmp_path, (1, 3))
    with pytest.raises(UsageError, match="has other columns"):
        writer(tmp_path, (STEP, PROBE))
    with pytest.raises(UsageError, match="has other variables"):
        writer(tmp_path, facts=dataclasses.replace(FACTS, variables=FACTS.variables[:2]))
    with pytest.raises(UsageError, match="a name of its own"):
        TraceWriter(tmp_path / "other", FACTS, (STEP, STEP))
    assert_rows(open_trace(tmp_path), range(1, 4))


# ---- docs/trace.md


def document():
    return (ROOT / "docs" / "trace.md").read_text(encoding="utf-8")


def test_the_documents_lines_read_a_trace_with_numpy_alone(tmp_path):
    with writer(tmp_path, (STEP, PROBE)) as opened:
        write(opened, 1, 10)
        write(opened, 1, 3, group=1)
        opened.branch(7)
        opened.event(Event(7, "resume", {}))
        write(opened, 8, 9, salt=0.5)
    with open(tmp_path / "blocks.bin", "ab") as torn:
        torn.write((tmp_path / "blocks.bin").read_bytes()[:150])
    snippet = re.search(r"```python\n(.*?)```", document(), re.DOTALL).group(1)
    assert len(snippet.splitlines()) == 10
    given = {"np": np, "json": json, "zlib": zlib, "folder": str(tmp_path)}
    exec(snippet, given)
    trace = open_trace(tmp_path)
    assert list(given["kept"]) == trace.steps.tolist()
    for i, row in enumerate(given["kept"].values()):
        np.testing.assert_array_equal(row["loss"], trace.series("loss")[i : i + 1])
        np.testing.assert_array_equal(row["weight_norm"], trace.table("weight_norm")[i])


def test_the_documents_table_of_the_head_is_the_code():
    rows = re.findall(r"^\| (\d+)–(\d+) \| [^|]+ \| `(\w+)` \|", document(), re.MULTILINE)
    assert [(name, int(first), int(last) + 1 - int(first)) for first, last, name in rows] == [
        (name, offset, dtype.itemsize) for name, (dtype, offset) in HEAD.fields.items()
    ]
    assert HEAD.itemsize == 40
