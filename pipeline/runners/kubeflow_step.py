"""The entry point of every container on Kubeflow: `python -m graduate.pipeline.runners.kubeflow_step --node Gate …`.

Kubeflow's launcher starts it with what it has brought and where it wants the outputs, as one JSON text; the executor
that runs is the same as on a laptop. The arguments are written by `pipeline/kubeflow/compiling.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import logging
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graduate.errors import UsageError, UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one node; 0 when its outputs are written."""
    args = _parser().parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "0")
    logging.getLogger("absl").setLevel(logging.WARNING)
    start = time.monotonic()
    try:
        run(args)
    except UserError as error:
        print(error.render(), file=sys.stderr, flush=True)
        return error.exit_code
    print(f"{args.node}: done in {time.monotonic() - start:.1f} s", file=sys.stderr, flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m graduate.pipeline.runners.kubeflow_step",
        description="Runs one node of a pipeline in a container that Kubeflow has started.",
    )
    parser.add_argument("--node", required=True, help="the node's id")
    parser.add_argument("--executor", default="", help="dotted name of the class that does the work")
    parser.add_argument("--spec", required=True, help="JSON: the component's inputs and outputs by name and type")
    parser.add_argument("--set", default="{}", help="JSON: {parameter: key of the config that it changes}")
    parser.add_argument("--project", default="/project", help="the folder of the config in the image")
    parser.add_argument("--scratch", default="/tmp/graduate", help="a folder for checkpoints and caches")
    parser.add_argument("--workers", type=int, default=1, help="machines that train together")
    parser.add_argument("--executor-input", required=True, help="JSON: what the launcher brought, and what it wants")
    parser.add_argument("--beam", nargs=argparse.REMAINDER, default=[], help="Beam's arguments; has to come last")
    return parser


def run(args: argparse.Namespace) -> None:
    """Run the node of parsed arguments.

    Raises:
        UserError: something that a person can mend; says what.
    """
    from graduate.pipeline.kubeflow.places import Mounts

    mounts = Mounts()
    told, definition = _json(args.executor_input, "--executor-input"), _json(args.spec, "--spec")
    if args.workers > 1 and args.node == "Trainer":
        from graduate.pipeline import workers

        if not workers.is_member():  # of a training that has been started already
            command = [sys.executable, *sys.orig_argv[1:]]
            workers.train_together(command, told, args.workers, args.scratch)
            return
        workers.join(lambda sentence: print(sentence, file=sys.stderr, flush=True))
    if args.node == "Start":
        from graduate.pipeline.kubeflow import starting

        starting.run(told, definition, mounts)
        return
    execute(args, told, definition, mounts)


def execute(args: argparse.Namespace, told: Mapping[str, Any], definition: Mapping[str, Any], mounts: Any) -> None:
    """Bring everything into the form that executors take, run the node's, and write what the launcher reads."""
    from graduate.pipeline import engines
    from graduate.pipeline.kubeflow import arriving, empties, leaving, parameters

    given, asked = told.get("inputs", {}), told.get("outputs", {})
    takes, gives = definition.get("inputDefinitions", {}), definition.get("outputDefinitions", {})
    values = given.get("parameterValues", {})
    inputs = arriving.artifacts(given.get("artifacts", {}), takes, mounts)
    outputs = arriving.artifacts(asked.get("artifacts", {}), gives, mounts)
    for one in (one for made in inputs.values() for one in made):
        empties.restore(one.uri)
    places = {key: made[0].uri for key, made in outputs.items()}
    for place in places.values():
        os.makedirs(place, exist_ok=True)
    properties = parameters.apply(
        args.node, arriving.parameters(values, takes), arriving.changes(values, takes, _json(args.set, "--set"))
    )
    check_code(properties.get("obeys", "{}"), Path(mounts.local(args.project)))
    executor, properties = _prepared(args, mounts.locals_in(properties), inputs, told)
    with engines.running(args.beam or engines.DIRECT):
        _executor(executor, args, properties).Do(inputs, outputs, properties)
    leaving.take_home(outputs, places)
    found = leaving.parameters(args.node, outputs, asked.get("parameters", {}))
    leaving.write(told, outputs, found, mounts)


def check_code(obeys: str, project: Path) -> None:
    """Refuse the user's own code where the image holds none, or another than the spec was compiled from.

    Raises:
        UsageError: names the file.
    """
    from graduate.pipeline.facts.code import is_own
    from graduate.pipeline.obeys.code import CodeDigests

    wanted = {name[5:]: digest for name, digest in json.loads(obeys).items() if name.startswith("code:")}
    for name, digest in wanted.items():
        if is_own(name):
            continue
        path = project / name
        if not path.is_file():
            raise UsageError(
                f"the image does not hold {path}", hint="COPY the config's folder to it, and build it again"
            )
        if CodeDigests().closure([path]).get(path.name) != digest and name == path.name:
            raise UsageError(
                f"the image holds another {path} than the pipeline was compiled from",
                hint="build the image again from this code, or compile again from the image's",
            )


def _prepared(
    args: argparse.Namespace, properties: dict[str, Any], inputs: Mapping[str, Any], told: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The executor, and its parameters with what on a laptop is known before the DAG is built."""
    done = dict(properties)
    if args.node == "ExampleGen":
        from graduate.pipeline.kubeflow import starting

        return starting.example_gen(done, inputs)
    if args.node == "Schema" and done["curated"].startswith("inline:"):
        path = Path(args.scratch) / "curated.pbtxt"
        path = Path(_mounted(str(path)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(done["curated"].removeprefix("inline:"), encoding="utf-8")
        done["curated"] = str(path)
    if args.node == "Transform":
        splits = json.loads(inputs["examples"][0].split_names)
        done["splits_config"] = json.dumps({"analyze": ["train"], "transform": splits})
    if args.node == "Trainer":
        done["custom_config"] = _identified(done, told)
    if args.node == "Pusher":
        done["once"] = ""
    return args.executor, done


def _identified(properties: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    """The training's settings with what identifies it: a step that is tried again finds its checkpoints by it."""
    taken = told["inputs"]
    rows = {key: [one.get("uri") for one in made["artifacts"]] for key, made in taken.get("artifacts", {}).items()}
    settings = json.loads(properties["custom_config"])
    asked = json.dumps([rows, taken.get("parameterValues")], sort_keys=True)
    settings["fingerprint"] = hashlib.sha256(asked.encode()).hexdigest()[:16]
    return json.dumps(settings, sort_keys=True)


def _mounted(path: str) -> str:
    from graduate.pipeline.kubeflow.places import Mounts

    return Mounts().local(path)


def _executor(dotted: str, args: argparse.Namespace, properties: dict[str, Any]) -> Any:
    module, _, name = dotted.rpartition(".")
    kind = getattr(importlib.import_module(module), name)
    from tfx.dsl.components.base import base_beam_executor, base_executor

    scratch = _mounted(args.scratch)
    run_id = properties.pop("run_id", "")
    run_id = "" if run_id.startswith("{{") else run_id  # Kubeflow before 2.1 leaves the placeholder as it is
    about = {"unique_id": args.node, "tmp_dir": os.path.join(scratch, "tmp"), "pipeline_run_id": run_id}
    if not issubclass(kind, base_beam_executor.BaseBeamExecutor):
        return kind(base_executor.BaseExecutor.Context(**about))
    from graduate.pipeline import beam_speed

    beam_speed.apply()
    return kind(base_beam_executor.BaseBeamExecutor.Context(beam_pipeline_args=list(args.beam), **about))


def _json(text: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"is not JSON: {error}", where=where, hint="Kubeflow's launcher writes it") from None
    if not isinstance(found, dict):
        raise UsageError("is no JSON object", where=where)
    return found


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # unloading TensorFlow takes a second for nothing
