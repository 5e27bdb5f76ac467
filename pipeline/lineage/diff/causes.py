"""Every difference between two runs as one list: what it is, which nodes obey it, what it can get to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from graduate.pipeline.lineage.diff.code import Code
from graduate.pipeline.lineage.diff.config import Config, Key
from graduate.pipeline.lineage.diff.data import Data
from graduate.pipeline.lineage.diff.reach import Reach, Reached
from graduate.pipeline.lineage.diff.schema import Schema
from graduate.pipeline.lineage.diff.shown import change, group_words, number_of
from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, flattened

Kind = Literal["config", "data", "schema", "code", "library", "device", "parameter", "input", "node"]
SEED = "training.seed"
_HYPERPARAMETERS = "HyperParameters"
_DEVICES = ("device", "strategy")
# Of what an Evaluator obeys: what it judges by, not what it measures
_JUDGING = ("evaluation.bounds", "evaluation.slices")
# What can move a metric, the likelier first; by what such changes usually do, nothing here is measured.
_ORDER = ("data", "config", "schema", "input", "node", "parameter", "own code", "library", "device", "code", "seed")


@dataclass(frozen=True)
class Cause:
    """One difference.

    Attributes:
        kind: what differs.
        name: `training.learning_rate`, `my_models.py`, `rows`.
        told: what about it: `0.001 → 0.003`.
        nodes: the nodes that obey it and ran apart; none where no node does.
        reach: what it can get to: the weights, the measure, a verdict alone, nothing.
        why: where it cannot move a metric, why not.
        measures: whether it gets to the measure, besides the weights or alone.
    """

    kind: Kind
    name: str
    told: str
    nodes: tuple[str, ...]
    reach: Reach
    why: str = ""
    measures: bool = False

    @property
    def rank(self) -> int:
        """Its place in a list of what can explain a metric."""
        if self.name == SEED:
            return _ORDER.index("seed")
        if self.kind == "code":
            return _ORDER.index("code" if self.name.startswith("Graduate") else "own code")
        late = self.name.startswith("diagnostics.") or self.name == "transform.statistics"
        return _ORDER.index("device") if late else _ORDER.index(self.kind)


@dataclass(frozen=True)
class Parts:
    """What the other parts of a comparison found."""

    config: Config
    data: Data
    schema: Schema
    code: Code
    same_rows: bool | None


def find(a: Side, b: Side, parts: Parts, reached: Reached) -> list[Cause]:
    """Every difference, in the order in which it may explain a metric."""
    apart = _apart(a, b, reached)
    found = [
        *_of_data(a, b, parts, reached),
        *_of_config(a, b, parts, apart, reached),
        *_of_tuner(a, b, reached),
        *_of_schema(a, b, parts, reached),
        *_of_code(parts.code, reached),
        *_of_parameters(apart, reached),
        *_of_outside(reached),
        *_of_nodes(a, b, reached),
        *_around(parts.code, reached),
    ]
    return sorted(found, key=lambda cause: (_REACHES.index(cause.reach), cause.rank))


_REACHES = ("model", "measure", "verdict", "none")


def _apart(a: Side, b: Side, reached: Reached) -> dict[str, dict[str, tuple[Any, Any]]]:
    """What differs in what nodes obey, by its key, then by node: (A's, B's). Nodes from the cache obeyed the same."""
    found: dict[str, dict[str, tuple[Any, Any]]] = {}
    for name in a.nodes:
        if name in reached.same or name not in b.nodes:
            continue
        one, other = a.nodes[name].obeys, b.nodes[name].obeys
        for key in one.keys() | other.keys():
            if one.get(key) != other.get(key):
                found.setdefault(key, {})[name] = (one.get(key), other.get(key))
    return found


def _of_data(a: Side, b: Side, parts: Parts, reached: Reached) -> Iterator[Cause]:
    data = parts.data
    node = next((name for side in (a, b) for name in _readers(side)), "")
    if data.state == UNKNOWN:
        digests = [_digest(side) for side in (a, b)]
        sure = None not in digests
        if sure and digests[0] == digests[1]:
            return  # the digest of all files is the same
        if node in reached.same or node not in reached.model | reached.measure:
            return
        text = "the digest of their content differs" if sure else f"cannot be compared: {data.why}"
        yield Cause("data", "rows", text, (node,), reached.of([node]), measures=reached.measures([node]))
        return
    if data.state != DIFFERS:
        return
    reach = _of_splits(data.splits, parts.same_rows) if data.splits else reached.of([node])
    why = "" if reach in ("model", "measure") else "neither the rows trained on nor those evaluated changed"
    told = group_words(data) or data.why
    yield Cause("data", "rows", told, (node,) if node else (), reach, why, parts.same_rows is not True)


def _digest(side: Side) -> Any:
    """The digest of all files, as ExampleGen obeyed it or the run recorded it."""
    found = next((node.obeys["data"] for node in side.nodes.values() if "data" in node.obeys), None)
    return found or side.run.facts.get("data_digest")


def _readers(side: Side) -> Iterator[str]:
    """The node that brought rows in."""
    for kind in ("graduate.Manifest", "Examples"):
        found = side.maker(kind, slot="examples" if kind == "Examples" else "")
        if found:
            yield found[0].id
            return


def _of_splits(splits: Mapping[str, bool], same_rows: bool | None) -> Reach:
    if not (splits.get("train", True) and splits.get("eval", True)):
        return "model"
    return "none" if same_rows else "measure"


def _of_config(
    a: Side, b: Side, parts: Parts, apart: Mapping[str, Mapping[str, Any]], reached: Reached
) -> Iterator[Cause]:
    for key in parts.config.keys:
        nodes = [node for name in _obeyed_as(key.key) for node in apart.get(name, ())]
        if nodes or key.what.startswith("default_only"):
            yield _of_key(key, list(dict.fromkeys(nodes)), parts, reached)
        else:
            yield Cause("config", key.key, _told(key), (), "none", _why_not_obeyed(key.key, a, b))


def _of_tuner(a: Side, b: Side, reached: Reached) -> Iterator[Cause]:
    """Settings that a Tuner chose, or that the config of the other side has."""
    made = [side.made(_HYPERPARAMETERS) for side in (a, b)]
    chosen = [dict(artifact.properties) if artifact else {} for artifact in made]
    names = {key for one in chosen for key in one if key == "model" or key.startswith(("model.", "training."))}
    nodes = tuple(dict.fromkeys(found[0].id for side in (a, b) if (found := side.trained)))
    for key in sorted(names):
        one, other = (
            told.get(key, flattened(side.run.config).get(key)) for told, side in zip(chosen, (a, b), strict=True)
        )
        if one != other:
            who = " and ".join(letter for letter, told in zip("AB", chosen, strict=True) if key in told)
            told = f"{change(one, other)}, chosen by the Tuner of {who}"
            yield Cause("config", key, told, nodes, reached.of(nodes), measures=reached.measures(nodes))


def _obeyed_as(key: str) -> tuple[str, ...]:
    """How a key of the config stands in what nodes obey."""
    return ("config:folds",) if key == "evaluation.folds" else (f"config:{key}",)


def _of_key(key: Key, nodes: Sequence[str], parts: Parts, reached: Reached) -> Cause:
    told = _told(key)
    if key.what.startswith("default_only"):
        letter = key.what[-1].upper()
        return Cause("config", key.key, told, tuple(nodes), "none", f"a default that only {letter}'s version knows")
    reach, measures = reached.of(nodes), reached.measures(nodes)
    if key.key.startswith("data.") and parts.data.state == SAME:
        return Cause("config", key.key, told, tuple(nodes), "none", "the rows are the same all the same")
    if key.key.startswith("data.") and reach == "model" and parts.data.splits:
        reach = _of_splits(parts.data.splits, parts.same_rows)
    if key.key.startswith(_JUDGING) and reach == "measure":
        return Cause(
            "config", key.key, told, tuple(nodes), "verdict", "a bound decides what passes, not what is measured"
        )
    why = ""
    if reach == "verdict":
        why = f"only {nodes[0]} obeys it, which judges" if len(nodes) == 1 else "only nodes that judge obey it"
    elif reach == "none":
        why = f"only {' and '.join(nodes)} obeys it, after the model was measured"
    return Cause("config", key.key, told, tuple(nodes), reach, why, measures)


def _told(key: Key) -> str:
    return change(key.a, key.b, absent="not known" if key.what.startswith("default_only") else "unset")


def _why_not_obeyed(key: str, a: Side, b: Side) -> str:
    for letter, side, other in (("B", a, b), ("A", b, a)):
        names = [node.id for node in side.nodes.values() if any(one in node.obeys for one in _obeyed_as(key))]
        if names and not any(name in other.nodes for name in names):
            return f"only {' and '.join(names)} obeys it, and {letter} did not come to it"
    if key == "schema" or key.startswith("data."):
        return "where it lies: what it holds is compared instead"
    return "no node that was reached obeys it"


def _of_schema(a: Side, b: Side, parts: Parts, reached: Reached) -> Iterator[Cause]:
    if parts.schema.state != DIFFERS:
        return
    node = next((found[0].id for side in (a, b) if (found := side.maker("Schema", slot="schema"))), "")
    features = sorted({change.feature for change in parts.schema.changes})
    reach = reached.of([node])
    yield Cause("schema", "schema", f"of {', '.join(features)}", (node,), reach)


def _of_code(code: Code, reached: Reached) -> Iterator[Cause]:
    by_reach: dict[Reach, list[str]] = {}
    for module in code.modules:
        nodes = [node for node in module.nodes if node not in reached.same]
        if module.own:
            what = "only in B" if module.a is None else "only in A" if module.b is None else "changed"
            reach = reached.of(nodes)
            yield Cause("code", module.name, what, tuple(nodes), reach, _after(reach), reached.measures(nodes))
        else:
            by_reach.setdefault(reached.of(nodes), []).append(module.name)
    for reach, modules in by_reach.items():
        nodes = [node for module in code.modules if module.name in modules for node in module.nodes]
        shown = ", ".join(modules[:2]) + (f" and {len(modules) - 2} more" if len(modules) > 2 else "")
        told = f"{number_of(len(modules), 'module')}: {shown}"
        names = tuple(node for node in dict.fromkeys(nodes) if node not in reached.same)
        yield Cause("code", "Graduate's code", told, names, reach, _after(reach), reached.measures(names))


def _after(reach: Reach) -> str:
    return {"verdict": "only nodes that judge obey it", "none": "only nodes after the measurement obey it"}.get(
        reach, ""
    )


def _of_parameters(apart: Mapping[str, Mapping[str, tuple[Any, Any]]], reached: Reached) -> Iterator[Cause]:
    """Of runs of other programs, and whatever else a node obeys."""
    for key, nodes in apart.items():
        if key.startswith(("config:", "code:")) or key in ("data", "schema"):
            continue
        told = change(*next(iter(nodes.values())))
        reach = reached.of(nodes)
        name = f"{next(iter(nodes))}.{key.removeprefix('parameter:')}"
        yield Cause("parameter", name, told, tuple(nodes), reach, _after(reach), reached.measures(nodes))


def _of_outside(reached: Reached) -> Iterator[Cause]:
    for one in reached.outside:
        yield Cause("input", one.slot, change(one.a, one.b), (one.node,), "model")


def _of_nodes(a: Side, b: Side, reached: Reached) -> Iterator[Cause]:
    """A node before the model that only one side has."""
    for name in sorted(reached.model):
        if (name in a.nodes) != (name in b.nodes):
            yield Cause("node", name, f"only in {'A' if name in a.nodes else 'B'}", (name,), "model")


def _around(code: Code, reached: Reached) -> Iterator[Cause]:
    reach: Reach = "model" if reached.model else "measure" if reached.measure else "none"
    why = "" if reach != "none" else "every node before the metric was taken from the cache"
    for fact in code.libraries or ():
        told = change(fact.a, fact.b, absent="absent")
        yield Cause("library", fact.name, told, (), reach, why, bool(reached.measure))
    for fact in code.around:
        if fact.name in _DEVICES and fact.a is not None and fact.b is not None:
            yield Cause("device", fact.name, change(fact.a, fact.b), (), reach, why)
