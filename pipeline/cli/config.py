"""`graduate config schema` and `graduate config resolve CONFIG`."""

from __future__ import annotations

import argparse
import json

from graduate.pipeline.cli._common import add_config_arguments, add_json, load_config

HELP = "print a config's JSON Schema, or a config with every default"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="schema|resolve", required=True)
    actions.add_parser("schema", help="print the JSON Schema of a config")
    resolve = actions.add_parser("resolve", help="print a config as YAML, every default included")
    add_config_arguments(resolve)
    add_json(resolve, "print JSON instead of YAML")


def run(args: argparse.Namespace) -> int:
    if args.action == "schema":
        from graduate.pipeline.config.schema import json_schema

        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return 0
    config = load_config(args)
    if args.json:
        print(json.dumps(config.to_json(), ensure_ascii=False))
    else:
        from graduate.pipeline.config.schema import to_yaml

        print(to_yaml(config), end="")
    return 0
