"""The report on the terminal: verdict first, evidence, spark lines; any width, with and without colour."""

import io
import json
import re

import numpy as np
import pytest

from graduate import findings_json, spark, text_report
from graduate.findings import Diagnosis, Evidence, Finding, Severity
from graduate.text_report import Style
from graduate.trace import RunFacts, Variable
from graduate.trace.memory import made

EVIDENCE = Evidence("gradient_norm", 3e-9, 1e-4, "calibration", "the norm is tiny")
ROOT = Finding(
    "vanishing-gradient", Severity.ERROR, (1, 60), ("layer_0",), (EVIDENCE,), "It hardly learns.", ("leaky-relu",)
)
FOLLOWS = Finding("loss-not-decreasing", Severity.ERROR, (1, 60), (), (EVIDENCE,), "x", (), "vanishing-gradient")
MILD = Finding("overfitting", Severity.WARNING, (30, 30), (), (), "A little.", ())
SICK = Diagnosis((ROOT, FOLLOWS), {"leakage": frozenset({"told:overlap"})}, ("vanishing-gradient",))
HEALTHY = Diagnosis((), {"leakage": frozenset({"told:overlap"})}, ("vanishing-gradient", "nan-or-inf"))


def trace(layers=3, steps=60, names="layer"):
    variables = [Variable(f"{names}_{at}/{kind}", f"{names}_{at}", (4, 4)) for at in range(layers) for kind in "kb"]
    rng = np.random.default_rng(1)
    table = np.exp(rng.normal(size=(steps, len(variables))))
    series = {"loss": np.exp(-np.arange(steps) / 20)}
    return made(
        facts=RunFacts(tuple(variables)),
        series=series,
        tables={"gradient_norm": table, "update_norm": table, "weight_norm": table + 9},
    )


def test_the_verdict_is_first_and_every_part_is_there():
    text = text_report.of_traces([("model", trace(), SICK)], Style(), ["a note"])
    first, second, *_ = text.splitlines()
    assert first == "graduate: sick: vanishing-gradient"
    assert second == "  a note"
    for part in (
        "error vanishing-gradient  layer_0 · steps 1–60",
        "It hardly learns.",
        "the norm is tiny (gradient_norm 3e-09, threshold 0.0001; calibration)",
        "└ explains loss-not-decreasing (error)",
        "1 → 0.052",
        "looked for: vanishing-gradient",
        "not looked for: leakage (no validation or evaluation rows were seen",
    ):
        assert part in text


def test_healthy_is_said_with_evidence():
    text = text_report.of_traces([("model", trace(), HEALTHY)], Style())
    assert text.startswith("graduate: healthy: 2 rules looked at 60 steps and found nothing")
    mild = Diagnosis((MILD, MILD), {}, ("overfitting",))
    assert "found no error, 2 warnings" in text_report.of_traces([("m", trace(), mild)], Style())
    assert text_report.of_traces([], Style()).startswith("graduate: nothing seen")


def test_a_cured_fault_is_told_and_does_not_make_it_sick():
    import dataclasses

    cured = Diagnosis((dataclasses.replace(ROOT, cured_at=40),), {}, ("vanishing-gradient",))
    text = text_report.of_traces([("model", trace(), cured)], Style())
    assert text.startswith("graduate: healthy")
    assert "cured after step 40" in text


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("names", ["layer", "a_very_long_name_of_a_layer_that_somebody_gave_it"])
def test_no_line_is_wider_than_the_terminal(width, names):
    text = text_report.of_traces([("model", trace(40, names=names), SICK)], Style(width))
    assert max(map(len, text.splitlines())) <= width
    assert "16 more layers" in text


def test_colour_only_at_a_terminal_that_wants_it(monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "300")
    assert text_report.style(Terminal()) == Style(120, True)
    assert text_report.style(io.StringIO()).colour is False
    monkeypatch.setenv("NO_COLOR", "1")
    assert text_report.style(Terminal()) == Style(120, False)
    coloured = text_report.of_traces([("m", trace(), SICK)], Style(colour=True))
    plain = text_report.of_traces([("m", trace(), SICK)], Style())
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain


def test_a_terminal_without_unicode_gets_ascii():
    assert text_report.of_traces([("m", trace(), SICK)], Style(unicode=False)).isascii()


def test_two_trainings_are_named():
    text = text_report.of_traces([("one", trace(), SICK), ("two", trace(), HEALTHY)], Style())
    assert "\none\n" in text
    assert "\ntwo\n" in text


def test_of_many_trainings_those_without_findings_get_a_line_each():
    parts = [(f"fold-{at}", trace(), HEALTHY) for at in range(5)] + [("bad", trace(), SICK)]
    lines = text_report.of_traces(parts, Style()).splitlines()
    assert "5 trainings without findings" in lines
    assert sum(line.startswith("  fold-") for line in lines) == 5
    assert "bad" in lines


def test_a_spark_line_shows_rise_flatness_and_what_is_not_finite():
    assert spark.line(np.geomspace(1, 1e6, 8), 8) == "▁▂▃▄▅▆▇█"
    assert len(set(spark.line(np.full(50, 3.0), 10))) == 1
    assert spark.line(np.asarray([1.0, np.nan, np.inf, 2.0]), 4) == "▁××█"
    assert spark.line(np.asarray([np.nan, np.nan]), 9) == "××"
    assert spark.line(np.zeros(0), 9) == ""
    assert len(spark.line(np.arange(100_000.0) - 5, 40)) == 40


def test_marks_stand_under_their_step():
    steps = np.arange(1, 101)
    assert spark.marks(steps, {1: "a", 55: "b", 100: "c", 900: "d"}, 10) == "a    b   c"
    assert spark.marks(steps, {}, 10) == ""


def test_json_is_strict_whatever_was_measured():
    evidence = Evidence("loss", float("nan"), np.float32("inf"), "s"), Evidence("loss", np.int64(3), np.bool_(1), "s")
    odd = Finding("x", Severity.NOTE, (np.int64(1), 1), (), evidence, "m")
    assert "3" in text_report.of_traces([("m", trace(), Diagnosis((odd,), {}, ("x",)))], Style())
    told = findings_json.of_trainings([("m", trace(), Diagnosis((odd,), {}, ("x",)))])
    assert json.loads(json.dumps(told, allow_nan=False))["findings"][0]["evidence"][0]["value"] == "nan"


def test_of_several_trainings_a_rule_is_skipped_if_it_was_in_all_and_the_worst_roots_come_first():
    mild = Diagnosis((MILD,), {"a": frozenset({"x"}), "b": frozenset({"y"})}, ("c",))
    sick = Diagnosis((ROOT, FOLLOWS), {"b": frozenset({"z"}), "c": frozenset({"w"})}, ("a",))
    together = findings_json.merged([mild, sick])
    assert [one.fault for one in together.findings] == ["vanishing-gradient", "loss-not-decreasing", "overfitting"]
    assert together.skipped == {"b": frozenset({"y", "z"})}
    assert together.verdict == "sick"
