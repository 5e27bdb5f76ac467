"""ML Metadata's tables read by SQL, for any database that it writes: the questions need joins that its client lacks.

Importing ml_metadata and opening a store takes 0.2 s, and its client brings whole rows, ten kilobytes of properties
each. The tables are those of schema version 10, which ml-metadata 1.14 to 1.17 write; another one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from graduate.pipeline.lineage import rows
from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, Event, ExecutionRow, Wanted, What
from graduate.pipeline.lineage.stores import structs

SCHEMA_VERSION = 10
_AT_ONCE = 5_000  # ids in one statement; every database takes that many
_TABLES: dict[What, tuple[str, str, int]] = {  # table, the column that names it elsewhere, its number as a type's kind
    "contexts": ("Context", "context_id", 2),
    "executions": ("Execution", "execution_id", 0),
    "artifacts": ("Artifact", "artifact_id", 1),
}
_COLUMNS: dict[What, str] = {
    "contexts": "x.id, Type.name, x.name, x.create_time_since_epoch, x.last_update_time_since_epoch",
    "executions": "x.id, Type.name, x.name, x.last_known_state, x.create_time_since_epoch, "
    "x.last_update_time_since_epoch",
    "artifacts": "x.id, Type.name, x.name, x.uri, x.state, x.create_time_since_epoch, x.last_update_time_since_epoch",
}
_VALUES = "int_value, double_value, string_value, byte_value, proto_value, bool_value"

Rows = list[tuple[Any, ...]]
Ask = Callable[[str, Sequence[Any]], Rows]  # a statement with `?` for each value


class SqlStore:
    """A `rows.Store` over a function that runs one statement.

    Args:
        ask: runs a statement and gives all its rows; raises UserError where the database stops answering.
        where: what people see.
        close: gives the connection back.
    """

    def __init__(self, ask: Ask, where: str, close: Callable[[], None]) -> None:
        self._ask, self.where, self._close = ask, where, close

    def contexts(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        names: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ContextRow]:
        found = self._rows("contexts", ids, {"Type.name": kinds, "x.name": names})
        told = self._properties("contexts", [row[0] for row in found], only)
        return [
            ContextRow(i, kind, name or "", made, changed, told.get(i, {})) for i, kind, name, made, changed in found
        ]

    def executions(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ExecutionRow]:
        found = self._rows("executions", ids, {"Type.name": kinds})
        told = self._properties("executions", [row[0] for row in found], only)
        return [
            ExecutionRow(i, kind, name or "", _state(rows.EXECUTION_STATES, state), made, changed, told.get(i, {}))
            for i, kind, name, state, made, changed in found
        ]

    def artifacts(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        uris: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ArtifactRow]:
        found = self._rows("artifacts", ids, {"Type.name": kinds, "x.uri": uris})
        told = self._properties("artifacts", [row[0] for row in found], only)
        return [
            ArtifactRow(
                i, kind, name or "", uri or "", _state(rows.ARTIFACT_STATES, state), made, changed, told.get(i, {})
            )
            for i, kind, name, uri, state, made, changed in found
        ]

    def events(
        self, *, executions: Collection[int] | None = None, artifacts: Collection[int] | None = None
    ) -> list[Event]:
        found: list[Event] = []
        for where in _conditions({"e.execution_id": executions, "e.artifact_id": artifacts}):
            # a path is a key and an index, two rows: the key is the one that is not an index
            statement = (
                "SELECT e.artifact_id, e.execution_id, e.type, p.step_key, e.milliseconds_since_epoch FROM Event e "
                f"LEFT JOIN EventPath p ON p.event_id = e.id AND p.step_key IS NOT NULL{where}"
            )
            found += [
                Event(artifact, execution, kind in rows.OUTPUT_EVENTS, key or "", at or 0)
                for artifact, execution, kind, key, at in self._ask(statement, ())
            ]
        return sorted(found, key=lambda event: (event.at, event.execution, event.artifact))

    def contexts_of_executions(self, executions: Collection[int]) -> dict[int, list[int]]:
        return self._pairs("execution_id, context_id FROM Association", "execution_id", executions)

    def executions_of_contexts(self, contexts: Collection[int]) -> dict[int, list[int]]:
        return self._pairs("context_id, execution_id FROM Association", "context_id", contexts)

    def parents_of_contexts(self, contexts: Collection[int]) -> dict[int, list[int]]:
        return self._pairs("context_id, parent_context_id FROM ParentContext", "context_id", contexts)

    def kinds(self, what: What) -> list[str]:
        statement = "SELECT name FROM Type WHERE type_kind = ? ORDER BY name"
        return [name for (name,) in self._ask(statement, (_TABLES[what][2],))]

    def count(self, what: What) -> int:
        return int(self._ask(f"SELECT COUNT(*) FROM {_TABLES[what][0]}", ())[0][0])

    def search(self, what: What, wanted: Wanted) -> Sequence[ContextRow | ExecutionRow | ArtifactRow]:
        conditions, values = [], list[Any]()
        if wanted.text:
            columns = ["x.name", "Type.name", *(["x.uri"] if what == "artifacts" else [])]
            conditions.append("(" + " OR ".join(f"LOWER({column}) LIKE ? ESCAPE '!'" for column in columns) + ")")
            values += [f"%{_escaped(wanted.text.lower())}%"] * len(columns)
        if wanted.kinds:
            conditions.append(f"Type.name IN ({_marks(wanted.kinds)})")
            values += list(wanted.kinds)
        if wanted.states and what == "executions":
            conditions.append(f"x.last_known_state IN ({_marks(wanted.states)})")
            values += [rows.EXECUTION_STATES.index(state) for state in wanted.states]
        if wanted.before is not None:
            conditions.append("x.id < ?")
            values.append(wanted.before)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = (
            f"SELECT x.id FROM {_TABLES[what][0]} x JOIN Type ON Type.id = x.type_id{where} "
            f"ORDER BY x.id DESC LIMIT {int(wanted.limit)}"
        )
        ids = [row[0] for row in self._ask(statement, values)]
        found: Sequence[ContextRow | ExecutionRow | ArtifactRow]
        if what == "contexts":
            found = self.contexts(ids=ids, only=())
        elif what == "executions":
            found = self.executions(ids=ids, only=())
        else:
            found = self.artifacts(ids=ids, only=())
        return list(reversed(found))

    def close(self) -> None:
        self._close()

    def _rows(self, what: What, ids: Collection[int] | None, texts: dict[str, Collection[str] | None]) -> Rows:
        base = f"SELECT {_COLUMNS[what]} FROM {_TABLES[what][0]} x JOIN Type ON Type.id = x.type_id"
        found: Rows = []
        for where in _conditions({"x.id": ids}):
            for more, values in _text_conditions(texts):
                clause = where + (f"{' AND' if where else ' WHERE'} {more}" if more else "")
                found += self._ask(base + clause, values)
        return sorted(found, key=lambda row: row[0])

    def _properties(self, what: What, ids: Sequence[int], only: Collection[str] | None) -> dict[int, dict[str, Any]]:
        if not ids or (only is not None and not only):
            return {}
        table, column, _ = _TABLES[what]
        names, wanted = _named(only)
        found: dict[int, dict[str, Any]] = {}
        for where in _conditions({column: ids}):
            # declared properties after custom ones: of two with one name the declared one holds
            statement = (
                f"SELECT {column}, name, {_VALUES} FROM {table}Property{where}{names} ORDER BY is_custom_property DESC"
            )
            for owner, name, *values in self._ask(statement, wanted):
                found.setdefault(owner, {})[name] = _value(*values)
        return found

    def _pairs(self, what: str, column: str, ids: Collection[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for where in _conditions({column: ids}):
            for one, other in sorted(self._ask(f"SELECT {what}{where}", ())):
                found.setdefault(one, []).append(other)
        return found


def _conditions(numbers: dict[str, Collection[int] | None]) -> Iterator[str]:
    """` WHERE …` clauses that together cover the ids of the first column given; ids are written out, being integers."""
    given = [(column, sorted({int(one) for one in ids})) for column, ids in numbers.items() if ids is not None]
    if not given:
        yield ""
        return
    (column, ids), *others = given
    rest = "".join(f" AND {other} IN ({_listed(more)})" for other, more in others)
    if any(not more for _, more in others):
        return
    for at in range(0, len(ids), _AT_ONCE):
        yield f" WHERE {column} IN ({_listed(ids[at : at + _AT_ONCE])}){rest}"


def _text_conditions(texts: dict[str, Collection[str] | None]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Conditions on text columns; the last one given is split where it names many."""
    given = [(column, list(dict.fromkeys(wanted))) for column, wanted in texts.items() if wanted is not None]
    if not given:
        yield "", ()
        return
    *others, (column, wanted) = given
    if any(not more for _, more in others):
        return
    before = "".join(f"{other} IN ({_marks(more)}) AND " for other, more in others)
    values = tuple(one for _, more in others for one in more)
    for at in range(0, len(wanted), 500):
        part = wanted[at : at + 500]
        yield f"{before}{column} IN ({_marks(part)})", (*values, *part)


def _named(only: Collection[str] | None) -> tuple[str, tuple[str, ...]]:
    """The condition on a property's name; `metric_*` is every name that begins so."""
    if only is None:
        return "", ()
    whole = [name for name in only if not name.endswith("*")]
    begun = [f"{_escaped(name[:-1])}%" for name in only if name.endswith("*")]
    parts = ([f"name IN ({_marks(whole)})"] if whole else []) + ["name LIKE ? ESCAPE '!'"] * len(begun)
    return f" AND ({' OR '.join(parts)})", (*whole, *begun)


def _value(integer: Any, double: Any, text: Any, raw: Any, message: Any, boolean: Any) -> Any:
    """The one of the columns _VALUES that is filled."""
    if text is not None:
        return structs.decoded(text) if text.startswith(structs.PREFIX) else text
    if integer is not None:
        return int(integer)
    if double is not None:
        return float(double)
    if boolean is not None:
        return bool(boolean)
    return raw if raw is not None else message


def _state(names: Sequence[str], number: Any) -> str:
    return names[number] if isinstance(number, int) and 0 <= number < len(names) else "unknown"


def _listed(ids: Iterable[int]) -> str:
    return ",".join(map(str, ids))


def _marks(values: Collection[Any]) -> str:
    return ",".join("?" * len(values))


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
