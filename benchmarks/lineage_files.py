"""The files that the artifacts of lineage_store.py name: manifests, verdicts, statistics, models."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graduate.pipeline.facts import installed
from graduate.verdict import Check, VerdictRecord

ROOT = Path(__file__).resolve().parents[1]
ROWS = 1_000  # of a manifest
SPLITS = ("train", "eval", "test")
_FINDING = {
    "fault": "vanishing-gradient",
    "severity": "error",
    "layers": ["dense_1", "dense_2"],
    "steps": [1, 90],
    "meaning": "The first layers receive almost no gradient.",
}


def next_version(name: str, before: Sequence[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """The data of a pipeline as it is next: forty rows went, forty came, one has another class."""
    kept = list(before)
    chance.shuffle(kept)
    kept = kept[40:]
    while len(kept) < ROWS:
        label = str(chance.randrange(10))
        content = hashlib.sha256(f"{name} {chance.random()}".encode()).hexdigest()
        split = {0: "eval", 1: "test"}.get(int(content[:8], 16) % 10, "train")
        row = {"path": f"{label}/{name}-{content[:10]}.png", "hash": content, "class": label, "split": split}
        kept.append(row | {"height": 8, "width": 8, "channels": 1, "look": content * 2})
    kept[0] = kept[0] | {"class": "3", "path": f"3/{kept[0]['path'].partition('/')[2]}"}
    return sorted(kept, key=lambda row: str(row["path"]))


def modules() -> list[str]:
    """Dotted names of Graduate's own modules, some 250."""
    found = [*(ROOT / "graduate").rglob("*.py"), *(ROOT / "pipeline").rglob("*.py")]
    return sorted({".".join(path.relative_to(ROOT).with_suffix("").parts) for path in found})


def started(config: Mapping[str, Any], version: int, number: int) -> dict[str, Any]:
    """What a run writes down when it starts, as `pipeline/facts/start.py` gathers it."""
    libraries = installed.distributions()
    return {
        "seed": config["training"]["seed"],
        "config_file": f"/home/ada/{config['name']}.yaml",
        "data_digest": hashlib.sha256(f"{config['name']} {version}".encode()).hexdigest(),
        "schema_source": "curated",
        "code_digest": hashlib.sha256(f"{number // 40}".encode()).hexdigest(),
        "git_commit": f"{number // 5:040x}",
        "git_branch": "main",
        "git_dirty": int(number % 7 == 0),
        "lock_file": "/home/ada/uv.lock",
        "lock_hash": f"{number // 100:064x}",
        "libraries": json.dumps({name: libraries[name] for name in installed.MAIN if name in libraries}),
        "libraries_digest": installed.digest(libraries),
        "installed": json.dumps(libraries),
        "platform": "Linux 6.1.0 x86_64",
    }


def output(
    folder: Path, slot: str, run: str, rows: Sequence[Mapping[str, Any]], status: str, accuracy: float
) -> dict[str, Any]:
    """Write the files of an output, and give the properties that tell of them."""
    sick, pushed = status == "sick", status == "pushed"
    if slot == "manifest":
        text_file(folder / "manifest.jsonl", "".join(f"{json.dumps(row, sort_keys=True)}\n" for row in rows))
        return {"rows": len(rows)}
    if slot == "findings":
        json_file(
            folder / "findings.json", {"verdict": "sick" if sick else "healthy", "findings": [_FINDING] if sick else []}
        )
        return {"verdict": "sick" if sick else "healthy", "number": int(sick), "worst": "error" if sick else ""}
    if slot == "blessing":
        text_file(folder / ("BLESSED" if pushed else "NOT_BLESSED"), "")
        return {"blessed": int(pushed)}
    if slot in ("examples", "transformed_examples"):
        for split in SPLITS:
            text_file(folder / f"Split-{split}" / "data.gz", "rows")
        return {"split_names": json.dumps(SPLITS)}
    if slot == "statistics":
        _statistics(folder, rows)
    elif slot == "evaluation":
        overall = {"accuracy": accuracy, "loss": round(1 - accuracy, 4), "examples": 100.0}
        json_file(folder / "metrics.json", {"candidate": {"overall": overall, "slices": []}})
    elif slot == "model_run":
        json_file(folder / "training.json", {"device": "CPU", "strategy": "training on the CPU", "steps": 600})
    elif slot == "model":
        model(folder / "Format-Serving", run)
    else:
        text_file(folder / "content", slot)
    return {}


def verdict(source: str, status: str, accuracy: float) -> VerdictRecord:
    """A verdict with as many checks as that source has."""
    bad = {("GradientDiagnostics", "sick"), ("Evaluator", "refused"), ("Gate", "refused")}
    passed = (source, status) not in bad
    several = {"DataGuard": 9, "Preflight": 7, "Evaluator": 12, "Gate": 5}.get(source, 1)
    fine = [
        Check(f"look {at}", True, f"{source} looked at {at} and found it sound.", 1.0, 2.0) for at in range(several)
    ]
    sentence = f"accuracy is {accuracy}, the bound is 0.9." if source == "Evaluator" else f"{source} decided."
    return VerdictRecord(source, (Check("accuracy", passed, sentence, accuracy, 0.9), *fine))


def model(folder: Path, run: str) -> None:
    """A SavedModel's files."""
    text_file(folder / "saved_model.pb", "a graph")
    text_file(folder / "variables" / "variables.data-00000-of-00001", f"weights of {run}")


def _statistics(folder: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    from tensorflow_metadata.proto.v0 import statistics_pb2

    for split in SPLITS:
        labels = [row["class"] for row in rows if row["split"] == split]
        found = statistics_pb2.DatasetFeatureStatisticsList()
        told = found.datasets.add(name=split, num_examples=len(labels))
        label = told.features.add(name="label", type=statistics_pb2.FeatureNameStatistics.STRING)
        label.string_stats.common_stats.num_non_missing = len(labels)
        for name in sorted(set(labels)):
            label.string_stats.rank_histogram.buckets.add(label=name, sample_count=labels.count(name))
        label.string_stats.unique = len(set(labels))
        (folder / f"Split-{split}").mkdir(parents=True)
        (folder / f"Split-{split}" / "FeatureStats.pb").write_bytes(found.SerializeToString())


def json_file(path: Path, content: Any) -> None:
    """Write JSON; its folder is made."""
    text_file(path, json.dumps(content))


def text_file(path: Path, content: str) -> None:
    """Write text; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
