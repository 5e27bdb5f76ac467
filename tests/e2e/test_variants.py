"""What a config may ask for, through the command line: sources of rows, strategies, runners."""

import json
import socket
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.project import Project, image

pytestmark = pytest.mark.slow


def weights(project: Project, workdir: str = ".graduate") -> list[np.ndarray]:
    """Of the newest model, in the order of its variables."""
    from tensorflow.train import load_checkpoint

    newest = max((project.folder / workdir / "models" / "tiny").glob("*/variables/variables.index"))
    reader = load_checkpoint(str(newest.with_suffix("")))
    names = sorted(name for name in reader.get_variable_to_shape_map() if "GRAPH" not in name)
    assert names
    return [reader.get_tensor(name) for name in names]


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return len(one) == len(other) and all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_beam_runner_trains_the_same_weights(project):
    assert project.run().code == 0
    done = project.run("--runner", "beam", "--workdir", "beam")
    assert done.code == 0, done.err
    assert same(weights(project), weights(project, "beam"))


def test_classes_of_any_name_are_predicted(project):
    names = ("große Katze", "it's a dog", "日本")
    for old, new in zip(("left", "top", "middle"), names, strict=True):
        (project.folder / "images" / old).rename(project.folder / "images" / new)
    assert project.run().code == 0
    files = [f"images/{name}/000.png" for name in names]
    done = project.graduate("predict", "tiny:serving", *files, "--json")
    assert [json.loads(line)["label"] for line in done.out.splitlines()] == list(names)


def test_tfrecords_are_trained_on_and_raw_files_predicted(project):
    import random

    import tensorflow as tf

    def feature(value: bytes) -> tf.train.Feature:
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))

    noise = random.Random(0)
    options = tf.io.TFRecordOptions("GZIP")
    with tf.io.TFRecordWriter(str(project.folder / "rows-0.tfrecord.gz"), options) as rows:
        for name in ("left", "top", "middle") * 30:
            features = {"picture": feature(image(name, noise)), "kind": feature(name.encode())}
            rows.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    data = {"images": None, "tfrecords": "rows-*.gz", "image_feature": "picture", "label_feature": "kind"}
    project.write_config(data=data)
    assert project.run().code == 0
    done = project.graduate("predict", "tiny", "images/top/000.png", "--json")
    assert json.loads(done.out)["label"] == "top"


def test_two_workers_train_together_and_the_chief_pushes(project):
    done, folders = _together(project), ("w0", "w1")
    chief, worker = (one.result for one in done)
    assert [one.code for one in done] == [0, 0], [one.err for one in done]
    assert (chief["status"], worker["status"]) == ("pushed", "stopped")
    facts = [
        next(Path(project.folder, folder).glob("artifacts/tiny/Trainer/model_run/*/training.json"))
        for folder in folders
    ]
    assert [json.loads(path.read_text())["device"] for path in facts] == ["2 workers of 1 × CPU"] * 2


def _together(project: Project):
    from tests.e2e.project import Done

    with socket.socket() as one, socket.socket() as other:
        for free in (one, other):
            free.bind(("127.0.0.1", 0))
        cluster = {"worker": [f"127.0.0.1:{free.getsockname()[1]}" for free in (one, other)]}
    words = ("run", "tiny.yaml", "--json", "--set", "training.strategy=multi_worker")
    started = []
    for index in (0, 1):
        told = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
        started.append(project.start(*words, "--workdir", f"w{index}", env={"TF_CONFIG": told}))
    said = [process.communicate(timeout=180) for process in started]
    return [Done(p.returncode, out, err, 0.0) for p, (out, err) in zip(started, said, strict=True)]


def test_mirrored_replicas_of_the_cpu_train_when_asked_for(project, monkeypatch):
    monkeypatch.setenv("GRADUATE_CPU_REPLICAS", "2")
    done = project.run("--set", "training.strategy=mirrored")
    assert done.code == 0, done.err
    assert "mirrored over 2 replicas" in done.err


def test_multi_worker_without_a_cluster_is_said_at_once(project, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    done = project.graduate("run", "tiny.yaml", "--set", "training.strategy=multi_worker")
    assert done.code == 2
    assert "TF_CONFIG" in done.err
    assert not project.workspace.store.exists()
