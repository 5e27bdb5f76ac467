"""The graph round a thing for other programs to draw: a Mermaid flowchart, a Graphviz digraph.

Thin arrows are artifacts that were taken or given; dotted ones are conditions, which only let a node run. Names come
out of a store that anybody may have written: they are escaped by each language's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from graduate.pipeline.lineage.tree import Edge, Lineage
from graduate.pipeline.lineage.tree_facts import printable

# Mermaid: "entity codes to escape characters", https://mermaid.js.org/syntax/flowchart.html; numbers are decimal.
_MERMAID = {character: f"#{ord(character)};" for character in '#"<>`\\|;[]{}()&'}


def mermaid(told: Lineage) -> str:
    """A Mermaid flowchart, without a line end at its end."""
    lines = ["flowchart TD"]
    for name, label, is_artifact, started in _nodes(told):
        text = "<br/>".join(_for_mermaid(part) for part in label)
        opening, closing = ('(["', '"])') if is_artifact else ('["', '"]')
        lines.append(f"  {name}{opening}{text}{closing}" + (":::subject" if started else ""))
    for source, target, slots, condition in _arrows(told):
        said = f'|"{_for_mermaid(slots)}"|' if slots else ""
        lines.append(f"  {source} {'-.->' if condition else '-->'}{said} {target}")
    lines.append("  classDef subject stroke-width:3px")
    return "\n".join(lines)


def dot(told: Lineage) -> str:
    """A digraph in Graphviz's language, without a line end at its end (https://graphviz.org/doc/info/lang.html)."""
    lines = ["digraph lineage {", "  rankdir=TB;", '  node [fontname="sans-serif"];']
    for name, label, is_artifact, started in _nodes(told):
        text = "\\n".join(_for_dot(part) for part in label)
        style = ', style="rounded"' if is_artifact else ""
        lines.append(f'  {name} [label="{text}", shape=box{style}{", penwidth=3" if started else ""}];')
    for source, target, slots, condition in _arrows(told):
        style = ", style=dotted" if condition else ""
        lines.append(f'  {source} -> {target} [label="{_for_dot(slots)}"{style}];')
    return "\n".join([*lines, "}"])


def _nodes(told: Lineage) -> Iterator[tuple[str, list[str], bool, bool]]:
    """Name, lines of the label, whether it is an artifact, whether it was asked about."""
    artifacts, executions = told.graph.start
    for artifact in told.graph.artifacts.values():
        facts = told.facts(artifact)
        label = [f"{artifact.kind} {artifact.id}", *([", ".join(facts)] if facts else [])]
        yield f"a{artifact.id}", label, True, artifact.id in artifacts
    for execution in told.graph.executions.values():
        label = [execution.node, ", ".join(told.execution_facts(execution))]
        yield f"e{execution.id}", label, False, execution.id in executions


def _arrows(told: Lineage) -> Iterator[tuple[str, str, str, bool]]:
    for edge in told.edges:
        ends = (f"a{edge.artifact}", f"e{edge.execution}")
        source, target = reversed(ends) if edge.output else ends
        yield source, target, _slots(edge), edge.condition


def _slots(edge: Edge) -> str:
    return ", ".join(slot for slot in edge.slots if edge.condition or not slot.startswith("_"))


def _for_mermaid(text: str) -> str:
    return "".join(_MERMAID.get(character, character) for character in printable(text))


def _for_dot(text: str) -> str:
    """Inside quotes a backslash begins an escape (`\\N` is the node's name), so each is doubled."""
    return printable(text).replace("\\", "\\\\").replace('"', '\\"')
