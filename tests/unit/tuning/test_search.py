"""The search: what is trained, what is known, who wins, and how it goes on. The trainings are formulas."""

import math
from dataclasses import dataclass, replace

import pytest

from graduate.tuning.search import search
from graduate.tuning.trials import Memory, Trial, best, faults, ranked, sentence

METRIC = "eval_loss"


@dataclass(frozen=True)
class Asked:
    id: str
    settings: dict
    share: float = 1.0


class Script:
    """Proposes what it is given, and keeps what it is told."""

    def __init__(self, *settings, share=1.0):
        self.left = [one if isinstance(one, Asked) else Asked("", {"x": one}, share) for one in settings]
        self.told = []

    def ask(self):
        return self.left.pop(0) if self.left else None

    def tell(self, proposal, score):
        self.told.append((proposal.settings["x"], score))


class Trains:
    """The loss is x squared; above 10 a training is sick, and -1 raises."""

    def __init__(self):
        self.trained = []

    def __call__(self, trial):
        x = trial.settings["x"]
        self.trained.append(x)
        if x == -1:
            raise ValueError("no such network")
        if x > 10:
            return replace(trial, status="sick", fault="exploding-gradient", why="it exploded")
        return replace(trial, metrics={METRIC: float(x * x)}, steps=5)


def run(*settings, memory=None, share=1.0):
    oracle, trains = Script(*settings, share=share), Trains()
    return search(oracle, METRIC, trains, memory=memory or Memory(None)), oracle, trains


def test_the_least_loss_wins_and_the_oracle_hears_every_score():
    done, oracle, _ = run(3, 2, 4)
    assert best(done, METRIC).settings == {"x": 2}
    assert oracle.told == [(3, 9.0), (2, 4.0), (4, 16.0)]


def test_a_sick_trial_never_wins_and_its_score_is_told_as_none():
    done, oracle, _ = run(11, 3, 12)
    assert best(done, METRIC).settings == {"x": 3}
    assert [score for _, score in oracle.told] == [None, 9.0, None]
    assert faults(done) == {"exploding-gradient": 2}
    assert [one.number for one in ranked(done, METRIC)] == [2, 1, 3]


def test_a_sick_trial_with_a_better_metric_does_not_win_either():
    sick = Trial(1, {"x": 0}, status="sick", metrics={METRIC: 0.0}, fault="leakage")
    assert best([sick, Trial(2, {"x": 3}, metrics={METRIC: 9.0})], METRIC).number == 2


def test_where_all_are_sick_nothing_wins_and_the_sentence_names_the_faults():
    done, _, _ = run(11, 12)
    assert best(done, METRIC) is None
    assert sentence(done, METRIC) == "None of 2 trials can be taken: 2 trials sick (2 exploding-gradient)."


def test_what_was_tried_is_not_trained_again():
    done, oracle, trains = run(3, 3, 2)
    assert trains.trained == [3, 2]
    assert [one.same_as for one in done] == [None, 1, None]
    assert oracle.told == [(3, 9.0), (3, 9.0), (2, 4.0)]
    assert len(ranked(done, METRIC)) == 2


def test_what_was_sick_is_not_trained_for_longer_but_what_was_healthy_is():
    _, _, trains = run(
        Asked("a", {"x": 11}, 0.1), Asked("b", {"x": 3}, 0.1), Asked("c", {"x": 11}), Asked("d", {"x": 3})
    )
    assert trains.trained == [11, 3, 3]


def test_a_longer_trial_comes_before_a_better_short_one():
    long, short = Trial(1, {"x": 1}, 1.0, metrics={METRIC: 0.2}), Trial(2, {"x": 2}, 0.1, metrics={METRIC: 0.1})
    assert best([short, long], METRIC) is long


def test_accuracy_is_better_the_larger():
    trials = [Trial(n, {"x": n}, metrics={"eval_accuracy": value}) for n, value in ((1, 0.7), (2, 0.9), (3, math.nan))]
    assert best(trials, "eval_accuracy").number == 2


def test_a_killed_search_goes_on_from_the_trials_that_ended(tmp_path):
    whole, _, _ = run(3, 11, 2, 4)
    run(3, 11, memory=Memory(tmp_path))  # and is killed
    again, oracle, trains = run(3, 11, 2, 4, memory=Memory(tmp_path))
    assert trains.trained == [2, 4]
    assert again == whole
    assert [score for _, score in oracle.told] == [9.0, None, 4.0, 16.0]


def test_a_damaged_memory_costs_its_trial_and_no_more(tmp_path):
    run(3, 2, memory=Memory(tmp_path))
    first = next(tmp_path.glob("*.json"))
    first.write_text(first.read_text()[:20])
    _, _, trains = run(3, 2, memory=Memory(tmp_path))
    assert len(trains.trained) == 1


def test_a_trial_of_another_length_is_another_trial(tmp_path):
    run(3, memory=Memory(tmp_path), share=0.5)
    _, _, trains = run(3, memory=Memory(tmp_path), share=1.0)
    assert trains.trained == [3]


def test_a_trial_that_raises_has_failed_and_is_tried_again_by_the_next_search(tmp_path):
    done, _, _ = run(-1, 2, memory=Memory(tmp_path))
    assert (done[0].status, done[0].why) == ("failed", "ValueError: no such network")
    assert best(done, METRIC).settings == {"x": 2}
    _, _, trains = run(-1, 2, memory=Memory(tmp_path))
    assert trains.trained == [-1]


def test_after_three_failures_in_a_row_the_search_gives_up():
    asked = [Asked(str(n), {"x": -1, "y": n}) for n in range(4)]
    with pytest.raises(ValueError, match="no such network"):
        run(*asked)


def test_a_trial_is_the_same_after_json():
    trial = Trial(
        3, {"x": [1, 2]}, 0.5, "sick", {METRIC: 1.0}, 5, 1.5, "nan-or-inf", "why", ({"fault": "a"},), ({"step": 1},)
    )
    assert Trial.from_json(trial.to_json()) == trial
