"""The group `beam` of a config becomes Beam's arguments; a name that nobody knows is an error, and never ignored."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graduate.errors import UsageError
from graduate.pipeline.engines import known

if TYPE_CHECKING:
    from graduate.pipeline.config.model import PipelineConfig

# The older, simpler direct runner has a second less of set-up than the portable one; an image label makes TFX
# not build a source package for every node.
DIRECT = ("--runner=BundleBasedDirectRunner", "--sdk_container_image=local")

_SEVERAL = "apache_beam.runners.portability.fn_api_runner.FnApiRunner"
RUNNERS = {"flink": "FlinkRunner", "spark": "SparkRunner", "dataflow": "DataflowRunner", "portable": "PortableRunner"}
_MASTERS = {"flink": "flink_master", "spark": "spark_master_url"}
_ADDED = re.compile(r"^(\[local\]|\[auto\]|local(\[.+\])?)$")  # a cluster inside the job server
_HERE = re.compile(r"^([a-z]+://)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(/|$)")
_DATAFLOW = ("project", "region", "temp_location")
_ASIDE = ("no_wait_until_finish", "output_executable_path", "template_location", "dry_run", "streaming")
_SECRET = re.compile(r"secret|password|connection_string|session_token|access_key", re.I)


def beam_args(config: PipelineConfig) -> tuple[str, ...]:
    """Beam's arguments for every node that it computes.

    Raises:
        UsageError: an option that there is not, that says a secret, or one without which the engine cannot work.
    """
    asked = config.beam
    if asked is None or (asked.runner == "direct" and not asked.options):
        return DIRECT
    options = {name.lstrip("-").replace("-", "_"): value for name, value in asked.options.items()}
    _check(asked.runner, options)
    if asked.runner == "direct":
        return _direct(options)
    image = config.kubeflow.image if config.kubeflow else None
    complete = {**_workers(asked.runner, options, image), **options}
    return (f"--runner={RUNNERS[asked.runner]}", *_written(complete))


def _direct(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Several workers need Beam's newer direct runner."""
    several = {"direct_num_workers", "direct_running_mode"} & set(options)
    if int(options.get("direct_num_workers", 1)) != 1:
        options = {"direct_running_mode": "multi_processing", **options}
    runner = f"--runner={_SEVERAL}" if several else DIRECT[0]
    return (runner, *_written({"sdk_container_image": "local", **options}))


def _check(runner: str, options: Mapping[str, Any]) -> None:
    from apache_beam.options.pipeline_options import PipelineOptions

    names = set(PipelineOptions([]).get_all_options()) - {"runner"} | known.BY_RUNNER.get(runner, frozenset())
    for name, value in options.items():
        where = f"beam.options.{name}"
        if name == "runner":
            raise UsageError("the engine is chosen by beam.runner", where=where, hint=f"beam: {{runner: {runner}}}")
        if name not in names:
            raise UsageError(f"Beam has no option {name!r} for {runner}", where=where, hint=_nearest(name, names))
        if name in _ASIDE and value:
            raise UsageError("the nodes wait for what Beam computes, and this would not compute it", where=where)
        if _SECRET.search(name):
            raise UsageError(
                "a secret may not stand in a config, which lineage keeps",
                where=where,
                hint="give it to the workers by their environment",
            )
        if value is None:
            raise UsageError("has no value", where=where, hint="leave the option out for Beam's default")
    if runner == "portable" and "job_endpoint" not in options:
        raise UsageError(
            "beam.runner portable needs the address of a job server",
            where="beam.options",
            hint="beam: {runner: portable, options: {job_endpoint: HOST:PORT}}",
        )
    if runner == "dataflow":
        missing = [name for name in _DATAFLOW if not options.get(name)]
        if missing:
            raise UsageError(
                f"Dataflow needs {', '.join(missing)}",
                where="beam.options",
                hint="options: {project: …, region: …, temp_location: gs://bucket/tmp}",
            )


def _nearest(name: str, names: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "the names are those of Beam's pipeline options; see docs/scale.md"


def _workers(runner: str, options: Mapping[str, Any], image: str | None) -> dict[str, Any]:
    """What runs the Python of a pipeline. Beam's own default, a container of Beam's alone, lacks TFX and Graduate."""
    if runner == "dataflow":
        found = options.get("sdk_container_image") or image
        if not found:
            raise UsageError(
                "Dataflow's workers need an image that has Graduate in it",
                where="beam.options.sdk_container_image",
                hint="build one with deploy/Dockerfile, and name it here or in kubeflow.image",
            )
        return {"sdk_container_image": found}
    # any value keeps TFX from building a package of its source for every node; only containers look at it
    added: dict[str, Any] = {"sdk_container_image": image or "local"}
    if "environment_type" in options:
        return added
    place = str(options.get("job_endpoint") or options.get(_MASTERS.get(runner, ""), "[local]"))
    master = str(options.get(_MASTERS.get(runner, ""), "[local]"))
    if all(_ADDED.match(one) or _HERE.match(one) for one in (place, master)):
        return {**added, "environment_type": "LOOPBACK"}  # this process: it has everything that the nodes need
    raise UsageError(
        f"{runner} at {master if not _ADDED.match(master) else place} cannot reach this process: say where Python runs",
        where="beam.options.environment_type",
        hint="EXTERNAL with environment_config: localhost:50000 for a worker pool beside each task manager; "
        "see docs/scale.md",
    )


def _written(options: Mapping[str, Any]) -> list[str]:
    """Beam's arguments: a switch, a value, or one argument a value."""
    written: list[str] = []
    for name, value in options.items():
        if value is True:
            written.append(f"--{name}")
        elif value is False:
            written += _off(name)
        elif isinstance(value, list):
            written += [f"--{name}={one}" for one in value]
        else:
            written.append(f"--{name}={json.dumps(value) if isinstance(value, dict) else value}")
    return written


def _off(name: str) -> list[str]:
    """A switch that is on by default has a negative of its own; any other is off when it is not there."""
    from apache_beam.options.pipeline_options import PipelineOptions

    default = PipelineOptions([]).get_all_options().get(name)
    negative = {"use_public_ips": "--no_use_public_ips", "pipeline_type_check": "--no_pipeline_type_check"}
    if name in negative:
        return [negative[name]]
    return [] if default in (None, False) else [f"--{name}=false"]
