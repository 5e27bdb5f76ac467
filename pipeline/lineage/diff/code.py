"""Which modules, libraries, devices and commits differ: by what each node obeyed, and by what the runs recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graduate.pipeline.lineage.diff.sides import DIFFERS, SAME, UNKNOWN, Side, State, place, read_json

_CODE = "code:"
# Facts of a run that are about where and with what it ran, however much of them a version recorded
_AROUND = ("git_commit", "git_dirty", "own_git_commit", "own_git_dirty", "lock_hash", "own_lock_hash", "runner",
           "device", "strategy", "platform")  # fmt: skip
_DEVICE = ("device", "strategy")  # of training.json


@dataclass(frozen=True)
class Module:
    """A module whose code differs: the digest of its syntax tree, None where a side does not have it, and its nodes."""

    name: str
    nodes: tuple[str, ...]
    a: str | None
    b: str | None

    @property
    def own(self) -> bool:
        """Whether it is the user's file rather than Graduate's."""
        return not (self.name == "graduate" or self.name.startswith("graduate."))


@dataclass(frozen=True)
class Fact:
    """Something recorded of both runs that differs; None where a side has no such library."""

    name: str
    a: Any
    b: Any


@dataclass(frozen=True)
class Code:
    """Code and what is around it.

    Attributes:
        state: of the modules.
        why: why they cannot be compared.
        modules: those that differ, the user's own first.
        libraries: versions that differ; None where a side recorded none.
        around: git commits, lock files, devices that differ, of those that both recorded.
    """

    state: State
    why: str = ""
    modules: tuple[Module, ...] = ()
    libraries: tuple[Fact, ...] | None = None
    around: tuple[Fact, ...] = ()


def compare(a: Side, b: Side) -> Code:
    """Compare code by node, and what was recorded around the runs."""
    modules = _modules(a, b)
    lacking = [letter for letter, side in (("A", a), ("B", b)) if not _has_code(side)]
    state: State = UNKNOWN if lacking else DIFFERS if modules else SAME
    why = f"{' and '.join(lacking)} recorded no digests of code" if lacking else ""
    return Code(state, why, () if lacking else modules, _libraries(a, b), _around(a, b))


def _has_code(side: Side) -> bool:
    return any(key.startswith(_CODE) for node in side.nodes.values() for key in node.obeys)


def _modules(a: Side, b: Side) -> tuple[Module, ...]:
    found: dict[tuple[str, Any, Any], list[str]] = {}
    known = [{(key, digest) for node in side.nodes.values() for key, digest in node.obeys.items()
              if key.startswith(_CODE)} for side in (a, b)]  # fmt: skip
    for name in [*a.nodes, *(name for name in b.nodes if name not in a.nodes)]:
        if name not in a.nodes or name not in b.nodes:
            continue  # that the node is missing is said elsewhere
        one, other = a.nodes[name].obeys, b.nodes[name].obeys
        for key in one.keys() | other.keys():
            if key.startswith(_CODE) and one.get(key) != other.get(key) and not _elsewhere(key, one, other, known):
                found.setdefault((key.removeprefix(_CODE), one.get(key), other.get(key)), []).append(name)
    modules = [Module(name, tuple(nodes), before, now) for (name, before, now), nodes in found.items()]
    return tuple(sorted(modules, key=lambda module: (not module.own, module.name)))


def _elsewhere(key: str, one: Mapping[str, Any], other: Mapping[str, Any], known: list[set[tuple[str, Any]]]) -> bool:
    """Whether a node obeys a module on one side only, and the other side has that module as it is: a setting decides
    who obeys it, its code is the same."""
    if key in one and key in other:
        return False
    return (key, one[key]) in known[1] if key in one else (key, other[key]) in known[0]


def _libraries(a: Side, b: Side) -> tuple[Fact, ...] | None:
    one, other = (installed(side) for side in (a, b))
    whole = bool(one and other)
    if not whole:
        one, other = (dict(libraries(side)) for side in (a, b))
    if not one or not other:
        return None
    # what one side recorded less fully than the other is not absent there
    names = sorted(one.keys() | other.keys() if whole else one.keys() & other.keys())
    return tuple(Fact(name, one.get(name), other.get(name)) for name in names if one.get(name) != other.get(name))


def installed(side: Side) -> dict[str, Any]:
    """Versions of all that was installed, and of Python; empty where the run did not record them."""
    found, main = side.run.facts.get("installed"), side.run.facts.get("libraries")
    python = {"python": main["python"]} if isinstance(main, Mapping) and "python" in main else {}
    return {**found, **python} if isinstance(found, Mapping) else {}


def libraries(side: Side) -> Mapping[str, Any]:
    """Versions of the main libraries: as the run recorded them, else as the card of the model that it pushed tells."""
    for told in (side.run.facts.get("libraries"), side.card.get("libraries")):
        if isinstance(told, Mapping) and told:
            return told
    return {}


def around(side: Side) -> dict[str, Any]:
    """Where and with what a run ran: git, lock file, device; `training.json` where the run says nothing of a device."""
    told = {name: side.run.facts[name] for name in _AROUND if side.run.facts.get(name) not in (None, "")}
    folder, _ = place(side.made("ModelRun"))
    training = read_json(folder / "training.json") if folder is not None else {}
    return {**{name: training[name] for name in _DEVICE if training.get(name)}, **told}


def _around(a: Side, b: Side) -> tuple[Fact, ...]:
    one, other = around(a), around(b)
    return tuple(Fact(name, one[name], other[name]) for name in one if name in other and one[name] != other[name])
