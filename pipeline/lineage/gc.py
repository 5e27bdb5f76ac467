"""`graduate gc`: what can be deleted without losing a pushed model's lineage or the cache of the last runs.

Kept is

- whatever a pushed version was made from that still lies on disk or serves, with all that those nodes gave;
- manifests, statistics, verdicts, metrics and findings of every model that was ever pushed: they are small;
- all that the last N finished runs of each pipeline took and gave, and every run since the oldest of them, so that what
  is taken from the cache today is taken from it afterwards;
- all that a run in progress holds, checkpoints of trainings that can go on, and models/, which `push.keep` looks after.

Nothing here deletes: see `pipeline/sweep.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from graduate.pipeline.lineage import gc_folders, pushes, walk
from graduate.pipeline.lineage.gc_folders import Area
from graduate.pipeline.lineage.records import Records, Run, kind_of
from graduate.pipeline.lineage.rows import ArtifactRow

Kind = Literal["artifact", "orphan", "log", "checkpoint", "cache"]
_UNFINISHED = ("running", "interrupted", "failed", "unknown")
# What stays of every model that was pushed, also where its version has been removed: small, and asked for later
_SMALL = frozenset(
    (
        *(
            "graduate.Manifest",
            "Schema",
            "ExampleStatistics",
            "ExampleAnomalies",
            "graduate.Verdict",
            "ModelEvaluation",
        ),
        *(
            "graduate.Findings",
            "graduate.CrossValidation",
            "HyperParameters",
            "graduate.Trials",
            "ModelBlessing",
            "PushedModel",
        ),
    )
)
_INTERRUPTED = "a gc that was interrupted left it"
_GOES = ("live", "unknown", "marked_for_deletion", "deleted", "pending", "abandoned")


@dataclass(frozen=True)
class Candidate:
    """One file or folder that can go.

    Attributes:
        path: absolute, inside the work folder.
        kind: what it is.
        why: why nobody needs it.
        bytes: how large it is.
        artifact: the artifact's number, if it is one's.
        label: what people see beside the path.
    """

    path: Path
    kind: Kind
    why: str
    bytes: int
    artifact: int | None = None
    label: str = ""


@dataclass(frozen=True)
class Plan:
    """What would go, and what stays.

    Attributes:
        root: the work folder.
        keep_runs: how many finished runs of each pipeline keep their cache.
        candidates: the largest first.
        runs: ids of the runs whose cache stays.
        pushed: names of the pushed versions on disk whose lineage stays.
        restore: artifacts that an interrupted gc marked, that are whole, and that are needed again.
        unfinished: checkpoints of trainings that can go on, which stay; their bytes.
        elsewhere: artifacts whose files are recorded outside of this work folder, which stay.
        gone: artifacts that were marked and whose folder is gone: what an interrupted gc has still to write down.
    """

    root: Path
    keep_runs: int
    candidates: list[Candidate]
    runs: list[str]
    pushed: list[str]
    restore: list[int] = field(default_factory=list)
    unfinished: tuple[int, int] = (0, 0)
    elsewhere: int = 0
    gone: list[int] = field(default_factory=list)

    @property
    def bytes(self) -> int:
        """How much would be freed."""
        return sum(candidate.bytes for candidate in self.candidates)

    def to_json(self) -> dict[str, Any]:
        """The plan; paths are absolute."""
        return {
            "workdir": str(self.root),
            "keep_runs": self.keep_runs,
            "bytes": self.bytes,
            "candidates": [
                {
                    "path": str(one.path),
                    "kind": one.kind,
                    "why": one.why,
                    "bytes": one.bytes,
                    "artifact": one.artifact,
                }
                for one in self.candidates
            ],
            "kept_runs": self.runs,
            "kept_versions": self.pushed,
            "unfinished_trainings": {"folders": self.unfinished[0], "bytes": self.unfinished[1]},
            "elsewhere": self.elsewhere,
        }


def plan(records: Records, root: Path, keep_runs: int, *, running: bool = False) -> Plan:
    """What can be deleted in a work folder.

    Args:
        records: the work folder's own store.
        root: the work folder.
        keep_runs: finished runs of each pipeline whose cache stays; 1 or more.
        running: a run is in progress there: what it holds stays, and folders that nobody names may be its own.
    """
    return _Planning(records, root, keep_runs, running).plan()


class _Planning:
    def __init__(self, records: Records, root: Path, keep_runs: int, running: bool) -> None:
        self.records, self.keep_runs, self.running = records, keep_runs, running
        self.kept_words = f"last {keep_runs} that finished" if keep_runs > 1 else "last that finished"
        self.area = Area(root, remember=True)
        self.sources = walk.Sources(records)
        self.runs = records.runs()
        self.owned = records.store.executions_of_contexts([run.context for run in self.runs]) if self.runs else {}
        self.kept_runs = kept_runs(self.runs, keep_runs, running)
        self.pushes = pushes.pushes(records)
        serving = {push.artifact.id for push in pushes.serving(self.pushes)}
        # a folder that cannot be looked at from here counts as there
        self.live = [push for push in self.pushes if push.artifact.id in serving or _there(push.folder)]
        live = {push.artifact.id for push in self.live}
        self.removed = [push for push in self.pushes if push.artifact.id not in live]

    def plan(self) -> Plan:
        artifacts = {one.id: one for one in self.records.store.artifacts(only=())}
        kept = self._kept(artifacts)
        places = {one.id: place for one in artifacts.values() if (place := self.records.place_of(one.uri)) is not None}
        candidates, elsewhere = self._of_artifacts(artifacts, places, kept)
        if not self.running:
            candidates += self._orphans(places.values())
        candidates += self._logs()
        checkpoints, unfinished = self._checkpoints()
        candidates += [*checkpoints, *self._caches()]
        marked = [one.id for one in artifacts.values() if one.state == "marked_for_deletion"]
        return Plan(
            root=self.area.root,
            keep_runs=self.keep_runs,
            candidates=sorted(candidates, key=lambda one: (-one.bytes, str(one.path))),
            runs=[run.id for run in self.kept_runs],
            pushed=[push.name for push in self.live],
            restore=sorted(one for one in marked if one in kept and _is_there(places.get(one))),
            unfinished=unfinished,
            elsewhere=elsewhere,
            gone=sorted(one for one in marked if _is_there(places.get(one)) is False),
        )

    def _kept(self, artifacts: Mapping[int, ArtifactRow]) -> set[int]:
        """Numbers of the artifacts that stay."""
        kept = self._upstream([push.artifact.id for push in self.live])
        removed = self._upstream([push.artifact.id for push in self.removed])
        kept |= {one for one in removed if one in artifacts and kind_of(artifacts[one].type) in _SMALL}
        return kept | self.sources.beside(one for run in self.kept_runs for one in self.owned.get(run.context, ()))

    def _upstream(self, pushed: Collection[int]) -> set[int]:
        """What versions were made from, and all that the nodes on the way gave: findings are nobody's input."""
        artifacts, executions = self.sources.upstream(pushed)
        return artifacts | self.sources.beside(executions)

    def _of_artifacts(
        self, artifacts: Mapping[int, ArtifactRow], places: Mapping[int, str], kept: Collection[int]
    ) -> tuple[list[Candidate], int]:
        """Folders of artifacts that nothing keeps; how many artifacts lie elsewhere."""
        needed = gc_folders.Paths(places[one] for one in kept if one in places)
        removed = {push.run: push.name for push in self.removed}
        found: dict[str, Candidate] = {}
        inside = [number for number, place in places.items() if self.area.holds(place)]
        # those that nothing keeps
        here = {one: places[one] for one in inside if one not in kept and artifacts[one].state in _GOES}
        runs = {one: run.id for run in self.runs for one in self.owned.get(run.context, ())}
        givers = self.sources.givers(here)
        for number, folder in here.items():
            artifact = artifacts[number]
            run = next((runs[one] for one in givers[number] if one in runs), None)
            if run is None:
                continue  # no run gave it
            place = self.area.place(folder, "artifacts")
            if place is None or needed.touch(place) or place in found or not os.path.exists(place):
                continue
            why = f"run {run} is older than the {self.kept_words}, and behind no pushed model on disk"
            if run in removed:
                why = f"run {run} is older than the {self.kept_words}; {removed[run]} has been removed"
            if artifact.state in ("marked_for_deletion", "deleted"):
                why = _INTERRUPTED
            label = f"{kind_of(artifact.type)} {number}"
            found[place] = Candidate(Path(place), "artifact", why, gc_folders.size(place), number, label)
        return list(found.values()), len(artifacts) - len(inside)

    def _orphans(self, places: Iterable[str]) -> list[Candidate]:
        named = gc_folders.Paths(self.area.named(places))
        found = []
        for path, system in self.area.orphans(named):
            why = "a run that was killed left it" if system else "no artifact in the store names it"
            why = _INTERRUPTED if path.name.startswith(gc_folders.ASIDE) else why
            found.append(Candidate(path, "orphan", why, gc_folders.size(path)))
        return found

    def _logs(self) -> list[Candidate]:
        kept = {run.id for run in self.kept_runs} | {push.run for push in self.live}
        known = {run.id for run in self.runs}
        found = []
        for path in self.area.files("logs", "*/*.log"):
            if path.stem not in kept and (path.stem in known or not self.running):
                why = (
                    f"run {path.stem} is not among the last {self.keep_runs}"
                    if path.stem in known
                    else "its run is unknown"
                )
                found.append(Candidate(path, "log", why, gc_folders.size(path)))
        return found

    def _checkpoints(self) -> tuple[list[Candidate], tuple[int, int]]:
        """Folders of trainings that have ended since; how many can go on, and their size."""
        folders = self.area.folders("checkpoints", "*/*")
        if not folders or self.running:
            return [], (len(folders), sum(map(gc_folders.size, folders)))
        ended = self._trained()
        found, left = [], []
        for folder in folders:
            if folder.name.startswith(gc_folders.ASIDE):
                why = _INTERRUPTED
            elif folder.name in ended:
                why = "its training has ended"
            elif not any(path.is_file() for path in folder.rglob("*")):
                why = "it is empty"
            else:
                left.append(folder)
                continue
            found.append(Candidate(folder, "checkpoint", why, gc_folders.size(folder)))
        return found, (len(left), sum(map(gc_folders.size, left)))

    def _trained(self) -> set[str]:
        """Fingerprints of the trainings that came to an end: their Trainer was told where its checkpoints lie."""
        kinds = [kind for kind in self.records.store.kinds("executions") if kind.endswith("Trainer")]
        rows = self.records.store.executions(kinds=kinds, only=("custom_config",))
        found = set()
        for row in rows:
            told = row.properties.get("custom_config")
            try:
                told = json.loads(told) if isinstance(told, str) else told
                if row.state in ("complete", "cached") and isinstance(told, dict):
                    found.add(str(told["fingerprint"]))
            except (ValueError, KeyError):
                continue
        return found

    def _caches(self) -> list[Candidate]:
        """Hashes of the files of data that no kept run reads; a later run hashes them anew."""
        files = self.area.files("cache", "hashes/*.json")
        if not files or self.running:
            return []
        ids = {one for run in self.kept_runs for one in self.owned.get(run.context, ())}
        read = {
            str(one.properties.get("input_path") or "")
            for one in self.records.store.executions(ids=ids, only=("input_path",))
        }
        kept = gc_folders.hash_caches(read - {""})
        return [
            Candidate(path, "cache", "hashes of data that no kept run reads", gc_folders.size(path))
            for path in files
            if path.stem not in kept
        ]


def kept_runs(runs: Sequence[Run], keep: int, running: bool) -> list[Run]:
    """Of each pipeline the last `keep` finished runs and every run since the oldest of them, the latest first.

    An unfinished run since then may go on from its finished nodes. Where a run is in progress, all that say so stay.
    """
    oldest: dict[str, tuple[int, int]] = {}
    counts: dict[str, int] = {}
    for run in runs:  # the latest first
        if run.status not in _UNFINISHED and counts.get(run.pipeline, 0) < keep:
            counts[run.pipeline] = counts.get(run.pipeline, 0) + 1
            oldest[run.pipeline] = (run.started, run.context)
    return [
        run
        for run in runs
        if counts.get(run.pipeline, 0) < keep
        or (run.started, run.context) >= oldest[run.pipeline]
        or (running and run.status == "running")
    ]


def _is_there(place: str | None) -> bool | None:
    """None where that cannot be told from here."""
    return None if place is None else os.path.exists(place)


def _there(folder: str) -> bool:
    scheme, separator, rest = folder.partition("://")
    if separator and scheme != "file":
        return True
    return Path(rest if separator else folder).exists()
