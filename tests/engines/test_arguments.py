"""The group `beam` of a config becomes Beam's arguments, and what cannot work is an error that names the key."""

from __future__ import annotations

from typing import Any

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config.model import PipelineConfig
from graduate.pipeline.engines import DIRECT, beam_args

_REMOTE = {"environment_type": "EXTERNAL", "environment_config": "localhost:50000"}


def _config(beam: dict[str, Any] | None, image: str | None = None) -> PipelineConfig:
    groups: dict[str, Any] = {} if beam is None else {"beam": beam}
    if image:
        groups["kubeflow"] = {"image": image}
    return PipelineConfig.model_validate(
        {"name": "tiny", "data": {"images": "digits"}, "training": {"steps": 1}, "evaluation": {"bounds": {}}, **groups}
    )


def _args(runner: str, image: str | None = None, /, **options: Any) -> tuple[str, ...]:
    return beam_args(_config({"runner": runner, "options": options}, image))


@pytest.mark.parametrize("beam", [None, {}, {"runner": "direct"}])
def test_without_a_word_it_is_the_direct_runner(beam):
    assert beam_args(_config(beam)) == DIRECT


def test_a_cluster_here_gets_its_workers_in_this_process():
    args = _args("flink", parallelism=2, flink_master="localhost:8081")
    assert args[0] == "--runner=FlinkRunner"
    assert {"--environment_type=LOOPBACK", "--parallelism=2", "--flink_master=localhost:8081"} <= set(args)


@pytest.mark.parametrize("runner", ["flink", "spark"])
def test_tfx_is_never_made_to_build_a_package(runner):
    assert any(arg.startswith("--sdk_container_image=") for arg in _args(runner))


def test_a_cluster_elsewhere_needs_to_know_where_python_runs():
    with pytest.raises(UsageError, match=r"beam.options.environment_type: .*flink.example:8081") as caught:
        _args("flink", flink_master="flink.example:8081")
    assert "EXTERNAL" in str(caught.value.hint)
    assert "--environment_type=EXTERNAL" in _args("flink", flink_master="flink.example:8081", **_REMOTE)


def test_a_job_server_elsewhere_needs_to_know_it_too():
    with pytest.raises(UsageError, match=r"jobs.example:8099"):
        _args("portable", job_endpoint="jobs.example:8099")


@pytest.mark.parametrize(
    ("runner", "name", "near"),
    [
        ("flink", "paralelism", "parallelism"),
        ("flink", "max-bundle-sice", "max_bundle_size"),  # the job server's own
        ("spark", "spark_master", None),
        ("spark", "spark_master_urls", "spark_master_url"),
        ("direct", "direct_num_worker", "direct_num_workers"),
    ],
)
def test_an_option_that_there_is_not(runner, name, near):
    if near is None:
        assert _args(runner, **{name: "x"})
        return
    with pytest.raises(UsageError) as caught:
        _args(runner, **{name: 2})
    assert caught.value.where == f"beam.options.{name.replace('-', '_')}"
    assert caught.value.hint == f"did you mean {near}?"


def test_an_option_of_another_engine_is_none_of_this_one():
    with pytest.raises(UsageError, match="no option 'max_bundle_size' for spark"):
        _args("spark", max_bundle_size=10)


@pytest.mark.parametrize("name", ["s3_secret_access_key", "azure_connection_string", "s3_session_token"])
def test_a_secret_is_refused_and_not_repeated(name):
    with pytest.raises(UsageError, match=r"a secret may not stand in a config") as caught:
        _args("flink", **{name: "hunter2"})
    assert "hunter2" not in caught.value.render()


@pytest.mark.parametrize("name", ["no_wait_until_finish", "dry_run", "streaming", "runner"])
def test_what_would_not_compute_is_refused(name):
    with pytest.raises(UsageError, match=f"beam.options.{name}"):
        _args("flink", **{name: True})


def test_portable_needs_an_address():
    with pytest.raises(UsageError, match="needs the address of a job server"):
        _args("portable")


def test_dataflow_needs_a_place_and_an_image():
    place = {"project": "p", "region": "europe-west1", "temp_location": "gs://b/tmp"}
    with pytest.raises(UsageError, match="Dataflow needs project, temp_location"):
        _args("dataflow", region="europe-west1")
    with pytest.raises(UsageError, match="need an image"):
        _args("dataflow", **place)
    assert "--sdk_container_image=me/g:1" in _args("dataflow", "me/g:1", **place)
    assert "--sdk_container_image=me/other:2" in _args(
        "dataflow", "me/g:1", **place, sdk_container_image="me/other:2"
    )  # what is said of Beam comes before what is said of Kubeflow


def test_several_workers_of_the_direct_runner_are_processes():
    args = _args("direct", direct_num_workers=2)
    assert args[0].endswith("FnApiRunner")
    assert {"--direct_num_workers=2", "--direct_running_mode=multi_processing"} <= set(args)


def test_beam_reads_its_arguments_as_they_were_meant():
    from apache_beam.options.pipeline_options import PipelineOptions

    args = _args("flink", experiments=["use_loopback_process_worker", "b"], parallelism=3, flink_submit_uber_jar=True)
    read = PipelineOptions(list(args)).get_all_options()
    assert read["experiments"] == ["use_loopback_process_worker", "b"]
    assert (read["parallelism"], read["flink_submit_uber_jar"]) == (3, True)
