"""From a look to a config that trains on it: what is the same for every task."""

from __future__ import annotations

import math
import os
import re
import shlex
from collections.abc import Mapping
from typing import Any

from graduate.pipeline.data import demo
from graduate.pipeline.look import classes, groups, shares
from graduate.pipeline.look.config_text import Group, text
from graduate.pipeline.look.found import Look, counted

_TOO_PLAIN = (
    "data",
    "dataset",
    "images",
    "imgs",
    "pictures",
    "texts",
    "docs",
    "audio",
    "sounds",
    "wav",
    "wavs",
    "tables",
    "table",
    "train",
    "files",
    "input",
    "raw",
    "csv",
)
_IMBALANCED_SHARE = 0.8  # of the largest class: from here on accuracy says little
# Steps, at least, that early stopping waits: of few rows an epoch is some steps, in which batch normalisation has
# hardly begun to learn what eval is normalised by.
_PATIENT = 150
MODEST_R2 = 0.2  # share of the variance: the mean explains none


def written(look: Look, output: str) -> str:
    """The text of a config for the data that was looked at.

    Args:
        look: what was found.
        output: where the file will lie; paths in it are relative to its folder.
    """
    config = Group()
    name = pipeline_name(look.data)
    command = f"graduate run {shlex.quote(output)}" if output.isprintable() else "graduate run FILE"
    config.put("name", name, "names the pipeline, its models and its runs")
    config.put("task", look.task, f"the data are {look.nouns[1] if look.task != 'table' else 'rows of a table'}")
    if look.task == "image":
        from graduate.pipeline.look import propose_image

        propose_image.add(config, look, output)
    elif look.task == "text":
        from graduate.pipeline.look import propose_text

        propose_text.add(config, look, output)
    elif look.task == "audio":
        from graduate.pipeline.look import propose_audio

        propose_audio.add(config, look, output)
    else:
        from graduate.pipeline.look import propose_table

        propose_table.add(config, look, output)
    push = config.group("push")
    push.put("to", f"models/{name}", "in the work folder; a version each time a model passes")
    return text(
        [f"{_title(look)}. Every value is a proposal with its reason: change what you know better.", f"  {command}"],
        config,
    )


def _title(look: Look) -> str:
    what = counted(look.rows, look.nouns)
    name = os.path.basename(look.data)
    return f"{name}: {what} in {len(look.classes):,} classes" if look.classes else f"{name}: {what}"


def pipeline_name(path: str) -> str:
    """A pipeline's name from the name of a folder or file; of its parent where that says nothing."""
    folder, name = os.path.split(path)
    for _ in range(2):
        stem = re.sub(r"[^a-z0-9]+", "_", os.path.splitext(name)[0].lower()).strip("_")
        if stem and stem not in _TOO_PLAIN:
            break
        folder, name = os.path.split(folder)
    stem = stem or "data"
    return (stem if stem[0].isalpha() else f"data_{stem}")[:63].rstrip("_")


def path_for(look: Look, output: str) -> str:
    """How the config names the data: relative to its folder where they lie near each other."""
    folder = os.path.dirname(os.path.abspath(output))
    relative = os.path.relpath(look.data, folder)
    if relative.count(os.pardir) > 2:
        return look.data
    # a demo data set of that name would be meant, or somebody's home
    return os.path.join(os.curdir, relative) if relative in demo.NAMES or relative[0] == "~" else relative


def data_of_files(config: Group, look: Look, output: str) -> tuple[Group, int]:
    """The group `data` of a folder, and how many rows are trained on."""
    data = config.group("data")
    data.put(
        look.source, path_for(look, output), f"{counted(look.rows, look.nouns)} in {len(look.classes)} class folders"
    )
    if look.splits:
        rows = ", ".join(f"{split} {count:,}" for split, count in look.splits.items())
        data.say(f"split already: {rows}")
        train = look.splits.get("train", look.rows)
    else:
        group_by = _group_by(data, look)
        chosen = shares.of_files(look, group_by)
        data.put("split", chosen.shares, chosen.why)
        train = chosen.train
    if look.bad:
        bad_rows(data, len(look.bad))
    return data, max(1, train)


def bad_rows(data: Group, count: int) -> None:
    """Rows that cannot be used are left out."""
    data.put("bad_rows", "skip", f"{count:,} cannot be used (graduate data lists them); fail: stop at the first")
    if 2 * count > 100:
        data.put("max_bad_rows", 2 * count, "more than twice as many as now stop a run")


def _group_by(data: Group, look: Look) -> str | None:
    found = groups.of_names([path for path in look.class_of if path not in look.bad], look.class_of)
    if found is None:
        return None
    said = f"{found.number:,} groups in file names, such as {found.example}"
    if not found.sure:
        data.say(f"{said}: if rows of one belong together, keep them in one split with")
        data.say(f"group_by: {_quoted(found.pattern)}")
        return None
    if all(
        shares.leaves_a_class_out(look, dict(zip(("train", "eval", "test"), one, strict=True)), found.pattern)
        for one in shares.CANDIDATES
    ):
        data.say(f"{said}: too few to fill every split, or each of one class; to keep each in one split")
        data.say(f"group_by: {_quoted(found.pattern)}")
        return None
    data.put("group_by", found.pattern, f"{said}: rows of one stay in one split")
    return found.pattern


def _quoted(pattern: str) -> str:
    return "'" + pattern.replace("'", "''") + "'"


def training(config: Group, train: int, *, batch: int, steps: int, rate: float, most_epochs: int, why: str) -> Group:
    """The group `training`: as many epochs as make about so many steps, stopped where nothing improves."""
    epochs = max(3, min(most_epochs, math.ceil(steps * batch / max(1, train))))
    made = math.ceil(epochs * train / batch)
    group = config.group("training")
    group.put("epochs", epochs, f"{made:,} steps: {why}")
    group.put("batch_size", batch, f"{math.ceil(train / batch):,} steps an epoch")
    group.put("learning_rate", rate, "of adam; graduate run says if it is too high or too low")
    patience = min(epochs, max(5, epochs // 5, math.ceil(_PATIENT * batch / max(1, train))))
    group.put(
        "early_stopping",
        {"metric": "loss", "patience": patience},
        f"stops after {patience} epochs without a better eval loss, and keeps the best weights",
    )
    group.put("seed", 7, "the same data and config give the same model")
    return group


def batch_size(train: int) -> int:
    """Some steps an epoch even of few rows."""
    return 16 if train < 200 else 32 if train < 5_000 else 64 if train < 50_000 else 128


def weights(group: Group, look: Look) -> None:
    """`class_weights` where classes are imbalanced."""
    ratio = classes.imbalance(look.classes)
    if ratio >= classes.IMBALANCED:
        group.put("class_weights", "balanced", f"the largest class has {ratio:,.1f} times the rows of the smallest")


def class_bounds(config: Group, look: Look) -> None:
    """The group `evaluation` for classes: halfway from what one gets without looking to no mistake at all."""
    evaluation = _evaluation(config, look)
    share, number = classes.majority(look.classes), max(2, len(look.classes))
    bounds = evaluation.group("bounds", "raise them once you know what is possible")
    if share > _IMBALANCED_SHARE:
        least = halfway(1 / number)
        bounds.put(
            "recall",
            {"at_least": least},
            f"mean over the classes; {1 / number:.2f} without looking. Accuracy would be {share:.2f} for saying "
            f"always {next(iter(look.classes))}",
        )
        return
    bounds.put(
        "accuracy",
        {"at_least": halfway(share)},
        f"halfway from {share:.2f}, for saying always {next(iter(look.classes))}, to 1",
    )


def halfway(baseline: float) -> float:
    """Halfway from a baseline to 1, in hundredths, rounded down."""
    return math.floor(100 * (baseline + 1) / 2) / 100


def _evaluation(config: Group, look: Look) -> Group:
    evaluation = config.group("evaluation")
    if look.splits and "test" not in look.splits:
        evaluation.put("split", "eval", "there is no test split: what the training is stopped by also grades it")
    return evaluation


def other_bounds(config: Group, look: Look) -> None:
    """The group `evaluation` for numbers and for several labels."""
    bounds = _evaluation(config, look).group("bounds", "raise them once you know what is possible")
    shares_of: Mapping[str, Any] = look.measured.get("label_shares") or {}
    if not shares_of:
        bounds.put(
            "r2",
            {"at_least": MODEST_R2},
            "share of the variance that is explained: 0 for saying always the mean, 1 for no mistake",
        )
        return
    baseline = sum(max(share, 1 - share) for share in shares_of.values()) / len(shares_of)
    bounds.put(
        "accuracy",
        {"at_least": halfway(baseline)},
        f"share of labels that are right: halfway from {baseline:.2f}, for saying always the same, to 1",
    )
