"""What a config says of a user's own files is checked before anything starts: they are read, not run."""

from __future__ import annotations

import pytest

from graduate.errors import UsageError
from graduate.pipeline.config import load

TEXT = """\
name: a
data: {images: pictures}
training: {steps: 100}
evaluation: {bounds: {accuracy: {at_least: 0.9}}}
"""
RULE = "from graduate.findings import Rule\nraise SystemExit('read, not run')\nrule = Rule({}, check=None)\n"


@pytest.fixture
def told(tmp_path, monkeypatch):
    """All that is wrong where `my.py` has this content and these keys are overridden; "" where nothing is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(TEXT)

    def told(content: str, *overrides: str) -> str:
        (tmp_path / "my.py").write_text(content)
        try:
            load("a.yaml", overrides)
        except UsageError as error:
            return error.render()
        return ""

    return told


@pytest.mark.parametrize(
    "overrides",
    [
        ("transform={module: my.py, function: mine}",),
        ("evaluation.module=my.py", "evaluation.bounds.mine={at_least: 3}"),
        ("evaluation.module=my.py", "evaluation.slices=[{by: label, bounds: {mine: {at_most: -1}}}]"),
        ("model={module: my.py, build: mine}",),
    ],
)
def test_a_function_that_the_file_defines_is_taken(told, overrides):
    assert told("raise SystemExit('read, not run')\ndef mine(a, b): ...\n", *overrides) == ""
    assert "my.py defines no mine\n\nhint: did you mean mine_?" in told("def mine_(a, b): ...\n", *overrides)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("transform={module: my.py}",), "transform.module needs transform.function"),
        (("transform={function: mine}",), "transform.function needs transform.module"),
        (("transform={module: no.py, function: mine}",), "transform.module: no such file no.py"),
        (("diagnostics.module=no.py",), "diagnostics.module: no such file no.py"),
        (("evaluation.bounds.mine={at_least: 3}",), "unknown key evaluation.bounds.mine"),
        (("evaluation.module=my.py", "evaluation.bounds.mine={}"), "evaluation.bounds.mine is empty"),
        (("evaluation.bounds.mae={at_most: 3}",), "mae is not measured of a class"),
        (
            ("task=audio", "data={audio: x}", "transform={module: my.py, function: mine}"),
            "transform.module is not for audio pipelines",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_key(told, overrides, said):
    assert said in told("def mine(a, b): ...\n", *overrides)


def test_a_file_that_does_not_parse_is_told_with_its_own_line(told):
    assert told("x = 1\ndef mine(:\n", "diagnostics.module=my.py").startswith("error: my.py:2: ")


def test_faults_and_thresholds_of_own_rules_are_known(told):
    rule = RULE.format("'late', thresholds={'share': 1.0}")
    module = "diagnostics.module=my.py"
    assert told(rule, module, "diagnostics.ignore=[late]") == ""
    assert told(rule, module, "diagnostics.rules.late.share=0.5") == ""
    assert "no threshold shar\n\nhint: did you mean share?" in told(rule, module, "diagnostics.rules.late.shar=0.5")
    assert "there is no fault lat\n\nhint: did you mean late?" in told(rule, module, "diagnostics.ignore=[lat]")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "diagnostics.module makes no rule"),
        (RULE.format("fault='overfitting'"), "overfitting has a rule of ours"),
        (RULE.format("fault='Too Late'"), "a fault cannot be named 'Too Late'"),
    ],
)
def test_rules_that_cannot_be_asked_are_told(told, content, said):
    assert said in told(content, "diagnostics.module=my.py")


@pytest.mark.parametrize(
    ("overrides", "nodes"),
    [
        (("transform={module: my.py, function: mine}",), {"Transform"}),
        (("evaluation.module=my.py", "evaluation.bounds.mine={at_least: 3}"), {"Evaluator"}),
        (("model={module: my.py, build: mine}",), {"Preflight", "Trainer"}),
    ],
)
def test_an_edit_of_the_file_is_obeyed_by_the_nodes_that_call_it(tmp_path, overrides, nodes):
    from graduate.pipeline.obeys import node_obeys
    from graduate.pipeline.obeys.code import CodeDigests

    (tmp_path / "a.yaml").write_text(TEXT)
    (tmp_path / "helper.py").write_text("x = 1\n")
    (tmp_path / "my.py").write_text("import helper\ndef mine(a, b): ...\n")
    config = load(tmp_path / "a.yaml", overrides)
    obeyed = node_obeys(config, CodeDigests(), {})
    for file in ("my.py", "helper.py"):
        assert {node for node, keys in obeyed.items() if f"code:{file}" in keys} == nodes


@pytest.mark.parametrize(
    ("during", "nodes"),
    [("report", {"GradientDiagnostics"}), ("stop", {"GradientDiagnostics", "Trainer"})],
)
def test_a_training_obeys_own_rules_where_they_act_on_it(tmp_path, during, nodes):
    from graduate.pipeline.obeys import node_obeys
    from graduate.pipeline.obeys.code import CodeDigests

    (tmp_path / "a.yaml").write_text(TEXT)
    (tmp_path / "my.py").write_text(RULE.format("'late'"))
    config = load(tmp_path / "a.yaml", ["diagnostics.module=my.py", f"diagnostics.during_training={during}"])
    obeyed = node_obeys(config, CodeDigests(), {})
    assert {node for node, keys in obeyed.items() if "code:my.py" in keys} == nodes
