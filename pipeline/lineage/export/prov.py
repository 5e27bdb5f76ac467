"""W3C PROV as PROV-JSON, https://www.w3.org/submissions/prov-json/

Artifacts are entities, executions and runs are activities, people and software are agents, a run's config is the plan
that its executions followed. An execution that found its outputs in the cache used them; whoever made them generated
them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import graduate
from graduate.pipeline.lineage.export import model, secrets, stable
from graduate.pipeline.lineage.export import scope as scopes
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.pipeline.lineage.words import Subject

# Namespaces of names: attributes and types; artifacts, data from outside, executions, runs, agents, configs
_VOCABULARY = "graduate"
_KINDS = ("artifact", "source", "execution", "run", "agent", "config")
_OWN = "urn:graduate:lineage#"
_SOFTWARE = f"agent:graduate-{graduate.__version__}"
_CACHED = "cached"
_MOST_DERIVED = 10_000  # of one execution; each output of each input is a product
_ELSEWHERE = frozenset(
    ["config", "result", "nodes", "installed"]
)  # told as entities and activities; a bill of materials
Attributes = dict[str, Any]


def document(records: Records, subject: Subject) -> dict[str, Any]:
    """A run and everything upstream of it, or everything that made a model or another artifact."""
    scope = scopes.of(records, subject, makers=True)
    made = _Document(scope)
    for artifact in scope.artifacts.values():
        made.entity(artifact)
    for run in scope.runs.values():
        made.run(run)
    for execution in scope.executions:
        if execution.state != "skipped":  # nothing happened
            made.execution(execution)
    return made.json()


class _Document:
    """Grows by what is told; relations have blank names, as they are not spoken of."""

    def __init__(self, scope: scopes.Scope) -> None:
        self.scope = scope
        self.parts: dict[str, dict[str, Attributes]] = {}
        self._generated: set[str] = set()

    def json(self) -> dict[str, Any]:
        """The document: prefixes, then everything by kind."""
        store = self.scope.store
        prefixes = {_VOCABULARY: _OWN, **{kind: f"urn:uuid:{store}#{kind}-" for kind in _KINDS}}
        return {"prefix": prefixes, **self.parts}

    def entity(self, artifact: Artifact) -> None:
        """An artifact, with its properties."""
        told = {
            "prov:type": _qualified(artifact.kind),
            "prov:label": artifact.name or f"{artifact.kind} {artifact.id}",
            "prov:location": secrets.uri(artifact.uri),
            f"{_VOCABULARY}:state": artifact.state,
            f"{_VOCABULARY}:created": _moment(stable.time(artifact.created)),
        }
        self._add("entity", f"artifact:{artifact.id}", told | _attributes(artifact.properties, "property."))

    def run(self, run: Run) -> None:
        """A run as an activity, who ran it, and its config as an entity."""
        name = f"run:{stable.local_name(run.id)}"
        facts = {key: value for key, value in run.facts.items() if key not in _ELSEWHERE}
        told = {
            "prov:type": _qualified("Run"),
            "prov:label": run.id,
            "prov:startTime": stable.time(run.started),
            f"{_VOCABULARY}:pipeline": run.pipeline,
            f"{_VOCABULARY}:status": run.status,
        }
        if run.ended is not None:
            told["prov:endTime"] = stable.time(run.ended)
        self._add("activity", name, told | _attributes(run.metrics, "metric.") | _attributes(facts, "fact."))
        plan = f"config:{stable.local_name(run.id)}" if run.config else None
        if plan:
            config = _attributes(run.config, "")
            self._add("entity", plan, {"prov:type": {"$": "prov:Plan", "type": "prov:QUALIFIED_NAME"}, **config})
        self._software()
        self._relate("wasAssociatedWith", {"prov:activity": name, "prov:agent": _SOFTWARE, "prov:plan": plan})
        person = self._person(*(str(run.facts.get(key) or "") for key in ("user", "host")))
        if person:
            self._relate("wasAssociatedWith", {"prov:activity": name, "prov:agent": person})
            self._relate(
                "actedOnBehalfOf", {"prov:delegate": _SOFTWARE, "prov:responsible": person, "prov:activity": name}
            )

    def execution(self, execution: Execution) -> None:
        """An execution as an activity: what it used and generated, who did it."""
        name = f"execution:{execution.id}"
        told = {
            "prov:type": _qualified(execution.type.rpartition(".")[2]),
            "prov:label": execution.node,
            "prov:startTime": stable.time(execution.started),
            f"{_VOCABULARY}:state": execution.state,
        }
        if execution.state != "running":
            told["prov:endTime"] = stable.time(execution.ended)
        given = {key: value for key, value in execution.parameters.items() if key != "obeys"}
        self._add("activity", name, told | _attributes(given, "parameter."))
        taken = [(slot, f"artifact:{artifact.id}") for slot, artifact in self.scope.inputs(execution)]
        if source := model.source_of(execution):
            taken.append(("source", self._source(source)))
        for slot, entity in taken:
            self._use(name, entity, slot, execution.started)
        made = []
        for slot, artifact in self.scope.outputs(execution):
            entity = f"artifact:{artifact.id}"
            if execution.state == _CACHED or entity in self._generated:
                self._use(name, entity, f"{_CACHED} {slot}".strip(), execution.ended)
            else:
                self._generate(name, entity, slot, execution.ended)
                made.append(entity)
        # a condition let it run; nothing of it went in
        self._derive(name, made, [entity for slot, entity in taken if not slot.startswith("_")])
        self._agents(name, execution)

    def _agents(self, name: str, execution: Execution) -> None:
        """Whoever did it by hand; else the software, by the plan of the run."""
        if execution.type in scopes.BY_HAND:
            user, _, host = str(execution.parameters.get("by") or "").partition("@")
            if person := self._person(user, host):
                self._relate("wasAssociatedWith", {"prov:activity": name, "prov:agent": person})
            return
        self._software()
        run = self.scope.runs.get(execution.run)
        plan = f"config:{stable.local_name(run.id)}" if run and run.config else None
        self._relate("wasAssociatedWith", {"prov:activity": name, "prov:agent": _SOFTWARE, "prov:plan": plan})
        if run:
            started = {"prov:activity": name, "prov:starter": f"run:{stable.local_name(run.id)}"}
            self._relate("wasStartedBy", started | {"prov:time": stable.time(execution.started)})

    def _use(self, activity: str, entity: str, slot: str, at: int) -> None:
        used = {"prov:activity": activity, "prov:entity": entity, "prov:time": stable.time(at)}
        self._relate("used", used | {"prov:role": slot or None})

    def _generate(self, activity: str, entity: str, slot: str, at: int) -> None:
        self._generated.add(entity)
        made = {"prov:entity": entity, "prov:activity": activity, "prov:time": stable.time(at)}
        self._relate("wasGeneratedBy", made | {"prov:role": slot or None})

    def _derive(self, activity: str, made: Sequence[str], sources: Sequence[str]) -> None:
        """Each output of each input; of very many the activity says how many were left out."""
        if len(made) * len(sources) > _MOST_DERIVED:
            self.parts["activity"][activity][f"{_VOCABULARY}:derivations_left_out"] = len(made) * len(sources)
            return
        for entity, source in itertools.product(made, sources):
            if entity != source:
                derived = {"prov:generatedEntity": entity, "prov:usedEntity": source}
                self._relate("wasDerivedFrom", derived | {"prov:activity": activity})

    def _source(self, place: str) -> str:
        """Data that lay outside before it came in; the store has no artifact of it."""
        name = f"source:{stable.local_name(place.strip('/'))}"
        self._add("entity", name, {"prov:type": _qualified("Source"), "prov:label": place, "prov:location": place})
        return name

    def _software(self) -> None:
        told = {"prov:type": {"$": "prov:SoftwareAgent", "type": "prov:QUALIFIED_NAME"}, "prov:label": "graduate"}
        self._add("agent", _SOFTWARE, told | {f"{_VOCABULARY}:version": graduate.__version__})

    def _person(self, user: str, host: str) -> str | None:
        if not user:
            return None
        whole = f"{user}@{host}" if host else user
        name = f"agent:{stable.local_name(whole)}"
        told = {"prov:type": {"$": "prov:Person", "type": "prov:QUALIFIED_NAME"}, "prov:label": whole}
        self._add("agent", name, told)
        return name

    def _add(self, part: str, name: str, told: Attributes) -> None:
        self.parts.setdefault(part, {})[name] = told

    def _relate(self, relation: str, told: Mapping[str, Any]) -> None:
        known = self.parts.setdefault(relation, {})
        known[f"_:{relation}{len(known) + 1}"] = {key: value for key, value in told.items() if value is not None}


def _qualified(kind: str) -> dict[str, str]:
    """A type in Graduate's namespace: `graduate:Examples`; its own artifacts' types begin with its name already."""
    name = stable.local_name(kind.removeprefix("graduate."))
    return {"$": f"{_VOCABULARY}:{name}", "type": "prov:QUALIFIED_NAME"}


def _moment(text: str) -> dict[str, str]:
    return {"$": text, "type": "xsd:dateTime"}


def _attributes(values: Mapping[str, Any], before: str) -> Attributes:
    """Values as attributes, without secrets: a name for each leaf of a mapping, lists of texts and numbers stay."""
    found: Attributes = {}
    for key, value in secrets.masked(values).items():
        name = f"{before}{stable.local_name(str(key))}"
        if isinstance(value, Mapping):
            found |= _attributes(value, f"{name}.")
        elif value is not None and value != []:
            found[f"{_VOCABULARY}:{name}"] = _literals(value)
    return found


def _literals(value: Any) -> Any:
    """A value as PROV-JSON has it; a list's inner structures are written as text."""
    if isinstance(value, list):
        return [_literal(one) for one in value]
    return _literal(value)


def _literal(value: Any) -> Any:
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"$": str(value), "type": "xsd:long"} if abs(value) >= 2**31 else value
    if isinstance(value, float):
        special = "NaN" if math.isnan(value) else ("INF" if value > 0 else "-INF") if math.isinf(value) else ""
        return {"$": special or repr(value), "type": "xsd:double"}
    return str(value)
