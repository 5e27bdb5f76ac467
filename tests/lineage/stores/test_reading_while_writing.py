"""A run writes through ML Metadata while questions are asked: no error on either side, nothing half written is seen."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.rows import Wanted
from graduate.pipeline.lineage.stores import open_store
from tests.lineage.writing import opened

ROOT = Path(__file__).resolve().parents[3]
# Writes executions with all that belongs to one until it is told to stop, and says how many.
WRITER = """
import signal, sys
from pathlib import Path
from tests.lineage.writing import Writer, opened
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
path = Path(sys.argv[1])
writer, count = Writer(opened(path), path.parent), 0
print("ready", flush=True)
while not stop or count < 20:
    model = writer.artifact("Model", f"/models/{count}", obeys="x" * 10_000)
    writer.execution("digits", f"digits-{count // 10}", "Trainer", {}, {"model": [model]}, {"obeys": "y" * 10_000})
    count += 1
print(count, flush=True)
"""


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_questions_during_a_run(tmp_path, mode):
    path = tmp_path / "metadata.sqlite"
    opened(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
    command = [sys.executable, "-c", WRITER, str(path)]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, **given) as writer:
        assert writer.stdout.readline() == "ready\n"
        for _ in range(8):  # by count: how many fit into a second says only how busy the machine is
            ask_everything(str(path))
        writer.send_signal(signal.SIGTERM)
        out, err = writer.communicate(timeout=60)
    assert writer.returncode == 0, err
    count = out.strip()
    assert int(count) >= 20
    with closing(open_store(str(path))) as store:
        assert store.count("executions") == int(count)
        assert len(store.events()) == int(count)


def ask_everything(url: str) -> None:
    """Every primitive, on a connection of its own, as a command does; what is there is whole."""
    with Records(open_store(url)) as records:
        store = records.store
        executions = store.executions()
        ids = [row.id for row in executions]
        assert all(row.properties["obeys"] == "y" * 10_000 for row in executions)
        events = store.events(executions=ids)
        assert {event.execution for event in events} == set(ids)  # written in one transaction with its outputs
        made = store.artifacts(ids=[event.artifact for event in events])
        assert all(row.properties["obeys"] == "x" * 10_000 for row in made)
        assert store.contexts_of_executions(ids).keys() == set(ids)
        contexts = store.contexts()
        assert set(ids) <= {
            one for some in store.executions_of_contexts([c.id for c in contexts]).values() for one in some
        }
        store.parents_of_contexts([row.id for row in contexts])
        store.search("artifacts", Wanted(text="models"))
        for what in ("contexts", "executions", "artifacts"):
            store.count(what), store.kinds(what)
        records.runs()
        records.executions(ids)
