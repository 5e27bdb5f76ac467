"""The image: the Dockerfile's own steps carried out in a clean root, and containers of it run there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.deploy import dockerfile
from tests.deploy.clean_root import Image
from tests.deploy.conftest import DOCKERFILE, REVISION, lock

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]  # three gigabytes are installed, compiled and copied
PYTHON = "/opt/graduate/.venv/bin/python"
STEP = "graduate.pipeline.runners.kubeflow_step"


def test_the_labels_name_commit_and_lock(image: Image) -> None:
    assert image.labels["org.opencontainers.image.revision"] == REVISION
    assert image.labels["graduate.lock.sha256"] == lock()


def test_a_label_of_another_lock_does_not_build(image: Image) -> None:
    [check] = [
        step.rest for step in dockerfile.read(DOCKERFILE)[-1].steps if step.name == "RUN" and "LOCK" in step.rest
    ]
    for lock_argument, passes in ((lock(), True), ("unknown", True), ("0" * 64, False), ("", False)):
        done = image.run(["/bin/sh", "-c", check], env={"LOCK": lock_argument})
        assert (done.returncode == 0) is passes, lock_argument


def test_its_user_is_not_root_and_writes_where_volumes_are_mounted_alone(image: Image) -> None:
    assert image.run(["id", "-u"]).stdout.strip() == "1000"
    for place, may in (("/models", True), ("/tmp/graduate", True), ("/opt/graduate", False), ("/", False)):
        done = image.run(["sh", "-c", f"touch {place}/.tried && rm {place}/.tried"])
        assert (done.returncode == 0) is may, place


def test_development_tools_and_cuda_are_not_in_it(image: Image) -> None:
    there = {path.name.lower() for path in (image.root / "opt/graduate/.venv/lib/python3.11/site-packages").iterdir()}
    assert {"tensorflow", "tfx", "kfp", "kubernetes"} <= there
    assert not there & {"pytest", "mypy", "kserve", "nvidia"}


def test_everything_is_compiled_so_that_nothing_is_at_start(image: Image) -> None:
    for place in ("opt/graduate/.venv/lib/python3.11/site-packages/tensorflow", "opt/graduate/pipeline"):
        missing = [
            path
            for path in (image.root / place).rglob("*.py")
            if not list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))
        ]
        assert not missing[:5]


def test_the_entry_point_imports_nothing_heavy_before_it_knows_what_to_run(image: Image) -> None:
    told = "import sys, json; import graduate.pipeline.runners.kubeflow_step; print(json.dumps(sorted(sys.modules)))"
    loaded = set(json.loads(image.run(["python", "-c", told]).stdout))
    assert not loaded & {"tensorflow", "tfx", "apache_beam", "kfp", "kubernetes", "numpy"}


def test_what_is_installed_is_whole(image: Image) -> None:
    """Every library that a wheel's extension wants is in a wheel or in the base; a host would hide a missing one.

    What TensorFlow's and TFX's parts want is proved by the pipeline below.
    """
    wanted = "sklearn.linear_model, scipy.linalg, soundfile, PIL.Image, espeakng_loader, ml_metadata, grpc, psycopg"
    done = image.run(["python", "-c", f"import {wanted}"])
    assert done.returncode == 0, done.stderr[-2000:]


def test_containers_of_a_compiled_spec_push_a_model(image: Image, tmp_path: Path) -> None:
    """The container entry point on the nodes of a spec that was compiled in the image; two that need nothing which
    no other needs are left out.
    """
    spec, root = "/tmp/graduate/line.yaml", "minio://mlpipeline/v2/artifacts"
    config = "/opt/graduate/examples/line.yaml"
    fewer = ["--set", "preflight=false", "--set", "serving.check=false"]
    done = image.run(["graduate", "compile", config, "-o", spec, "--image", "me/graduate:1", "--root", root, *fewer])
    assert done.returncode == 0, done.stderr
    done = image.run(["graduate", "simulate", spec, "--workdir", "/tmp/graduate/work", "--json"])
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1])["status"] == "pushed"
