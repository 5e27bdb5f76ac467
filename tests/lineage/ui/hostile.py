"""A store that somebody wrote to hurt whoever looks at it: every name, URI and value is an attempt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.writing import opened

SCRIPT = "<script>window.hurt = 1</script>"
ATTEMPTS = (
    SCRIPT,
    '"><img src=x onerror="window.hurt = 1">',
    "' onmouseover='window.hurt = 1",
    "</script><script>window.hurt = 1</script>",
    "</style><style>* { display: none }</style>",
    'a style="display: none" b',
    "it ends in a style=",
    "javascript:window.hurt = 1",
    "<!-- ",
    "]]> \u2028 & &lt; \\u003cscript\\u003e",
)


def write(root: Path) -> Path:
    """The store's file. The first and the last artifact have a folder, with a page that tries too."""
    store = opened(root / "metadata.sqlite")
    kinds: dict[str, int] = {}
    for at, attempt in enumerate(ATTEMPTS):
        kinds[attempt] = store.put_artifact_type(mlmd.ArtifactType(name=f"{attempt} {at}"))
    execution_type = store.put_execution_type(mlmd.ExecutionType(name=SCRIPT))
    run_type = store.put_context_type(mlmd.ContextType(name="pipeline_run"))
    pipeline_type = store.put_context_type(mlmd.ContextType(name="pipeline"))
    folder = root / "hostile"
    folder.mkdir()
    (folder / "report.html").write_text(
        "<!doctype html><p id=here>a report</p><script>"
        "try { parent.document.title = 'hurt' } catch (error) { document.title = 'kept out' }"
        "fetch('http://127.0.0.1:1/').catch(() => document.getElementById('here').dataset.fetch = 'refused')</script>"
    )
    (folder / f"{'<b>' + 'x'}.txt").write_text("a text")
    artifacts = []
    for at, attempt in enumerate(ATTEMPTS):
        artifact = mlmd.Artifact(type_id=kinds[attempt], name=f"{attempt} {at}")
        artifact.uri = str(folder) if at == 0 else f"{attempt}"
        artifact.custom_properties[attempt].string_value = attempt
        artifacts.append(artifact)
    findings = store.put_artifact_type(mlmd.ArtifactType(name="graduate.Findings"))
    artifacts.append(mlmd.Artifact(type_id=findings, uri=str(folder)))
    numbers = store.put_artifacts(artifacts)
    contexts = [mlmd.Context(type_id=run_type, name=f"{attempt} run") for attempt in ATTEMPTS]
    for context, attempt in zip(contexts, ATTEMPTS, strict=True):
        told: dict[str, Any] = {"graduate_name": attempt, "graduate_status": attempt, "graduate_config": '{"a": "<b>"}'}
        for name, value in told.items():
            context.custom_properties[name].string_value = value
        context.custom_properties[f"graduate_metric_{attempt}"].double_value = 0.5
    contexts.append(mlmd.Context(type_id=pipeline_type, name=SCRIPT))
    runs = store.put_contexts(contexts)
    execution = mlmd.Execution(type_id=execution_type, name=SCRIPT, last_known_state=mlmd.Execution.COMPLETE)
    execution.custom_properties[SCRIPT].string_value = SCRIPT
    (one,) = store.put_executions([execution])
    events = []
    for number in numbers:
        event = mlmd.Event(artifact_id=number, execution_id=one, type=mlmd.Event.OUTPUT)
        event.path.steps.add(key=SCRIPT)
        events.append(event)
    store.put_events(events)
    store.put_attributions_and_associations([], [mlmd.Association(context_id=runs[0], execution_id=one)])
    return root / "metadata.sqlite"
