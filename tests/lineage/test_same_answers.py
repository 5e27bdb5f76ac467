"""Every question has one answer in both vocabularies, but for numbers, ids and what nobody records on a cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from graduate.pipeline.lineage import words
from graduate.pipeline.lineage.records import Records
from tests.lineage.kubeflow_words import Translation
from tests.lineage.story import Story

# When Graduate's own command closed the run, after the last node; whose machine it was; why a node ran, which that
# command finds out; what launched the node, and ids made from any of these.
OWN = {"ended", "seconds", "host", "who", "owners", "authors", "reason", "type", "uid", "serialNumber", "properties"}
BY_NUMBER = "dependsOn"  # sorted by the numbers of executions, which differ
_EXECUTION = re.compile(r"\bexecution([:-])(\d+)\b")
_ARTIFACT = re.compile(r"\bartifact([:-])(\d+)\b")

Ask = Callable[[Records, Story], Any]


def _runs(records: Records, story: Story) -> Any:
    from graduate.pipeline.lineage import runs

    return runs.runs(records, runs.Wanted()).to_json()


def _why(name: str) -> Ask:
    def ask(records: Records, story: Story) -> Any:
        from graduate.pipeline.lineage import why

        return why.why(records, words.resolve(records, story.runs[name])).to_json()

    return ask


def _serving(records: Records, story: Story) -> Any:
    from graduate.pipeline.lineage import serving

    return [one.to_json() for one in serving.serving(records)]


def _affected(records: Records, story: Story) -> Any:
    from graduate.pipeline.lineage import affected

    return affected.affected(records, "0/digit-0003.png").to_json()


def _lineage(records: Records, story: Story) -> Any:
    from graduate.pipeline.lineage import tree

    return tree.lineage(records, words.resolve(records, f"digits:{story.versions['faster']}")).to_json()


def _diff(a: str, b: str) -> Ask:
    def ask(records: Records, story: Story) -> Any:
        from graduate.pipeline.lineage.diff import diff

        sides = [(records, words.resolve(records, story.runs[name])) for name in (a, b)]
        return diff(sides[0], sides[1]).to_json()

    return ask


def _export(form: str) -> Ask:
    def ask(records: Records, story: Story) -> Any:
        from graduate.pipeline.lineage import export

        return json.loads(export.export(records, f"digits:{story.versions['first']}", form))

    return ask


QUESTIONS: dict[str, Ask] = {
    "runs": _runs,
    **{f"why {name}": _why(name) for name in ("first", "faster", "more_data", "sick", "failed")},
    "serving": _serving,
    "affected": _affected,
    "lineage": _lineage,
    "diff of runs that pushed": _diff("first", "faster"),
    "diff of a push and a refusal": _diff("faster", "more_data"),
    "diff of a refusal and a sick run": _diff("more_data", "sick"),
    "model card": _export("modelcard"),
    "bill of materials": _export("mlbom"),
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_the_answer_is_the_same(ask, story, records, on_kubeflow):
    told, translation = on_kubeflow
    ours = _translated(_plain(ask(records, story)), translation, str(story.store), str(told.story.store))
    theirs = _plain(ask(told.records, told.story))
    assert ours
    assert list(_different(ours, theirs)) == []


def _plain(answer: Any) -> Any:
    """As JSON has it, with dicts in one order."""
    return json.loads(json.dumps(answer, default=str, sort_keys=True))


def _translated(value: Any, done: Translation, store: str, other: str, key: str = "") -> Any:
    """An answer with the numbers and ids of the other store."""
    if isinstance(value, dict):
        return {
            _translated(name, done, store, other): _translated(one, done, store, other, name)
            for name, one in value.items()
        }
    if isinstance(value, list):
        found = [_translated(one, done, store, other, key) for one in value]
        return sorted(found) if key == BY_NUMBER else found
    if isinstance(value, int) and not isinstance(value, bool) and key in ("execution", "artifact"):
        return {"execution": done.executions, "artifact": done.artifacts}[key][value]
    if not isinstance(value, str):
        return value
    for ours, theirs in done.runs.items():
        value = value.replace(ours, theirs)
    value = _EXECUTION.sub(lambda found: f"execution{found[1]}{done.executions[int(found[2])]}", value)
    value = _ARTIFACT.sub(lambda found: f"artifact{found[1]}{done.artifacts[int(found[2])]}", value)
    return value.replace(store, other)


def _different(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Where two answers differ, other than in OWN."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs} - OWN):
            yield from _different(ours.get(name, "(absent)"), theirs.get(name, "(absent)"), f"{path}.{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _different(one, other, f"{path}[{at}]")
    elif ours != theirs:
        yield f"{path}: {ours!r:.200} is not {theirs!r:.200}"
