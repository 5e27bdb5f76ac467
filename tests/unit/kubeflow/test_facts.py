"""What a spec says of its run is read back whole from what a cluster records of it."""

import json

import pytest

from graduate.pipeline.config import load
from graduate.pipeline.kubeflow.facts import facts
from graduate.pipeline.lineage.rows import ExecutionRow
from graduate.pipeline.lineage.vocabulary import kubeflow

CONFIG = """
name: pets
data: {images: digits}
training: {steps: 10, seed: 11}
evaluation: {bounds: {accuracy: {at_least: 0.9}}}
"""


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "pets.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return load(path)


def read_back(given):
    return kubeflow.taken(ExecutionRow(1, kubeflow.BRACKET, "run", "complete", 0, 0, {kubeflow.INPUTS: given}))


def test_a_fact_that_is_longer_than_a_parameter_may_be_comes_in_pieces(config):
    users = {f"code:models_{number}.py": f"{number:064x}" for number in range(300)}
    told = facts(config, [], {"Schema": {}, "Trainer": users})
    assert max(map(len, told.values())) == kubeflow.LONGEST
    assert {"graduate_user_code", "graduate_user_code__2", "graduate_user_code__3"} <= set(told)
    found = json.loads(read_back(told)["graduate_user_code"])
    assert found == {name.removeprefix("code:"): digest for name, digest in users.items()}
    assert not [name for name in read_back(told) if "__" in name]


def test_a_text_of_exactly_the_longest_is_one_piece():
    text = "x" * kubeflow.LONGEST
    assert kubeflow.pieces("graduate_config", text) == {"graduate_config": text}
    assert kubeflow.joined(kubeflow.pieces("graduate_config", f"{text}y")) == {"graduate_config": f"{text}y"}


def test_numbers_are_numbers_again_and_a_clean_checkout_is_clean(config):
    told = read_back({**facts(config, [], {"Schema": {}}), "graduate_git_dirty": "0"})
    assert (told["graduate_seed"], told["graduate_git_dirty"]) == (11, 0)


def test_names_of_somebody_elses_parameters_stay_as_they_are():
    assert read_back({"learning__2": "a", "learning": "b"}) == {"learning__2": "a", "learning": "b"}
