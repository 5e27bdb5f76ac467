"""An edit of a network trains again, and nothing before it runs again; an edit of a check does not train again."""

from __future__ import annotations

import pytest

from graduate.pipeline.obeys.code import CodeDigests

TRAINING_ALONE = {f"graduate.pipeline.tasks.image_{part}" for part in ("augment", "models", "training", "transfer")}


def closure(module):
    return set(CodeDigests().closure([module]))


@pytest.mark.parametrize("node", ["graduate.pipeline.data.example_gen", "graduate.pipeline.tasks.image"])
def test_ingest_and_transform_obey_decoding_and_no_network(node):
    assert "graduate.pipeline.tasks.image" in closure(node)
    assert not closure(node) & TRAINING_ALONE


def test_the_trainer_obeys_networks_and_augmentation_and_no_check():
    obeyed = closure("graduate.pipeline.trainer")
    assert obeyed >= {
        *TRAINING_ALONE,
        "graduate.pipeline.tasks.image",
        "graduate.pipeline.export",
        "graduate.training.loop",
    }
    assert not obeyed & {
        "graduate.serving_probe",
        "graduate.components.clean_process",
        "graduate.components.serving_check",
    }


def test_serving_check_obeys_its_clean_process():
    assert closure("graduate.components.serving_check") >= {
        "graduate.serving_probe",
        "graduate.components.clean_process",
    }
