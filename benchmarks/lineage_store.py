"""A large work folder, made through ML Metadata's own API: 10,000 executions and 40,000 artifacts, for lineage.py.

    python benchmarks/lineage_store.py            makes it where it is missing (a minute or two), and says what it holds

Six pipelines of Graduate's own with some seven hundred runs: pushed, refused, sick, failed, found whole in the cache,
rolled back; and one that plain TFX ran over hourly spans, whose models have hundreds of parents. Each run of ours is
written as `pipeline/record.py` writes it, each execution has the properties, contexts and events that a real run
leaves. The files that the questions read (manifests of 1,000 rows, verdicts, findings, metrics, statistics, model
cards) lie where the artifacts say. It stays in the folder for temporary files until that changes which makes it.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lineage_files as files
import ml_metadata
from lineage_nodes import NODES, PLAIN
from ml_metadata.proto import metadata_store_pb2 as mlmd

from graduate.pipeline import by_hand, record
from graduate.pipeline.config import load
from graduate.pipeline.result import NodeReport, RunResult
from graduate.publish import Version
from graduate.verdict import VerdictRecord

ROOT = Path(__file__).resolve().parents[1]
EXECUTIONS, ARTIFACTS = 10_000, 40_000
PIPELINES = ("digits", "pets", "birds", "leaves", "plates", "cracks")
VERSIONS = 10  # of the data of each pipeline
RUNS_A_VERSION = 13
PLAIN_EVERY, SPANS, MANY = 9, 118, 950  # a plain TFX run after so many others; hours that it reads, and the first one
FIRST_VERSION = 1_790_000_000  # versions are seconds since 1970, as TensorFlow Serving takes them
_NAME = "graduate-lineage-store-"
FRONT = tuple(NODES)[:6]  # what a run on the same data finds in the cache
# characters of the property `obeys` beyond the settings, as a real run's
_OBEYS = {"Preflight": 10_000, "Trainer": 10_000, "GradientDiagnostics": 3_400, "ExampleGen": 1_800, "DataGuard": 1_300}


@dataclass(frozen=True)
class Made:
    """The work folder, and what to ask it about.

    Attributes:
        root: the work folder.
        facts: `model` (a version pushed half-way), `run` (which pushed it), `before` (on other data), `refused`, `file`
            and `hash` (of a row of its data), `wide` and `wider` (plain TFX runs), and what the store holds.
    """

    root: Path
    facts: Mapping[str, Any]

    @property
    def store(self) -> Path:
        return self.root / "metadata.sqlite"


def made() -> Made:
    """The store; made where it is missing."""
    sources = [Path(__file__).with_name(f"lineage_{name}.py") for name in ("store", "nodes", "files")]
    key = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    root = Path(tempfile.gettempdir()) / f"{_NAME}{key}"
    facts = root / "facts.json"  # written last
    if not facts.is_file():
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        start = time.perf_counter()
        found = _History(root).tell()
        facts.write_text(json.dumps({**found, "seconds": round(time.perf_counter() - start, 1)}, indent=2))
        for old in set(root.parent.glob(f"{_NAME}*")) - {root}:
            shutil.rmtree(old)
    return Made(root, json.loads(facts.read_text()))


@dataclass
class _Run:
    """A run that is being written: its outputs by `node.slot`, old ones by their numbers."""

    id: str
    pipeline: str
    config: Mapping[str, Any]
    number: int
    kept: dict[str, int] = field(default_factory=dict)
    verdicts: list[VerdictRecord] = field(default_factory=list)
    nodes: list[NodeReport] = field(default_factory=list)


class _History:
    def __init__(self, root: Path) -> None:
        self.root = root
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(root / "metadata.sqlite")
        config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = ml_metadata.MetadataStore(config)
        self.random = random.Random(7)
        self.base = load(str(ROOT / "examples" / "digits.yaml"), []).to_json()
        self.types: dict[tuple[str, str], int] = {}
        self.contexts: dict[tuple[str, str], mlmd.Context] = {}
        self.executions = self.artifacts = self.runs = 0
        self.clock = FIRST_VERSION
        self.serving: dict[str, list[Version]] = {}
        self.facts: dict[str, Any] = {}
        self.modules = files.modules()

    def tell(self) -> dict[str, Any]:
        """Write it all; the pipelines take turns, version of the data after version."""
        data: dict[str, list[dict[str, Any]]] = {name: [] for name in PIPELINES}
        for version in range(VERSIONS):
            fronts: dict[str, dict[str, int]] = {}
            for name in PIPELINES:
                data[name] = files.next_version(name, data[name], self.random)
            for turn in range(RUNS_A_VERSION):
                for name in PIPELINES:
                    if self.executions < EXECUTIONS - len(NODES):
                        fronts[name] = self._ours(name, version, turn, data[name], fronts.get(name, {}))
        while self.executions < EXECUTIONS:
            last = EXECUTIONS - self.executions <= len(PLAIN)
            self._plain((ARTIFACTS - self.artifacts - 4) // 3 if last else SPANS)
        return {
            **self.facts,
            "executions": len(self.store.get_executions()),
            "artifacts": len(self.store.get_artifacts()),
            "runs": len(self.store.get_contexts_by_type("pipeline_run")),
            "megabytes": round((self.root / "metadata.sqlite").stat().st_size / 1e6),
        }

    def _ours(
        self, name: str, version: int, turn: int, rows: Sequence[Mapping[str, Any]], front: dict[str, int]
    ) -> dict[str, int]:
        """One run of Graduate's own; gives back what the next one finds in the cache."""
        self.runs += 1
        if self.runs % PLAIN_EVERY == 0:
            self._plain(SPANS if "wider" in self.facts else MANY)
        config = copy.deepcopy(self.base) | {"name": name}
        config["training"]["learning_rate"] = self.random.choice((0.0003, 0.001, 0.002, 0.003, 0.01))
        config["training"]["seed"] = self.random.randrange(5)
        config["model"]["hyperparameters"]["dropout"] = self.random.choice((0.1, 0.2, 0.3))
        run = _Run(f"{name}-202601{version + 1:02}-12{turn:02}00-{self.runs:04x}", name, config, self.runs, dict(front))
        facts = files.started(config, version, self.runs)
        record.start_run(self.store, run.id, name, config, hashlib.sha256(run.id.encode()).hexdigest(), facts)
        chance = self.random.random()
        accuracy = round(self.random.uniform(0.9, 0.99), 4)
        if chance < 0.03:
            status, last = "failed", "Trainer"
        elif chance < 0.15:
            status, last = "sick", "GradientDiagnostics"
        elif chance < 0.45:
            status, last = "refused", "Gate"
            accuracy = round(accuracy - 0.1, 4)
        else:
            status, last = "pushed", "Pusher"
        self._write(run, rows, last, status, accuracy)
        self._note(run, status, rows)
        metrics = {"accuracy": accuracy, "loss": round(1 - accuracy, 4), "examples": 100.0}
        pushed = str(self.serving[name][-1].folder) if status == "pushed" else None
        measured = metrics if status in ("pushed", "refused") else {}
        result = RunResult(run.id, status, tuple(run.nodes), tuple(run.verdicts), pushed, measured)
        record.finish_run(self.store, result)
        if status == "pushed" and len(self.serving[name]) % 12 == 5:
            self._roll_back(name)
        return {key: number for key, number in run.kept.items() if key.partition(".")[0] in FRONT}

    def _note(self, run: _Run, status: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Remember what the questions are about: of `birds`, half-way."""
        if run.pipeline != "birds" or run.number < EXECUTIONS // 28:
            return
        told = {"before": run.id, "version": rows[0]["look"]} if status == "pushed" else {"refused": run.id}
        if told.keys() - self.facts.keys():
            self.facts |= told
        elif status == "pushed" and "model" not in self.facts and self.facts["version"] != rows[0]["look"]:
            self.facts |= {"model": f"birds:{self.clock}", "run": run.id}
            self.facts |= {"file": rows[300]["path"], "hash": rows[300]["hash"]}

    def _write(self, run: _Run, rows: Sequence[Mapping[str, Any]], last: str, status: str, accuracy: float) -> None:
        """All executions of a run up to the node `last`, in one transaction, then the contexts of each."""
        executions, artifacts, edges, made = [], [], [], dict[str, int]()
        nodes = tuple(NODES)[: tuple(NODES).index(last) + 1]
        for at, node in enumerate(nodes):
            takes, gives = NODES[node].takes, NODES[node].gives
            cached = node in FRONT and all(f"{node}.{slot}" in run.kept for slot in gives)
            failed = node == "Trainer" and status == "failed"
            state = mlmd.Execution.CACHED if cached else mlmd.Execution.FAILED if failed else mlmd.Execution.COMPLETE
            run.nodes.append(NodeReport(node, "cached" if cached else "failed" if failed else "ran", 0.5, "first run"))
            executions.append(self._execution(run, node, state))
            if "verdict" in gives:
                run.verdicts.append(files.verdict(node, status, accuracy))
            taken: dict[str, mlmd.Event] = {}  # one event for an artifact, whatever the number of its slots
            for slot, source in takes.items():
                taken[source] = _event(mlmd.Event.INPUT, slot, event=taken.get(source))
            edges += [(at, *_end(source, event, made, run.kept)) for source, event in taken.items()]
            for slot, kind in {} if failed else gives.items():
                key = f"{node}.{slot}"
                if not cached:
                    made[key] = len(artifacts)
                    artifacts.append(self._artifact(run, node, slot, kind, rows, status, accuracy))
                edges.append((at, *_end(key, _event(mlmd.Event.OUTPUT, slot), made, run.kept)))
        contexts = [self._context("pipeline", run.pipeline), self._context("pipeline_run", run.id)]
        ids = self._put(executions, artifacts, contexts, edges, [f"{run.pipeline}.{node}" for node in nodes], run.id)
        run.kept |= {key: ids[at] for key, at in made.items()}

    def _put(
        self,
        executions: list[mlmd.Execution],
        artifacts: list[mlmd.Artifact],
        contexts: list[mlmd.Context],
        edges: list[Any],
        nodes: Sequence[str],
        run: str,
    ) -> list[int]:
        """Write a run's graph, and put each execution into its node's context and into one for the cache."""
        numbers, ids, _ = self.store.put_lineage_subgraph(executions, artifacts, contexts, edges)
        caches = [
            mlmd.Context(
                type_id=self._type("context", "execution_cache"),
                name=hashlib.sha256(f"{run} {node}".encode()).hexdigest(),
            )
            for node in nodes
        ]
        own = [self._context("node", node).id for node in nodes]
        pairs = [*zip(own, numbers, strict=True), *zip(self.store.put_contexts(caches), numbers, strict=True)]
        associations = [mlmd.Association(context_id=context, execution_id=number) for context, number in pairs]
        made_by = {artifact: execution for execution, artifact, _ in edges if artifact is not None}
        attributions = [
            mlmd.Attribution(context_id=own[made_by[at]], artifact_id=number) for at, number in enumerate(ids)
        ]
        self.store.put_attributions_and_associations(attributions, associations)
        self.executions += len(numbers)
        self.artifacts += len(ids)
        return list(ids)

    def _execution(self, run: _Run, node: str, state: int) -> mlmd.Execution:
        obeys = {f"code:{module}": digest for module, digest in self._code(run.number, _OBEYS.get(node, 300))}
        settings = {"ExampleGen": "data", "Transform": "transform", "Evaluator": "evaluation"}.get(node, "training")
        if node in ("ExampleGen", "Transform", "Preflight", "Trainer", "Evaluator"):
            obeys |= {f"config:{settings}.{key}": value for key, value in run.config[settings].items()}
        if node in ("Preflight", "Trainer"):
            obeys |= {f"config:model.{key}": value for key, value in run.config["model"].items()}
        told: dict[str, Any] = {"obeys": json.dumps(obeys, sort_keys=True)}
        if node == "ExampleGen":
            told |= {"digest": "0" * 64, "input_path": f"/data/{run.pipeline}", "data": json.dumps(run.config["data"])}
        if node == "Pusher":
            told |= {"push_to": str(self.root / "models" / run.pipeline), "keep": 5}
        return _with(
            mlmd.Execution(type_id=self._type("execution", NODES[node].component), last_known_state=state), told
        )

    def _code(self, number: int, length: int) -> list[tuple[str, str]]:
        """Modules with their digests, so many that they take `length` characters; one of them changes now and then."""
        found, used = [], 0
        for at, module in enumerate(self.modules):
            if used > length:
                break
            edited = number // 40 if at == 3 else 0
            found.append((module, hashlib.sha256(f"{module} {edited}".encode()).hexdigest()[:16]))
            used += len(module) + 29
        return found

    def _artifact(
        self,
        run: _Run,
        node: str,
        slot: str,
        kind: str,
        rows: Sequence[Mapping[str, Any]],
        status: str,
        accuracy: float,
    ) -> mlmd.Artifact:
        """An output with its files and properties."""
        folder = self.root / "artifacts" / run.pipeline / node / slot / str(run.number)
        folder.parent.mkdir(parents=True, exist_ok=True)
        served = self.serving.get(run.pipeline, [])
        told: dict[str, Any] = {"is_external": 0, "tfx_version": "1.16.0"}
        if slot == "verdict":
            verdict = run.verdicts[-1]
            files.json_file(folder / "verdict.json", verdict.to_json())
            told |= {"source": node, "passed": int(verdict.passed), "reasons": json.dumps(list(verdict.reasons))}
        elif slot == "pushed_model":
            version = self._publish(run, accuracy)
            told |= {"pushed": 1, "pushed_destination": str(version.folder), "pushed_version": str(version.number)}
            folder.mkdir()
        elif node == "LastGraduate":
            told["none"] = int(not served)
            folder = served[-1].folder if served else folder
        else:
            told |= files.output(folder, slot, run.id, rows, status, accuracy)
        artifact = mlmd.Artifact(type_id=self._type("artifact", kind), uri=str(folder), state=mlmd.Artifact.LIVE)
        return _with(artifact, told)

    def _publish(self, run: _Run, accuracy: float) -> Version:
        self.clock += 100
        folder = self.root / "models" / run.pipeline / str(self.clock)
        files.model(folder, run.id)
        card = {"run_id": run.id, "config": run.config, "metrics": {"accuracy": accuracy}, "pushed_at": "2026-01-31"}
        files.json_file(folder / "model_card.json", card)
        version = Version(self.clock, folder, card)
        places = self.serving.setdefault(run.pipeline, [])
        places.append(version)
        for old in places[-6:-5]:  # a Pusher keeps five
            shutil.rmtree(old.folder)
        return version

    def _roll_back(self, name: str) -> None:
        served, target = self.serving[name][-1], self.serving[name][-2]
        self.clock += 50
        now = Version(self.clock, target.folder.with_name(str(self.clock)), target.card)
        shutil.copytree(target.folder, now.folder)
        properties = {"from_version": served.number, "to_version": target.number}
        by_hand.write_rollback(self.store, name, now, target, by_hand.Deed("it was slow"), properties)
        self.serving[name].append(now)
        self.executions += 1
        self.artifacts += 1

    def _plain(self, spans: int) -> None:
        """A run that plain TFX wrote, on the cluster of another team: nothing of Graduate's in it, files elsewhere."""
        run = f"clicks-{self.executions:05}"
        executions, artifacts, edges = [], [], []
        made: dict[str, list[int]] = {}
        for at, (name, node) in enumerate(PLAIN.items()):
            kind = self._type("execution", node.component)
            executions.append(mlmd.Execution(type_id=kind, last_known_state=mlmd.Execution.COMPLETE))
            for slot, source in node.takes.items():
                edges += [(at, one, _event(mlmd.Event.INPUT, slot, n)) for n, one in enumerate(made[source])]
            for slot, type_name in node.gives.items():
                many = spans if type_name.endswith("*") else 1
                made[f"{name}.{slot}"] = list(range(len(artifacts), len(artifacts) + many))
                for n, one in enumerate(made[f"{name}.{slot}"]):
                    uri = f"gs://clicks/{name}/{slot}/{self.executions + at}/{n}"
                    kind = self._type("artifact", type_name.rstrip("*"))
                    artifact = mlmd.Artifact(type_id=kind, uri=uri, state=mlmd.Artifact.LIVE)
                    artifacts.append(_with(artifact, {"span": n} if many > 1 else {}))
                    edges.append((at, one, _event(mlmd.Event.OUTPUT, slot, n)))
        contexts = [self._context("pipeline", "clicks"), self._context("pipeline_run", run)]
        self._put(executions, artifacts, contexts, edges, [f"clicks.{name}" for name in PLAIN], run)
        self.facts["wider" if spans == MANY else "wide"] = run

    def _context(self, kind: str, name: str) -> mlmd.Context:
        """A context with its properties: ML Metadata writes it again with every graph that is put into it."""
        if (kind, name) not in self.contexts:
            found = self.store.get_context_by_type_and_name(kind, name)
            if found is None:
                found = mlmd.Context(type_id=self._type("context", kind), name=name)
                found.id = self.store.put_contexts([found])[0]
            self.contexts[kind, name] = found
        return self.contexts[kind, name]

    def _type(self, what: str, name: str) -> int:
        if (what, name) not in self.types:
            if what == "artifact":
                kind: Any = mlmd.ArtifactType(name=name)
                self.types[what, name] = self.store.put_artifact_type(kind, can_add_fields=True, can_omit_fields=True)
            elif what == "execution":
                kind = mlmd.ExecutionType(name=name)
                self.types[what, name] = self.store.put_execution_type(kind, can_add_fields=True)
            else:
                self.types[what, name] = self.store.put_context_type(mlmd.ContextType(name=name), can_add_fields=True)
        return self.types[what, name]


def _with(node: Any, told: Mapping[str, Any]) -> Any:
    for key, value in told.items():
        if isinstance(value, int):
            node.custom_properties[key].int_value = value
        else:
            node.custom_properties[key].string_value = value
    return node


def _end(
    key: str, event: mlmd.Event, made: Mapping[str, int], kept: Mapping[str, int]
) -> tuple[int | None, mlmd.Event]:
    """An edge's artifact: its place among the new ones, or its number in the event."""
    if key not in made:
        event.artifact_id = kept[key]
    return made.get(key), event


def _event(kind: int, key: str, index: int = 0, event: mlmd.Event | None = None) -> mlmd.Event:
    event = event or mlmd.Event(type=kind)
    event.path.steps.add().key = key
    event.path.steps.add().index = index
    return event


if __name__ == "__main__":
    found = made()
    print(json.dumps({"work folder": str(found.root), **found.facts}, indent=2))
