"""What is made once for all: the image, built from deploy/Dockerfile in a clean root; a Kubernetes API server."""

from __future__ import annotations

import fnmatch
import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import api_server, clean_root, dockerfile, kserve_schema

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
REVISION = "0123456789abcdef0123456789abcdef01234567"


def lock() -> str:
    """The hash of uv.lock."""
    return hashlib.sha256((ROOT / "uv.lock").read_bytes()).hexdigest()


def context(place: Path) -> Path:
    """What a build is sent: this clone less what .dockerignore leaves out."""
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    kept = [line.removeprefix("!") for line in lines if line.startswith("!")]
    left = [line.removeprefix("**/") for line in lines if line.startswith("**/")]
    assert {"*", *(f"!{one}" for one in kept), *(f"**/{one}" for one in left)} == set(lines), "a form not known here"
    place.mkdir(parents=True)
    for name in kept:
        given = ROOT / name
        if given.is_dir():
            shutil.copytree(
                given, place / name, symlinks=True,
                ignore=lambda _, names: {one for one in names if any(fnmatch.fnmatch(one, bad) for bad in left)},
            )  # fmt: skip
        else:
            shutil.copy2(given, place / name)
    return place


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> clean_root.Image:
    """The image as `deploy/build.sh` asks for it; whatever it is made of is gone after the tests."""
    if reason := clean_root.why_not():
        pytest.skip(f"no image can be built here: {reason}")
    place = tmp_path_factory.mktemp("image")
    arguments = {"REVISION": REVISION, "LOCK": lock()}
    return clean_root.build(dockerfile.read(DOCKERFILE), context(place / "context"), place, arguments)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[api_server.Server]:
    """A Kubernetes API server; the first time it is built, which takes minutes."""
    if reason := api_server.why_not():
        pytest.skip(f"no API server can be had here: {reason}")
    with api_server.running(tmp_path_factory.mktemp("api-server")) as running:
        yield running


@pytest.fixture(scope="session")
def kserve_installed(server: api_server.Server) -> api_server.Server:
    """The same, once it knows InferenceServices. Whoever tests what is without KServe comes before."""
    from kubernetes import client

    definitions = client.ApiextensionsV1Api(server.client())
    definitions.create_custom_resource_definition(kserve_schema.inference_services())
    services = client.CustomObjectsApi(server.client())
    deadline = time.monotonic() + 120
    while True:
        try:  # established, and served
            services.list_cluster_custom_object("serving.kserve.io", "v1beta1", "inferenceservices")
            return server
        except client.ApiException:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)
