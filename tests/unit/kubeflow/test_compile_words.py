"""What `graduate compile` says is to be tried next can be tried."""

from graduate.pipeline.cli import compile as verb


def test_the_folder_of_a_config_elsewhere_is_named_for_the_simulation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert verb._project("examples/custom/digits.yaml") == ["--project", "examples/custom"]
    assert verb._project(str(tmp_path / "digits.yaml")) == []
    assert verb._project("digits.yaml") == []
