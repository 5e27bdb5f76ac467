"""What an ML Metadata store holds, as rows, and what a store has to answer: types as they were written.

No vocabulary yet. Rows are named tuples: there may be 100,000, and a dataclass takes four times as long to make.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

Value = Any  # int, float, str, bool; a dict or a list where the store holds a struct
What = Literal["contexts", "executions", "artifacts"]

# ML Metadata's Execution.State and Artifact.State (metadata_store.proto), by number
EXECUTION_STATES = ("unknown", "new", "running", "complete", "failed", "cached", "canceled")
ARTIFACT_STATES = ("unknown", "pending", "live", "marked_for_deletion", "deleted", "abandoned", "reference")
# Event.Type: those by which an execution gives an artifact, rather than takes it
OUTPUT_EVENTS = frozenset({1, 4, 6})  # DECLARED_OUTPUT, OUTPUT, INTERNAL_OUTPUT; 7 is PENDING_OUTPUT


class ContextRow(NamedTuple):
    """A context; times in milliseconds since 1970."""

    id: int
    type: str
    name: str
    created: int
    updated: int
    properties: Mapping[str, Value]


class ExecutionRow(NamedTuple):
    """An execution; `state` is one of EXECUTION_STATES, times in milliseconds since 1970."""

    id: int
    type: str
    name: str
    state: str
    created: int
    updated: int
    properties: Mapping[str, Value]


class ArtifactRow(NamedTuple):
    """An artifact; `state` is one of ARTIFACT_STATES, times in milliseconds since 1970."""

    id: int
    type: str
    name: str
    uri: str
    state: str
    created: int
    updated: int
    properties: Mapping[str, Value]


# What an event tells: all; not its slot (`key` is ""); only who and what (`at` is 0 too, and the order any)
Tell = Literal["slots", "times", "ends"]


class Event(NamedTuple):
    """An execution took (`output` false) or gave an artifact, in the slot `key` ("examples"), at `at` milliseconds."""

    artifact: int
    execution: int
    output: bool
    key: str
    at: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of a search, newest first.

    Attributes:
        text: part of a name, a type, a URI; any where empty. Letters' case does not count.
        kinds: types as they were written; any where empty.
        states: execution states; any where empty.
        before: ids below this one; None for the first page.
        limit: rows at most.
    """

    text: str = ""
    kinds: Collection[str] = ()
    states: Collection[str] = ()
    before: int | None = None
    limit: int = 50


class Store(Protocol):
    """A store that is open for reading. Every method takes any number of ids, and gives rows in order of id.

    `only` names the properties to bring: None is all, () is none (some hold ten kilobytes each), `metric_*` every one
    that begins so. Unknown ids are missing from the answer. Every method raises UserError where the store stops
    answering.
    """

    where: str  # what people see: a path, or a URL without its password

    def contexts(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        names: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ContextRow]:
        """The contexts that fit all of what is given."""
        ...

    def executions(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ExecutionRow]:
        """The executions that fit all of what is given."""
        ...

    def artifacts(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        uris: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ArtifactRow]:
        """The artifacts that fit all of what is given."""
        ...

    def events(
        self,
        *,
        executions: Collection[int] | None = None,
        artifacts: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        output: bool | None = None,
        besides: Collection[int] = (),
        tell: Tell = "slots",
    ) -> list[Event]:
        """The events of these executions, or of these artifacts, that fit all of what is given, in order of time.

        `kinds` are types of artifacts, `output` those that gave (or took, where it is false), `besides` executions
        whose events are left out. What `tell` does not ask for lies in other tables, and is left empty.
        """
        ...

    def contexts_of_executions(self, executions: Collection[int]) -> dict[int, list[int]]:
        """Ids of contexts by execution."""
        ...

    def executions_of_contexts(self, contexts: Collection[int]) -> dict[int, list[int]]:
        """Ids of executions by context."""
        ...

    def parents_of_contexts(self, contexts: Collection[int]) -> dict[int, list[int]]:
        """Ids of parent contexts by context."""
        ...

    def kinds(self, what: What) -> list[str]:
        """Names of the types that the store knows."""
        ...

    def count(self, what: What) -> int:
        """How many there are."""
        ...

    def search(self, what: What, wanted: Wanted) -> Sequence[ContextRow | ExecutionRow | ArtifactRow]:
        """A page of a search, without properties, newest first."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...
