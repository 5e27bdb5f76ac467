"""A small history, written as TFX and Graduate write it, with the files that its artifacts name.

Two pipelines share the store. `digits` ran five times and was rolled back once:

first      pushed; learning rate 0.001, data of 60 images
faster     pushed; learning rate 0.003, everything before the Trainer from the cache
more_data  refused on a slice; four images came, two went, one has another class
sick       its training had a vanishing gradient: nothing after GradientDiagnostics ran
failed     the Trainer raised
(rollback  the first version serves again)

`pets` ran once and was pushed: `pets`.
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graduate import files
from graduate.pipeline import by_hand, record
from graduate.pipeline.config import load
from graduate.pipeline.result import NodeReport, RunResult
from graduate.publish import Version
from graduate.verdict import Check, VerdictRecord
from tests.lineage.writing import CACHED, COMPLETE, FAILED, Writer, opened

ROOT = Path(__file__).resolve().parents[2]
CODE = {"code:graduate.pipeline.trainer": "aa37e705000a9c80"}
FIRST_VERSION = 1_795_829_680  # versions are seconds since 1970, as TensorFlow Serving takes them


@dataclass
class Story:
    """The history: where it lies, and the ids of its runs by the names above."""

    root: Path
    runs: dict[str, str] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def store(self) -> Path:
        return self.root / "metadata.sqlite"


def write(root: Path) -> Story:
    """Write the whole history below a folder."""
    root.mkdir(parents=True, exist_ok=True)
    told = _Telling(Story(root), Writer(opened(root / "metadata.sqlite"), root))
    told.tell()
    return told.story


class _Telling:
    def __init__(self, story: Story, writer: Writer) -> None:
        self.story, self.writer = story, writer
        self.clock = FIRST_VERSION

    def tell(self) -> None:
        base = load(str(ROOT / "examples" / "digits.yaml"), []).to_json()
        rows = [_row(f"{at % 3}/digit-{at:04}.png", str(at % 3)) for at in range(60)]
        data = self._data("digits", rows)
        first = self._begin("digits", "first", base)
        self._front(first, data, COMPLETE)
        self._push(first, data, accuracy=0.95)
        faster = copy.deepcopy(base)
        faster["training"]["learning_rate"] = 0.003
        second = self._begin("digits", "faster", faster)
        self._front(second, data, CACHED)
        self._push(second, data, accuracy=0.9667)
        changed = [row for row in rows[2:]] + [_row(f"1/new-{at}.png", "1") for at in range(4)]
        changed[5] = {**changed[5], "path": f"0/{changed[5]['path'][2:]}", "class": "0"}
        more = self._data("digits", changed)
        third = self._begin("digits", "more_data", faster)
        self._front(third, more, COMPLETE)
        self._refuse(third, more)
        deep = copy.deepcopy(faster)
        deep["model"]["hyperparameters"]["activation"] = "sigmoid"
        fourth = self._begin("digits", "sick", deep)
        self._front(fourth, more, CACHED)
        self._sicken(fourth, more)
        fifth = self._begin("digits", "failed", faster | {"training": faster["training"] | {"steps": 9}})
        self._front(fifth, more, CACHED)
        self._fail(fifth, more)
        self._roll_back()
        pets = copy.deepcopy(base) | {"name": "pets"}
        sixth = self._begin("pets", "pets", pets)
        others = self._data("pets", [_row(f"cat/{at}.png", "cat") for at in range(8)])
        self._front(sixth, others, COMPLETE)
        self._push(sixth, others, accuracy=1.0)

    def _begin(self, pipeline: str, name: str, config: dict[str, Any]) -> dict[str, Any]:
        run_id = f"{pipeline}-20260131-1200{len(self.story.runs):02}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"
        self.story.runs[name] = run_id
        record.start_run(self.writer.store, run_id, pipeline, config, f"fingerprint-{name}")
        return {"id": run_id, "pipeline": pipeline, "name": name, "config": config, "nodes": [], "verdicts": []}

    def _data(self, pipeline: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {"pipeline": pipeline, "rows": rows, "ids": {}}

    def _front(self, run: dict[str, Any], data: dict[str, Any], state: int) -> None:
        """ExampleGen to Transform; the second run on the same data finds them in the cache."""
        ids = data["ids"]
        digest = hashlib.sha256(json.dumps(data["rows"]).encode()).hexdigest()
        made = None if ids else self._source_files(run["pipeline"], data)
        given = {"digest": digest, "input_path": "/data/digits", "obeys": {"config:data.bad_rows": "fail"}}
        ids["examples"], ids["manifest"] = self._node(run, "ExampleGen", {}, made, ids, given, state)
        made = None if "statistics" in ids else {"statistics": self._statistics(run["pipeline"], data)}
        (ids["statistics"],) = self._node(run, "StatisticsGen", {"examples": ["examples"]}, made, ids, {}, state)
        made = None if "schema" in ids else {"schema": self._file(run, "Schema", "schema", "schema.pbtxt", _SCHEMA)}
        (ids["schema"],) = self._node(run, "Schema", {"statistics": ["statistics"]}, made, ids, {}, state)
        guard = VerdictRecord(
            "DataGuard", (Check("rows", True, f"{len(data['rows'])} rows came in.", len(data["rows"])),)
        )
        run["verdicts"].append(guard)
        made = None if "guard" in ids else {"verdict": self._verdict(run, guard)}
        inputs = {"statistics": ["statistics"], "schema": ["schema"], "manifest": ["manifest"]}
        (ids["guard"],) = self._node(run, "DataGuard", inputs, made, ids, {}, state)
        made = None
        if "graph" not in ids:
            made = {
                "transform_graph": self._plain(run, "Transform", "transform_graph", "TransformGraph"),
                "transformed_examples": self._plain(run, "Transform", "transformed_examples", "Examples"),
            }
        inputs = {"examples": ["examples"], "schema": ["schema"], "_DataGuard.verdict": ["guard"]}
        ids["graph"], ids["rows"] = self._node(
            run, "Transform", inputs, made, ids, {"obeys": {"config:transform.size": [8, 8]}}, state
        )

    def _train(self, run: dict[str, Any], data: dict[str, Any]) -> None:
        training = run["config"]["training"]
        obeys = {**CODE, **{f"config:training.{key}": value for key, value in training.items()}}
        obeys["config:model.hyperparameters.activation"] = run["config"]["model"]["hyperparameters"]["activation"]
        model = self._plain(run, "Trainer", "model", "Model")
        weights = Path(model.uri) / "Format-Serving" / "variables" / "variables.data-00000-of-00001"
        files.write_text(weights, f"weights of {json.dumps(training, sort_keys=True)}")
        files.write_text(Path(model.uri) / "Format-Serving" / "saved_model.pb", "a graph")
        model_run = self._plain(run, "Trainer", "model_run", "ModelRun")
        told = {"device": "CPU", "strategy": "training on the CPU (no accelerator found)", "steps": training["steps"]}
        files.write_text(Path(model_run.uri) / "training.json", json.dumps(told))
        inputs = {"examples": ["rows"], "transform_graph": ["graph"], "schema": ["schema"]}
        made = {"model": model, "model_run": model_run}
        ids = data["ids"]
        ids["model"], ids["model_run"] = self._node(run, "Trainer", inputs, made, ids, {"obeys": obeys}, COMPLETE)

    def _diagnose(self, run: dict[str, Any], data: dict[str, Any], finding: dict[str, Any] | None) -> None:
        sentence = finding["meaning"] if finding else "29 rules looked and found nothing."
        verdict = VerdictRecord("GradientDiagnostics", (Check("rules", not finding, sentence, bool(finding), 0),))
        run["verdicts"].append(verdict)
        found = self._plain(
            run, "GradientDiagnostics", "findings", "graduate.Findings", verdict="sick" if finding else "healthy"
        )
        told = {"verdict": "sick" if finding else "healthy", "findings": [finding] if finding else [], "ran": []}
        files.write_text(Path(found.uri) / "findings.json", json.dumps(told))
        files.write_text(Path(found.uri) / "report.html", "<!doctype html><title>Findings</title><p>a report</p>")
        faults = finding["fault"] if finding else ""
        made = {"findings": found, "verdict": self._verdict(run, verdict, faults=faults)}
        ids = data["ids"]
        ids["findings"], ids["diagnosis"] = self._node(
            run, "GradientDiagnostics", {"model_run": ["model_run"]}, made, ids, {}, COMPLETE
        )

    def _evaluate(self, run: dict[str, Any], data: dict[str, Any], accuracy: float, checks: tuple[Check, ...]) -> None:
        ids = data["ids"]
        baseline = self._plain(run, "LastGraduate", "model", "Model", none=1)
        (ids["baseline"],) = self._node(run, "LastGraduate", {}, {"model": baseline}, ids, {}, COMPLETE)
        evaluation = self._plain(run, "Evaluator", "evaluation", "ModelEvaluation")
        slices = {f"label={at}": {"accuracy": accuracy, "examples": 2.0} for at in range(3)}
        overall = {"accuracy": accuracy, "loss": round(1 - accuracy, 4), "examples": 6.0}
        files.write_text(
            Path(evaluation.uri) / "metrics.json", json.dumps({"overall": overall, "slices": slices, "split": "test"})
        )
        bound = Check("accuracy", accuracy >= 0.9, f"accuracy is {accuracy}, the bound is 0.9.", accuracy, 0.9)
        verdict = VerdictRecord("Evaluator", (bound, *checks))
        run["verdicts"].append(verdict)
        run["metrics"] = overall
        made = {"evaluation": evaluation, "verdict": self._verdict(run, verdict)}
        inputs = {"examples": ["examples"], "model": ["model"], "baseline": ["baseline"]}
        inputs["_GradientDiagnostics.verdict"] = ["diagnosis"]
        obeys = {"obeys": {"config:evaluation.split": "test"}}
        ids["evaluation"], ids["evaluated"] = self._node(run, "Evaluator", inputs, made, ids, obeys, COMPLETE)

    def _gate(self, run: dict[str, Any], data: dict[str, Any], passed: bool) -> None:
        blessing = self._plain(run, "Gate", "blessing", "ModelBlessing", blessed=int(passed))
        checks = tuple(
            Check(v.source, v.passed, f"{v.source} {'passed' if v.passed else 'refused'}.") for v in run["verdicts"]
        )
        verdict = VerdictRecord("Gate", checks)
        run["verdicts"].append(verdict)
        inputs = {"model": ["model"], "evaluator": ["evaluated"], "diagnostics": ["diagnosis"], "data_guard": ["guard"]}
        made = {"blessing": blessing, "verdict": self._verdict(run, verdict)}
        ids = data["ids"]
        ids["blessing"], ids["gate"] = self._node(run, "Gate", inputs, made, ids, {}, COMPLETE)

    def _push(self, run: dict[str, Any], data: dict[str, Any], accuracy: float) -> None:
        self._train(run, data)
        self._diagnose(run, data, None)
        self._evaluate(run, data, accuracy, ())
        self._gate(run, data, True)
        self.clock += 100
        self.story.versions[run["name"]] = self.clock
        folder = self._pushed_files(run, self.clock)
        told = {"pushed": 1, "pushed_destination": str(folder), "pushed_version": str(self.clock)}
        made = {"pushed_model": self._plain(run, "Pusher", "pushed_model", "PushedModel", **told)}
        inputs = {"model": ["model"], "blessing": ["blessing"], "manifest": ["manifest"], "_Gate.verdict": ["gate"]}
        self._node(run, "Pusher", inputs, made, data["ids"], {"push_to": str(folder.parent)}, COMPLETE)
        self._end(run, "pushed", str(folder))

    def _refuse(self, run: dict[str, Any], data: dict[str, Any]) -> None:
        self._train(run, data)
        self._diagnose(run, data, None)
        sentence = "accuracy on label=1 is 0.7 (10 rows), below the bound of at least 0.85."
        self._evaluate(run, data, 0.93, (Check("accuracy", False, sentence, 0.7, 0.85, "label=1"),))
        self._gate(run, data, False)
        self._end(run, "refused")

    def _sicken(self, run: dict[str, Any], data: dict[str, Any]) -> None:
        self._train(run, data)
        finding = {
            "fault": "vanishing-gradient",
            "severity": "error",
            "layers": ["dense_1", "dense_2"],
            "steps": [1, 90],
            "meaning": "The first layers receive almost no gradient.",
        }
        self._diagnose(run, data, finding)
        self._end(run, "sick")

    def _fail(self, run: dict[str, Any], data: dict[str, Any]) -> None:
        inputs = {"examples": ["rows"], "transform_graph": ["graph"], "schema": ["schema"]}
        self._node(run, "Trainer", inputs, {}, data["ids"], {"obeys": CODE}, FAILED)
        self._end(run, "failed")

    def _roll_back(self) -> None:
        place = self.story.root / "models" / "digits"
        target = Version(
            self.story.versions["first"],
            place / str(self.story.versions["first"]),
            {"run_id": self.story.runs["first"]},
        )
        number = self.clock + 50
        self.story.versions["rollback"] = number
        files.write_text(place / str(number) / "saved_model.pb", "a graph")
        files.write_text(place / str(number) / "model_card.json", json.dumps({"run_id": self.story.runs["first"]}))
        now = Version(number, place / str(number), {})
        deed = by_hand.Deed("the camera was changed", by="ada@host", when="2026-01-31T12:30:00+00:00")
        told = {"from_version": self.story.versions["faster"], "to_version": target.number}
        by_hand.write_rollback(self.writer.store, "digits", now, target, deed, told)

    def _end(self, run: dict[str, Any], status: Any, pushed_to: str | None = None) -> None:
        result = RunResult(
            run["id"], status, tuple(run["nodes"]), tuple(run["verdicts"]), pushed_to, run.get("metrics", {})
        )
        record.finish_run(self.writer.store, result)

    def _node(
        self,
        run: dict[str, Any],
        node: str,
        inputs: dict[str, list[str]],
        made: dict[str, Any] | None,
        ids: dict[str, int],
        parameters: dict[str, Any],
        state: int,
    ) -> list[int]:
        """One execution; without `made` its outputs are those that an earlier one gave."""
        words = {COMPLETE: "ran", CACHED: "cached", FAILED: "failed"}
        run["nodes"].append(NodeReport(node, words[state], 0.1, "first run" if state == COMPLETE else ""))
        key = f"made by {node}"
        kept: Any = ids.get(key)
        if made is None:
            slots = json.loads(str(kept))
            outputs = {slot: self.writer.store.get_artifacts_by_id([number]) for slot, number in slots.items()}
        else:
            outputs = {slot: [artifact] for slot, artifact in made.items()}
        given = {slot: [ids[name] for name in names] for slot, names in inputs.items()}
        found = self.writer.execution(run["pipeline"], run["id"], node, given, outputs, parameters, state)
        ids[key] = json.dumps(dict(zip(outputs, found, strict=True)))  # type: ignore[assignment]
        return found

    def _source_files(self, pipeline: str, data: dict[str, Any]) -> dict[str, Any]:
        examples = self.writer.folder(pipeline, "ExampleGen", "examples")
        for split in ("train", "eval", "test"):
            files.write_text(examples / f"Split-{split}" / "data.gz", "rows")
        manifest = self.writer.folder(pipeline, "ExampleGen", "manifest")
        lines = [json.dumps(row, sort_keys=True) for row in data["rows"]]
        files.write_text(manifest / "manifest.jsonl", "\n".join(lines) + "\n")
        return {
            "examples": self.writer.artifact(
                "Examples", str(examples), split_names='["train", "eval", "test"]', span=0
            ),
            "manifest": self.writer.artifact("graduate.Manifest", str(manifest), rows=len(lines)),
        }

    def _statistics(self, pipeline: str, data: dict[str, Any]) -> Any:
        from tensorflow_metadata.proto.v0 import statistics_pb2

        folder = self.writer.folder(pipeline, "StatisticsGen", "statistics")
        for split in ("train", "eval", "test"):
            rows = [row for row in data["rows"] if row["split"] == split]
            found = statistics_pb2.DatasetFeatureStatisticsList()
            told = found.datasets.add(num_examples=len(rows))
            label = told.features.add(name="label", type=statistics_pb2.FeatureNameStatistics.STRING)
            label.string_stats.common_stats.num_non_missing = len(rows)
            for name in sorted({row["class"] for row in rows}):
                count = sum(row["class"] == name for row in rows)
                label.string_stats.rank_histogram.buckets.add(label=name, sample_count=count)
            label.string_stats.unique = len(label.string_stats.rank_histogram.buckets)
            (folder / f"Split-{split}").mkdir()
            (folder / f"Split-{split}" / "FeatureStats.pb").write_bytes(found.SerializeToString())
        return self.writer.artifact("ExampleStatistics", str(folder), split_names='["train", "eval", "test"]')

    def _verdict(self, run: dict[str, Any], verdict: VerdictRecord, **more: Any) -> Any:
        made = self._plain(
            run,
            verdict.source,
            "verdict",
            "graduate.Verdict",
            source=verdict.source,
            passed=int(verdict.passed),
            reasons=json.dumps(list(verdict.reasons)),
            **more,
        )
        files.write_text(Path(made.uri) / "verdict.json", json.dumps(verdict.to_json()))
        return made

    def _plain(self, run: dict[str, Any], node: str, slot: str, kind: str, **properties: Any) -> Any:
        return self.writer.artifact(kind, str(self.writer.folder(run["pipeline"], node, slot)), **properties)

    def _file(self, run: dict[str, Any], node: str, slot: str, name: str, content: str) -> Any:
        made = self._plain(run, node, slot, "Schema")
        files.write_text(Path(made.uri) / name, content)
        return made

    def _pushed_files(self, run: dict[str, Any], version: int) -> Path:
        folder = self.story.root / "models" / run["pipeline"] / str(version)
        files.write_text(folder / "saved_model.pb", "a graph")
        weights = f"weights of {json.dumps(run['config']['training'], sort_keys=True)}"
        files.write_text(folder / "variables" / "variables.data-00000-of-00001", weights)
        card = {
            "run_id": run["id"],
            "config": run["config"],
            "metrics": run["metrics"],
            "libraries": {"tensorflow": "2.16.2", "graduate": "0.1.0"},
            "pushed_at": "2026-01-31T12:00:00+00:00",
        }
        files.write_text(folder / "model_card.json", json.dumps(card))
        return folder


def _row(path: str, label: str) -> dict[str, Any]:
    """A line of a manifest; the split is by content hash, as ExampleGen makes it."""
    content = hashlib.sha256(path.encode()).hexdigest()
    split = {0: "eval", 1: "test"}.get(int(content[:8], 16) % 10, "train")
    return {"path": path, "hash": content, "class": label, "split": split, "height": 8, "width": 8, "channels": 1}


_SCHEMA = 'feature {\n  name: "label"\n  type: BYTES\n  presence {\n    min_fraction: 1.0\n    min_count: 1\n  }\n}\n'
