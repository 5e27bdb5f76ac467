"""A sick training of several workers is cured in all of them alike."""

import numpy as np
import pytest

from graduate.trace import open_trace
from tests.tensorflow import cure_cases
from tests.tensorflow import training_cases as cases
from tests.tensorflow.test_training_processes import finish, free_ports, start


@pytest.mark.slow
def test_workers_are_cured_together_as_the_chief_decides(tmp_path):
    ports, folder = free_ports(2), str(tmp_path / "checkpoints")
    outputs = [tmp_path / f"{i}.npz" for i in (0, 1)]
    finish(*(start(cure_cases.run_cured_worker, i, ports, f"{folder}{i}", str(outputs[i])) for i in (0, 1)))
    (one, figures), (two, also) = (cases.read(output) for output in outputs)
    for i, (ours, theirs) in enumerate(zip(one, two, strict=True)):
        assert np.isfinite(ours).all()
        if i not in (4, 5):  # moving statistics are of each worker's own rows
            assert ours.tobytes() == theirs.tobytes(), i
    assert figures["history"] == also["history"]
    trace = open_trace(f"{folder}0-trace")
    assert next(event.detail["remedy"] for event in trace.events if event.kind == "remedy") == "clean-inputs"
    assert trace.steps.tolist() == list(range(1, 41))
    assert not (tmp_path / "checkpoints1").exists(), "only the chief writes"
