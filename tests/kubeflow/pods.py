"""A compiled pipeline run by Kubeflow's own driver and launcher, in a root folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kubeflow.kubeflow_code import Kubeflow

_SCRIPT = Path(__file__).with_name("root_of_pods.sh")
_REPOSITORY = Path(__file__).parents[2]


def run(kubeflow: Kubeflow, question: dict[str, Any], folder: Path, mounts: dict[str, Path]) -> dict[str, Any]:
    """What came of it: the state, the executor input and the output of every task.

    Args:
        kubeflow: the program.
        question: of `run`; see checker/run.go.
        folder: empty, for the root folder.
        mounts: {path in a pod: folder of this machine}.
    """
    command = [*_isolated(), "bash", str(_SCRIPT), str(folder)]
    kept = {str(path): path for path in (_REPOSITORY, Path(sys.prefix), kubeflow.program.parent) if _in_tmp(path)}
    command += [f"{inside}={outside}" for inside, outside in {**kept, **mounts}.items()]
    command += ["--", str(kubeflow.program)]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    asked = json.dumps([{"ask": "run", **question}]).encode()
    done = subprocess.run(command, input=asked, capture_output=True, env=environment, cwd="/")
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    (found,) = json.loads(done.stdout)
    found["said"] = done.stderr.decode(errors="replace")
    return found


def _in_tmp(path: Path) -> bool:
    return path.is_relative_to("/tmp")


def _isolated() -> list[str]:
    """How to get a mount namespace here; skipped where that is not allowed."""
    if shutil.which("unshare"):
        for flags in (["--mount"], ["--mount", "--user", "--map-root-user"]):
            tried = ["unshare", *flags, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
            if subprocess.run(tried, capture_output=True).returncode == 0:
                return ["unshare", *flags]
    pytest.skip("no mount namespaces on this machine: Kubeflow's launcher writes into / and is not let do so")
