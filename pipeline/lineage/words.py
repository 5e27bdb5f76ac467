"""What an argument of the lineage commands means: a run, a pushed model, an artifact, an execution.

A run id; `latest` and NAME (a pipeline's last run); `serving`, NAME:serving, NAME:latest, NAME:VERSION and VERSION (a
pushed model); a number or `artifact:N`, `execution:N`; an artifact's URI or a path inside it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from graduate.errors import UsageError
from graduate.pipeline.lineage import pushes, runs_recent
from graduate.pipeline.lineage.pushes import Push
from graduate.pipeline.lineage.records import Artifact, Execution, Records, Run
from graduate.pipeline.lineage.rows import What

LATEST, SERVING = "latest", "serving"
FORMS = (
    "a run id, latest, serving, NAME, NAME:latest, NAME:serving, NAME:VERSION, an artifact's number or URI, "
    "or execution:N"
)
Prefer = Literal["run", "model"]


@dataclass(frozen=True)
class Subject:
    """What a word means; what does not apply is None.

    Attributes:
        label: how it is called: `digits-20260131-235959-3fa9`, `digits:1795829945`, `Model 15`.
        run: the run itself; of a model or an artifact the run that made it, with all its facts.
        push: the version, where the word means a pushed model.
        artifact: the artifact; of a model its PushedModel.
        execution: the execution; of an artifact the one that made it.
    """

    label: str
    run: Run | None = None
    push: Push | None = None
    artifact: Artifact | None = None
    execution: Execution | None = None


def resolve(records: Records, word: str, prefer: Prefer = "run") -> Subject:
    """What a word means in a store.

    Args:
        records: the store.
        word: as somebody typed it.
        prefer: what `latest` and NAME mean: the last run, or the last model pushed as new and the one that serves.

    Raises:
        UsageError: nothing of that name, with the nearest; or several.
    """
    found = (
        _model(records, word, prefer)
        or _run(records, word, prefer)
        or _numbered(records, word)
        or _at_uri(records, word)
    )
    if found is None:
        raise _unknown(records, word)
    return found


def of_push(records: Records, push: Push) -> Subject:
    """A pushed version as a subject."""
    run = records.run(push.run) if push.run else None
    return Subject(push.name, run=run, push=push, artifact=push.artifact, execution=push.execution)


def of_run(records: Records, run: Run) -> Subject:
    """A run as a subject, with all its facts."""
    return Subject(run.id, run=records.run(run.id) or run)


def _model(records: Records, word: str, prefer: Prefer) -> Subject | None:
    name, colon, which = word.rpartition(":")
    versioned = which.isascii() and which.isdigit()
    if word == SERVING or (word == LATEST and prefer == "model"):
        name, which = "", word
    elif prefer == "model" and not colon and not versioned:
        name, which = word, SERVING
    elif which not in (SERVING, LATEST) and not versioned:
        return None
    if which == LATEST and prefer == "run":
        return None  # NAME:latest is a run there
    if which == SERVING:
        found = pushes.serving_now(records)
    elif which == LATEST:
        found = _last_of_each([push for push in pushes.pushes(records) if push.by_hand != "rollback"])
    else:
        found = pushes.pushes(records, where=lambda push: push.version == int(which))
    chosen = [push for push in found if name in ("", push.pipeline)]
    if len(chosen) > 1:
        raise _ambiguous(word, chosen, which)
    if chosen:
        return of_push(records, chosen[0])
    if word in (SERVING, LATEST):
        raise UsageError(
            f"no model has been pushed, as {records.store.where} tells", hint="graduate run CONFIG pushes one"
        )
    return None


def _last_of_each(every: Sequence[Push]) -> list[Push]:
    return list({push.pipeline: push for push in reversed(every)}.values())


def _ambiguous(word: str, chosen: Sequence[Push], which: str) -> UsageError:
    several = len({push.pipeline for push in chosen}) == len(chosen)
    choices = sorted(f"{push.pipeline}:{which}" if several else push.folder for push in chosen)
    return UsageError(f"{word} is ambiguous: {', '.join(choices)}", hint=f"name one of them, e.g. {choices[0]}")


def _run(records: Records, word: str, prefer: Prefer) -> Subject | None:
    if run := records.run(word):
        return Subject(run.id, run=run)
    name, _, which = word.rpartition(":")
    if prefer == "model" or (word != LATEST and which not in (LATEST, word)):
        return None
    if word == LATEST and not records.has_one_pipeline:
        names = {run.pipeline for run in records.runs()}
        if len(names) > 1:
            choices = ", ".join(f"{pipeline}:{LATEST}" for pipeline in sorted(names))
            raise UsageError(f"latest of which? {choices}")
    recent = runs_recent.latest_first(records)
    wanted = (run for run in recent if word == LATEST or run.pipeline == (name or word))
    return next((of_run(records, run) for run in wanted), None)


def _numbered(records: Records, word: str) -> Subject | None:
    kind, colon, number = word.rpartition(":")
    if not (number.isascii() and number.isdigit()) or (colon and kind not in ("artifact", "execution")):
        return None
    if kind == "execution":
        found = records.executions([int(number)])
        return _of_execution(records, found[0]) if found else None
    artifacts = records.artifacts(ids=[int(number)])
    return of_artifact(records, artifacts[0]) if artifacts else None


def of_artifact(records: Records, artifact: Artifact) -> Subject:
    """An artifact as a subject; a PushedModel is a model."""
    if artifact.kind == "PushedModel" and (found := pushes.pushes(records, ids=[artifact.id])):
        return of_push(records, found[0])
    givers = [event.execution for event in records.events(artifacts=[artifact.id]) if event.output]
    executions = sorted(records.executions(givers), key=lambda one: (one.state == "cached", one.id))
    maker = executions[0] if executions else None
    run = records.run(maker.run) if maker and maker.run else None
    return Subject(f"{artifact.kind} {artifact.id}", run=run, artifact=artifact, execution=maker)


def _of_execution(records: Records, execution: Execution) -> Subject:
    run = records.run(execution.run) if execution.run else None
    return Subject(f"{execution.node} (execution {execution.id})", run=run, execution=execution)


def _at_uri(records: Records, word: str) -> Subject | None:
    """The artifact at a URI, or the one that a path lies in; a pushed folder is its version."""
    local = "://" not in word
    path = os.path.abspath(os.path.expanduser(word)) if local else word.rstrip("/")
    candidates = [path, *(str(parent) for parent in Path(path).parents)] if local else [word, path]
    for candidate in candidates:
        if candidate == path and (pushed := pushes.pushes(records, where=lambda push: push.folder == path)):
            return of_push(records, pushed[0])
        found = records.artifacts(uris=[candidate, f"{candidate}/"])
        if found:
            return of_artifact(records, found[-1])
    return None


def _unknown(records: Records, word: str) -> UsageError:
    from graduate.pipeline.cli._parser import suggest

    runs = records.runs()
    if not runs and not records.store.count("executions"):
        return UsageError("holds no runs yet", where=records.store.where, hint="graduate run CONFIG makes one")
    names = sorted({run.pipeline for run in runs if run.pipeline})
    models = [push.name for push in pushes.pushes(records)]
    near = suggest(word, [*(run.id for run in runs), *names, *models, LATEST, SERVING])
    if word.rpartition(":")[2].isdigit() and not near:
        kind: What = "executions" if word.startswith("execution:") else "artifacts"
        return UsageError(
            f"no {word} in {records.store.where}, which holds {records.store.count(kind)} {kind}", hint=f"X is {FORMS}"
        )
    hint = f"did you mean {near}?" if near else f"X is {FORMS}"
    return UsageError(f"no {word} in {records.store.where}", hint=hint)
