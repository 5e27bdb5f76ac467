"""A run, told by `graduate show RUN`."""

from graduate.pipeline.cli._run_text import text
from graduate.pipeline.record import RunRecord
from graduate.pipeline.result import RunResult
from graduate.verdict import Check, VerdictRecord


def record(status, *verdicts, **changes):
    result = RunResult("digits-1", status, verdicts=verdicts, **changes)
    return RunRecord("digits-1", "digits", status, "", "2026-01-31T10:00", "2026-01-31T10:01", {}, result, 1)


def test_findings_and_cures_stand_under_the_verdict_on_the_training():
    said = text(
        record(
            "sick",
            VerdictRecord("DataGuard", (Check("rows", True, "9 rows came in."),)),
            VerdictRecord(
                "GradientDiagnostics",
                (
                    Check("nan-or-inf", False, "nan-or-inf (error) in dense, step 3: the loss is NaN."),
                    Check("cure", True, "After step 2 a remedy was applied to x: clip-gradients.", warns=True),
                ),
            ),
        )
    )
    assert said.splitlines() == [
        "digits-1: sick",
        "  started 2026-01-31T10:00, ended 2026-01-31T10:01",
        "",
        "  DataGuard passed",
        "    ✓ 9 rows came in.",
        "",
        "  GradientDiagnostics refused",
        "    ✗ nan-or-inf (error) in dense, step 3: the loss is NaN.",
        "    ! After step 2 a remedy was applied to x: clip-gradients.",
        "",
        "  layer by layer: graduate diagnose digits-1",
    ]


def test_a_run_without_a_result_says_so():
    unfinished = RunRecord("digits-1", "digits", "interrupted", "", "2026-01-31T10:00", None, {}, None, 1)
    assert "it came to no result" in text(unfinished)


def test_metrics_and_the_pushed_model_are_told():
    said = text(record("pushed", metrics={"accuracy": 0.97123}, pushed_to="/models/digits/3"))
    assert "accuracy 0.9712" in said
    assert "pushed to /models/digits/3" in said
