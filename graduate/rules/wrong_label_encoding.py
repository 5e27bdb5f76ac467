"""wrong-label-encoding: the values of the labels are not those that the loss and the output count with.

## What it sees
Class numbers against the width of the output (1 … K where 0 … K-1 is meant, a class without a unit); two classes
that are not 0 and 1 under a cross-entropy; fractions as class numbers; one-hot rows that hold no class; one and the
same label for every row; validation labels that training never met, or whose classes are numbered otherwise: a
simple baseline and the model are right on training rows and wrong on validation rows more often than by chance.

## What it cannot see
Two classes that were swapped in training and validation alike, and texts that were mapped to wrong classes.

## Known false alarms
A unit that no label uses, classes that are rare enough to be missing in one of the splits, labels of -1 that the
program masks, -1 and 1 under a hinge loss or a squared error, and stand-in labels for losses of the program's own
stay silent.

## Example
Classes 1 … 10 under `Dense(10)`: class 10 has no unit (a GPU gives a loss of NaN, a CPU an error), unit 0 no class.

## Sources
TheDeepChecker calls a network that improves by less than 10 % in 50 epochs a sign of corrupted labels; here the
values themselves are looked at. The bounds on shares are this project's calibration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graduate.findings import Evidence, Finding, Severity
from graduate.rules import _data as data
from graduate.rules import _match as matching
from graduate.rules import _told as told
from graduate.rules._match import Match
from graduate.trace.reader import Trace

FAULT = "wrong-label-encoding"
NEEDS = {"told:labels.train"}
THRESHOLDS = {
    "unknown_share": 0.1,  # validation rows whose label no training row has
    "zero_rows": 0.0,  # least sum of a one-hot row
    "below_chance": 0.5,  # validation accuracy over chance's
    "sure": 0.6,  # way from chance to perfect that the baseline must have gone on training rows
}
CAUSES = {
    "wrong-loss",
    "nan-or-inf",
    "exploding-gradient",
    "dead-units",
    "vanishing-gradient",
    "saturated-activation",
    "loss-not-decreasing",
    "learning-rate-too-low",
    "learning-rate-too-high",
    "layer-does-not-learn",
    "underfitting",
    "overfitting",
    "shuffled-labels",
    "preprocessing-mismatch",
    "mode-mismatch",
    "class-imbalance-collapse",
    "wrong-output-activation",
    "poor-initialisation",
}
WHEN = "always"
REMEDIES = ("fix-labels", "check-labels", "fix-loss")


def check(trace: Trace, thresholds: Mapping[str, float]) -> Iterable[Finding]:
    """Yields at most one finding."""
    match = matching.match(trace)
    found = None
    if match is not None:
        found = _no_unit(trace, match) or _two_values(match) or _fractions(match) or _empty_rows(match, thresholds)
    found = found or _one_label(trace, match) or _between_splits(trace, match, thresholds)
    if found is not None:
        meaning, evidence = found
        # measured, not exact: rows of validation that were prepared otherwise give wrong answers as well
        confidence = 0.9 if evidence.column == "told:baseline.validation" else 1.0
        layers = data.output_layers(trace)
        yield data.finding(trace, FAULT, Severity.ERROR, meaning, [evidence], layers=layers, confidence=confidence)


Found = tuple[str, Evidence] | None


def _no_unit(trace: Trace, match: Match) -> Found:
    """A class number for which there is no unit."""
    sparse = match.loss in matching.SPARSE
    if not sparse or match.units is None or match.units < 2 or match.largest is None or match.kind == "one_hot":
        return None
    largest = max(match.largest, told.number(told.told(trace, "labels.validation").get("largest")) or match.largest)
    ignored = _ignored(trace)
    if largest < match.units or largest == ignored or (match.width is not None and match.width == match.units):
        return None
    evidence = Evidence(
        "told:labels.train.largest",
        largest,
        match.units - 1,
        data.EXACT,
        f"labels go up to {largest:g}, units count from 0 to {match.units - 1}",
    )
    shifted = (match.least or 0) >= 1 and largest == match.units
    how = (
        "subtract 1 from the labels" if shifted else f"give the output {largest + 1:g} units, or number classes from 0"
    )
    return f"Label {largest:g} has no output unit: {how}.", evidence


def _ignored(trace: Trace) -> float | None:
    config = told.told(trace, "objective").get("config")
    return told.number(config.get("ignore_class")) if isinstance(config, Mapping) else None


def _two_values(match: Match) -> Found:
    """Two classes that are not 0 and 1, under a binary cross-entropy."""
    if match.loss not in matching.BINARY or match.least is None or match.largest is None or not match.integers:
        return None
    if match.distinct != 2 or (match.least >= 0 and match.largest <= 1):
        return None
    evidence = Evidence(
        "told:labels.train",
        f"{match.least:g} and {match.largest:g}",
        "0 and 1",
        data.EXACT,
        f"the labels are {match.least:g} and {match.largest:g}; {match.loss} takes 0 and 1",
    )
    return f"{match.loss} takes the labels 0 and 1, not {match.least:g} and {match.largest:g}: map them.", evidence


def _fractions(match: Match) -> Found:
    if match.loss not in matching.SPARSE or match.integers is not False or match.kind in ("one_hot", "inputs"):
        return None
    if (match.units or 0) < 2 or (match.width or 1) > 1:
        return None
    evidence = Evidence(
        "told:labels.train.integers",
        "fractions",
        "whole numbers",
        data.EXACT,
        "class numbers with fractions are cut off",
    )
    return (
        "Class numbers are whole, but the labels have fractions (scaled, or averaged): give the class numbers.",
        evidence,
    )


def _empty_rows(match: Match, thresholds: Mapping[str, float]) -> Found:
    """One-hot rows without a class add nothing to the loss."""
    if match.loss not in matching.CATEGORICAL or match.row_sum is None or not match.integers:
        return None
    if match.row_sum[0] > thresholds["zero_rows"] or match.row_sum[1] > 1.5:
        return None
    evidence = Evidence(
        "told:labels.train.row_sum", match.row_sum[0], 1.0, data.EXACT, "some one-hot rows hold no class at all"
    )
    return (
        "Rows of the one-hot labels are all zero: a class has no column (numbering from 1?), and is never learnt.",
        evidence,
    )


def _one_label(trace: Trace, match: Match | None) -> Found:
    """The same label for every row, in a `fit` that classifies."""
    if match is None or match.distinct != 1 or match.rows < 32 or match.loss is None:
        return None
    if not match.classifies or not str(told.told(trace, "program").get("kind", "")).startswith("fit"):
        return None
    if match.loss not in matching.BINARY | matching.CATEGORICAL | matching.SPARSE or match.kind == "multi_hot":
        return None
    if told.told(trace, "program").get("kind") != "fit" or ((match.width or 1) > 1 and match.kind != "one_hot"):
        return None
    evidence = Evidence("told:labels.train.distinct", 1, 2, data.EXACT, f"all {match.rows:g} rows have one label")
    return "Every training row has the same label: what made the labels lost the classes.", evidence


def _between_splits(trace: Trace, match: Match | None, thresholds: Mapping[str, float]) -> Found:
    """Validation labels that mean something else than training labels."""
    train, other = told.told(trace, "labels.train"), told.told(trace, "labels.validation")
    if train.get("kind") not in ("class_index", "binary", "one_hot") or not other:
        return None
    known, seen = data.counts(train.get("counts")), data.counts(other.get("counts"))
    total = sum(seen.values())
    if not known or not total:
        return None
    unknown = sum(count for label, count in seen.items() if label not in known)
    missing = sum(count for label, count in known.items() if label not in seen) / sum(known.values())
    strange = unknown / total > thresholds["unknown_share"] or (unknown >= 8 and _shifted(known, seen))
    if strange and not _cut_from_sorted(known, seen, match):
        evidence = Evidence(
            "told:labels.validation.counts",
            unknown / total,
            thresholds["unknown_share"],
            data.CALIBRATION,
            f"{unknown / total:.0%} of the validation rows have a label that no training row has "
            f"({_names(seen)} against {_names(known)})",
        )
        return "Validation labels are not numbered as the training labels are: encode both with one mapping.", evidence
    if missing > 0.5:
        return None
    return _renumbered(trace, known, seen, thresholds)


def _shifted(known: Mapping[str, float], seen: Mapping[str, float]) -> bool:
    """Whether all class numbers are one larger or smaller than in training."""
    mine, theirs = _integers(known), _integers(seen)
    return len(mine) == len(theirs) > 1 and theirs in ([n + 1 for n in mine], [n - 1 for n in mine])


def _integers(labels: Iterable[str]) -> list[int]:
    return sorted(int(label) for label in labels if label.lstrip("-").isdigit())


def _cut_from_sorted(known: Mapping[str, float], seen: Mapping[str, float], match: Match | None) -> bool:
    """Whether validation got the last classes of sorted rows: together they are the classes of the output."""
    both = set(_integers((*known, *seen)))
    gapless = bool(both) and max(both) - min(both) + 1 == len(both)
    fits = match is None or match.units is None or max(both, default=0) < max(match.units, 2)
    few_shared = len(set(known) & set(seen)) <= max(1, len(seen) // 3)
    return gapless and fits and few_shared


def _renumbered(
    trace: Trace, known: Mapping[str, float], seen: Mapping[str, float], thresholds: Mapping[str, float]
) -> Found:
    """Right on training rows and wrong on validation rows more often than a guess."""
    baseline, final = told.told(trace, "baseline"), data.part(trace, "validation")
    score, other = told.number(baseline.get("score")), told.number(baseline.get("validation"))
    if baseline.get("metric") != "accuracy" or score is None or other is None:
        return None
    chance = data.majority(known) or 1.0
    guess = sum(seen.get(label, 0) * count for label, count in known.items()) / (
        sum(seen.values()) * sum(known.values())
    )
    rows = sum(seen.values())
    sure = (score - chance) / (1 - chance) if chance < 1 else 0.0
    bound = thresholds["below_chance"] * guess
    reached = told.number(final.get("metric"))
    wrong = other + 2 * data.chance_noise(guess, rows) < guess and other < bound
    if sure < thresholds["sure"] or not wrong or (reached is not None and reached > guess):
        return None
    evidence = Evidence(
        "told:baseline.validation",
        other,
        bound,
        data.CALIBRATION,
        f"a simple baseline is right on {score:.0%} of held-out training rows and on {other:.0%} of validation rows; "
        f"guessing gives {guess:.0%}",
    )
    return "Classes are numbered otherwise in the validation labels: encode both with one mapping.", evidence


def _names(labels: Mapping[str, float]) -> str:
    names = sorted(labels, key=lambda one: (len(one), one))
    return ", ".join(names) if len(names) <= 6 else f"{names[0]} … {names[-1]}"
