"""Where a difference can get to: into the weights, into how they are measured, into a verdict alone, or nowhere.

By construction: artifacts are followed from the node that trained, and from the one that evaluated, back to what they
were made of. Where both runs have the very same artifact (a node was taken from the cache), nothing before it can
differ in what comes of it, and the walk ends there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from graduate.pipeline.lineage.diff.sides import Node, Side
from graduate.pipeline.lineage.records import Artifact

Reach = Literal["model", "measure", "verdict", "none"]
_MODEL, _VERDICT, _EVALUATION = "Model", "graduate.Verdict", "ModelEvaluation"


@dataclass(frozen=True)
class Outside:
    """An artifact that a node took from another run, where the two sides took different ones."""

    node: str
    slot: str
    a: str
    b: str


@dataclass(frozen=True)
class Reached:
    """Nodes by what a difference in them can get to.

    Attributes:
        same: whose outputs are the same artifacts in both runs.
        model: that trained, or made what went into a training, and that are not the same.
        measure: that evaluated, or made the rows that were evaluated; not what went in through the model.
        verdict: that give a verdict.
        outside: artifacts from elsewhere that went into the model.
        baseline: whether the models differ that the candidates were compared with.
    """

    same: frozenset[str]
    model: frozenset[str]
    measure: frozenset[str]
    verdict: frozenset[str]
    outside: tuple[Outside, ...]
    baseline: bool

    def of(self, nodes: Iterable[str]) -> Reach:
        """The most that a difference in these nodes can get to."""
        names = set(nodes)
        if names & self.model:
            return "model"
        if names & self.measure:
            return "measure"
        return "verdict" if names & self.verdict else "none"

    def measures(self, nodes: Iterable[str]) -> bool:
        """Whether a difference in these nodes can get to the measure, through a model or not."""
        return bool(set(nodes) & self.measure)


def walk(a: Side, b: Side, same_rows: bool | None = None) -> Reached:
    """Follow artifacts back from both trainings and both evaluations.

    Args:
        a, b: the runs.
        same_rows: whether the rows that were evaluated are known to be the same: then what made them cannot matter.
    """
    sides = (a, b)
    same = frozenset(_same(a, b)) if a.store == b.store else frozenset()
    trained = {found[0].id for side in sides if (found := side.trained)}
    evaluated = {found[0].id for side in sides if (found := side.maker(_EVALUATION))}
    model = _upstream(sides, trained, same)
    # through the model comes what trained it; beside it, the rows and what is measured on them
    measure = evaluated - same if same_rows else _upstream(sides, evaluated, same, without=_MODEL)
    judging = {node.id for side in sides for node in side.nodes.values() if node.gives(_VERDICT)}
    return Reached(
        same,
        frozenset(model),
        frozenset(measure),
        frozenset(judging),
        tuple(_outside(a, b, sorted(model))),
        any(name in a.nodes and name in b.nodes and _baseline(a, name) != _baseline(b, name) for name in evaluated),
    )


def _same(a: Side, b: Side) -> list[str]:
    return [name for name, node in a.nodes.items() if name in b.nodes and _ids(node) == _ids(b.nodes[name]) != set()]


def _ids(node: Node) -> set[int]:
    return {artifact.id for given in node.outputs.values() for artifact in given}


def _upstream(sides: Sequence[Side], start: Iterable[str], same: frozenset[str], without: str = "") -> set[str]:
    """The nodes whose artifacts get into the outputs of others, those themselves included, up to what is the same."""
    makers = [{one: node.id for node in side.nodes.values() for one in _ids(node)} for side in sides]
    waiting, found = list(start), set()
    while waiting:
        name = waiting.pop()
        if name in found or name in same:
            continue
        found.add(name)
        for side, made_by in zip(sides, makers, strict=True):
            for _, artifact in _content(side.nodes.get(name), without):
                if artifact.id in made_by:
                    waiting.append(made_by[artifact.id])
    return found


def _content(node: Node | None, without: str = "") -> list[tuple[str, Artifact]]:
    """What a node makes its outputs of, conditions left out: TFX's slots for those begin with `_`."""
    if node is None:
        return []
    return [
        (slot, artifact)
        for slot, taken in node.inputs.items()
        for artifact in taken
        if not slot.startswith("_") and artifact.kind not in (_VERDICT, without)
    ]


def _outside(a: Side, b: Side, names: Sequence[str]) -> list[Outside]:
    found = []
    for name in names:
        told = []
        for side in (a, b):
            made = {one for node in side.nodes.values() for one in _ids(node)}
            slots = {slot: artifact.uri for slot, artifact in _content(side.nodes.get(name)) if artifact.id not in made}
            told.append(slots)
        for slot in sorted(told[0].keys() & told[1].keys()):
            if told[0][slot] != told[1][slot]:
                found.append(Outside(name, slot, told[0][slot], told[1][slot]))
    return found


def _baseline(side: Side, evaluator: str) -> str:
    """Where the model lies that the candidate was compared with: a model that the evaluating run did not train."""
    node, trained = side.nodes.get(evaluator), side.trained
    if node is None:
        return ""
    own = trained[1].id if trained else None
    models = [(slot, one) for slot, one in _content(node) if one.kind == _MODEL and one.id != own]
    return next(("" if one.properties.get("none") else one.uri for _, one in models), "")
