"""The trace: a compact record of every gradient of every step. See docs/trace.md. Knows NumPy alone."""

from graduate.trace.facts import Event, RunFacts, Told, Variable
from graduate.trace.format import Column, Group
from graduate.trace.reader import Trace, open_trace
from graduate.trace.writer import TraceWriter

__all__ = ["Column", "Event", "Group", "RunFacts", "Told", "Trace", "TraceWriter", "Variable", "open_trace"]
