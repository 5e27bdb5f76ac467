"""ML Metadata's tables read by SQL, for any database that it writes: the questions need joins that its client lacks.

Importing ml_metadata and opening a store takes 0.2 s, and its client brings whole rows, ten kilobytes of properties
each. The tables are those of schema version 10, which ml-metadata 1.14 to 1.17 write; another one is refused.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from graduate.pipeline.lineage import rows
from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, Event, ExecutionRow, Tell, Wanted, What
from graduate.pipeline.lineage.stores import matching, structs

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
_VALUES = "string_value, int_value, double_value, bool_value, byte_value, proto_value"
_STATES = {
    "executions": dict(enumerate(rows.EXECUTION_STATES)),
    "artifacts": dict(enumerate(rows.ARTIFACT_STATES)),
}
_OUTPUTS = rows.OUTPUT_EVENTS
_new = tuple.__new__  # what `_make` of a named tuple calls, after which it counts the fields
_ENDS = "e.artifact_id, e.execution_id, e.type"
_EVENTS: dict[Tell, tuple[str, str]] = {  # columns, and a table beside
    "ends": (_ENDS, ""),
    "times": (f"{_ENDS}, NULL, e.milliseconds_since_epoch, e.id", ""),
    # a path is a key and an index, two rows: the key is the one that is not an index
    "slots": (
        f"{_ENDS}, p.step_key, e.milliseconds_since_epoch, e.id",
        " LEFT JOIN EventPath p ON p.event_id = e.id AND p.step_key IS NOT NULL",
    ),
}
_FEW_NAMES = 4  # properties that are looked up one by one; of more names all properties of a row are looked through

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
            _new(ContextRow, (i, kind, name or "", made, changed, told.get(i) or {}))
            for i, kind, name, made, changed in found
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
        states = _STATES["executions"]
        return [
            _new(ExecutionRow, (i, kind, name or "", states.get(state, "unknown"), made, changed, told.get(i) or {}))
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
        states = _STATES["artifacts"]
        return [
            _new(
                ArtifactRow,
                (i, kind, name or "", uri or "", states.get(state, "unknown"), made, changed, told.get(i) or {}),
            )
            for i, kind, name, uri, state, made, changed in found
        ]

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
        more = self._event_conditions(kinds, output, besides)
        of_type = " JOIN Artifact a ON a.id = e.artifact_id" if kinds is not None else ""
        columns, path = _EVENTS[tell]
        ids = {"e.execution_id": executions, "e.artifact_id": artifacts}
        found: Rows = []
        for where in _conditions(dict(sorted(ids.items(), key=lambda item: len(item[1] or ())))):
            clause = where + (f"{' AND' if where else ' WHERE'} {' AND '.join(more)}" if more else "")
            found += self._ask(f"SELECT {columns} FROM Event e{of_type}{path}{clause}", ())
        if tell == "ends":  # as the index has them: no row of the table is looked at
            return [_new(Event, (artifact, execution, kind in _OUTPUTS, "", 0)) for artifact, execution, kind in found]
        if tell == "slots":  # a path may have several keys: the first one is the slot
            found = list({row[-1]: row for row in reversed(found)}.values())
        events = [_new(Event, (one, by, kind in _OUTPUTS, key or "", at or 0)) for one, by, kind, key, at, _ in found]
        return sorted(events, key=matching.by_time)

    def _event_conditions(
        self, kinds: Collection[str] | None, output: bool | None, besides: Collection[int]
    ) -> list[str]:
        # a plus keeps SQLite from beginning with the column's index: what is asked for is named by other ones
        found = []
        if output is not None:
            found.append(f"+e.type {'IN' if output else 'NOT IN'} ({_listed(sorted(_OUTPUTS))})")
        if besides:
            found.append(f"+e.execution_id NOT IN ({_listed(sorted(besides))})")
        if kinds is not None:
            statement = f"SELECT id, name FROM Type WHERE type_kind = 1 AND name IN ({_marks(kinds) or 'NULL'})"
            types = sorted(number for number, name in self._ask(statement, tuple(kinds)) if name in kinds)
            found.append(f"+a.type_id IN ({_listed(types or [-1])})")
        return found

    def contexts_of_executions(self, executions: Collection[int]) -> dict[int, list[int]]:
        return self._pairs("execution_id, context_id FROM Association", "execution_id", executions)

    def executions_of_contexts(self, contexts: Collection[int]) -> dict[int, list[int]]:
        return self._pairs("context_id, execution_id FROM Association", "context_id", contexts)

    def parents_of_contexts(self, contexts: Collection[int]) -> dict[int, list[int]]:
        return self._pairs("context_id, parent_context_id FROM ParentContext", "context_id", contexts)

    def kinds(self, what: What) -> list[str]:
        # one name may have several versions; of ML Metadata's own base types most are never used
        table, _, kind = _TABLES[what]
        statement = (
            "SELECT DISTINCT name FROM Type WHERE type_kind = ? AND "
            f"(name NOT LIKE ? OR EXISTS (SELECT 1 FROM {table} x WHERE x.type_id = Type.id))"
        )
        return sorted(name for (name,) in self._ask(statement, (kind, "mlmd.%")))

    def count(self, what: What) -> int:
        return int(self._ask(f"SELECT COUNT(*) FROM {_TABLES[what][0]}", ())[0][0])

    def search(self, what: What, wanted: Wanted) -> Sequence[ContextRow | ExecutionRow | ArtifactRow]:
        kinds, ids, before, size = set(wanted.kinds), list[int](), wanted.before, wanted.limit
        while len(ids) < wanted.limit:
            page = self._page(what, wanted, before, size)
            ids += [
                number
                for number, kind, *texts in page
                if (not kinds or kind in kinds) and matching.contains((kind, *texts), wanted.text)
            ]
            if len(page) < size:
                break
            before, size = page[-1][0], min(4 * size, _AT_ONCE)
        return list(reversed(self._brief(what, ids[: wanted.limit])))

    def _brief(self, what: What, ids: list[int]) -> Sequence[ContextRow | ExecutionRow | ArtifactRow]:
        if what == "contexts":
            return self.contexts(ids=ids, only=())
        if what == "executions":
            return self.executions(ids=ids, only=())
        return self.artifacts(ids=ids, only=())

    def _page(self, what: What, wanted: Wanted, before: int | None, size: int) -> Rows:
        """Ids and texts of rows that may be wanted, newest first."""
        columns = ["Type.name", "x.name", *(["x.uri"] if what == "artifacts" else [])]
        conditions, values = list[str](), list[Any]()
        if wanted.text:
            conditions.append("(" + " OR ".join(f"LOWER({column}) LIKE ? ESCAPE '!'" for column in columns) + ")")
            values += [_pattern(wanted.text)] * len(columns)
        if wanted.kinds:
            conditions.append(f"Type.name IN ({_marks(wanted.kinds)})")
            values += list(wanted.kinds)
        if wanted.states and what == "executions":
            numbers = [number for number, state in enumerate(rows.EXECUTION_STATES) if state in wanted.states]
            conditions.append(f"COALESCE(x.last_known_state, 0) IN ({_listed(numbers or [-1])})")
        if before is not None:
            conditions.append("x.id < ?")
            values.append(before)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return self._ask(
            f"SELECT x.id, {', '.join(columns)} FROM {_TABLES[what][0]} x JOIN Type ON Type.id = x.type_id{where} "
            f"ORDER BY x.id DESC LIMIT {int(size)}",
            values,
        )

    def close(self) -> None:
        self._close()

    def _rows(self, what: What, ids: Collection[int] | None, texts: dict[str, Collection[str] | None]) -> Rows:
        # where ids are given, the plus keeps SQLite from looking through all that there is of a type
        plus = "" if ids is None else "+"
        base = f"SELECT {_COLUMNS[what]} FROM {_TABLES[what][0]} x JOIN Type ON Type.id = {plus}x.type_id"
        found: Rows = []
        for where in _conditions({"x.id": ids}):
            for more, values in _text_conditions(texts):
                clause = where + (f"{' AND' if where else ' WHERE'} {more}" if more else "")
                found += self._ask(base + clause, values)
        # to MySQL `model` may be `Model`: what fits is decided here
        at = {"Type.name": 1, "x.name": 2, "x.uri": 3}
        for column, fit in ((at[column], set(given)) for column, given in texts.items() if given is not None):
            found = [row for row in found if row[column] in fit]
        return sorted(found, key=operator.itemgetter(0))

    def _properties(self, what: What, ids: Sequence[int], only: Collection[str] | None) -> dict[int, dict[str, Any]]:
        if not ids or (only is not None and not only):
            return {}
        table, column, _ = _TABLES[what]
        (names, wanted), fits, exact = _named(only), matching.named(only), frozenset(only or ())
        found: dict[int, dict[str, Any]] = {}
        for where in _conditions({column: ids}):
            statement = f"SELECT {column}, name, is_custom_property, {_VALUES} FROM {table}Property{where}{names}"
            for owner, name, custom, text, *others in self._ask(statement, wanted):
                told = found.get(owner)
                if told is None:
                    told = found[owner] = {}
                # to MySQL `model` may be `Model`: what fits is decided here; of two the declared one holds
                if (name in exact or fits(name)) and not (custom and name in told):
                    told[name] = _value(*others) if text is None else _text(text)
        # the same order everywhere
        return {owner: dict(sorted(told.items())) if len(told) > 1 else told for owner, told in found.items()}

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
    (column, ids), *others = given  # by the first one rows are looked up
    # the plus keeps SQLite from looking for every pair of the two in an index
    rest = "".join(f" AND +{other} IN ({_listed(more)})" for other, more in others)
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
    # a function keeps SQLite from a search in its index for every pair of a row and a name
    column = "name" if len(whole) <= _FEW_NAMES else "COALESCE(name, '')"
    parts = ([f"{column} IN ({_marks(whole)})"] if whole else []) + ["name LIKE ? ESCAPE '!'"] * len(begun)
    return f" AND ({' OR '.join(parts)})", (*whole, *begun)


def _text(text: Any) -> Any:
    return structs.decoded(text) if isinstance(text, str) and text.startswith(structs.PREFIX) else text


def _value(integer: Any, double: Any, boolean: Any, raw: Any, message: Any) -> Any:
    """The one of the columns _VALUES that is filled, beyond the first."""
    if integer is not None:
        return integer
    if double is not None:
        return float(double)
    if boolean is not None:
        return bool(boolean)
    return raw if message is None else structs.message(message)


def _listed(ids: Iterable[int]) -> str:
    return ",".join(map(str, ids))


def _marks(values: Collection[Any]) -> str:
    return ",".join("?" * len(values))


def _pattern(text: str) -> str:
    """A pattern that every text with `text` in it fits; no database is asked for the case of letters beyond ASCII."""
    return f"%{''.join(one if one.isascii() else '%' for one in _escaped(text.lower()))}%"


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
