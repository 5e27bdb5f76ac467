"""Small traces for the tests of the format; as a script, a writer that waits to be killed in the middle of a block."""

from __future__ import annotations

import os
import sys

import numpy as np

from graduate.trace import Column, Group, RunFacts, TraceWriter, Variable

FACTS = RunFacts(
    variables=(
        Variable("dense/kernel", "dense", (3, 4), "relu", "GlorotUniform"),
        Variable("dense/bias", "dense", (4,), "relu", "Zeros"),
        Variable("out/kernel", "out", (4, 2)),
    ),
    loss="sparse_categorical_crossentropy",
    output_activation="softmax",
    optimizer={"name": "adam", "learning_rate": 0.001},
    batch_size=32,
    label_counts={"a": 3, "é": 5},
    input_range=(0.0, 1.0),
    constant_loss=0.66,
)
STEP = Group("step", (Column("loss"), Column("gradient_norm", 3, "variables"), Column("weight_norm", 3, "variables")))
PROBE = Group("probe", (Column("eval_loss"), Column("dead", 2, "layers")))


def columns(steps, group=STEP, salt=0.0):
    """Values that say which step, column and place they belong to."""
    steps = np.asarray(steps)
    found = []
    for i, column in enumerate(group.columns):
        place = np.arange(column.values) / 8 + 1000 * i + salt
        values = (steps[:, None] + place[None]).astype(np.float32)
        found.append(values if column.width else values[:, 0])
    return found


def write(writer, first, last, group=0, salt=0.0):
    """Append the steps first..last."""
    steps = np.arange(first, last + 1)
    writer.rows(group, steps, columns(steps, writer.groups[group], salt))


def writer(folder, groups=(STEP,), facts=FACTS, **options):
    return TraceWriter(folder, facts, groups, **options)


class Stuck:
    """A file that takes the first half of a block, says so, and waits for the end of its process."""

    def __init__(self, opened):
        self.opened = opened

    def write(self, content):
        self.opened.write(content[: len(content) // 2])
        print("torn", flush=True)
        sys.stdin.read()

    def __getattr__(self, name):
        return getattr(self.opened, name)


if __name__ == "__main__":
    opened = writer(sys.argv[1])
    write(opened, 1, 10)
    write(opened, 11, 20)
    print(os.getpid(), flush=True)
    opened._file = Stuck(opened._file)
    write(opened, 21, 30)
