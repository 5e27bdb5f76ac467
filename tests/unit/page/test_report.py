"""The report says the verdict first, escapes what it is given, needs no network, and keeps every spike."""

import base64
import re
import sys
from pathlib import Path

import numpy as np

from graduate.findings import Diagnosis
from graduate.page import heat, report
from graduate.page.chart import Line, histogram, line_chart

sys.path.insert(0, str(Path(__file__).parent))
from report_cases import view


def test_the_verdict_comes_before_everything_else():
    page = report.render([view()])
    assert page.index("<strong>Sick</strong>") < page.index('class="finding') < page.index("<canvas")


def test_a_healthy_run_names_the_rules_that_looked():
    one = view()
    page = report.render([report.View("digits", one.trace, Diagnosis((), {}, ("overfitting", "leakage")))])
    assert "2 rules looked and none found an error" in page
    assert "overfitting, leakage" in page


def test_what_it_is_given_is_escaped():
    page = report.render([view(name="<script>alert(1)</script>")])
    assert "<script>alert(1)" not in page
    assert "It &lt;b&gt;starves&lt;/b&gt;." in page


def test_it_names_no_address():
    assert not re.findall(r"(?:src|href)=\"(?!#)[^\"]+\"|https?://|url\(", report.render([view()]))


def test_a_page_without_a_training_says_so():
    assert "no model was trained" in report.render([])


def test_a_trace_without_columns_still_has_a_verdict():
    from graduate.trace.memory import made

    page = report.render([report.View("log", made(), Diagnosis((), {"x": frozenset({"loss"})}))])
    assert "Nothing seen" in page


def test_one_spike_among_a_hundred_thousand_steps_is_a_cell_of_its_own():
    values = np.ones((100_000, 3), np.float32)
    values[77_777, 1] = 1e6
    stored = heat.encoded("gradient norm", ["a", "b", "c"], np.arange(1, 100_001), values)
    cells = np.frombuffer(base64.b64decode(stored["cells"]), np.uint8).reshape(3, -1)
    assert cells.shape[1] <= 600
    assert (cells == 255).sum() == 1
    assert cells[1].max() == 255


def test_zero_missing_and_not_finite_are_told_apart():
    values = np.asarray([[0.0, np.nan, np.inf, 1.0]], np.float32)
    stored = heat.encoded("x", list("abcd"), np.asarray([1]), values)
    assert list(base64.b64decode(stored["cells"]))[:3] == [heat.ZERO, heat.MISSING, heat.NONFINITE]


def test_a_layers_norm_is_the_root_of_the_sum_of_its_variables_squares():
    found = heat.by_layer(np.asarray([[3.0, 4.0, np.nan]], np.float32), np.asarray([0, 0, 1]), 2)
    assert found[0, 0] == 5
    assert np.isnan(found[0, 1])


def test_a_chart_of_nothing_finite_is_left_out():
    assert line_chart("loss", [Line("a", np.arange(3), np.full(3, np.nan))]) == ""
    assert histogram("x", [("a", np.zeros(3))]) == ""
