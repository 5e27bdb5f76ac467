"""Which engine computes what Beam computes: this machine's direct runner, Flink, Spark, Dataflow, or any job server.

    arguments.py      the group `beam` of a config -> Beam's arguments, its options' names checked
    known.py          what engines can be told besides what Beam's Python knows
    job_server.py     Beam's job server of Flink or Spark as a process of its own
    running.py        an engine for the length of a block; every node's Beam pipeline goes to it
    told.py           what an engine says when it fails -> one sentence

Nothing heavy is imported before a function is called.
"""

from __future__ import annotations

from graduate.pipeline.engines.arguments import DIRECT, beam_args
from graduate.pipeline.engines.running import running

__all__ = ["DIRECT", "beam_args", "running"]
