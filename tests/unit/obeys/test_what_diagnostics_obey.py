"""What of `diagnostics` a training obeys: what is recorded, and what rules act on while it runs."""

from graduate.pipeline.config import faults, load
from graduate.pipeline.obeys.nodes import watching

DIAGNOSTICS = {
    "record_every": 1,
    "during_training": "report",
    "refuse_on": "error",
    "max_cures": 3,
    "rules": {},
    "ignore": [],
    "module": None,
}


def test_a_training_that_is_only_watched_obeys_no_threshold():
    assert set(watching(DIAGNOSTICS)) == {"record_every", "during_training"}


def test_a_training_that_rules_act_on_obeys_them():
    assert set(watching({**DIAGNOSTICS, "during_training": "stop"})) == {
        "record_every",
        "during_training",
        "rules",
        "ignore",
        "module",
    }
    assert "max_cures" in watching({**DIAGNOSTICS, "during_training": "cure"})
    assert "refuse_on" not in watching({**DIAGNOSTICS, "during_training": "cure"})


def test_thresholds_are_read_without_importing_a_rule():
    from graduate.rules import load as rule

    for fault in faults.known():
        assert set(faults.thresholds(fault)) == set(rule(fault).thresholds), fault


def test_every_rule_is_among_the_modules_that_a_diagnosis_obeys():
    assert len(faults.modules()) == len(faults.known())
    assert "graduate.rules.exploding_gradient" in faults.modules()


def test_a_plain_config_watches_and_refuses_on_an_error(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(
        "name: a\ndata: {images: digits}\ntraining: {steps: 1}\nevaluation: {bounds: {accuracy: {at_least: 0.5}}}\n"
    )
    config = load(file)
    assert config.to_json()["diagnostics"] == DIAGNOSTICS
    assert config.preflight
