"""The summary of a finished run."""

import shlex

import pytest

from graduate.pipeline.result import NodeReport, RunResult
from graduate.pipeline.view import summary
from graduate.verdict import Check, VerdictRecord

HINTS = summary.Hints("my config.yaml", "images/a b.png", steps=600)


def verdict(source: str, *checks: tuple[bool, str]) -> VerdictRecord:
    return VerdictRecord(source, tuple(Check(f"c{at}", passed, text) for at, (passed, text) in enumerate(checks)))


def result(status="pushed", **changes) -> RunResult:
    fields = {
        "nodes": (
            NodeReport("ExampleGen", "cached", 0.0, "from digits-0"),
            NodeReport("Trainer", "ran", 75.2, "my_models.py changed"),
            NodeReport("Pusher", "skipped", 0.0, "Gate refused")
            if status == "refused"
            else NodeReport("Pusher", "ran", 0.1),
        ),
        "verdicts": (
            verdict(
                "Evaluator", (True, "loss 0.07 is at most 0.25"), (status != "refused", "accuracy 0.94 against 0.95")
            ),
            verdict("Gate", (status != "refused", "everything again")),
        ),
        "metrics": {"accuracy": 0.94, "loss": 0.07, "other": 1.0},
        "pushed_to": "/somewhere/models/digits/17" if status == "pushed" else None,
    }
    return RunResult("digits-1", status, **{**fields, **changes})


def test_a_pushed_run_says_what_where_and_what_next():
    lines = summary.render(result(), HINTS).splitlines()
    assert lines[0].startswith("✓ pushed")
    assert lines[1] == "  digits-1: 2 ran, 1 cached, in 1m 15s"
    assert lines[2] == "  accuracy 0.94   loss 0.07"
    assert "✓ Evaluator     loss 0.07 is at most 0.25" in lines
    assert "↺ ExampleGen               cached from digits-0" in lines
    assert "✓ Trainer          1m 15s  my_models.py changed" in lines
    assert "model  /somewhere/models/digits/17" in lines
    assert lines[-3:] == [
        "  graduate predict digits:serving 'images/a b.png'",
        "  graduate models",
        "  graduate run 'my config.yaml' --set training.learning_rate=0.003",
    ]
    assert "everything again" not in "\n".join(lines)


def test_a_refused_run_puts_what_failed_first_and_offers_to_override():
    lines = summary.render(result("refused"), HINTS).splitlines()
    judged = [line for line in lines if "accuracy 0.94 against" in line or "loss 0.07 is" in line]
    assert judged == ["✗ Evaluator     accuracy 0.94 against 0.95", "✓               loss 0.07 is at most 0.25"]
    assert any("skipped: Gate refused" in line for line in lines)
    assert not any(line.startswith("model") for line in lines)
    assert lines[-3:] == [
        "  graduate run 'my config.yaml' --set training.steps=1200",
        "  graduate models",
        '  graduate bless digits-1 --because "…"',
    ]


def test_the_commands_carry_the_work_folder_and_the_overrides():
    hints = summary.Hints("x.yaml", None, "/else where", ("training.seed=3",))
    commands = summary.render(result("refused"), hints).splitlines()[-3:]
    assert commands[0] == (
        "  graduate run x.yaml --set training.seed=3 --set training.learning_rate=0.003 --workdir '/else where'"
    )
    assert commands[2].endswith("""--because "…" --workdir '/else where'""")


@pytest.mark.parametrize("status", ["pushed", "refused", "sick", "data_refused", "stopped"])
def test_every_status_has_three_commands_that_a_shell_can_read(status):
    commands = summary.render(result(status), HINTS).partition("try next\n")[2].splitlines()
    assert len(commands) == 3
    assert all(shlex.split(command)[0] == "graduate" for command in commands)


def test_a_run_that_had_nothing_to_do_says_since_when_and_keeps_its_numbers():
    text = summary.render(result("refused", unchanged=True), HINTS)
    assert "nothing has changed since digits-1" in text
    assert "accuracy 0.94 against 0.95" in text
    assert "ExampleGen" not in text


def test_of_many_checks_the_failed_come_first_and_the_rest_is_counted():
    many = [(at % 20 == 19, f"slice {at}") for at in range(60)]
    text = summary.render(result(verdicts=(verdict("Evaluator", *many),)), HINTS)
    assert text.count("✗ ") == 8
    assert "… and 52 more (--json has all)" in text


def test_long_sentences_and_reasons_fit_the_width():
    checks = [(False, "label 7 has 3 rows of which " * 8)]
    nodes = (NodeReport("Transform", "ran", 1.0, "data changed: " + "many files, " * 20),)
    text = summary.render(result(verdicts=(verdict("DataGuard", *checks),), nodes=nodes), HINTS, width=72)
    assert max(map(len, text.splitlines())) <= 72


def test_colours_are_only_there_when_asked_for():
    assert "\x1b" not in summary.render(result(), HINTS)
    assert "\x1b[32" in summary.render(result(), HINTS, colour=True)


def test_what_passed_with_a_warning_is_told_whole_and_before_what_passed():
    long = "After step 170 a remedy was applied to learning-rate-too-high: learning rate 0.1 → 0.001, from the start."
    checks = (Check("rules", True, "29 rules looked."), Check("cure", True, long, warns=True))
    text = summary.render(result(verdicts=(VerdictRecord("GradientDiagnostics", checks),)), HINTS)
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("! GradientDiagnostics After step 170"))
    assert "from the start." in " ".join(lines[at : at + 3])
    assert any(line.startswith("✓") and "29 rules looked." in line for line in lines[at + 1 :])


def test_a_sick_training_is_offered_a_diagnosis_and_a_cure():
    refused = VerdictRecord("GradientDiagnostics", (Check("nan-or-inf", False, "the loss is NaN"),))
    lines = summary.render(result("sick", verdicts=(refused,)), HINTS).splitlines()
    assert lines[-3:-1] == [
        "  graduate diagnose digits-1",
        "  graduate run 'my config.yaml' --set diagnostics.during_training=cure",
    ]


def test_folds_stand_under_the_metrics():
    metrics = {"accuracy": 0.94, "folds": 5, "folds_accuracy_mean": 0.9312, "folds_accuracy_spread": 0.0123}
    assert "  5 folds: accuracy 0.9312 ± 0.012" in summary.render(result(metrics=metrics), HINTS).splitlines()


@pytest.mark.parametrize("name", ["schema:height", "skew:label"])
def test_data_unlike_the_schema_are_offered_another_schema(name):
    refused = VerdictRecord("DataGuard", (Check("rows", True, "rows came in"), Check(name, False, "it differs")))
    lines = summary.render(result("data_refused", verdicts=(refused,)), HINTS).splitlines()
    assert lines[-3:-1] == ["  graduate schema diff 'my config.yaml'", "  graduate schema accept 'my config.yaml'"]


def test_data_that_no_schema_mends_are_looked_into():
    refused = VerdictRecord("DataGuard", (Check("classes", False, 'Class "cat" is in 1 eval row'),))
    lines = summary.render(result("data_refused", verdicts=(refused,)), HINTS).splitlines()
    assert lines[-3] == "  graduate why digits-1"
