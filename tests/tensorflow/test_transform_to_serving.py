"""The image task from raw files to a checked export, without TFX: Transform, `run_fn`, export, the clean process."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from graduate.components import artifacts, clean_process, serving_check
from graduate.pipeline import trainer, transformed
from graduate.pipeline.tasks import image
from tests.tensorflow import tiny_images

TRANSFORM = {"size": [8, 8], "channels": 1, "normalise": "per_channel"}
CLASSES = ["bright", "da\nrk"]  # a name with a line break


def _rows(count, seed):
    rows = tiny_images.bright_and_dark(count, seed=seed)
    return [{**row, "label": row["label"].replace(b"dark", b"da\nrk")} for row in rows]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    jpeg = tiny_images.encode(np.full((20, 30, 3), 200, np.uint8), "JPEG")
    train = [*_rows(21, 0), tiny_images.row(jpeg, "bright")]
    return tiny_images.prepare(folder, train, _rows(10, 1), TRANSFORM)


def _config(checkpoints: Path, **training):
    return {
        "config": {
            "name": "tiny",
            "task": "image",
            "transform": TRANSFORM,
            "model": {"build": "cnn", "module": None, "hyperparameters": {"filters": [4]}},
            "training": {
                "steps": 20, "batch_size": 8, "learning_rate": 0.01, "strategy": "cpu", "seed": 1,
                "augment": [{"shift": 1}, {"mixup": 0.2}], **training,
            },
            "diagnostics": {"record_every": 1, "during_training": "report"},
        },
        "base_dir": ".",
        "checkpoints": str(checkpoints),
        "fingerprint": "f00d",
    }  # fmt: skip


@pytest.fixture(scope="module")
def trained(prepared, tmp_path_factory):
    out = tmp_path_factory.mktemp("trained")
    trainer.run_fn(prepared.fn_args(out, _config(out / "checkpoints")))
    return out


def _split(prepared, name, spill=Path("unused"), **given):
    config = {"transform": {"size": [8, 8], "channels": 1}}
    return transformed.read([str(prepared.transformed / f"Split-{name}" / "*")], image, config, spill, **given)


def test_transform_learns_mean_and_deviation_of_the_training_pixels(prepared):
    split = _split(prepared, "train")
    pixels = split.rows.inputs.astype(np.float64)
    np.testing.assert_allclose(split.constants["pixel_mean"], [pixels.mean()], rtol=1e-5)
    np.testing.assert_allclose(split.constants["pixel_deviation"], [pixels.std()], rtol=1e-5)
    held_out = _split(prepared, "eval")
    assert held_out.constants["pixel_mean"] == split.constants["pixel_mean"]


def test_transformed_rows_are_the_decoded_pixels_in_uint8(prepared):
    rows = _split(prepared, "eval").rows
    assert rows.inputs.dtype == np.uint8
    raw = {row["hash"]: row["image"] for row in prepared.raw["eval"]}
    for pixels, key in zip(rows.inputs, rows.hashes, strict=True):
        np.testing.assert_array_equal(pixels, image.decode(tf.constant(raw[key]), (8, 8), 1).numpy())


def test_rows_that_do_not_fit_memory_lie_in_a_file(prepared, tmp_path):
    small, large = _split(prepared, "train"), _split(prepared, "train", tmp_path / "spilled", memory=100)
    assert isinstance(large.rows.inputs, np.memmap)
    np.testing.assert_array_equal(large.rows.inputs, small.rows.inputs)


@pytest.mark.parametrize(("mode", "mean", "deviation"), [("unit", 0.0, 255.0), ("none", 0.0, 1.0)])
def test_the_other_normalisations_learn_nothing(mode, mean, deviation):
    given = image._constants(tf.zeros([2, 4, 4, 3], tf.uint8), mode, 3)
    np.testing.assert_array_equal(given, [[mean] * 3, [deviation] * 3])


def test_a_trained_model_leaves_its_record_and_no_checkpoints(trained):
    record = json.loads((trained / "model_run" / "training.json").read_text())
    assert record["steps"] == 20
    assert record["epochs"] == pytest.approx(20 * 8 / 22)
    assert record["metrics"]["eval_accuracy"] == 1.0
    assert (trained / "model_run" / "history.csv").read_text().startswith("step,loss,accuracy,learning_rate,eval_loss")
    assert not (trained / "checkpoints" / "f00d").exists()


def test_the_export_is_whole_without_transforms_output(trained, prepared, tmp_path):
    aside = prepared.transform_output.with_name("aside")
    os.rename(prepared.transform_output, aside)
    try:
        moved = shutil.copytree(trained / "model" / "Format-Serving", tmp_path / "moved")
        loaded = tf.saved_model.load(str(moved))
        raw = tf.constant([row["image"] for row in prepared.raw["eval"]])
        answer = loaded.signatures["serving_default"](image=raw)
        examples = tf.constant(list(_records(prepared.examples / "Split-eval")))
        evaluated = loaded.signatures["evaluate"](examples=examples)["probabilities"]
        labels = loaded.signatures["labels"](examples=examples)["label_index"]
    finally:
        os.rename(aside, prepared.transform_output)
    about = json.loads((moved / "assets.extra" / "graduate.json").read_text())
    assert sorted(about["classes"]) == CLASSES
    names = [name.decode() for name in answer["classes"].numpy()[0]]
    assert names == about["classes"]
    wanted = [row["label"].decode() for row in prepared.raw["eval"]]
    assert [one.decode() for one in answer["label"].numpy()] == wanted
    assert [names[index] for index in labels.numpy()] == wanted
    np.testing.assert_allclose(evaluated, answer["probabilities"], atol=1e-6)


def test_a_class_that_training_never_saw_has_no_index(trained):
    loaded = tf.saved_model.load(str(trained / "model" / "Format-Serving"))
    example = tf.train.Example()
    example.features.feature["label"].bytes_list.value.append(b"unheard of")
    assert loaded.signatures["labels"](examples=tf.constant([example.SerializeToString()]))["label_index"] == [-1]


def test_an_unreadable_image_is_an_error_and_no_prediction(trained, prepared):
    serve = tf.saved_model.load(str(trained / "model" / "Format-Serving")).signatures["serving_default"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="Unknown image file format"):
        serve(image=tf.constant([prepared.raw["eval"][0]["image"], b"not an image"]))


@pytest.mark.slow
def test_two_devices_export_what_the_clean_process_answers(prepared, tmp_path):
    script = (
        "import sys, pickle, tensorflow as tf\n"
        "given = pickle.load(sys.stdin.buffer)\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)\n"
        "from graduate.pipeline import trainer\n"
        "trainer.run_fn(given)\n"
    )
    given = pickle.dumps(prepared.fn_args(tmp_path, _config(tmp_path / "checkpoints", strategy="mirrored")))
    subprocess.run([sys.executable, "-c", script], input=given, check=True)
    assert json.loads((tmp_path / "model_run" / "training.json").read_text())["device"] == "2 × CPU"
    assert _check(tmp_path, prepared, tmp_path).passed


def _check(trained, prepared, tmp_path, **given):
    inputs = {
        "examples": standard_artifacts.Examples(),
        "model": standard_artifacts.Model(),
        "model_run": standard_artifacts.ModelRun(),
    }
    inputs["examples"].split_names = '["train", "eval"]'
    inputs["examples"].uri = str(prepared.examples)
    inputs["model"].uri, inputs["model_run"].uri = str(trained / "model"), str(trained / "model_run")
    verdict = artifacts.Verdict()
    verdict.uri = str(tmp_path / "verdict")
    properties = {"tolerance": 1e-5, **given}
    outputs = {"verdict": [verdict]}
    serving_check.ServingCheckExecutor().Do({key: [one] for key, one in inputs.items()}, outputs, properties)
    return artifacts.read_verdict(verdict)


def test_serving_check_passes_a_good_export(trained, prepared, tmp_path):
    record = _check(trained, prepared, tmp_path, max_latency_ms=1000.0)
    assert record.passed
    agreement, latency = record.checks
    assert agreement.value <= 1e-5
    assert "on 10 raw rows, within the tolerance of 1e-05." in agreement.sentence
    assert "within the bound of 1000 ms." in latency.sentence


def test_serving_check_refuses_an_export_that_answers_otherwise_or_late(trained, prepared, tmp_path):
    tampered = shutil.copytree(trained, tmp_path / "tampered")
    reference = json.loads((tampered / "model_run" / "reference.json").read_text())
    reference["answers"][3][0] += 1e-4
    (tampered / "model_run" / "reference.json").write_text(json.dumps(reference))
    record = _check(tampered, prepared, tmp_path, max_latency_ms=1e-6)
    assert [check.name for check in record.checks if not check.passed] == ["agreement", "latency_ms"]
    assert "differ by 1.0e-04 at most on 10 raw rows, more than the tolerance of 1e-05." in record.reasons[0]


def test_serving_check_refuses_an_export_that_does_not_load(trained, prepared, tmp_path):
    broken = shutil.copytree(trained, tmp_path / "broken")
    (broken / "model" / "Format-Serving" / "assets" / "label").unlink()
    record = _check(broken, prepared, tmp_path)
    assert not record.passed
    assert record.reasons[0].startswith("The export does not answer in a clean process: ")


def test_a_prestarted_process_dies_with_whoever_started_it(tmp_path):
    script = (
        "import time\nfrom graduate.components import clean_process as c\n"
        "c.expect()\nc.prestart()\nprint(c._waiting[0].pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    probe = int(parent.stdout.readline())
    assert _alive(probe)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 20
    while _alive(probe) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(probe)


def test_nothing_is_prestarted_where_no_dag_has_the_check(monkeypatch):
    monkeypatch.setattr(clean_process, "_expected", False)
    clean_process.prestart()
    assert clean_process._waiting == []


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _records(folder: Path):
    return tf.data.TFRecordDataset([str(path) for path in folder.iterdir()], "GZIP").as_numpy_iterator()
