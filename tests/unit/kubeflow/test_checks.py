"""What cannot run on Kubeflow is said before anything is compiled."""

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config import load
from graduate.pipeline.kubeflow import checks, parameters, platform

CONFIG = """
name: pets
data: {{images: {images}}}
training: {{steps: 10}}
evaluation: {{bounds: {{accuracy: {{at_least: 0.9}}}}}}
kubeflow:
  image: me/graduate:1
  root: {root}
{more}
"""


def written(tmp_path, images="digits", root="minio://mlpipeline/v2", more=""):
    path = tmp_path / "pets.yaml"
    path.write_text(CONFIG.format(images=images, root=root, more=more), encoding="utf-8")
    return load(path)


def refusal(config, **how):
    with pytest.raises(UsageError) as caught:
        checks.check(config, **how)
    return caught.value.render()


def test_a_demo_and_what_lies_in_an_object_store_can_run(tmp_path):
    checks.check(written(tmp_path), cluster=True)
    checks.check(written(tmp_path, images="s3://bucket/pets"), cluster=True)


@pytest.mark.parametrize("key", ["image", "root"])
def test_image_and_root_are_asked_for(tmp_path, key):
    config = written(tmp_path)
    lacking = config.model_copy(update={"kubeflow": config.kubeflow.model_copy(update={key: None})})
    text = refusal(lacking.located(config.source))
    assert f"kubeflow.{key} is missing" in text
    assert f"--{key}" in text


def test_a_folder_of_this_machine_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "pets").mkdir()
    text = refusal(written(tmp_path, images="pets"))
    assert "data.images: pets lies on this machine" in text
    assert "s3://bucket/folder" in text
    assert "carries: [pets]" in text


def test_unless_the_image_carries_it(tmp_path):
    (tmp_path / "pets").mkdir()
    checks.check(written(tmp_path, images="pets", more="  carries: [pets]"))


def test_what_lies_in_the_project_itself_is_carried(tmp_path):
    (tmp_path / "pets").mkdir()
    checks.check(written(tmp_path, images="pets", more=f"  project: {tmp_path}"))


def test_a_local_root_is_for_simulation_alone(tmp_path):
    config = written(tmp_path, root="/tmp/artifacts")
    checks.check(config)
    assert "which no cluster reads" in refusal(config, cluster=True)
    assert "no absolute path" in refusal(written(tmp_path, root="artifacts"))
    assert "no store that Kubeflow writes to" in refusal(written(tmp_path, root="https://bucket/a"))


def test_a_node_that_there_is_not_has_a_nearest_one(tmp_path):
    text = refusal(written(tmp_path, more="  nodes: {Trainr: {memory: 4Gi}}"))
    assert "there is no node Trainr" in text
    assert "did you mean Trainer?" in text


def test_versions_are_pushed_to_a_volume(tmp_path):
    assert "lies on no volume" in refusal(written(tmp_path, more="  push_to: /elsewhere/pets"))
    checks.check(written(tmp_path, more="  push_to: /elsewhere/pets\n  volumes: [{claim: a, mount: /elsewhere}]"))


def test_workers_share_a_folder(tmp_path):
    assert "they share no folder" in refusal(written(tmp_path, more="  workers: 4"))
    checks.check(written(tmp_path, more="  workers: 4\n  scratch: /s\n  volumes: [{claim: a, mount: /s}]"))


def test_a_batch_is_shared_by_workers_evenly(tmp_path):
    more = "  workers: 3\n  scratch: /s\n  volumes: [{claim: a, mount: /s}]"
    assert "batch_size 64 cannot be divided among 3 workers" in refusal(written(tmp_path, more=more))


def test_code_outside_of_the_configs_folder_is_in_no_image(tmp_path):
    (tmp_path / "my.py").write_text("def build(**_):\n    pass\n", encoding="utf-8")
    folder = tmp_path / "configs"
    folder.mkdir()
    config = written(folder, more="model: {module: ../my.py, build: build}")
    assert "not in the image" in refusal(config)


def test_a_nodes_own_settings_stand_over_those_of_all(tmp_path):
    more = "  cpu: 1\n  memory: 2Gi\n  retries: 2\n  nodes: {Trainer: {memory: 16Gi, accelerator: {count: 2}}}"
    asked = written(tmp_path, more=more).kubeflow
    trainer, gate = (platform.resources(platform.step_of(asked, node)) for node in ("Trainer", "Gate"))
    assert trainer["resourceMemoryLimit"] == "16Gi"
    assert trainer["memoryLimit"] == pytest.approx(17.179869184)
    assert trainer["cpuLimit"] == 1
    assert trainer["accelerator"] == {
        "count": "2",
        "type": "nvidia.com/gpu",
        "resourceCount": "2",
        "resourceType": "nvidia.com/gpu",
    }
    assert gate["resourceMemoryLimit"] == "2Gi"
    assert "accelerator" not in gate
    assert platform.step_of(asked, "Trainer").retries == 2


def test_of_a_secret_only_names_are_written(tmp_path):
    more = (
        "  secrets: [{name: s3, env: {key: AWS_KEY}, mount: /etc/s3}]\n"
        "  node_selector: {pool: gpu}\n  tolerations: [{key: gpu, operator: Exists}]"
    )
    asked = written(tmp_path, more=more).kubeflow
    assert platform.executor(asked, "Trainer", "/models/pets") == {
        "nodeSelector": {"labels": {"pool": "gpu"}},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "secretAsEnv": [{"secretName": "s3", "keyToEnv": [{"envVar": "AWS_KEY", "secretKey": "key"}]}],
        "secretAsVolume": [{"mountPath": "/etc/s3", "secretName": "s3"}],
    }
    assert platform.executor(asked, "Pusher", "/models/pets")["pvcMount"] == [
        {"constant": "graduate-models", "mountPath": "/models"}
    ]


def test_people_may_change_the_rate_the_bounds_and_what_is_named(tmp_path):
    found = parameters.changeable(written(tmp_path, more="  parameters: [training.steps]"))
    assert [(one.name, one.type, one.default) for one in found] == [
        ("training_learning_rate", "NUMBER_DOUBLE", 0.001),
        ("evaluation_bounds_accuracy_at_least", "NUMBER_DOUBLE", 0.9),
        ("training_steps", "NUMBER_INTEGER", 10),
    ]
    with pytest.raises(UsageError, match=r"training\.step is no plain value"):
        parameters.changeable(written(tmp_path, more="  parameters: [training.step]"))


def test_a_changed_value_reaches_a_node_and_its_cache_key():
    given = {
        "custom_config": '{"config": {"training": {"learning_rate": 0.1, "steps": 10}}, "base_dir": "/project"}',
        "obeys": '{"config:training.learning_rate": 0.1, "code:graduate": "a"}',
    }
    done = parameters.apply("Trainer", given, {"training.learning_rate": 0.5, "training.steps": 20.0})
    assert '"learning_rate": 0.5' in done["custom_config"]
    assert '"steps": 20}' in done["custom_config"]
    assert '"config:training.learning_rate": 0.5' in done["obeys"]
    assert "steps" not in done["obeys"]
    judged = parameters.apply(
        "Evaluator",
        {"rules": '{"bounds": {"accuracy": {"at_least": 0.9}}}'},
        {"evaluation.bounds.accuracy.at_least": 0.95},
    )
    assert judged == {"rules": '{"bounds": {"accuracy": {"at_least": 0.95}}}'}


def test_what_is_called_a_secret_is_no_environment_variable(tmp_path):
    text = refusal(written(tmp_path, more="  nodes: {Trainer: {env: {HUB_TOKEN: abcdef}}}"))
    assert "HUB_TOKEN would stand in the spec" in text
    assert "abcdef" not in text
    checks.check(written(tmp_path, more="  env: {TOKENIZER: fast, KEYS: '3'}"))
