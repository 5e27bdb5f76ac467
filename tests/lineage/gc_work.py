"""A work folder to be tidied up, and what is asked of it: shared by the tests of `graduate gc`."""

from __future__ import annotations

from graduate.pipeline.cli.main import main
from graduate.pipeline.lineage import gc
from graduate.pipeline.lineage.records import Records
from graduate.pipeline.lineage.stores import open_store


def read(story):
    return Records(open_store(str(story.store)))


def planned(story, keep=1, **options):
    with read(story) as records:
        return gc.plan(records, story.root, keep, **options)


def files_of(root):
    return {str(path.relative_to(root)): path.is_dir() for path in sorted(root.rglob("*")) if path.name != "lock"}


def yes(story, *words):
    return main(["gc", "--yes", "--workdir", str(story.root), *words])


def artifact_of(story, run, kind):
    with read(story) as records:
        executions = records.executions_of(records.run(story.runs[run]))
        return next(one for one in records.outputs_of(executions) if one.kind == kind and one.present is not None)


def states(story):
    with read(story) as records:
        return {one.id: one.state for one in records.artifacts(only=())}
