"""An engine for the length of a block: whatever Beam pipeline a node makes there goes to it.

TFX's cache key covers Beam's arguments, and a changed engine shall run nothing again. So the DAG always carries the
arguments of the direct runner, and what a node really uses is put in here, where TFX makes the pipeline. A job server
is started by the first node that needs one: a run of which all comes from the cache starts none.
"""

from __future__ import annotations

import contextlib
import re
import socket
import urllib.parse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from graduate.errors import UserError
from graduate.pipeline import events
from graduate.pipeline.engines.arguments import DIRECT

# a cluster inside the job server, or one that the engine finds by its own configuration
_FOUND_OTHERWISE = re.compile(r"^(\[(local|auto|collection)\]|local(\[.*\])?|yarn|mesos:.*|k8s:.*)$")

if TYPE_CHECKING:
    from graduate.pipeline.engines.job_server import JobServer


@contextlib.contextmanager
def running(args: Sequence[str]) -> Iterator[None]:
    """Let every node's Beam pipeline be computed as these arguments of Beam say, until the block ends."""
    if tuple(args) == DIRECT:
        yield
        return
    from tfx.dsl.components.base import base_beam_executor

    from graduate.pipeline.engines.told import telling

    engine = _Engine(args)
    before = base_beam_executor.BaseBeamExecutor._make_beam_pipeline

    def make(self: Any) -> Any:
        return telling(engine.args(), engine.died)

    base_beam_executor.BaseBeamExecutor._make_beam_pipeline = make  # type: ignore[method-assign]
    try:
        yield
    finally:
        base_beam_executor.BaseBeamExecutor._make_beam_pipeline = before  # type: ignore[method-assign]
        engine.close()


class _Engine:
    """What Beam's arguments ask for; a job server of our own is started when it is first needed."""

    def __init__(self, args: Sequence[str]) -> None:
        from apache_beam.options.pipeline_options import PipelineOptions

        self._args = list(args)
        self._options: dict[str, Any] = PipelineOptions(self._args).get_all_options()
        self._server: JobServer | None = None

    def args(self) -> list[str]:
        """Beam's arguments, with the address of a job server that answers.

        Raises:
            UserError: the cluster or the job server is not there.
        """
        from graduate.pipeline.engines.job_server import KINDS, JobServer, master_of

        kind = KINDS.get(str(self._options["runner"]))
        if self._options.get("job_endpoint"):
            _reach(str(self._options["job_endpoint"]), "the job server", "beam.options.job_endpoint")
        if kind is None or self._options.get("job_endpoint"):
            return self._args
        _reach(master_of(kind, self._options), f"{kind.title}'s master", f"beam.options.{kind.master_option}")
        if self._options.get(f"{kind.name}_submit_uber_jar"):
            return self._args  # Beam's Python makes the jar and hands it to the cluster: no server is needed
        if self._server is None:
            events.emit("note", node="Beam", text=f"starting Beam's job server of {kind.title}")
            self._server = JobServer(kind, self._options)
        return [*self._args, f"--job_endpoint={self._server.endpoint}"]

    def died(self) -> str | None:
        """What our own job server said last, if it is no more."""
        return None if self._server is None else self._server.died()

    def close(self) -> None:
        """End what was started."""
        if self._server is not None:
            self._server.close()
            self._server = None


def _reach(address: str, what: str, where: str) -> None:
    """An address that does not take connections is told before a graph is built for it."""
    if _FOUND_OTHERWISE.match(address):
        return
    try:
        parsed = urllib.parse.urlsplit(address if "://" in address else f"//{address}")
        host, port = parsed.hostname, parsed.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise UserError(f"{address!r} is no address (HOST:PORT) of {what}", where=where)
    try:
        socket.create_connection((host, port), timeout=10).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"{what} at {address} does not answer ({reason.lower()})",
            where=where,
            hint="is it started, and is this its address? `make flink` and `make spark` start one here",
        ) from error
