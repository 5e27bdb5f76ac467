"""No run is "running" for ever: what a killed command left open is closed by the next one, whatever that has to do."""

from __future__ import annotations

import contextlib

from graduate.errors import UserError
from graduate.pipeline import record
from graduate.pipeline.supervise import lock
from graduate.pipeline.workspace import Workspace


def close_killed_runs(workspace: Workspace, command: str) -> None:
    """Close the record of runs that were killed, unless one is in progress; quick where there is none."""
    if all(run.status != "running" for run in record.read_runs(workspace)):
        return
    with contextlib.suppress(UserError), lock.hold(workspace, command, wait=False):
        store = record.open_store(workspace)
        if store is not None:
            record.close_stale(store)
