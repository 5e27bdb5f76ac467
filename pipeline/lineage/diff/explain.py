"""Which differences can explain the change in the metric, and what one pair of runs can say about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from graduate.pipeline.lineage.diff.causes import SEED, Cause
from graduate.pipeline.lineage.diff.metrics import Metric, Metrics
from graduate.pipeline.lineage.diff.reach import Reached
from graduate.pipeline.lineage.diff.shown import number_of
from graduate.pipeline.lineage.diff.sides import SAME, UNKNOWN, Side
from graduate.pipeline.lineage.diff.weights import Weights

Answer = Literal[
    "nothing_to_explain", "measure", "one_cause", "several_causes", "seed", "nondeterminism", "unknown", "no_metric"
]


@dataclass(frozen=True)
class Explanation:
    """What can have moved the metric.

    Attributes:
        answer: in one word; `no_metric`: one side was never evaluated, and what is listed can have changed the
            training.
        metric: the metric that is spoken of.
        sentences: the answer, for a person.
        causes: what can explain it, the likelier first.
        others: what differs and cannot, each with why.
        same: the nodes whose outputs are the same artifacts in both runs.
    """

    answer: Answer
    metric: str | None
    sentences: tuple[str, ...]
    causes: tuple[Cause, ...]
    others: tuple[Cause, ...]
    same: tuple[str, ...]


def explain(a: Side, b: Side, causes: list[Cause], metrics: Metrics, weights: Weights, reached: Reached) -> Explanation:
    """Weigh the differences."""
    if weights.state == SAME:
        causes = [_without_effect(cause) if cause.reach == "model" else cause for cause in causes]
    able = [cause for cause in causes if cause.reach in ("model", "measure")]
    others = [cause for cause in causes if cause.reach not in ("model", "measure")]
    headline = metrics.headline
    answer, sentences = _answer(able, metrics, weights, headline)
    if reached.baseline:
        sentences.append(
            "The models were compared with different last graduates: that can turn a verdict, not a metric."
        )
    same = tuple(name for name in a.nodes if name in reached.same)
    name = headline.name if headline else None
    return Explanation(answer, name, tuple(sentences), tuple(able), tuple(others), same)


def _without_effect(cause: Cause) -> Cause:
    """What could have changed the weights and has not; the measure it may have changed."""
    if cause.measures:
        return replace(cause, reach="measure")
    return replace(cause, reach="none", why="the weights are the same bytes all the same")


def _answer(able: list[Cause], metrics: Metrics, weights: Weights, headline: Metric | None) -> tuple[Answer, list[str]]:
    if metrics.state == UNKNOWN or headline is None:
        why = metrics.why or "there are no metrics that both have"
        told = [f"There is no metric to explain: {why}."]
        if able:
            told.append(f"What can have changed the training: {_listed(able)}.")
        return "no_metric", told
    name = headline.name
    if headline.a == headline.b and metrics.state == SAME:
        if weights.state == SAME:
            return "nothing_to_explain", [
                f"The weights are the same bytes, and so are all metrics: {name} has not moved."
            ]
        if not able:
            return "nothing_to_explain", ["All metrics are the same."]
        return "nothing_to_explain", [f"All metrics are the same, though there are differences: {_listed(able)}."]
    told = _chance(headline)
    if weights.state == SAME:
        return _of_the_measure(able, name, told)
    model = [cause for cause in able if cause.reach == "model"]
    measure = [cause for cause in able if cause.reach == "measure"]
    if measure or metrics.same_rows is False:
        told.append("The two models were not measured on the same rows: the metrics are of different tests.")
    if not able:
        if weights.state == UNKNOWN:
            return "unknown", [*told, "Nothing recorded differs before the metric, and the weights cannot be compared."]
        return "nondeterminism", [
            *told,
            "Nothing recorded differs before the model, and the weights do: the training does not repeat itself to the"
            " bit, or what made the difference is not recorded (hardware, a library).",
        ]
    if [cause.name for cause in able] == [SEED]:
        return "seed", [
            *told,
            f"Only the seed differs: {name} moves so much by chance alone. One pair of runs cannot say what is due to a"
            " setting; several seeds can (evaluation.folds measures the spread).",
        ]
    if len(able) == 1:
        return "one_cause", [
            *told,
            f"Only {_words(able[0])} differs before the metric: it alone can explain the change.",
        ]
    first = model or measure
    rest = f", {first[0].name} the likeliest" if first[0].rank < (first[1].rank if len(first) > 1 else 99) else ""
    told.append(
        f"{number_of(len(able), 'difference')} can explain it, alone or together{rest}: one pair of runs cannot"
        " separate them; a run with one of them changed can."
    )
    return "several_causes", told


def _of_the_measure(able: list[Cause], name: str, told: list[str]) -> tuple[Answer, list[str]]:
    if able:
        return "measure", [
            *told,
            f"The weights are the same bytes: the measure changed, not the model, by {_listed(able)}.",
        ]
    return "unknown", [
        *told,
        f"The weights are the same bytes, and nothing recorded differs in how they were measured: {name} does not"
        " repeat itself to the last digit.",
    ]


def _chance(headline: Metric) -> list[str]:
    reading = headline.reading
    if reading is None:
        return []
    rows = (
        f"{number_of(abs(reading.rows), 'row')} {'more' if reading.rows > 0 else 'fewer'} right in B"
        if reading.rows
        else "the difference"
    )
    p = f"p {'≥' if 'smallest' in reading.test else '='} {reading.p:.2g}, {reading.test}"
    if reading.answer == "chance":
        return [f"{rows[:1].upper()}{rows[1:]} is no more than chance ({p}): it may need no explanation."]
    if reading.answer == "beyond_chance":
        return [f"{rows[:1].upper()}{rows[1:]} is more than the choice of test rows explains ({p})."]
    return [f"Whether {rows} is more than chance cannot be told from metrics alone ({p})."]


def _words(cause: Cause) -> str:
    return f"{cause.name} ({cause.told})"


def _listed(causes: list[Cause]) -> str:
    shown = ", ".join(_words(cause) for cause in causes[:3])
    return f"{shown} and {len(causes) - 3} more" if len(causes) > 3 else shown
