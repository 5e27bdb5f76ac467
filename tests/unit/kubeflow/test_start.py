"""The step `Start` in a process of its own, as its container runs it."""

import json
import os
import subprocess
import sys

from graduate.pipeline.config import load
from graduate.pipeline.kubeflow import given

CONFIG = """
name: pets
data: {table: rows.csv, label: kind}
task: table
training: {steps: 10}
evaluation: {bounds: {accuracy: {at_least: 0.9}}}
kubeflow: {image: me/graduate:1, root: minio://bucket/root}
"""
STEP = """
import json, sys
from graduate.pipeline.runners import kubeflow_step
code = kubeflow_step.main(sys.argv[1:])
print(json.dumps({"code": code, "modules": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


def test_it_hashes_the_rows_without_tensorflow(tmp_path):
    (tmp_path / "rows.csv").write_text("width,kind\n" + "1.5,cat\n2.5,dog\n" * 20)
    (tmp_path / "pets.yaml").write_text(CONFIG)
    told = {**given.data_parameters(load(tmp_path / "pets.yaml")), "scratch": "/scratch"}
    executor_input = {
        "inputs": {"parameterValues": {"data": json.dumps(told), "push_to": "/models/pets"}},
        "outputs": {"parameters": {"digest": {"outputFile": "/kfp/digest"}}, "outputFile": "/kfp/told.json"},
    }
    mounts = {
        told["project"]: str(tmp_path),
        **{f"/{one}": str(tmp_path / one) for one in ("scratch", "models", "kfp")},
    }
    arguments = ["--node", "Start", "--spec", "{}", "--executor-input", json.dumps(executor_input)]
    environment = {**os.environ, "GRADUATE_MOUNTS": json.dumps(mounts)}
    done = subprocess.run([sys.executable, "-c", STEP, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["code"] == 0, done.stderr
    assert not {"tensorflow", "tfx", "apache_beam"} & set(found["modules"])
    digest = (tmp_path / "kfp" / "digest").read_text()
    answer = json.loads((tmp_path / "kfp" / "told.json").read_text())
    assert answer["parameterValues"] == {"digest": digest, "serving_version": ""}
    assert len(digest) == 64
