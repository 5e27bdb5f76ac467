"""A store behind ML Metadata's gRPC server, as Kubeflow Pipelines runs one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from graduate.pipeline.lineage.rows import ArtifactRow, ContextRow, Event, ExecutionRow, Tell, Wanted, What
from graduate.pipeline.lineage.stores import address, matching, problems, service_rows
from graduate.pipeline.lineage.stores.service_calls import PAGE, Calls, MissingError, RefusedError

FORM = "grpc://HOST:PORT"
_NAMES: dict[What, str] = {"contexts": "Context", "executions": "Execution", "artifacts": "Artifact"}
_AT_ONCE = 500  # rows in one answer that is not paged
_BY_ID = 3  # ListOperationOptions.OrderByField.Field.ID
_BASE_TYPES: dict[What, tuple[str, ...]] = {  # ml_metadata/simple_types
    "artifacts": ("mlmd.Dataset", "mlmd.Metrics", "mlmd.Model", "mlmd.Statistics"),
    "executions": ("mlmd.Deploy", "mlmd.Evaluate", "mlmd.Process", "mlmd.Train", "mlmd.Transform"),
}
# What a filter may hold as it is: ML Metadata hands quotes and backslashes on to its database in its own way.
_PLAIN = re.compile(r"[A-Za-z0-9 ._:/@+=,-]")


def open_url(url: str) -> ServiceStore:
    """Open a store.

    Raises:
        UsageError: the URL is wrong.
        UserError: the server cannot be reached, or is another one than ML Metadata's.
    """
    place = address.taken_apart(url, port=8080, form=FORM, options=address.OPTIONS["grpc"], passwords=())
    if not place.host:
        raise problems.no_host(place, FORM)
    try:
        return ServiceStore(Calls(place), place.where)
    except MissingError as error:
        raise problems.not_the_service(place.where) from error


class ServiceStore:
    """A `rows.Store` over the service. Filters only narrow what is sent; what fits is decided here."""

    def __init__(self, calls: Calls, where: str) -> None:
        self._calls, self.where = calls, where
        self._names_of_types = dict[What, dict[int, str]]()
        self._counted = dict[What, tuple[int, int]]()  # the last id, and how many up to it

    def contexts(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        names: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ContextRow]:
        fit, wanted = matching.named(only), None if names is None else set(names)
        found = (self._by_id("contexts", ids) if ids is not None else self._by_kind("contexts", kinds, names)).items()
        rows = (service_rows.context(one, self._type_of("contexts", one), fit) for _, one in sorted(found))
        return [row for row in rows if _is(row.type, kinds) and (wanted is None or row.name in wanted)]

    def executions(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ExecutionRow]:
        fit = matching.named(only)
        found = (self._by_id("executions", ids) if ids is not None else self._by_kind("executions", kinds)).items()
        rows = (service_rows.execution(one, self._type_of("executions", one), fit) for _, one in sorted(found))
        return [row for row in rows if _is(row.type, kinds)]

    def artifacts(
        self,
        *,
        ids: Collection[int] | None = None,
        kinds: Collection[str] | None = None,
        uris: Collection[str] | None = None,
        only: Collection[str] | None = None,
    ) -> list[ArtifactRow]:
        fit, wanted = matching.named(only), None if uris is None else set(uris)
        if ids is not None:
            found = self._by_id("artifacts", ids)
        else:
            found = self._by_kind("artifacts", kinds) if wanted is None else self._by_uri(wanted)
        rows = (service_rows.artifact(one, self._type_of("artifacts", one), fit) for _, one in sorted(found.items()))
        return [row for row in rows if _is(row.type, kinds) and (wanted is None or row.uri in wanted)]

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
        if executions is None and artifacts is None:
            executions = [one.id for one in self._listed("executions")]
        if executions is not None:
            method, field, ids = "GetEventsByExecutionIDs", "execution_ids", executions
        else:
            method, field, ids = "GetEventsByArtifactIDs", "artifact_ids", artifacts or ()
        requests = (self._calls.request(method, **{field: part}) for part in _parts(ids, _AT_ONCE))
        found = [service_rows.event(one) for answer in self._calls.many(method, requests) for one in answer.events]
        if executions is not None and artifacts is not None:
            wanted = set(artifacts)
            found = [event for event in found if event.artifact in wanted]
        if output is not None or besides:
            left_out = set(besides)
            found = [one for one in found if one.execution not in left_out and output in (None, one.output)]
        if kinds is not None:
            of_kind = {row.id for row in self.artifacts(ids={one.artifact for one in found}, kinds=kinds, only=())}
            found = [one for one in found if one.artifact in of_kind]
        if tell != "slots":
            found = [one._replace(key="", at=one.at if tell == "times" else 0) for one in found]
        return sorted(found, key=matching.by_time)

    def contexts_of_executions(self, executions: Collection[int]) -> dict[int, list[int]]:
        found = dict[int, set[int]]()
        for part in _parts(executions, PAGE):
            for execution, context in self._associations(part) or self._contexts_one_by_one(part):
                found.setdefault(execution, set()).add(context)
        return {one: sorted(found[one]) for one in sorted(found)}

    def _associations(self, executions: Sequence[int]) -> list[tuple[int, int]]:
        """(execution, context) of up to PAGE executions in one call; none where the server cannot tell it that way.

        Servers before ML Metadata 1.14 lack the call, or leave associations out of its answer.
        """
        request = self._calls.request("GetLineageSubgraph")
        request.lineage_subgraph_query_options.starting_executions.filter_query = f"id IN ({_listing(executions)})"
        request.lineage_subgraph_query_options.max_num_hops = 0
        request.read_mask.paths.append("associations")
        try:
            graph = self._calls.one("GetLineageSubgraph", request).lineage_subgraph
        except (MissingError, RefusedError):
            return []
        wanted = set(executions)
        return [(one.execution_id, one.context_id) for one in graph.associations if one.execution_id in wanted]

    def _contexts_one_by_one(self, executions: Sequence[int]) -> Iterator[tuple[int, int]]:
        method = "GetContextsByExecution"
        requests = (self._calls.request(method, execution_id=one) for one in executions)
        for execution, answer in zip(executions, self._calls.many(method, requests), strict=True):
            yield from ((execution, context.id) for context in answer.contexts)

    def executions_of_contexts(self, contexts: Collection[int]) -> dict[int, list[int]]:
        wanted, found = sorted(set(contexts)), dict[int, set[int]]()
        method = "GetExecutionsByContext"
        requests = {one: self._calls.request(method, context_id=one) for one in wanted}
        for request in requests.values():
            request.options.max_result_size = PAGE
        for context, answer in zip(wanted, self._calls.many(method, requests.values()), strict=True):
            ids = found.setdefault(context, set())
            ids |= {one.id for one in answer.executions}
            if answer.next_page_token:
                requests[context].options.next_page_token = answer.next_page_token
                for page in self._calls.pages(method, requests[context]):
                    ids |= {one.id for one in page.executions}
        return {one: sorted(found[one]) for one in wanted if found[one]}

    def parents_of_contexts(self, contexts: Collection[int]) -> dict[int, list[int]]:
        wanted, found = sorted(set(contexts)), dict[int, list[int]]()
        method = "GetParentContextsByContexts"
        try:
            requests = [self._calls.request(method, context_ids=part) for part in _parts(wanted, _AT_ONCE)]
            for answer in self._calls.many(method, requests):
                found |= {one: sorted(p.id for p in told.parent_contexts) for one, told in answer.contexts.items()}
        except MissingError:  # an older server
            method = "GetParentContextsByContext"
            answers = self._calls.many(method, (self._calls.request(method, context_id=one) for one in wanted))
            found = {one: sorted(p.id for p in answer.contexts) for one, answer in zip(wanted, answers, strict=True)}
        return {one: found[one] for one in sorted(found) if found[one]}

    def kinds(self, what: What) -> list[str]:
        self._names_of_types.pop(what, None)
        return sorted({*self._types(what).values(), *self._base_types(what)})

    def _base_types(self, what: What) -> Iterator[str]:
        """ML Metadata's own types that are used: the service does not list them."""
        method, names = f"Get{_NAMES[what]}sByType", _BASE_TYPES.get(what, ())
        requests = [self._calls.request(method, type_name=name) for name in names]
        for request in requests:
            request.options.max_result_size = 1
        for name, answer in zip(names, self._calls.many(method, requests), strict=True):
            if getattr(answer, what):
                yield name

    def count(self, what: What) -> int:
        last, so_far = self._counted.get(what, (0, 0))
        ids = {one.id for one in self._listed(what, f"id > {last}" if last else "") if one.id > last}
        self._counted[what] = (max(ids, default=last), so_far + len(ids))  # ML Metadata deletes nothing
        return self._counted[what][1]

    def search(self, what: What, wanted: Wanted) -> Sequence[ContextRow | ExecutionRow | ArtifactRow]:
        found, fit = list[ContextRow | ExecutionRow | ArtifactRow](), matching.named(())
        if wanted.limit < 1:
            return found
        for one in self._listed(what, _narrowed(what, wanted), newest_first=True, size=wanted.limit):
            row = service_rows.of(what, one, self._type_of(what, one), fit)
            if _wanted(row, wanted):
                found.append(row)
                if len(found) == wanted.limit:
                    break
        return found

    def close(self) -> None:
        self._calls.close()

    def _by_id(self, what: What, ids: Collection[int]) -> dict[int, Any]:
        method, field = f"Get{_NAMES[what]}sByID", f"{_NAMES[what].lower()}_ids"
        requests = (self._calls.request(method, **{field: part}) for part in _parts(ids, _AT_ONCE))
        return {one.id: one for answer in self._calls.many(method, requests) for one in getattr(answer, what)}

    def _by_uri(self, uris: Collection[str]) -> dict[int, Any]:
        ordered, method = sorted(uris), "GetArtifactsByURI"
        parts = (ordered[at : at + PAGE] for at in range(0, len(ordered), PAGE))
        requests = (self._calls.request(method, uris=part) for part in parts)
        return {one.id: one for answer in self._calls.many(method, requests) for one in answer.artifacts}

    def _by_kind(
        self, what: What, kinds: Collection[str] | None, names: Collection[str] | None = None
    ) -> dict[int, Any]:
        """Rows of these types and names, or more."""
        if (kinds is not None and not kinds) or (names is not None and not names):
            return {}
        of_kind = _in("type", kinds)
        parts = [""] if names is None else [_named(part) for part in _parts(sorted(set(names)), PAGE)]
        filters = (" AND ".join(filter(None, (of_kind, part))) for part in parts)
        return {one.id: one for narrowed in filters for one in self._listed(what, narrowed)}

    def _listed(self, what: What, narrowed: str = "", *, newest_first: bool = False, size: int = PAGE) -> Iterator[Any]:
        """Every row that passes a filter, in order of id."""
        method = f"Get{_NAMES[what]}s"
        request = self._calls.request(method)
        request.options.filter_query = narrowed
        request.options.max_result_size = min(size, PAGE)
        request.options.order_by_field.field = _BY_ID
        request.options.order_by_field.is_asc = not newest_first
        page = None
        try:
            for page in self._calls.pages(method, request):
                yield from getattr(page, what)
        except RefusedError:
            if not narrowed or page is not None:
                raise
            yield from self._listed(what, newest_first=newest_first)  # all of them: slower, and no less right

    def _type_of(self, what: What, one: Any) -> str:
        if one.type:
            return str(one.type)
        known = self._types(what)  # older servers tell the number alone
        if one.type_id not in known:
            known |= self._asked_types(what, f"Get{_NAMES[what]}TypesByID", type_ids=[one.type_id])
        return known.get(one.type_id, "")

    def _types(self, what: What) -> dict[int, str]:
        if what not in self._names_of_types:
            self._names_of_types[what] = self._asked_types(what, f"Get{_NAMES[what]}Types")
        return self._names_of_types[what]

    def _asked_types(self, what: What, method: str, **fields: Any) -> dict[int, str]:
        answer = self._calls.one(method, self._calls.request(method, **fields))
        return {one.id: one.name for one in getattr(answer, f"{_NAMES[what].lower()}_types")}


def _wanted(row: ContextRow | ExecutionRow | ArtifactRow, wanted: Wanted) -> bool:
    texts = (row.type, row.name, row.uri if isinstance(row, ArtifactRow) else None)
    return (
        (wanted.before is None or row.id < wanted.before)
        and (not wanted.kinds or row.type in wanted.kinds)
        and (not wanted.states or not isinstance(row, ExecutionRow) or row.state in wanted.states)
        and matching.contains(texts, wanted.text)
    )


def _narrowed(what: What, wanted: Wanted) -> str:
    """The filter of a search, in the language of ML Metadata's `filter_query`."""
    conditions = [_in("type", wanted.kinds or None)]
    if wanted.text:
        columns = ("name", "type", *(("uri",) if what == "artifacts" else ()))
        pattern = _pattern(wanted.text.lower())
        conditions.append("(" + " OR ".join(f"LOWER({column}) LIKE '%{pattern}%'" for column in columns) + ")")
    if wanted.states and what == "executions" and "unknown" not in wanted.states:
        states = ", ".join(state.upper() for state in sorted(set(wanted.states)) if state.isalpha())
        conditions.append(f"last_known_state IN ({states})" if states else "")
    if wanted.before is not None:
        conditions.append(f"id < {int(wanted.before)}")
    return " AND ".join(filter(None, conditions))


def _in(column: str, texts: Collection[str] | None) -> str:
    """A condition that all of these texts pass; "" where none can be put."""
    if texts is None or not all(map(_plain, texts)):
        return ""
    listed = ", ".join(f"'{text}'" for text in sorted(set(texts)))
    return f"{column} IN ({listed})"


def _named(names: Sequence[str]) -> str:
    plain, others = [name for name in names if _plain(name)], [name for name in names if not _plain(name)]
    conditions = [_in("name", plain)] if plain else []
    conditions += [f"name LIKE '{_pattern(name)}'" for name in others]
    return f"({' OR '.join(conditions)})"


def _plain(text: str) -> bool:
    return len(_PLAIN.findall(text)) == len(text)


def _pattern(text: str) -> str:
    """A pattern that the text fits, with a wildcard for everything that is not plain."""
    return "".join(one if _PLAIN.match(one) else "%" for one in text)


def _is(kind: str, kinds: Collection[str] | None) -> bool:
    return kinds is None or kind in kinds


def _listing(ids: Iterable[int]) -> str:
    return ", ".join(str(int(one)) for one in ids)


def _parts(many: Collection[Any], size: int) -> Iterator[list[Any]]:
    ordered = sorted(set(many))
    for at in range(0, len(ordered), size):
        yield ordered[at : at + size]
