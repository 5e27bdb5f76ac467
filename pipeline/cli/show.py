"""`graduate show`: the DAG of a config, drawn; or a run, with its verdicts and findings."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from graduate.errors import UsageError
from graduate.pipeline.cli import _common

if TYPE_CHECKING:
    from graduate.pipeline.config import PipelineConfig
    from graduate.pipeline.graph import NodeSpec

HELP = "draw the pipeline of a config, or tell what came of a run"
_WIDTH = 96


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument(
        "config",
        metavar="CONFIG|RUN",
        help="the YAML file of a pipeline; or a run id, latest, or the name of a pipeline",
    )
    _common.add_set(parser)
    _common.add_workdir(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--mermaid", action="store_true", help="as a Mermaid flowchart, for a Markdown page")
    form.add_argument("--json", action="store_true", help="as one line of JSON")


def run(args: argparse.Namespace) -> int:
    """Run the verb."""
    from graduate.pipeline.graph import nodes

    if not os.path.exists(args.config) and not args.config.endswith((".yaml", ".yml")):
        return _run(args)
    config = _common.load_config(args)
    found = nodes(config)
    if args.mermaid:
        print(mermaid(found))
    elif args.json:
        print(json.dumps([{"id": n.id, "inputs": n.inputs, "guard": n.guard, "what": n.what} for n in found]))
    else:
        print(_fitting(drawing(config, found)))
    return 0


def _run(args: argparse.Namespace) -> int:
    from graduate.pipeline import trainings
    from graduate.pipeline.cli import _run_text

    if args.mermaid or args.overrides:
        raise UsageError(f"no such file: {args.config}", hint="a run is shown as text, or with --json")
    found = trainings.run_of(args.config, _common.workspace(args))
    if args.json:
        print(json.dumps(found.result.to_json() if found.result else {"run_id": found.run_id, "status": found.status}))
    else:
        print(_fitting(_run_text.text(found)))
    return 0


def drawing(config: PipelineConfig, found: Sequence[NodeSpec]) -> str:
    """The picture, and a paragraph a node: what it does, with the settings that it obeys."""
    from graduate.pipeline.cli._drawing import picture

    width = max(len(node.id) for node in found)
    lines = [f"{config.name}: {config.task}, from {config.source}", "", picture(found), ""]
    for node in found:
        first, *rest = textwrap.wrap(node.what, _WIDTH - width - 4, break_on_hyphens=False) or [""]
        lines += [f"  {node.id:<{width}}  {first}", *(" " * (width + 4) + line for line in rest)]
    return "\n".join(lines)


def mermaid(found: Sequence[NodeSpec]) -> str:
    """A Mermaid flowchart: thin arrows are artifacts, thick ones verdicts that let what is below run."""
    from graduate.pipeline.cli._drawing import edges

    lines = ["flowchart TD"]
    lines += [f'  {node.id}["<b>{node.id}</b><br/>{_escaped(node.what)}"]' for node in found]
    for edge in edges(found):
        lines.append(f"  {edge.source} {'== passed ==>' if edge.verdict else '-->'} {edge.target}")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    for character, entity in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(character, entity)
    return text


def _fitting(text: str) -> str:
    """The text as it is where the terminal or pipe takes it, else in ASCII."""
    try:
        text.encode(sys.stdout.encoding or "utf-8", "surrogateescape")
    except UnicodeEncodeError:
        from graduate.pipeline.cli._drawing import ascii_only

        return ascii_only(text)
    return text
