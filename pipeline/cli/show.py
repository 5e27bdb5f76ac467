"""`graduate show`: the DAG of a config, drawn."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from graduate.pipeline.cli import _common
from graduate.pipeline.graph import NodeSpec, nodes

HELP = "draw the pipeline of a config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    _common.add_config_arguments(parser, workdir=False)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--mermaid", action="store_true", help="as a Mermaid flowchart, for a Markdown page")
    form.add_argument("--json", action="store_true", help="as one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    config = _common.load_config(args)
    found = nodes(config)
    if args.mermaid:
        print(mermaid(found))
    elif args.json:
        print(json.dumps([{"id": n.id, "inputs": n.inputs, "guard": n.guard, "what": n.what} for n in found]))
    else:
        print(f"{config.name} ({config.task})\n\n{picture(found)}")
    return 0


def picture(found: Sequence[NodeSpec]) -> str:
    """A row a node, top to bottom; the rails on the left are guards: what is right of one runs only if it passed."""
    width = max(len(node.id) for node in found) + 6
    lines, rails = [], []
    for index, node in enumerate(found):
        if node.guard and node.guard not in rails:
            rails.append(node.guard)
            lines.append("  " + "│ " * (len(rails) - 1) + f"├─ if {node.guard} passed")
        indent = "  " + "│ " * len(rails)
        arrow = "" if index == 0 else "↓ "
        name = f"{indent}{arrow if node.inputs else '• '}{node.id}"
        sources = [source for source in node.inputs if index == 0 or source != found[index - 1].id]
        also = f"  ← {', '.join(node.inputs)}" if sources and node.inputs else ""
        lines.append(f"{name:<{width + 6}}{node.what}")
        if also:
            lines.append(f"{indent}{'':<{width + 6 - len(indent)}}{also.strip()}")
    return "\n".join(lines)


def mermaid(found: Sequence[NodeSpec]) -> str:
    """A Mermaid flowchart: solid arrows are artifacts, dotted ones are verdicts that let a node run."""
    lines = ["flowchart TD"]
    lines += [f'  {node.id}["<b>{node.id}</b><br/>{_escaped(node.what)}"]' for node in found]
    for node in found:
        lines += [f"  {source} --> {node.id}" for source in node.inputs]
        if node.guard and node.guard not in node.inputs:
            lines.append(f"  {node.guard} -. passed .-> {node.id}")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
