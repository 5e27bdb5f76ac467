"""TensorBoard's event files and CSV logs as traces. The event files are made here, byte by byte."""

import struct

import numpy as np
import pytest

from graduate.diagnose import diagnose
from graduate.errors import UsageError, UserError
from graduate.trace import csv_log, find, tensorboard


def varint(number):
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def simple(tag, value):
    """As older writers and PyTorch log a scalar."""
    return field(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value)


def tensor(tag, value, kind=1):
    """As TensorFlow 2 logs a scalar: a tensor of no dimensions."""
    content = struct.pack("<f" if kind == 1 else "<d", value)
    return field(1, tag.encode()) + field(8, varint(1 << 3) + varint(kind) + field(2, b"") + field(4, content))


def event(step, *values):
    summary = b"".join(field(1, value) for value in values)
    body = varint(1 << 3 | 1) + struct.pack("<d", 1e9) + varint(2 << 3) + varint(step) + field(5, summary)
    return struct.pack("<QI", len(body), 0) + body + struct.pack("<I", 0)


def events(path, *records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(records))
    return path


def test_what_keras_callback_writes_is_read_by_epoch_and_by_step(tmp_path):
    train = [event(epoch, tensor("epoch_loss", 1 / (epoch + 1)), tensor("epoch_acc", 0.5)) for epoch in range(5)]
    train += [event(step, tensor("batch_loss", 2 / (step + 1))) for step in range(40)]
    validation = [event(epoch, tensor("epoch_loss", 3.0)) for epoch in range(5)]
    validation += [event(8, tensor("evaluation_loss_vs_iterations", 3.0))]
    events(tmp_path / "run/train/events.out.tfevents.1", *train)
    events(tmp_path / "run/validation/events.out.tfevents.2", *validation)
    [found] = find.at(tmp_path)
    assert found.name == "run"
    epochs = [value for _, value in found.trace.told("epoch")]
    assert [one["epoch"] for one in epochs] == [0, 1, 2, 3, 4]
    assert epochs[-1]["logs"] == pytest.approx({"loss": 0.2, "accuracy": 0.5, "val_loss": 3.0})
    assert len(found.trace.steps) == 40
    assert found.trace.series("loss")[1] == 1.0


def test_scalars_of_every_kind_of_writer_are_read(tmp_path):
    file = events(tmp_path / "a.tfevents", event(7, simple("a", 0.5), tensor("b", 1.5), tensor("c", 2.5, kind=2)))
    assert list(tensorboard.scalars(file)) == [("a", 7, 0.5), ("b", 7, 1.5), ("c", 7, 2.5)]


def test_a_torn_end_and_foreign_records_cost_only_themselves(tmp_path):
    noise = struct.pack("<QI", 3, 0) + b"\xff\xff\xff" + struct.pack("<I", 0)
    whole = event(1, simple("loss", 1.0)) + noise + event(2, simple("loss", 2.0))
    file = events(tmp_path / "a.tfevents", whole, event(3, simple("loss", 3.0))[:-9])
    assert [step for _, step, _ in tensorboard.scalars(file)] == [1, 2]


@pytest.mark.parametrize("tag", ["loss", "train/loss", "Loss/train", "train_loss", "training loss"])
def test_a_loss_by_step_is_found_under_the_names_that_people_give_it(tmp_path, tag):
    events(tmp_path / "a.tfevents", *(event(step, simple(tag, float(step)), simple("lr", 0.1)) for step in range(500)))
    trace = tensorboard.read(tmp_path)
    assert trace.columns() == {"loss", "learning_rate"}
    assert trace.series("loss")[-1] == 499


def test_gradient_norms_by_variable_become_a_table(tmp_path):
    records = [
        event(
            s * 10, simple("loss", 1.0), simple("gradient_norm/dense/kernel", 2.0), simple("gradient_norm/out/bias", s)
        )
        for s in range(400)
    ]
    events(tmp_path / "a.tfevents", *records)
    trace = tensorboard.read(tmp_path)
    assert [variable.layer for variable in trace.facts.variables] == ["dense", "out"]
    assert trace.table("gradient_norm")[3].tolist() == [2.0, 3.0]


def test_event_files_without_a_loss_say_what_they_hold(tmp_path):
    events(tmp_path / "a.tfevents", event(1, simple("fps", 1.0)))
    with pytest.raises(UserError, match="fps"):
        find.at(tmp_path)


def test_a_csv_log_of_keras_is_read_by_epoch(tmp_path):
    (tmp_path / "log.csv").write_text(
        "epoch,accuracy,loss,val_accuracy,val_loss\n0,0.5,1.0,0.4,1.1\n1,0.6,0.8,NA,NA\n0,0.7,0.6,0.5,0.9\n"
    )
    [found] = find.at(tmp_path)
    epochs = [value for _, value in found.trace.told("epoch")]
    assert [one["epoch"] for one in epochs] == [0, 1, 2]  # a second training was appended
    assert epochs[1]["logs"] == {"accuracy": 0.6, "loss": 0.8}
    assert found.trace.known["final"]["validation"] == {"loss": 0.9, "metric": 0.5}
    assert found.note


def test_a_csv_log_by_step_with_semicolons_is_read(tmp_path):
    rows = "\n".join(f"{step};{1 / step};{'0.5' if step % 10 == 0 else ''}" for step in range(1, 101))
    file = tmp_path / "history.csv"
    file.write_text(f"step;loss;eval_loss\n{rows}\n")
    trace = csv_log.read(file)
    assert len(trace.steps) == 100
    assert len(trace.told("epoch")) == 10
    assert trace.told("epoch")[-1][1]["logs"]["val_loss"] == 0.5


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "loss\n"])
def test_a_csv_file_that_is_no_log_is_refused_by_name(tmp_path, text):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(UserError, match=r"x\.csv"):
        find.at(tmp_path / "x.csv")


def test_a_folder_with_nothing_in_it_and_no_folder_at_all_are_usage_errors(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError):
            find.at(path)


def overfitted(epochs=40):
    fall = np.exp(-np.arange(epochs) / 6)
    return fall + 0.01, 0.5 * fall + 0.4 + np.arange(epochs) * 0.05


def test_rules_that_a_log_does_not_feed_are_skipped_and_a_nan_in_it_is_found(tmp_path):
    lines = [f"{epoch},{'nan' if epoch > 5 else 1.0 / (epoch + 1)}" for epoch in range(10)]
    (tmp_path / "log.csv").write_text("epoch,loss\n" + "\n".join(lines) + "\n")
    found = diagnose(csv_log.read(tmp_path / "log.csv"))
    assert found.verdict == "sick"
    assert {"vanishing-gradient", "dead-units"} <= set(found.skipped)


def test_an_overfitted_csv_log_is_named(tmp_path):
    train, validation = overfitted()
    lines = [f"{at},{a},{b}" for at, (a, b) in enumerate(zip(train, validation, strict=True))]
    (tmp_path / "log.csv").write_text("epoch,loss,val_loss\n" + "\n".join(lines) + "\n")
    found = diagnose(csv_log.read(tmp_path / "log.csv"))
    assert "overfitting" in {finding.fault for finding in found.findings}


def test_a_healthy_log_is_not_flagged(tmp_path):
    rng = np.random.default_rng(3)
    lines = [f"{at},{1.5 * np.exp(-at / 5) + 0.2 + rng.normal() * 0.01},{np.exp(-at / 5) + 0.4}" for at in range(20)]
    (tmp_path / "log.csv").write_text("epoch,loss,val_loss\n" + "\n".join(lines) + "\n")
    assert diagnose(csv_log.read(tmp_path / "log.csv")).verdict == "healthy"
