"""The graph round a thing as a tree for the terminal: the words on its branches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from graduate.pipeline.lineage.tree import UPSTREAM, Edge, Lineage
from graduate.pipeline.lineage.tree_branches import FOLD, Branch, Branches
from graduate.pipeline.lineage.tree_facts import printable, when

Paint = Callable[..., str]
_JOIN = " · "


def text(
    told: Lineage, *, everything: bool = False, width: int = 100, paint: Paint = lambda text, *styles: text
) -> str:
    """The tree, without a line end at its end.

    Args:
        told: the answer.
        everything: fold nothing.
        width: columns.
        paint: puts a text in styles (`view.style.paint`), or leaves it as it is.
    """
    return "\n".join(_Text(told, None if everything else FOLD, width, paint).lines())


class _Text:
    def __init__(self, told: Lineage, fold: int | None, width: int, paint: Paint) -> None:
        self.told, self.fold, self.width, self.paint = told, fold, width, paint
        self.graph = told.graph

    def lines(self) -> Iterator[str]:
        branches = {way: Branches(self.told, way == UPSTREAM, self.fold) for way in self.told.directions}
        yield from self._head(next(iter(branches.values())))
        for way, drawn in branches.items():
            yield from ("", self.paint("made from" if way == UPSTREAM else "gave", "bold"))
            none = True
            for branch in drawn.draw():
                none = False
                yield from self._line(branch)
            if none:
                yield f"└─ {self._nothing(way)}"
        yield from self._foot(list(branches.values()))

    def _nothing(self, way: str) -> str:
        if self.told.own:
            return "nothing from outside of this run" if way == UPSTREAM else "nothing beyond this run"
        return "nothing that the store tells of"

    def _head(self, branches: Branches) -> Iterator[str]:
        subject = self.told.subject
        artifact = self.graph.artifacts.get(subject.artifact.id) if subject.artifact else None
        if self.told.own and subject.run:
            run = subject.run
            metrics = [f"{name} {run.metrics[name]:.4g}" for name in ("accuracy", "loss") if name in run.metrics]
            name = self.paint(f"run {printable(run.id)}", "bold")
            yield from self._broken("", "  ", [name, self._painted(run.status), *metrics, when(run.started)])
            yield from self._nodes(branches)
        elif artifact is not None:
            name = f"{printable(artifact.kind)} {artifact.id}"
            facts = [self._painted(fact) for fact in self.told.facts(artifact)]
            called = [name] if subject.label != name else []
            bold = self.paint(printable(subject.label), "bold")
            yield from self._broken("", "  ", [bold, *called, *facts, when(artifact.created)])
            yield f"  {printable(artifact.uri)}"
        elif subject.execution is not None:
            execution = self.graph.executions.get(subject.execution.id, subject.execution)
            name = self.paint(printable(execution.node), "bold")
            facts = [*self.told.execution_facts(execution), when(execution.started)]
            yield from self._broken("", "  ", [name, *facts])

    def _nodes(self, branches: Branches) -> Iterator[str]:
        """A run's nodes, and what each gave."""
        run = self.told.subject.run.id if self.told.subject.run else ""
        for number in self.told.own:
            execution = self.graph.executions.get(number)
            if execution is None:
                continue
            given = branches.given(number)
            facts = self.told.execution_facts(execution, run)
            if execution.state == "cached":
                facts[0] += self._cached_from(branches, given)
            yield from self._broken("  ", "    ", [self.paint(printable(execution.node), "bold"), *facts])
            for edge in given:
                yield from self._broken("      ", "        ", self._artifact(edge))

    def _cached_from(self, branches: Branches, given: Sequence[Edge]) -> str:
        for edge in given:
            for other in branches.of_artifact[edge.artifact]:
                maker = self.graph.executions[other.execution]
                if other.output and maker.state != "cached" and maker.run:
                    return f" from {printable(maker.run)}"
        return ""

    def _foot(self, branches: Sequence[Branches]) -> Iterator[str]:
        yield ""
        yield f"{len(self.graph.executions):,} executions, {len(self.graph.artifacts):,} artifacts."
        if folded := sum(one.folded for one in branches):
            yield f"{folded:,} alike ones are folded: --all draws them."
        if deeper := sum(one.deeper for one in branches):
            yield f"{deeper:,} branches go on beyond the width: ask for the last thing on them."
        if self.graph.cut:
            limit = f"--depth {self.told.depth}" if self.told.depth is not None else "as many as are drawn at once"
            yield f"Cut at {limit}: {self.graph.cut:,} executions next to these are left out."

    # One branch

    def _line(self, branch: Branch) -> list[str]:
        tee, below = ("└─ ", "   ") if branch.last else ("├─ ", "│  ")
        others = branch.above + below + ("│  " if branch.opens else "   ")
        return self._broken(branch.above + tee, others, self._parts(branch))

    def _parts(self, branch: Branch) -> list[str]:
        if branch.folded:
            number, kind = branch.folded
            return [f"… and {number:,} more {printable(kind)}; --all shows them"]
        if branch.conditions:
            way = "on condition of" if branch.to_artifact else "condition of"
            return [f"{way} {self._named(branch.conditions, branch.to_artifact, source=True)}"]
        if branch.edge is None:
            return [f"↑ see {self._named(branch.drawn, branch.to_artifact)}"]
        found = self._artifact(branch.edge) if branch.to_artifact else self._execution(branch)
        if branch.drawn:
            way = "from" if branch.up else "to"
            way = way if branch.to_artifact else ("took" if branch.up else "gave")
            found.append(f"{way} ↑ {self._named(branch.drawn, not branch.to_artifact)}")
        return found

    def _artifact(self, edge: Edge) -> list[str]:
        artifact = self.graph.artifacts[edge.artifact]
        facts = [self._painted(fact) for fact in self.told.facts(artifact)]
        return [f"{_slots(edge)}{printable(artifact.kind)} {artifact.id}", *facts]

    def _execution(self, branch: Branch) -> list[str]:
        assert branch.edge is not None
        execution = self.graph.executions[branch.edge.execution]
        slots = _slots(branch.edge)
        taken = "" if branch.up or not slots else f"as {slots}"
        facts = self.told.execution_facts(execution, branch.run)
        return [f"{taken}{self.paint(printable(execution.node), 'bold')}", *facts]

    def _named(self, edges: Sequence[Edge], artifacts: bool, *, source: bool = False) -> str:
        """Names of several, those beyond the fold counted."""
        most = len(edges) if self.fold is None or len(edges) <= self.fold + 1 else self.fold
        names = []
        for edge in edges[:most]:
            if artifacts:
                artifact = self.graph.artifacts[edge.artifact]
                judge = artifact.properties.get("source") if source else None
                names.append(f"{printable(str(judge or artifact.kind))} {artifact.id}")
            else:
                names.append(f"{printable(self.graph.executions[edge.execution].node)} {edge.execution}")
        if len(edges) == most:
            return ", ".join(names)
        return f"{', '.join(names)} and {len(edges) - most:,} more"

    def _painted(self, fact: str) -> str:
        colour = {"gone": "yellow", "serves": "green", "pushed": "green", "sick": "red", "refused": "red"}.get(fact)
        colour = "red" if fact.endswith(" refused") else colour
        return self.paint(fact, colour) if colour else fact

    def _broken(self, first: str, others: str, parts: Iterable[str]) -> list[str]:
        """Facts on one line, or on as many as they need; what is longer than a line is broken at its commas."""
        lines: list[str] = []
        at, empty = first, True
        for part in _short(parts, self.width - len(others)):
            joined = part if empty else (_JOIN if not at.endswith(",") else " ") + part
            if not empty and _length(at + joined) > self.width:
                lines.append(at)
                at, empty = others, True
                joined = part
            at, empty = at + joined, False
        return [*lines, at]


def _slots(edge: Edge) -> str:
    """`examples: `; where a condition looked at it too, that is not said again."""
    plain = [slot for slot in edge.slots if not slot.startswith("_")] or list(edge.slots)
    return f"{printable(', '.join(plain))}: " if any(plain) else ""


def _short(parts: Iterable[str], width: int) -> Iterator[str]:
    for part in parts:
        if _length(part) <= width or ", " not in part:
            yield part
            continue
        at = ""
        for word in part.split(", "):
            if at and _length(at) + len(word) + 3 > width:
                yield f"{at},"
                at = word
            else:
                at = f"{at}, {word}" if at else word
        yield at


def _length(line: str) -> int:
    """Columns: colours take none."""
    if "\x1b" not in line:
        return len(line)
    import re

    return len(re.sub(r"\x1b\[[0-9;]*m", "", line))
