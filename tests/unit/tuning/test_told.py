"""What a person sees of a search: the table and the page."""

import re

import pytest

from graduate.tuning import page, text
from graduate.tuning.space import Dimension
from graduate.tuning.trials import Trial

SPACE = [
    Dimension("model", "choice", ({"build": "<mlp>"}, {"build": "cnn"})),
    Dimension("training.learning_rate", "float", low=0.001, high=1.0, log=True),
]


def trial(number, rate, loss=None, build="cnn", **more):
    told = {"metrics": {"eval_loss": loss}, "history": ({"step": 5, "eval_loss": loss},)} if loss else {}
    return Trial(number, {"model": {"build": build}, "training.learning_rate": rate}, **{**told, **more})


FOUND = {
    "metric": "eval_loss",
    "algorithm": "random",
    "space": [one.to_json() for one in SPACE],
    "trials": [
        one.to_json()
        for one in (
            trial(1, 0.01, 0.5, build="<mlp>"),
            trial(2, 1.0, status="sick", fault="exploding-gradient", why="The gradient grew."),
            trial(3, 0.1, 0.25),
            trial(4, 0.1, 0.25, same_as=3),
            trial(5, 0.5, status="failed", why="ValueError: no"),
        )
    ],
}


@pytest.fixture(scope="module")
def table():
    return text.render(FOUND, command="graduate run a.yaml", page="report.html", width=90)


def test_the_best_comes_first_and_what_was_stopped_last_with_its_reason(table):
    assert re.findall(r"^ +(\d) .*$", table, re.MULTILINE) == ["3", "1", "2", "5"]
    assert "exploding-gradient: The gradient grew." in table
    assert "ValueError: no" in table


def test_how_to_use_the_best_is_said(table):
    assert "  model: {build: cnn}\n  training: {learning_rate: 0.1}\n" in table
    assert "train with it  graduate run a.yaml" in table
    assert "1 more came to settings that had been tried." in table


def test_where_nothing_can_be_taken_the_fault_is_explained():
    sick = {**FOUND, "trials": [FOUND["trials"][1]]}
    told = text.render(sick, command="graduate run a.yaml", page="report.html", width=90)
    assert "graduate explain exploding-gradient" in told
    assert "graduate run" not in told


def test_the_page_draws_every_trial_that_was_trained_and_escapes_what_it_is_given():
    drawn = page.render(FOUND)
    assert drawn.count('<polyline class="trial') == 3
    assert drawn.count('<polyline class="trial best"') == 1
    assert drawn.count('<polyline class="trial sick"') == 1
    assert "<mlp>" not in drawn
    assert "&lt;mlp&gt;" in drawn
    assert "nan" not in drawn.lower().replace("nan-or-inf", "")


def test_a_page_of_sick_trials_alone_is_drawn_too():
    assert '<polyline class="trial sick"' in page.render({**FOUND, "trials": [FOUND["trials"][1]]})
